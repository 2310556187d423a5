"""What whoever guesses codes over HTTP gets: next to no tries, and nothing from how long an answer takes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import time
from time import perf_counter

import pytest
from flask.testing import FlaskClient

from pisecurity.core.alarm.people import Person, Window
from pisecurity.core.types import AlarmState, Mode
from pisecurity.web.admission import COOKIE
from tests.fakes import FakeClock, MemoryPeopleStore
from tests.web.house import NAME, House
from tests.web.people import ANNA, ANNAS_DURESS, CLEANER, WRONG, people_of, token_of
from tests.web.test_pages import ORIGIN, client

OUTSIDE = "628403"
"""Of somebody who comes at another time."""


def given(page: FlaskClient, code: str, mode: Mode = Mode.DISARMED, source: str = "192.168.1.30") -> int:
    """Return the status of the answer to *code* from *source*."""
    answer = page.post(
        "/api/mode", json={"mode": mode, "code": code}, headers=ORIGIN, environ_base={"REMOTE_ADDR": source}
    )
    return answer.status_code


def test_s38_ten_thousand_guesses_from_twenty_phones_are_hardly_looked_at() -> None:
    clock, store, told = FakeClock(), MemoryPeopleStore(), []
    house = House(clock, disarm="code")
    house.people = people_of(clock, "code", store)
    token = token_of(house.people, "Anna")
    statuses: Counter[int] = Counter()
    chance = random.Random(1)
    for restarts in range(2):
        house.people = people_of(clock, "code", store, lambda source, count: told.append(source))
        page = client(house)
        house.arm_now(Mode.AWAY)
        for attempt in range(5_000):
            clock.advance(1)
            source = f"192.168.1.{100 + attempt % 20}"
            statuses[given(page, f"{chance.randrange(10**6):06}", source=source)] += 1
            if attempt == 2_500:
                phone = client(house)
                phone.set_cookie(COOKIE, token, domain=NAME)
                assert given(phone, ANNA, source="192.168.1.100") == 200, "an approved phone is never locked out"
                house.arm_now(Mode.AWAY)
        assert house.panel.status().state is AlarmState.ARMED_AWAY, f"after {restarts} restarts"
    assert set(statuses) == {401, 429}
    assert statuses[401] < 30, "of 10 000 guesses in three hours"
    assert 1 <= len(told) <= 3, "the owner hears of it, once an hour"


def advantage(ours: list[float], others: list[float]) -> float:
    """Return how far the share of pairs in which *ours* took longer is from a half: 0 nothing is learned, 0.5 all.

    Source: the area under the curve of Mann and Whitney; unlike a mean it does not mind a pause of the machine.
    """
    longer = sum((mine > other) + (mine == other) / 2 for mine in ours for other in others)
    return abs(longer / (len(ours) * len(others)) - 0.5)


def test_the_measure_sees_what_takes_longer_and_nothing_where_there_is_nothing() -> None:
    chance = random.Random(1)
    first, second = ([chance.gauss(1, 0.1) for _ in range(200)] for _ in range(2))
    assert advantage(first, second) < 0.1
    assert advantage(first, [each + 0.1 for each in second]) > 0.2


def tell_apart(kinds: list[Callable[[], object]]) -> float:
    """Return the largest advantage between two of *kinds*, each done 200 times in turn; the least of three attempts."""
    best = 0.5
    for _ in range(3):
        took: list[list[float]] = [[] for _ in kinds]
        for turn in range(200 * len(kinds)):
            kind = (turn + turn // len(kinds)) % len(kinds)  # none is always the first one after another
            began = perf_counter()
            kinds[kind]()
            took[kind].append(perf_counter() - began)
        best = min(best, max(advantage(took[0], each) for each in took[1:]))
    return best


@pytest.fixture
def house() -> House:
    made = House(FakeClock(), disarm="code")
    window = Window(frozenset({"mon"}), time(1), time(2))
    made.people.register.add(Person("Window cleaner", windows=(window,)), OUTSIDE, "root")
    return made


@pytest.mark.alone
def test_s39_nobodys_code_takes_as_long_as_one_at_the_wrong_time(house: House) -> None:
    page = client(house)

    def attempt(code: str) -> Callable[[], object]:
        def once() -> None:
            house.clock.advance(24 * 3600)  # type: ignore[attr-defined]
            assert given(page, code) == 401

        return once

    assert tell_apart([attempt(code) for code in (WRONG, OUTSIDE, WRONG[::-1], f"{WRONG}{WRONG}")]) < 0.15


@pytest.mark.alone
def test_s39_a_duress_code_takes_as_long_as_the_ordinary_one(house: House) -> None:
    page = client(house)
    house.arm_now(Mode.AWAY)

    def attempt(code: str) -> Callable[[], object]:
        def once() -> None:
            assert given(page, code) == 200
            assert given(page, CLEANER, Mode.HOME) == 200

        return once

    assert tell_apart([attempt(ANNA), attempt(ANNAS_DURESS)]) < 0.15
