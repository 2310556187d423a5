"""The commands against a real socket, with a real panel behind it."""

from __future__ import annotations

import getpass
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pisecurity.adapters.control import FILE_NAME, ControlServer, commands
from pisecurity.adapters.store import SqliteStore
from pisecurity.cli.remote import in_words
from pisecurity.core.alarm.outlook import Outlook, Standing
from pisecurity.core.alarm.schedule import Edge
from pisecurity.core.types import Alarm, Mode
from pisecurity.errors import MailError
from pisecurity.ports import SilentCall
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.health import Health
from pisecurity.runtime.scenes import Scenes
from pisecurity.settings import AlarmSettings
from tests.cli.commands import Ran, Shell
from tests.fakes import FakeClock, ShadeEncoder
from tests.rigs.readiness import ReadyHouse

USER = getpass.getuser()


class Memory:
    """An AlarmStore that forgets."""

    def load_alarm(self) -> Alarm | None:
        return None

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        """Nothing reads it again."""

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Nothing: it is forgotten with this store."""

    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        """Nor this."""


@dataclass
class House:
    state: Path
    health: Health
    mail: bool = True
    forgotten: int = 0

    def forget(self) -> None:
        self.forgotten += 1

    def test_alert(self, by: str) -> str:
        if not self.mail:
            raise MailError("no mail account; add a [mail] table to config.toml")
        return f"test alert of {by} on its way"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = FakeClock()
    house = House(tmp_path, Health(clock))
    panel = Panel(Memory(), clock, AlarmSettings(), lambda transition: None)
    panel.start()
    scenes = Scenes({"front": house, "yard": house}, panel, ShadeEncoder())  # type: ignore[dict-item]
    labels = {"front": "front", "yard": "Back yard"}
    handlers = commands(
        panel,
        house.health,
        house.test_alert,
        lambda by: f"daily mail of {by} on its way",
        scenes,
        labels,
        ReadyHouse(house.health, clock, labels),
        lambda by: f"nights of {by} on their way",
    )
    with serving(ControlServer(tmp_path / FILE_NAME, handlers, clock)):
        yield house


@contextmanager
def serving(server: ControlServer) -> Iterator[None]:
    server.open()
    stop = threading.Event()
    thread = threading.Thread(target=server.work, args=(stop, lambda: None))
    thread.start()
    yield
    stop.set()
    thread.join(30)


def test_arm_says_when_it_counts_and_who_ordered_it(shell: Shell, house: House) -> None:
    ran = shell("arm", "--state", house.state)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("arming: armed (away) in 60 s, ordered 2026-06-0")
    assert ran.out.endswith(f" by {USER} (cli)\n")


def test_arm_takes_a_mode(shell: Shell, house: House) -> None:
    assert shell("arm", "--mode", "night", "--state", house.state).out.startswith("armed (night), ordered ")


def test_arm_remarks_where_it_is_too_dark_for_a_dark_coat(shell: Shell, house: House) -> None:
    house.health.note("seeing:yard", "since 21:40 a dark coat would be missed; differences from 12 of 255 steps on")
    first, remark = shell("arm", "--state", house.state).out.splitlines()
    assert first.startswith("arming: ")
    assert remark == "remark: camera Back yard: since 21:40 a dark coat would be missed; more light helps"


def test_ui10_arm_lists_what_does_not_work_and_arms_anyway_where_that_is_said(shell: Shell, house: House) -> None:
    house.health.report("camera:yard", "camera Back yard is unplugged; plug it in")
    house.health.report("rate:front", "camera front sends 4 of 10 pictures a second")
    ran = shell("arm", "--state", house.state)
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "not armed; 'pisecurity arm --anyway' arms in spite of this:",
        "problem: camera Back yard is unplugged; plug it in",
        "remark: camera front sends 4 of 10 pictures a second",
    ]
    assert shell("status", "--state", house.state).out.startswith("disarmed")
    assert shell("arm", "--mode", "home", "--anyway", "--state", house.state).code == 0
    assert shell("arm", "--state", house.state).out.startswith("still armed (home); 'pisecurity arm --anyway' arms")
    ran = shell("arm", "--anyway", "--state", house.state)
    assert (ran.code, ran.out.splitlines()[0][:7]) == (0, "arming:")
    assert "problem: camera Back yard is unplugged; plug it in" in ran.out


def test_disarm(shell: Shell, house: House) -> None:
    shell("arm", "--state", house.state)
    assert shell("disarm", "--state", house.state).out.startswith("disarmed, ordered ")


def test_status_tells_what_is_wrong(shell: Shell, house: House) -> None:
    house.health.report("mail", "smtp.example.org: refused the password; store the right one")
    first, second = shell("status", "--state", house.state).out.splitlines()
    assert first.startswith("disarmed, ordered ")
    assert second.startswith("fault since 2026-06-0")
    assert second.endswith(": smtp.example.org: refused the password; store the right one")


def test_status_tells_what_there_is_of_the_parts_by_the_names_of_the_cameras(shell: Shell, house: House) -> None:
    house.health.note("page", "http://192.168.1.20:8080")
    house.health.note("camera:yard", "stage")
    house.health.note("seeing:yard", "differences from 13 of 255 steps on are seen")
    house.health.note("pets:yard", "cats are still told: 1 of 4 walks that are needed were seen")
    house.health.note("zones", "")
    house.health.note("waits for a restart", "")
    assert shell("status", "--state", house.state).out.splitlines()[1:] == [
        "page: http://192.168.1.20:8080",
        "camera Back yard: stage",
        "seeing Back yard: differences from 13 of 255 steps on are seen",
        "pets Back yard: cats are still told: 1 of 4 walks that are needed were seen",
    ]


def test_status_as_json_is_what_the_daemon_says(shell: Shell, house: House) -> None:
    answer = json.loads(shell("status", "--json", "--state", house.state).out)
    assert (answer["state"], answer["faults"]) == ("disarmed", [])


def test_the_daily_mail_is_asked_for(shell: Shell, house: House) -> None:
    ran = shell("test-alert", "--daily", "--state", house.state)
    assert ran == Ran(0, f"daily mail of {USER} on its way\n", "")


def test_a_test_alert_is_asked_for(shell: Shell, house: House) -> None:
    assert shell("test-alert", "--state", house.state) == Ran(0, f"test alert of {USER} on its way\n", "")


def test_a_refusal_is_one_line(shell: Shell, house: House) -> None:
    house.mail = False
    assert shell("test-alert", "--state", house.state) == Ran(
        1, "", "pisecurity: no mail account; add a [mail] table to config.toml\n"
    )


@pytest.mark.parametrize(
    ("named", "called"),
    [("front", "front"), ("yard", "Back yard"), ("Back yard", "Back yard"), ("back YARD", "Back yard")],
)
def test_a_camera_is_told_to_forget_by_its_id_or_its_name(shell: Shell, house: House, named: str, called: str) -> None:
    assert shell("forget", named, "--state", house.state) == Ran(
        0, f"camera {called} learns its scene and how tall people are anew\n", ""
    )
    assert house.forgotten == 1


def test_a_camera_that_is_not_there_is_named_with_those_that_are(shell: Shell, house: House) -> None:
    line = "pisecurity: there is no camera 'attic'; there is front, yard (Back yard)\n"
    assert shell("forget", "attic", "--state", house.state) == Ran(1, "", line)
    assert house.forgotten == 0


def test_an_armed_camera_does_not_forget(shell: Shell, house: House) -> None:
    shell("arm", "--mode", "home", "--state", house.state)
    line = "pisecurity: the camera would see nobody for some seconds: disarm first, then have it forget\n"
    assert shell("forget", "yard", "--state", house.state) == Ran(1, "", line)


@pytest.mark.parametrize("command", ["status", "arm", "disarm", "test-alert"])
def test_without_a_daemon_the_fix_is_named(shell: Shell, tmp_path: Path, command: str) -> None:
    assert shell(command, "--state", tmp_path) == Ran(
        1,
        "",
        f"pisecurity: no daemon runs on {tmp_path}; start it with 'pisecurity run', or name its folder with --state\n",
    )


def test_of_a_demo_that_has_ended_the_way_to_start_it_is_named(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shell("status", "--state", ".demo").err == "pisecurity: no demo runs on .demo; start it with 'make demo'\n"
    (tmp_path / "other").mkdir()
    SqliteStore(tmp_path / "other", FakeClock()).close()
    line = f"pisecurity: no demo runs on {tmp_path / 'other'}; start it with 'make demo'\n"
    assert shell("status", "--state", tmp_path / "other").err == line


def test_beside_a_demo_its_folder_is_named(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / FILE_NAME).touch()
    line = f"pisecurity: no daemon runs on {tmp_path}; for the demo add: --state .demo\n"
    assert shell("status", "--state", tmp_path) == Ran(1, "", line)


@pytest.mark.parametrize(
    ("state", "countdown_s", "words"),
    [
        ("pending", 12.3, "somebody came in: alarm in 13 s unless disarmed, ordered "),
        ("triggered", None, "ALARM, armed (home), ordered "),
        ("armed_home", None, "armed (home), ordered "),
        ("arming", 0.2, "arming: armed (home) in 1 s, ordered "),
    ],
)
def test_every_state_has_its_words(state: str, countdown_s: float | None, words: str) -> None:
    answer = {"state": state, "mode": "armed_home", "countdown_s": countdown_s, "by": "anna", "how": "page"}
    text = in_words({**answer, "since": "2026-06-01T12:00:00+00:00"})
    assert text.startswith(words)
    assert text.endswith(" by anna (page)")


@pytest.mark.parametrize("command", ["status", "disarm"])
def test_ui24_the_commands_say_what_the_schedule_does_next(shell: Shell, tmp_path: Path, command: str) -> None:
    clock = FakeClock()
    panel = Panel(Memory(), clock, AlarmSettings(), lambda transition: None)
    panel.start()
    edge = Edge(datetime(2026, 6, 1, 20, 30, tzinfo=UTC), Mode.NIGHT)
    ahead = Outlook(Standing.OVERRULED, edge)
    health = Health(clock)
    ready = ReadyHouse(health, clock, {})
    handlers = commands(
        panel,
        health,
        str,
        str,
        Scenes({}, panel, ShadeEncoder()),
        {},
        ready,
        str,
        lambda: ahead,
        ZoneInfo("Asia/Tokyo"),
    )
    with serving(ControlServer(tmp_path / FILE_NAME, handlers, clock)):
        first, second = shell(command, "--state", tmp_path).out.splitlines()
    assert second == "Schedule goes on 2026-06-02 05:30:00: armed night", (
        "by the clock of the house, wherever this runs"
    )
    assert ", ordered 2026-06-01 21:00:00 by pisecurity" in first
