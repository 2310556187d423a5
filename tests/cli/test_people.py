"""``pisecurity people`` against a real socket, with a real store and the real key behind it."""

from __future__ import annotations

import getpass
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from pisecurity.adapters.control import FILE_NAME, ControlServer
from pisecurity.adapters.people_commands import PeopleCommands
from pisecurity.adapters.state.secrets import PEPPER, Secrets
from pisecurity.adapters.store import SqliteStore
from pisecurity.cli import people
from pisecurity.core.alarm.people import Verdict
from pisecurity.core.types import AlarmState, AlertKind, Decision, Mode
from pisecurity.errors import ControlError, SecretError
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alarm.people import People
from pisecurity.runtime.alarm.register import Register
from pisecurity.runtime.alarm.throttle import Throttle
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House as Home
from pisecurity.settings import AccessSettings, AlarmSettings
from tests.cli.commands import Ran, Shell
from tests.cli.test_remote import serving
from tests.fakes import FakeClock, make_event

USER = getpass.getuser()
ACCESS = AccessSettings(disarm="phones", duress_to=("sister@example.com",))


class House:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        self.store = SqliteStore(folder, self.clock)
        self.panel = Panel(self.store, self.clock, AlarmSettings(), lambda change: None)
        self.panel.start()
        self.health = Health(self.clock)
        self.address = "http://192.168.1.5:8080/"
        self.restart()

    def restart(self) -> None:
        """Take up what is stored."""
        panel = self.panel
        register = Register(
            self.store, Secrets(self.folder).pepper, self.clock,
            lambda what, by, how: panel.record(what, by=by, how=how),
        )  # fmt: skip
        throttle = Throttle(self.store, self.clock, lambda source, count: None)
        self.people = People(ACCESS, register, throttle, self.clock, UTC, self.health, lambda: panel.status().mode)
        self.people.start()
        self.commands = PeopleCommands(
            self.people,
            self.store.duress_log,
            lambda: self.address,
            Home("Home", UTC, {"front": "Front door"}, {}),
        )

    def answer(self, request: Mapping[str, Any], by: str) -> Mapping[str, Any]:
        """Answer ``people`` for whoever was taken up last."""
        return self.commands.handlers()["people"](request, by)

    def admits(self, code: str, wanted: Mode = Mode.DISARMED) -> Verdict:
        return self.people.admit(wanted, code=code, device=None, source=code).verdict


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    with serving(ControlServer(tmp_path / FILE_NAME, {"people": house.answer}, house.clock)):
        yield house
    house.store.close()


def told(shell: Shell, house: House, *words: str) -> Ran:
    return shell("people", *words, "--state", house.folder)


def code_in(text: str) -> str:
    found = re.search(r"code (\d+); it is shown once", text)
    assert found, text
    return found[1]


def test_the_duress_log_calls_the_camera_as_the_owner_does(shell: Shell, house: House) -> None:
    decision = Decision(AlertKind.DURESS, "disarmed under duress")
    house.store.add_event(make_event(), AlarmState.DISARMED, decision, None, ())
    line = told(shell, house, "duress-log").out
    assert "  movement at Front door: travelled 0.21 in 0.9 s; picture " in line


def test_somebody_is_added_listed_given_another_code_and_removed(shell: Shell, house: House) -> None:
    assert told(shell, house, "list").out == "nobody yet; add the first with: pisecurity people add NAME\n"
    added = told(shell, house, "add", "Anna")
    assert (added.code, added.err) == (0, "")
    first = code_in(added.out)
    assert house.admits(first) is Verdict.ADMITTED
    second = code_in(told(shell, house, "code", "anna").out)
    assert (house.admits(first), house.admits(second)) == (Verdict.WRONG, Verdict.ADMITTED)
    told(shell, house, "add", "Carla", "--role", "guest", "--days", "tue,fri", "--from", "09:00", "--until", "12:00")
    assert told(shell, house, "list").out.splitlines() == [
        "Anna may arm and disarm; phones 0",
        "Carla may arm only, tue fri 09:00 to 12:00; phones 0",
    ]
    assert told(shell, house, "remove", "Anna").out == "Anna is removed, with code and phones\n"
    assert house.admits(second) is Verdict.WRONG


def test_a_duress_code_is_issued_and_neither_list_nor_record_tells_of_it(shell: Shell, house: House) -> None:
    told(shell, house, "add", "Anna")
    before = told(shell, house, "list").out
    code = code_in(told(shell, house, "duress", "Anna").out)
    assert house.people.admit(Mode.DISARMED, code=code, device=None, source="a").duress
    assert told(shell, house, "list").out == before
    with house.store._database.read() as connection:
        notes = [row["note"] for row in connection.execute("SELECT note FROM audit ORDER BY number")]
    assert notes[-1] == f"code of 'Anna' changed by {USER} (cli)"
    assert told(shell, house, "duress-log").out == "nobody was made to disarm\n"


def test_a_page_that_no_phone_can_open_is_not_named_without_saying_so(shell: Shell, house: House) -> None:
    house.address = "http://127.0.0.1:8080/"
    house.restart()
    told(shell, house, "add", "Anna")
    first, second = told(shell, house, "phone", "Anna").out.splitlines()
    assert "http://127.0.0.1:8080/phone" in first
    assert second == 'no phone can open that page, only this machine can; set web.address = "auto" for phones'


def test_a_phone_is_approved_listed_and_revoked(shell: Shell, house: House) -> None:
    told(shell, house, "add", "Anna")
    printed = told(shell, house, "phone", "Anna").out
    match = re.fullmatch(
        r"type (\S{4}-\S{4}) on the phone at http://192\.168\.1\.5:8080/phone within 30 minutes; it works once\n",
        printed,
    )
    assert match, printed
    token = house.people.approve(match[1], label="Anna's Pixel", source="192.168.1.20")
    assert house.people.phone(token) == "Anna"
    assert told(shell, house, "phones").out == "1: Anna, Anna's Pixel, approved 2026-06-01 12:00\n"
    assert told(shell, house, "revoke", "1").out == "phone 1 (Anna's Pixel) is no longer approved\n"
    assert house.people.phone(token) is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("add Anna.", "name = 'Anna.': 'Anna' is there already; give another name"),
        ("add schedule", "name = 'schedule': this is what the alarm calls itself; give another name"),
        ("add Ben --role owner", "role = 'owner': give one of guest, user, admin"),
        ("add Ben --days tuesday", "days = 'tuesday': give some of mon, tue, wed, thu, fri, sat, sun"),
        ("add Ben --from 25:00", "from = '25:00': give a time of day such as 09:00"),
        ("add Ben --until 9h", "until = '9h': give a time of day such as 09:00"),
        ("add Ben --from 09:00 --until 09:00", "until = '09:00': it begins then; give another time, or leave both out"),
        ("code Ben", "name = 'Ben': there is nobody of this name; there is Anna"),
        ("duress Ben", "name = 'Ben': there is nobody of this name; there is Anna"),
        ("phone Ben", "name = 'Ben': there is nobody of this name; there is Anna"),
        ("remove Ben", "name = 'Ben': there is nobody of this name; there is Anna"),
        ("revoke 7", "phone = 7: there is none of this number; see: pisecurity people phones"),
        ("revoke Anna", "phone = 'Anna': give its number; see: pisecurity people phones"),
    ],
)
def test_wrong_input_is_one_line_with_key_value_and_fix_and_ends_with_two(
    shell: Shell, house: House, words: str, message: str
) -> None:
    told(shell, house, "add", "Anna")
    known, ran = house.people.register.known, told(shell, house, *words.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"pisecurity: {message}")
    assert ran.err.count("\n") == 1
    assert house.people.register.known == known


@pytest.mark.parametrize(
    ("access", "message"),
    [
        (AccessSettings(), 'access.disarm = "anyone": no code is asked, so there is no duress code'),
        (AccessSettings(disarm="code"), "access.duress_to = []: nobody would hear of it"),
    ],
)
def test_a_duress_code_needs_codes_and_somebody_to_hear_of_it(
    shell: Shell, house: House, access: AccessSettings, message: str
) -> None:
    told(shell, house, "add", "Anna")
    house.people.apply(access)
    ran = told(shell, house, "duress", "Anna")
    assert (ran.code, ran.err.startswith(f"pisecurity: {message}")) == (2, True)
    remark = "no duress code" in told(shell, house, "list").out
    assert remark is (access.disarm == "anyone")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["123"], "code: 3 digits: give 6 to 12 digits"),
        (["123456"], "code: too easy to guess: give other digits"),
        (["481516", "481517"], "code: the two differ; start again"),
    ],
)
def test_a_chosen_code_is_typed_twice_unseen_and_never_repeated(
    shell: Shell, house: House, monkeypatch: pytest.MonkeyPatch, typed: list[str], message: str
) -> None:
    told(shell, house, "add", "Anna")
    at_terminal(monkeypatch, typed)
    ran = told(shell, house, "code", "Anna", "--choose")
    assert (ran.code, ran.err) == (2, f"pisecurity: {message}\n")


def test_a_chosen_code_works_and_one_that_somebody_has_is_too_easy(
    shell: Shell, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_terminal(monkeypatch, ["481516"] * 4)
    ran = told(shell, house, "add", "Anna", "--choose")
    assert (ran.code, ran.out) == (0, "Anna may arm and disarm\nthe code is the one you chose\n")
    assert house.admits("481516") is Verdict.ADMITTED
    again = told(shell, house, "add", "Ben", "--choose")
    assert (again.code, again.err) == (2, "pisecurity: code: too easy to guess: give other digits\n")


@pytest.mark.parametrize("typed", [[], ["481516"]], ids=["at once", "instead of once more"])
def test_whoever_ends_the_prompt_has_changed_nothing(
    shell: Shell, house: House, monkeypatch: pytest.MonkeyPatch, typed: list[str]
) -> None:
    at_terminal(monkeypatch, typed)
    ran = told(shell, house, "add", "Anna", "--choose")
    assert (ran.code, ran.err) == (
        2, "pisecurity: code: none was typed, and nothing is changed; start again\n",
    )  # fmt: skip
    assert not house.people.register.known.people


def test_without_a_terminal_no_code_is_typed(shell: Shell, house: House) -> None:
    ran = told(shell, house, "add", "Anna", "--choose")
    assert (ran.code, ran.err.startswith("pisecurity: --choose: a code is typed at a terminal only")) == (2, True)


def at_terminal(monkeypatch: pytest.MonkeyPatch, typed: list[str]) -> None:
    lines = iter(typed)

    def getpass(prompt: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(people, "getpass", getpass)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)


def test_no_code_is_kept_anywhere_and_the_key_is_for_the_service_alone(shell: Shell, house: House) -> None:
    codes = [code_in(told(shell, house, *words).out) for words in (("add", "Anna"), ("duress", "Anna"))]
    key = house.folder / "secrets" / PEPPER
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    content = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    assert [code for code in codes if code.encode() in content] == []
    assert content.count(key.read_bytes().strip()) == 1, "and not in the database"


def test_a_key_that_is_lost_is_said_and_no_other_is_made_while_a_code_hangs_on_it(shell: Shell, house: House) -> None:
    code = code_in(told(shell, house, "add", "Anna").out)
    house.people.register.new_code("Anna", None, "root", duress=True)
    (house.folder / "secrets" / PEPPER).unlink()
    house.restart()
    (fault,) = house.health.faults()
    assert "no code can be checked, and what disarms is an approved phone or 'sudo pisecurity disarm'" in fault.text
    assert "it is gone, and no code and no duress code works without it" in fault.text, "before anybody types one"
    assert house.admits(code) is Verdict.WRONG
    for words in (("code", "Anna"), ("duress", "Anna"), ("phone", "Anna"), ("add", "Ben")):
        with pytest.raises(SecretError, match="it is gone, and no code and no duress code"):
            house.answer({"action": words[0], "name": words[1], "role": "user"}, "root")
    assert not (house.folder / "secrets" / PEPPER).exists()
    told(shell, house, "remove", "Anna")
    again = code_in(told(shell, house, "add", "Anna").out)
    assert house.admits(again) is Verdict.ADMITTED
    assert not house.health.faults()


def test_a_key_that_is_not_that_of_the_codes_is_said_and_phones_and_the_command_disarm_meanwhile(
    shell: Shell, house: House
) -> None:
    code = code_in(told(shell, house, "add", "Anna").out)
    token = house.people.approve(house.people.register.new_approval("Anna", "root"), label="phone", source="a")
    key = house.folder / "secrets" / PEPPER
    own = key.read_bytes()
    key.write_bytes(b"ab" * 32 + b"\n")
    house.restart()
    (fault,) = house.health.faults()
    assert "the pepper does not belong to these codes" in fault.text, "before anybody types one"
    assert "put back the one they were made with, or remove everybody with 'pisecurity people remove" in fault.text
    assert house.admits(code) is Verdict.WRONG
    phone = house.people.admit(Mode.DISARMED, code=None, device=token, source="a")
    assert (phone.verdict, phone.person, phone.how) == (Verdict.ADMITTED, "Anna", "phone")
    for words in (("code", "Anna"), ("duress", "Anna"), ("phone", "Anna"), ("add", "Ben")):
        with pytest.raises(SecretError, match="the pepper does not belong to these codes"):
            house.answer({"action": words[0], "name": words[1], "role": "user"}, "root")
    key.write_bytes(own)
    house.people.look()
    assert not house.health.faults(), "without a restart"
    assert house.admits(code) is Verdict.ADMITTED
    assert house.store.load_failures() == (), "a code that nobody could check was no wrong one"


def test_with_another_key_everybody_can_be_removed_and_added_anew(shell: Shell, house: House) -> None:
    told(shell, house, "add", "Anna")
    (house.folder / "secrets" / PEPPER).write_bytes(b"ab" * 32 + b"\n")
    house.restart()
    told(shell, house, "remove", "Anna")
    again = code_in(told(shell, house, "add", "Anna").out)
    house.restart()
    assert house.admits(again) is Verdict.ADMITTED
    assert not house.health.faults()


@pytest.mark.parametrize("content", [b"", b"ab" * 31, b"zz" * 32, b"ab" * 33, b"\xff" * 64])
def test_a_damaged_key_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secrets").mkdir()
    key = tmp_path / "secrets" / PEPPER
    key.touch(0o600)
    key.write_bytes(content)
    with pytest.raises(SecretError, match="it is damaged; put a copy back"):
        Secrets(tmp_path).pepper(True)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Secrets(tmp_path).pepper(True)
    (tmp_path / "secrets" / PEPPER).chmod(0o640)
    with pytest.raises(SecretError, match="other users can read it"):
        Secrets(tmp_path).pepper(True)


def test_the_key_is_the_same_after_a_restart(tmp_path: Path) -> None:
    key = Secrets(tmp_path).pepper(True)
    assert len(key) == 32
    assert Secrets(tmp_path).pepper(True) == Secrets(tmp_path).pepper(False) == key


def test_codes_work_on_when_the_key_cannot_be_read_any_more_and_none_is_made_that_a_restart_would_lose(
    shell: Shell, house: House
) -> None:
    code = code_in(told(shell, house, "add", "Anna").out)
    (house.folder / "secrets" / PEPPER).unlink()
    assert house.admits(code) is Verdict.ADMITTED
    with pytest.raises(SecretError, match="it is gone"):
        house.answer({"action": "add", "name": "Ben", "role": "user"}, "root")
    assert house.admits(code) is Verdict.ADMITTED


def test_only_what_people_does_is_done(house: House) -> None:
    request = {"command": "people", "action": "reset"}
    with pytest.raises(Exception, match="people does one of list, add"):
        house.answer(request, USER)
    assert replace(house.people.register.known) == house.people.register.known


@pytest.mark.parametrize(
    "action", ["list", "add", "code", "duress", "phone", "phones", "revoke", "remove", "duress-log"]
)
def test_whoever_is_not_root_and_only_in_the_group_learns_and_changes_nothing_about_people(
    house: House, action: str
) -> None:
    people = house.commands.handlers()["people"]
    people({"action": "add", "name": "Anna", "role": "user"}, "root")
    before = house.people.register.known
    with pytest.raises(ControlError, match="people is for root alone, and not for pi; run it with sudo"):
        people({"action": action, "name": "Anna", "role": "user", "phone": "1"}, "pi")
    assert house.people.register.known == before


def test_whoever_is_added_ends_the_fault_that_nobody_may_disarm_at_once(shell: Shell, house: House) -> None:
    house.people.look()
    assert [fault.key for fault in house.health.faults()] == ["people-nobody"]
    assert shell("people", "add", "Anna", "--state", house.folder).code == 0
    assert not house.health.faults()
    assert shell("people", "remove", "Anna", "--state", house.folder).code == 0
    assert [fault.key for fault in house.health.faults()] == ["people-nobody"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (("--from", "09:00", "--until", "12:00"), "tue 09:00 to 12:00"),
        (("--from", "12:00", "--until", "09:00"), "tue 12:00 to 09:00 of the day after"),
        (("--from", "12:00"), "tue 12:00 to 24:00"),
    ],
)
def test_hours_that_reach_over_midnight_are_said_as_such(
    shell: Shell, house: House, hours: tuple[str, ...], said: str
) -> None:
    shell("people", "add", "Carla", "--days", "tue", *hours, "--state", house.folder)
    assert said in shell("people", "list", "--state", house.folder).out
