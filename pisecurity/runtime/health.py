"""What is wrong right now, and what is known about the parts that are well."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pisecurity.core.types import Fault
from pisecurity.ports import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FaultChange:
    """A fault that began, or one that is over."""

    fault: Fault
    over: bool


class Health:
    """Faults by key, shared by all workers; each beginning and end is logged once and passed on."""

    def __init__(self, clock: Clock, on_change: Callable[[FaultChange], object] = lambda change: None) -> None:
        self._clock, self._on_change = clock, on_change
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self._facts: dict[str, str] = {}

    def report(self, key: str, text: str) -> None:
        """Note the fault *key*; the same key again replaces the text and keeps its beginning."""
        with self._lock:
            known = self._faults.get(key)
            fault = replace(known, text=text) if known else Fault(key, text, self._clock.now())
            self._faults[key] = fault
        if known is None:
            log.warning("fault began key=%s text=%s", key, text)
            self._on_change(FaultChange(fault, over=False))

    def clear(self, key: str) -> None:
        """Note that the fault *key* is over; nothing when there is none."""
        with self._lock:
            fault = self._faults.pop(key, None)
        if fault is not None:
            lasted_s = (self._clock.now() - fault.since_at).total_seconds()
            log.info("fault over key=%s lasted_s=%.0f", key, lasted_s)
            self._on_change(FaultChange(fault, over=True))

    def faults(self) -> tuple[Fault, ...]:
        """Return the present faults, oldest first."""
        with self._lock:
            return tuple(self._faults.values())

    def note(self, key: str, value: str) -> None:
        """Remember a fact worth showing, such as what the camera delivers; an empty *value* is none any more."""
        with self._lock:
            if value:
                self._facts[key] = value
            else:
                self._facts.pop(key, None)

    def facts(self) -> Mapping[str, str]:
        """Return a copy of the facts, in the order they were first noted."""
        with self._lock:
            return dict(self._facts)
