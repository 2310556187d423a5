"""Who may switch the alarm at the page: codes, approved phones, duress, and how long guessing takes."""

from __future__ import annotations

import hmac
import logging
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from statistics import median
from time import perf_counter
from typing import Literal

import pytest

from pisecurity.core.alarm.people import Role, Verdict, Window
from pisecurity.core.types import Mode
from pisecurity.errors import InputError, SecretError, StoreError
from pisecurity.ports import Known, Phone
from pisecurity.runtime.alarm.register import plain
from tests.fakes import START
from tests.rigs.people import PEPPER, House

ARMED = (Mode.HOME, Mode.AWAY, Mode.NIGHT)
WRONG = "702846"


def test_where_anyone_may_switch_no_code_is_asked_and_duress_does_not_exist() -> None:
    house = House("anyone")
    house.add("Anna")
    duress = house.people.register.new_code("Anna", None, "root", duress=True)
    for code in (None, WRONG, duress):
        admission = house.admit(code)
        assert (admission.verdict, admission.how, admission.duress, admission.person) == (
            Verdict.ADMITTED, "page", False, "",
        )  # fmt: skip


def test_a_code_admits_by_name_and_another_one_does_not() -> None:
    house = House()
    code = house.add("Anna")
    assert (len(code), code.isdigit()) == (6, True)
    admission = house.admit(code)
    assert (admission.verdict, admission.person, admission.how, admission.duress) == (
        Verdict.ADMITTED, "Anna", "code", False,
    )  # fmt: skip
    assert house.admit(WRONG).verdict is Verdict.WRONG
    assert house.admit(None).verdict is Verdict.WRONG


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}", "{1}-{2}", "{3}"])
def test_a_code_may_be_typed_with_spaces_and_in_the_digits_of_any_keyboard(typed: str) -> None:
    house = House()
    code = house.add("Anna")
    arabic = "".join(chr(0x660 + int(digit)) for digit in code)
    assert house.admit(typed.format(code, code[:3], code[3:], arabic)).verdict is Verdict.ADMITTED


@pytest.mark.parametrize("typed", ["9" * 10_000, "😀", "\u202e123456", "\udc80" * 6, "x" * 64, " "])
def test_whatever_is_typed_is_a_wrong_code_and_nothing_else(typed: str) -> None:
    house = House()
    house.add("Anna")
    assert house.admit(typed).verdict is Verdict.WRONG
    assert len(plain(typed)) <= 64


def test_a_duress_code_disarms_as_the_ordinary_one_does_and_says_so_to_the_caller_alone() -> None:
    house = House()
    code, duress = house.add("Anna"), house.people.register.new_code("Anna", None, "root", duress=True)
    assert code != duress
    ordinary, forced = house.admit(code), house.admit(duress)
    assert (ordinary.duress, forced.duress) == (False, True)
    assert (ordinary.verdict, ordinary.person, ordinary.how) == (forced.verdict, forced.person, forced.how)


def test_a_duress_code_arms_as_any_other() -> None:
    house = House()
    house.add("Anna")
    duress = house.people.register.new_code("Anna", None, "root", duress=True)
    admission = house.admit(duress, wanted=Mode.AWAY)
    assert (admission.verdict, admission.duress) == (Verdict.ADMITTED, False)


@pytest.mark.parametrize("wanted", ARMED)
def test_a_guest_arms_and_does_not_disarm(wanted: Mode) -> None:
    house = House()
    code = house.add("Gina", Role.GUEST)
    assert house.admit(code, wanted=wanted).verdict is Verdict.ADMITTED
    assert house.admit(code).verdict is Verdict.FORBIDDEN
    house.mode = next(mode for mode in ARMED if mode is not wanted)
    assert house.admit(code, wanted=wanted).verdict is Verdict.FORBIDDEN
    with pytest.raises(InputError, match="a guest cannot disarm"):
        house.people.register.new_code("Gina", None, "root", duress=True)


def test_a_code_outside_its_window_is_answered_like_a_wrong_one() -> None:
    house = House()
    code = house.add("Carla", windows=(Window(frozenset({"tue"}), time(9), time(12)),))
    outside = house.admit(code, source="a")
    assert outside == house.admit(WRONG, source="b")
    assert house.store.failures["a"].count == house.store.failures["b"].count == 1
    house.clock.set_wall(datetime(2026, 6, 2, 10, 0, tzinfo=UTC))
    assert house.admit(code, source="c").verdict is Verdict.ADMITTED


def test_an_approved_phone_needs_no_code_where_phones_count_and_one_where_codes_do() -> None:
    house = House("phones")
    code = house.add("Anna")
    token = house.approved("Anna")
    assert len(token) == 64
    admission = house.admit(device=token)
    assert (admission.verdict, admission.person, admission.how) == (Verdict.ADMITTED, "Anna", "phone")
    assert house.admit().verdict is Verdict.WRONG
    assert house.admit(code).how == "code"
    house.disarm = "code"
    house.restart()
    assert house.admit(device=token).verdict is Verdict.WRONG
    assert house.admit(code, device=token).verdict is Verdict.ADMITTED


def test_a_duress_code_counts_on_an_approved_phone_as_well() -> None:
    house = House("phones")
    house.add("Anna")
    token = house.approved("Anna")
    duress = house.people.register.new_code("Anna", None, "root", duress=True)
    assert house.admit(duress, device=token).duress


def test_phones_have_the_role_and_the_window_of_their_person() -> None:
    house = House("phones")
    house.add("Gina", Role.GUEST)
    house.add("Carla", windows=(Window(frozenset({"tue"}), time(9), time(12)),))
    gina, carla = house.approved("Gina"), house.approved("Carla")
    assert house.admit(device=gina).verdict is Verdict.FORBIDDEN
    assert house.admit(device=gina, wanted=Mode.AWAY).verdict is Verdict.ADMITTED
    assert house.admit(device=carla).verdict is Verdict.WRONG
    house.clock.set_wall(datetime(2026, 6, 2, 10, 0, tzinfo=UTC))
    assert house.admit(device=carla).verdict is Verdict.ADMITTED


def test_a_revoked_phone_is_none_and_its_number_is_not_given_again() -> None:
    house = House("phones")
    house.add("Anna")
    first = house.approved("Anna")
    assert house.people.phone(first) == "Anna"
    house.people.register.revoke(1, "root")
    assert house.people.phone(first) is None
    assert house.admit(device=first).verdict is Verdict.WRONG
    assert house.approved("Anna") != first
    assert [phone.number for phone in house.people.register.known.phones] == [2]
    with pytest.raises(InputError, match="phone = 1: there is none"):
        house.people.register.revoke(1, "root")


def test_a_code_for_a_phone_counts_once_and_for_half_an_hour() -> None:
    house = House("phones")
    house.add("Anna")
    code = house.people.register.new_approval("Anna", "root")
    assert len(code.replace("-", "")) == 8, "40 bits"
    assert house.people.approve(code.lower().replace("-", " "), label="x", source="a")
    assert house.people.approve(code, label="x", source="b") is None
    late = house.people.register.new_approval("Anna", "root")
    house.clock.advance(1801)
    assert house.people.approve(late, label="x", source="c") is None


def test_a_code_for_a_phone_does_not_outlive_a_reboot_nor_is_it_revived_by_the_clock_s55() -> None:
    house = House("phones")
    house.add("Anna")
    code = house.people.register.new_approval("Anna", "root")
    house.clock.advance(1801)
    house.clock.set_wall(house.clock.now() - timedelta(days=1))
    assert house.people.approve(code, label="x", source="a") is None
    other = house.people.register.new_approval("Anna", "root")
    house.clock.reboot()
    assert house.restart().approve(other, label="x", source="b") is None


def test_without_the_key_nothing_is_right_and_a_fault_says_so() -> None:
    house = House()
    code = house.add("Anna")

    def lost(make: bool) -> bytes:
        raise SecretError("secrets/access-pepper: cannot be read; look")

    house.pepper = lost
    house.restart()
    assert house.admit(code).verdict is Verdict.WRONG
    assert [fault.key for fault in house.health.faults()] == ["people"]


def test_a_code_that_is_right_has_its_key_known_again_where_that_was_never_kept() -> None:
    house = House()
    code, kept = house.add("Anna"), house.store.known.key_digest
    house.store.known = replace(house.store.known, key_digest="")
    house.restart()
    house.store.broken = True
    assert house.admit(code).verdict is Verdict.ADMITTED, "also by a disk that does not take it"
    house.store.broken = False
    house.people.register.new_code("Anna", None, "root", duress=True)
    assert not house.store.known.key_digest, "a key under which no code was right yet may be another one"
    house.admit(WRONG)
    assert not house.store.known.key_digest
    house.admit(code)
    assert house.store.known.key_digest == kept


def test_a_phone_that_was_approved_while_its_token_was_kept_under_the_key_of_the_codes_goes_on_to_work() -> None:
    house = House("phones")
    house.add("Anna")
    digest = hmac.digest(PEPPER, b"phone:" + b"ab" * 32, "sha256").hex()
    house.store.add_phone(Phone("anna", "Anna's phone", digest, START))
    assert house.restart().phone("ab" * 32) == "Anna"
    assert house.people.phone("ac" * 32) is None


@pytest.mark.parametrize("disarm", ["code", "phones"])
@pytest.mark.parametrize("wanted", list(Mode))
def test_every_kind_of_code_in_every_mode(disarm: Literal["code", "phones"], wanted: Mode) -> None:
    house = House(disarm)
    user, guest = house.add("Anna"), house.add("Gina", Role.GUEST)
    shut = house.add("Carla", windows=(Window(frozenset({"tue"}), time(9), time(12)),))
    duress = house.people.register.new_code("Anna", None, "root", duress=True)
    disarms = wanted is Mode.DISARMED
    found = {
        name: (each := house.admit(code, wanted=wanted, source=name), each.verdict, each.duress)[1:]
        for name, code in {"user": user, "guest": guest, "shut": shut, "duress": duress, "wrong": WRONG}.items()
    }
    assert found == {
        "user": (Verdict.ADMITTED, False),
        "guest": (Verdict.FORBIDDEN if disarms else Verdict.ADMITTED, False),
        "shut": (Verdict.WRONG, False),
        "duress": (Verdict.ADMITTED, disarms),
        "wrong": (Verdict.WRONG, False),
    }


def test_nobody_is_merged_with_somebody_else_s03() -> None:
    house = House()
    code = house.add("Anna")
    for same in ("ANNA", "anna ", "Anna.", "\uff21nna"):
        with pytest.raises(InputError, match="is there already; give another name"):
            house.add(same, Role.ADMIN)
    other = house.add("\u0410nna", Role.GUEST)
    assert house.admit(code).verdict is Verdict.ADMITTED
    assert house.admit(other).verdict is Verdict.FORBIDDEN


def test_another_code_for_one_person_changes_nothing_for_the_others() -> None:
    house = House()
    anna, ben = house.add("Anna"), house.add("Ben")
    duress = house.people.register.new_code("Anna", None, "root", duress=True)
    again = house.people.register.new_code("ANNA", None, "root")
    verdicts = [house.admit(code, source=code).verdict for code in (anna, again, ben, duress)]
    assert verdicts == [Verdict.WRONG, Verdict.ADMITTED, Verdict.ADMITTED, Verdict.ADMITTED]


def test_a_chosen_code_that_somebody_has_is_refused_like_one_that_is_easy_to_guess() -> None:
    house = House()
    anna = house.add("Anna", chosen="481516")
    duress = house.people.register.new_code("Anna", None, "root", duress=True)
    house.add("Ben")
    texts = set()
    for chosen in ("123456", anna, duress):
        with pytest.raises(InputError) as refused:
            house.people.register.new_code("Ben", chosen, "root")
        texts.add(str(refused.value))
    assert texts == {"code: too easy to guess: give other digits"}
    with pytest.raises(InputError, match="too easy"):
        house.people.register.new_code("Anna", duress, "root")
    assert house.people.register.new_code("Anna", anna, "root") == anna, "the one somebody has already is no other's"


def test_whoever_is_removed_is_gone_with_code_and_phone() -> None:
    house = House("phones")
    code = house.add("Anna")
    token = house.approved("Anna")
    assert house.people.register.remove("anna", "root").name == "Anna"
    assert house.admit(code).verdict is Verdict.WRONG
    assert house.people.phone(token) is None
    with pytest.raises(InputError, match="there is nobody of this name"):
        house.people.register.new_code("Anna", None, "root")


def test_every_change_is_on_the_record_and_a_duress_code_is_not_told_from_another() -> None:
    house = House("phones")
    house.add("Anna")
    house.people.register.new_code("Anna", None, "root")
    house.people.register.new_code("Anna", None, "root", duress=True)
    house.approved("Anna")
    house.people.register.revoke(1, "root")
    house.people.register.remove("Anna", "root")
    assert house.notes == [
        "person 'Anna' added as user by root (cli)",
        "code of 'Anna' changed by root (cli)",
        "code of 'Anna' changed by root (cli)",
        "code for a phone of 'Anna' issued by root (cli)",
        'phone "Anna\'s phone" approved by Anna (page)',
        "phone \"Anna's phone\" of 'Anna' revoked by root (cli)",
        "person 'Anna' removed by root (cli)",
    ]


def test_a_change_that_the_disk_refuses_is_not_left_on_the_record_as_done() -> None:
    house = House("phones")
    house.add("Anna")
    token = house.approved("Anna")
    house.store.broken = True
    register, before = house.people.register, len(house.notes)
    for change in (lambda: register.revoke(1, "root"), lambda: register.remove("Anna", "root")):
        with pytest.raises(StoreError):
            change()
    assert house.notes[before:] == [
        "phone \"Anna's phone\" of 'Anna' revoked by root (cli)",
        "not done: phone \"Anna's phone\" of 'Anna' revoked by root (cli)",
        "person 'Anna' removed by root (cli)",
        "not done: person 'Anna' removed by root (cli)",
    ]
    assert house.admit(device=token).verdict is Verdict.ADMITTED


def test_neither_log_nor_record_nor_store_ever_holds_a_code_or_token_s41(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    house = House("phones")
    secrets = [house.add("Anna"), house.people.register.new_code("Anna", None, "root", duress=True)]
    secrets.append(house.people.register.new_approval("Anna", "root").replace("-", ""))
    secrets.append(house.approved("Anna"))
    for _ in range(6):
        house.admit(WRONG)
    house.admit(secrets[1])
    everything = f"{caplog.text}{house.notes}{house.store.known}{house.store.failures}{house.told}"
    assert [secret for secret in (*secrets, WRONG) if secret in everything] == []


def test_a_label_of_a_phone_is_one_short_line_s26() -> None:
    house = House("phones")
    house.add("Anna")
    code = house.people.register.new_approval("Anna", "root")
    assert house.people.approve(code, label="Anna\n2026 ERROR forged\x1b[31m" + "x" * 500, source="a")
    (phone,) = house.people.register.known.phones
    assert phone.label.isprintable() and len(phone.label) <= 60


@pytest.mark.alone
def test_wrong_right_and_duress_codes_take_the_same_time_s39() -> None:
    house = House()
    codes = [house.add(f"Person {number}") for number in range(20)]
    duress = house.people.register.new_code("Person 0", None, "root", duress=True)
    register = house.people.register

    def taken_s(code: str) -> float:
        began_s = perf_counter()
        register.of_code(code)
        return perf_counter() - began_s

    candidates = {"first": codes[0], "last": codes[-1], "duress": duress, "wrong": WRONG}
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(400):
        for name, code in candidates.items():
            taken[name].append(taken_s(code))
    middles = [median(each) for each in taken.values()]
    assert max(middles) < 1.5 * min(middles)


def test_whose_phone_it_is_and_what_it_may_is_answered_while_a_code_is_being_stored() -> None:
    house = House("phones")
    house.add("Anna")
    device = house.approved("Anna")
    with house.people.alone:  # a disk that hangs: whoever stores something holds it
        assert house.people.phone(device) == "Anna"
        assert house.admit(device=device).verdict is Verdict.ADMITTED
        assert house.admit().verdict is Verdict.WRONG


def test_people_who_could_not_be_read_at_the_start_are_there_once_the_disk_can_be_read_and_lost_ones_stay() -> None:
    house = House("phones")
    code, kept = house.add("Anna"), house.store.known
    house.store.known = Known()
    house.restart()
    assert house.admit(code).verdict is Verdict.WRONG
    house.store.known = kept
    house.people.take_up_late()
    assert house.admit(code, source="10.0.0.9").verdict is Verdict.ADMITTED
    house.store.known = Known()
    house.people.take_up_late()
    assert house.admit(code, source="10.0.0.9").verdict is Verdict.ADMITTED


def test_nobody_keeps_others_from_approving_a_phone_by_typing_wrong_codes() -> None:
    house = House("phones")
    house.add("Anna")
    for number in range(14):
        house.admit(WRONG, source=f"10.0.0.{number}")
    assert house.admit(WRONG, source="10.0.0.99").verdict is Verdict.WAIT
    assert house.approved("Anna")


def test_what_can_be_no_code_is_refused_and_counts_as_no_try() -> None:
    house = House()
    code = house.add("Anna")
    for typed in ("1", "12", "12345", "1234567890123", "abcdef"):
        for _ in range(5):
            assert house.admit(typed).verdict is Verdict.WRONG
    assert house.admit(code).verdict is Verdict.ADMITTED


@pytest.mark.parametrize("disarm", ["code", "phones"])
def test_it_is_a_fault_while_nobody_is_known_who_may_disarm_at_any_hour(disarm: Literal["code", "phones"]) -> None:
    house = House(disarm)
    house.people.look()
    assert [fault.key for fault in house.health.faults()] == ["people-nobody"]
    house.add("Cleaner", windows=(Window(frozenset({"tue"}), time(9), time(12)),))
    house.add("Ben", Role.GUEST)
    house.people.look()
    assert [fault.key for fault in house.health.faults()] == ["people-nobody"]
    house.add("Anna")
    house.people.look()
    assert not house.health.faults()


def test_where_anyone_may_disarm_nobody_has_to_be_known() -> None:
    house = House("anyone")
    house.people.look()
    assert not house.health.faults()
