"""Guessing codes at the page: how long it takes, over restarts too, and who hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pisecurity.core.alarm.people import Role, Verdict
from pisecurity.core.types import Mode
from pisecurity.errors import StoreError
from pisecurity.ports import Failures
from tests.fakes import MemoryPeopleStore
from tests.rigs.people import House

WRONG = "702846"


def wrong_codes(house: House, number: int, source: str = "192.168.1.20") -> None:
    for _ in range(number):
        house.clock.advance(1800)
        assert house.admit(WRONG, source=source).verdict is Verdict.WRONG


def test_ten_thousand_tries_over_twenty_sources_with_restarts_find_nothing_and_the_owner_hears_of_it_s38() -> None:
    house = House("phones")
    code = house.add("Anna", chosen="481516")
    token = house.approved("Anna")
    seen = 0
    for number in range(10_000):
        if number == 5000:
            house.restart()
        if number == 7500:
            house.clock.set_wall(house.clock.now() + timedelta(days=180))
        guess = f"{number:06}"
        verdict = house.admit(guess, source=f"192.168.1.{number % 20}").verdict
        seen += verdict is not Verdict.WAIT
        assert verdict is not Verdict.ADMITTED
        house.clock.advance(1.0)
    assert seen < 40, "in less than three hours"
    assert next(source for source, _ in house.told) == "192.168.1.4"
    assert len(house.told) == 3, "one an hour"
    assert house.admit(code, source="192.168.1.77").verdict is Verdict.WAIT
    assert house.admit(device=token).verdict is Verdict.ADMITTED
    assert house.admit(code, device=token).verdict is Verdict.ADMITTED


def test_the_right_code_during_a_wait_is_refused_and_nobody_learns_that_it_was_right_s38() -> None:
    house = House()
    code = house.add("Anna")
    for _ in range(3):
        house.admit(WRONG)
    assert house.admit(code) == house.admit(WRONG)
    assert house.admit(code).verdict is Verdict.WAIT
    house.clock.advance(10.0)
    assert house.admit(code).verdict is Verdict.ADMITTED


def test_a_wait_is_neither_shortened_by_a_restart_nor_by_the_clock_and_starts_anew_after_a_reboot_s55() -> None:
    house = House()
    code = house.add("Anna")
    wrong_codes(house, 8)
    assert house.admit(code).wait_s == 1800
    house.clock.advance(600)
    house.clock.set_wall(house.clock.now() + timedelta(days=365))
    assert house.restart().admit(Mode.DISARMED, code=code, device=None, source="192.168.1.20").wait_s == 1200
    house.clock.set_wall(house.clock.now() - timedelta(days=900))
    assert house.admit(code).wait_s == 1200
    house.clock.reboot()
    house.restart()
    assert house.admit(code).wait_s == 1790
    house.clock.advance(1790)
    assert house.admit(code).verdict is Verdict.ADMITTED


def test_a_right_code_forgets_what_its_own_source_got_wrong_and_not_what_all_did() -> None:
    house = House()
    code = house.add("Anna")
    house.admit(WRONG)
    house.admit(WRONG)
    assert house.admit(code).verdict is Verdict.ADMITTED
    assert "192.168.1.20" not in house.store.failures
    assert house.store.failures[""].count == 2


def test_a_phone_of_the_house_waits_for_its_own_wrong_codes_alone_and_makes_nobody_wait() -> None:
    house = House()
    code = house.add("Anna")
    token = house.approved("Anna")
    for _ in range(3):
        assert house.admit(WRONG, device=token).verdict is Verdict.WRONG
    assert house.admit(code, device=token).verdict is Verdict.WAIT
    assert house.admit(code).verdict is Verdict.ADMITTED
    assert "" not in house.store.failures


def test_who_has_a_code_and_an_approved_phone_cannot_try_all_other_codes_on_it() -> None:
    house = House("phones")
    house.add("Anna", chosen="481516")
    code = house.add("Gina", Role.GUEST)
    token = house.approved("Gina")
    seen = 0
    for number in range(2000):
        verdict = house.admit(f"{number:06}", device=token).verdict
        seen += verdict is not Verdict.WAIT
        assert verdict is not Verdict.ADMITTED
        house.admit(code, device=token, wanted=Mode.AWAY)
        house.clock.advance(1.0)
    assert seen < 12, "in half an hour"
    assert house.told[0] == ("phone 1", 5)


def test_the_owner_hears_of_guesses_that_are_spread_over_approved_phones() -> None:
    house = House("phones")
    house.add("Anna")
    tokens = [house.approved("Anna") for _ in range(3)]
    for number in range(5):
        house.admit(WRONG, device=tokens[number % 3])
    assert [count for _, count in house.told] == [5]
    assert house.admit(WRONG).verdict is Verdict.WRONG, "and nobody else waits"


def test_codes_for_phones_are_throttled_together_with_the_others() -> None:
    house = House("phones")
    house.add("Anna")
    for _ in range(3):
        assert house.people.approve("AAAA-AAAA", label="x", source="a") is None
    code = house.people.register.new_approval("Anna", "root")
    assert house.people.approve(code, label="x", source="a") is None
    house.clock.advance(10)
    assert house.people.approve(code, label="x", source="a")


def test_the_owner_hears_after_five_wrong_codes_at_most_once_an_hour_with_the_source() -> None:
    house = House()
    house.add("Anna")
    for number in range(4):
        house.admit(WRONG, source=f"10.0.0.{number}")
    assert house.told == []
    house.admit(WRONG, source="10.0.0.9")
    house.admit(WRONG, source="10.0.0.8")
    assert house.told == [("10.0.0.9", 5)]
    house.restart()
    house.admit(WRONG, source="10.0.0.7")
    assert len(house.told) == 1
    house.clock.advance(3600)
    house.admit(WRONG, source="10.0.0.6")
    assert len(house.told) == 2


def test_the_owner_hears_of_an_approved_phone_that_guesses_as_well() -> None:
    house = House()
    house.add("Anna")
    token = house.approved("Anna")
    for _ in range(5):
        house.clock.advance(1800)
        house.admit(WRONG, device=token)
    assert house.told == [("phone 1", 5)]
    assert house.admit(WRONG).verdict is Verdict.WRONG, "and nobody else waits"


def test_a_disk_that_fails_neither_lets_more_be_tried_nor_keeps_a_right_code_out() -> None:
    house = House()
    code = house.add("Anna")
    house.store.broken = True
    for _ in range(3):
        assert house.admit(WRONG, source="a").verdict is Verdict.WRONG
    assert house.admit(WRONG, source="a").verdict is Verdict.WAIT
    assert house.admit(code, source="b").verdict is Verdict.ADMITTED
    with pytest.raises(StoreError):
        house.people.register.new_code("Anna", None, "root")
    assert house.admit(code, source="b").verdict is Verdict.ADMITTED


class CountingStore(MemoryPeopleStore):
    """Counts what is written."""

    writes = 0

    def save_failures(self, *failures: Failures) -> None:
        self.writes += 1
        super().save_failures(*failures)

    def forget_failures(self, source: str) -> None:
        self.writes += 1
        super().forget_failures(source)


def test_whoever_changes_his_address_with_each_try_wears_no_card_and_a_restart_forgets_a_minute_of_it() -> None:
    house = House("phones")
    house.store = store = CountingStore()
    house.restart()
    house.add("Anna")
    for number in range(3000):
        assert house.people.approve("AAAA-AAAA", label="x", source=f"2003:e1:7::{number:x}") is None
        house.clock.advance(0.1)
    assert store.writes < 50, "in five minutes"
    waits_s = house.admit(WRONG).wait_s
    house.restart()
    assert waits_s > 1799
    assert waits_s - 60 <= house.admit(WRONG).wait_s <= waits_s
    assert len(store.failures) < 50
    assert house.approved("Anna"), "and nobody is kept from approving a phone"
