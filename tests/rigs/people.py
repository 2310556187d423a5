"""People of a house, their codes and phones, with a clock moved by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC
from typing import Literal

from pisecurity.core.alarm.people import Person
from pisecurity.core.types import Mode
from pisecurity.runtime.alarm.people import Admission, People
from pisecurity.runtime.alarm.register import Register
from pisecurity.runtime.alarm.throttle import Throttle
from pisecurity.runtime.health import Health
from pisecurity.settings import AccessSettings
from tests.fakes import FakeClock, MemoryPeopleStore

PEPPER = bytes(range(32))


class House:
    """The people of a house; ``restart`` takes up what is stored."""

    def __init__(self, disarm: Literal["anyone", "code", "phones"] = "code") -> None:
        self.store, self.clock, self.health = MemoryPeopleStore(), FakeClock(), Health(FakeClock())
        self.disarm, self.random = disarm, random.Random(7)
        self.mode = Mode.DISARMED
        self.pepper: Callable[[bool], bytes] = lambda make: PEPPER
        self.notes: list[str] = []
        self.told: list[tuple[str, int]] = []
        self.people = self.restart()

    def restart(self) -> People:
        register = Register(
            self.store,
            self.pepper,
            self.clock,
            lambda what, by, how: self.notes.append(f"{what} by {by} ({how})"),
            self.random.randbytes,
        )
        throttle = Throttle(self.store, self.clock, lambda source, count: self.told.append((source, count)))
        settings = AccessSettings(disarm=self.disarm)
        self.people = People(settings, register, throttle, self.clock, UTC, self.health, lambda: self.mode)
        self.people.start()
        return self.people

    def add(self, name: str, *args: object, chosen: str | None = None, **changes: object) -> str:
        """Add a person; return the code."""
        return self.people.register.add(Person(name, *args, **changes), chosen, "root")  # type: ignore[arg-type]

    def approved(self, name: str) -> str:
        """Return the token of a new phone of the person called *name*."""
        code = self.people.register.new_approval(name, "root")
        token = self.people.approve(code, label="Anna's phone", source="192.168.1.20")
        assert token is not None
        return token

    def admit(
        self,
        code: str | None = None,
        *,
        device: str | None = None,
        wanted: Mode = Mode.DISARMED,
        source: str = "192.168.1.20",
    ) -> Admission:
        return self.people.admit(wanted, code=code, device=device, source=source)
