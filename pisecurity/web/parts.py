"""What the routes share."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import cast

from flask import current_app

from pisecurity.ports import Clock, EventQuery, Mailbox, Pictures
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alarm.people import People
from pisecurity.runtime.alarm.readiness import Readiness
from pisecurity.runtime.alarm.timetable import Timetable
from pisecurity.runtime.health import Health
from pisecurity.runtime.life.mail_check import MailCheck
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.scenes import Scenes

EXTENSION = "pisecurity"
FIRST_LOOKS = 2
"""So few of the server's 8 threads may wait for a camera: the others are there for the switch."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The running daemon as the routes see it."""

    panel: Panel
    people: People
    store: EventQuery
    pictures: Pictures
    health: Health
    live: LiveView
    clock: Clock
    zone: tzinfo
    """Zone of every label."""
    house: str = "Home"
    """Name of the house, in the title of the page."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people call the cameras, by id."""
    mailbox: Mailbox | None = None
    """The embedded mailbox of the demo."""
    scenes: Scenes | None = None
    """What the cameras have learned."""
    mail_check: MailCheck | None = None
    """Tries the mail account."""
    readiness: Readiness | None = None
    """What stands against arming; None: nobody knows."""
    timetable: Timetable | None = None
    """The schedule."""
    first_looks: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(FIRST_LOOKS))
    """Held by each request that waits for the first picture of a camera."""

    def label(self, camera: str) -> str:
        """Return what people call *camera*."""
        return self.labels.get(camera, camera)


def parts() -> Parts:
    """Return the parts of the page that answers the present request."""
    return cast(Parts, current_app.extensions[EXTENSION])
