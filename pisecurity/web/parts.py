"""What the page asks of the running daemon, as narrow as its routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Protocol, cast

from flask import current_app

from pisecurity.core.types import AlarmState, Fault, Mode
from pisecurity.ports import Clock, EventQuery, Mailbox, Pictures
from pisecurity.runtime.live import LivePicture

EXTENSION = "pisecurity"


class Status(Protocol):
    """What the alarm does now; ``runtime.panel.PanelStatus``."""

    @property
    def state(self) -> AlarmState: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def by(self) -> str: ...
    @property
    def how(self) -> str: ...
    @property
    def since_at(self) -> datetime: ...
    @property
    def countdown_s(self) -> float | None: ...
    @property
    def event_id(self) -> str | None: ...
    @property
    def sequence(self) -> int: ...


class Panel(Protocol):
    """The alarm's one switch; ``runtime.panel.Panel``."""

    def status(self) -> Status: ...

    def switch(self, mode: Mode, *, by: str, how: str) -> Status:
        """Change the mode. Raises StoreError, and then nothing has changed."""
        ...


class Health(Protocol):
    """What is wrong right now; ``runtime.health.Health``."""

    def faults(self) -> tuple[Fault, ...]: ...


class Live(Protocol):
    """The newest picture of each camera; ``runtime.live.LiveView``."""

    @property
    def cameras(self) -> tuple[str, ...]: ...

    def latest(self, camera: str, after: int) -> LivePicture | None: ...

    def age_s(self, camera: str) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """All that the routes use."""

    panel: Panel
    store: EventQuery
    pictures: Pictures
    health: Health
    live: Live
    clock: Clock
    zone: tzinfo
    """Zone of every label."""
    house: str = "Home"
    """Name of the house, in the title of the page."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people call the cameras, by id."""
    mailbox: Mailbox | None = None
    """The embedded mailbox of the demo."""

    def label(self, camera: str) -> str:
        """Return what people call *camera*."""
        return self.labels.get(camera, camera)


def parts() -> Parts:
    """Return the parts of the page that answers the present request."""
    return cast(Parts, current_app.extensions[EXTENSION])
