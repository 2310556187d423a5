"""The people of the house whose page is tested: Anna, and a cleaner who may arm only."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC
from typing import Literal

from pisecurity.core.alarm.people import Person, Role
from pisecurity.core.types import Mode
from pisecurity.ports import Clock
from pisecurity.runtime.alarm.people import People
from pisecurity.runtime.alarm.register import Register
from pisecurity.runtime.alarm.throttle import Throttle
from pisecurity.runtime.health import Health
from pisecurity.settings import AccessSettings
from tests.fakes import MemoryPeopleStore
from tests.rigs.people import PEPPER

ANNA, ANNAS_DURESS, CLEANER = "483915", "730164", "915527"
"""Their codes; Anna has a second one."""
WRONG = "602847"

Disarm = Literal["anyone", "code", "phones"]


def people_of(
    clock: Clock,
    disarm: Disarm,
    store: MemoryPeopleStore,
    tell: Callable[[str, int], object] = lambda source, count: None,
    present: Callable[[], Mode] = lambda: Mode.DISARMED,
) -> People:
    """Return them with what *store* keeps, where it keeps something already; *tell* as for Throttle."""
    register = Register(store, lambda make: PEPPER, clock, lambda what, by, how: None, random.Random(7).randbytes)
    throttle = Throttle(store, clock, tell)
    people = People(AccessSettings(disarm=disarm), register, throttle, clock, UTC, Health(clock), present)
    people.start()
    if not register.known.people:
        register.add(Person("Anna"), ANNA, "root")
        register.new_code("Anna", ANNAS_DURESS, "root", duress=True)
        register.add(Person("Cleaner", Role.GUEST), CLEANER, "root")
    return people


def token_of(people: People, name: str) -> str:
    """Return the token of a new phone of the person called *name*."""
    token = people.approve(people.register.new_approval(name, "root"), label="phone", source="192.168.1.40")
    assert token is not None
    return token
