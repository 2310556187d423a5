"""The settings in force: reloaded while running, checked as a whole, handed to the parts that can take them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pisecurity.errors import ConfigError, PiSecurityError
from pisecurity.ports import Clock
from pisecurity.runtime.health import Health
from pisecurity.runtime.worker import Beat
from pisecurity.settings import Settings, Table, is_live

log = logging.getLogger(__name__)

FAULT = "config"
RESTART_FACT = "waits for a restart"
POLL_S = 1.0

Apply = Callable[[Settings], None]
"""Takes the settings in force; raises a PiSecurityError when a part cannot work with them."""


@dataclass(frozen=True, slots=True)
class Reload:
    """What became of a changed configuration."""

    applied: tuple[str, ...] = ()
    """Settings that count from now on, such as ``motion.min_area`` or ``zone``."""
    restart: tuple[str, ...] = ()
    """Settings that differ from those in force and wait for a restart."""
    error: str = ""
    """Why nothing was changed, or why a part did not take its new settings; empty when all went well."""


class Desk:
    """Holds the settings in force; any thread may read them, one reload runs at a time.

    Tables marked live are swapped when every part that uses them took the new ones. The others, and live ones
    that nobody registered for, stay as they were at the start and are listed as waiting for a restart.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        read: Callable[[], str],
        parse: Callable[[str], Settings],
        health: Health,
        clock: Clock,
    ) -> None:
        """
        Args:
            settings: those the daemon was started with.
            read: returns the text of the configuration; raises ConfigError.
            parse: turns the text into settings; raises ConfigError.
        """
        self._settings = settings
        self._read, self._parse, self._health, self._clock = read, parse, health, clock
        self._parts: list[tuple[frozenset[str], Apply]] = []
        self._always: list[Apply] = []
        """Those that a reload concerns even if no setting has changed."""
        self._lock = threading.Lock()
        self._asked = False

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def register(self, tables: Iterable[str], apply: Apply, *, always: bool = False) -> None:
        """Call *apply* after a change in any of the live *tables*, such as ``motion`` and ``zone``.

        Args:
            always: also after a reload that changes nothing: what it reads besides, a password, may have changed.

        Raises:
            ValueError: a table needs a restart, or there is none of that name.
        """
        names = frozenset(tables)
        for name in names:
            if name not in Settings.model_fields or not is_live(name):
                raise ValueError(f"{name} is no table whose changes count at once")
        self._parts.append((names, apply))
        self._always += [apply] * always

    def ask(self) -> None:
        """Have the worker reload soon; safe in a signal handler."""
        self._asked = True

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Reload whenever asked, until *stop* is set."""
        while not self._clock.wait(stop, POLL_S):
            if self._asked:
                self._asked = False
                self.reload()
            beat()

    def reload(self) -> Reload:
        """Read the configuration again and put in force what needs no restart; with a mistake nothing changes."""
        with self._lock:
            try:
                wanted = self._parse(self._read())
            except ConfigError as error:
                return self.refuse(str(error))
            return self._take(wanted)

    def refuse(self, error: str) -> Reload:
        """Keep what is in force because of *error*; the fault says why on one line."""
        line = error.replace("\n  ", ": ", 1).replace("\n  ", "; ")
        self._health.report(FAULT, f"{line}; the settings before stay in force")
        return Reload(error=error)

    def _take(self, wanted: Settings) -> Reload:
        changed = {name for name in Settings.model_fields if getattr(wanted, name) != getattr(self._settings, name)}
        swapped = {name for name in changed if is_live(name) and self._has_part(name)}
        if "camera" in changed:
            # Zones lie in cameras by their ids: those of cameras that are not there yet would watch nothing,
            # and those of cameras that still run would be gone.
            swapped.discard("zone")
        if wanted.house.position != self._settings.house.position and any(entry.by_sun for entry in wanted.schedule):
            swapped -= {"schedule", "holiday"}  # the sun there is not in force yet
        before = self._settings
        after = before.model_copy(update={name: getattr(wanted, name) for name in swapped})
        error = self._hand_out(before, after, swapped)
        if error:
            return self.refuse(error)
        self._settings = after
        self._health.clear(FAULT)
        applied = tuple(_differences(before, after))
        restart = tuple(_differences(after, wanted))
        self._health.note(RESTART_FACT, ", ".join(restart))
        log.info("settings reloaded applied=%s restart=%s", ",".join(applied) or "none", ",".join(restart) or "none")
        return Reload(applied, restart)

    def _has_part(self, table: str) -> bool:
        return any(table in tables for tables, _ in self._parts)

    def _hand_out(self, before: Settings, after: Settings, swapped: set[str]) -> str:
        """Give *after* to the parts it concerns; when one refuses, those before it get *before* back."""
        concerned = [apply for tables, apply in self._parts if tables & swapped or apply in self._always]
        for number, apply in enumerate(concerned):
            try:
                apply(after)
            except PiSecurityError as error:
                for undo in concerned[:number]:
                    undo(before)
                return str(error)
        return ""


def _differences(before: Table, after: Table, prefix: str = "") -> Iterable[str]:
    """Yield the dotted keys that differ; a list of tables counts as one key."""
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if isinstance(old, Table) and type(old) is type(new):
            yield from _differences(old, new, f"{prefix}{name}.")
        elif old != new:
            yield prefix + name
