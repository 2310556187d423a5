"""check, events and ledger, on real files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pisecurity import config
from pisecurity.adapters.state import refuge
from pisecurity.adapters.state.lock import StateLock
from pisecurity.adapters.store import SqliteStore
from pisecurity.cli.words import MAY_DISARM
from pisecurity.core.types import (
    Alarm,
    AlarmState,
    Alert,
    AlertKind,
    Box,
    Decision,
    Event,
    Instant,
    Mode,
    Outcome,
    Phase,
    Receipt,
)
from pisecurity.ports import Address
from tests.adapters.values import opened
from tests.cli.commands import ROOT, Ran, Shell, start
from tests.fakes import START, FakeClock, make_dismissed
from tests.rigs.user import open_folder, ordinary_user

ANNA = Address("mail", "anna@example.org")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What an alarm of ``tmp_path / "state"``, which fails as a disk, has in memory."""
    monkeypatch.setattr(refuge, "SHARED_MEMORY", tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    there = refuge.refuge_of(state, {})
    there.mkdir(mode=0o700)
    with closing(SqliteStore(there, FakeClock())) as store:
        store.save_alarm(Alarm(Mode.AWAY, "Anna", "page", FakeClock().instant(), START), "armed")
        store.add_event(make_event(1), AlarmState.ARMED_AWAY, Decision(None, "a reason"), None, ())
        store.add_dismissed([make_dismissed()])
        yield there


READERS = pytest.mark.parametrize("words", [("events",), ("ledger",), ("events", "audit"), ("events", "verify")])
NOTHING = ("no events yet", "nothing yet", "empty")


@READERS
def test_r12_what_the_alarm_has_in_memory_is_read_there(
    shell: Shell, tmp_path: Path, memory: Path, words: tuple[str, ...]
) -> None:
    state = tmp_path / "state"
    SqliteStore(state, FakeClock()).close()
    with StateLock(state):
        ran = shell(*words, "--state", state)
    where = f"while the disk fails the alarm has its database in memory; this is read from {memory}"
    assert (ran.code, ran.err) == (0, f"pisecurity: {state}: {where}\n")
    assert not any(nothing in ran.out for nothing in NOTHING)


@READERS
def test_what_an_alarm_that_ended_has_left_in_memory_is_named_and_the_disk_is_read(
    shell: Shell, tmp_path: Path, memory: Path, words: tuple[str, ...]
) -> None:
    state = tmp_path / "state"
    SqliteStore(state, FakeClock()).close()
    ran = shell(*words, "--state", state)
    assert ran.code == 0
    assert ran.err.startswith(f"pisecurity: {state}: this is read from the disk; ") and ran.err.endswith(f" {memory}\n")
    assert any(nothing in ran.out for nothing in NOTHING)


def test_what_is_left_in_memory_is_read_where_the_disk_has_no_database(
    shell: Shell, tmp_path: Path, memory: Path
) -> None:
    ran = shell("events", "--state", tmp_path / "state")
    assert (ran.code, f"this is read from {memory}" in ran.err, "no events yet" in ran.out) == (0, True, False)


def test_check_says_good_and_who_may_disarm(shell: Shell) -> None:
    path = ROOT / "config.example.toml"
    assert shell("check", "--config", path) == Ran(
        0, f"{path}: good; cameras garden; zones 0; schedule 0; no mails; {MAY_DISARM['anyone']}\n", ""
    )


def test_check_says_who_gets_mails(shell: Shell, tmp_path: Path) -> None:
    mail = '[mail]\nhost = "h.example"\nsender = "a@b.org"\nto = ["a@b.org", "c@d.org"]\n'
    (tmp_path / "config.toml").write_text(f'[[camera]]\nid = "front"\nkind = "stage"\n{mail}')
    assert shell("check", "--state", tmp_path).out.endswith(f"; mails to a@b.org, c@d.org; {MAY_DISARM['anyone']}\n")


def test_check_warns_of_a_camera_that_watches_nothing(shell: Shell, tmp_path: Path) -> None:
    privacy = '[[zone]]\nname = "n"\ncamera = "front"\nkind = "privacy"\npoints = [[0, 0], [1, 0], [1, 1], [0, 1]]\n'
    (tmp_path / "config.toml").write_text(f'[[camera]]\nid = "front"\nkind = "stage"\n{privacy}')
    ran = shell("check", "--state", tmp_path)
    good, warning = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert "; zones 1; " in good
    assert warning.startswith("warning: camera front: nothing is watched: ")


def test_check_warns_of_the_modes_in_which_a_camera_watches_nothing(shell: Shell, tmp_path: Path) -> None:
    lawn = '[[zone]]\nname = "n"\ncamera = "{}"\nkind = "watch"\npoints = [[0, 0], [1, 0], [1, 1]]\nmodes = ["{}"]\n'
    cameras = "".join(f'[[camera]]\nid = "{name}"\nkind = "stage"\n' for name in ("front", "back"))
    (tmp_path / "config.toml").write_text(cameras + lawn.format("front", "home") + lawn.format("back", "night"))
    _, *warnings = shell("check", "--state", tmp_path).out.splitlines()
    assert [warning.partition(":")[2].partition(":")[0] for warning in warnings] == [
        " armed away, nothing is watched by camera front",
        " armed away, nothing is watched by camera back",
        " armed night, nothing is watched by camera front",
        " armed home, nothing is watched by camera back",
    ]


def test_check_warns_of_a_recording_that_is_not_there_and_of_a_port_that_goes_with_other_security(
    shell: Shell, tmp_path: Path
) -> None:
    mail = '[mail]\nhost = "h.example"\nport = 465\nsender = "a@b.org"\nto = ["a@b.org"]\n'
    camera = f'[[camera]]\nid = "front"\nkind = "file"\npath = "{tmp_path}/gone.mp4"\n'
    (tmp_path / "config.toml").write_text(camera + mail)
    good, *warnings = shell("check", "--state", tmp_path).out.splitlines()
    assert "good" in good
    assert warnings == [
        f"warning: camera front: no such file now: {tmp_path}/gone.mp4",
        'warning: mail.port = 465 mostly goes with mail.security = "tls"; see: pisecurity doctor',
    ]
    (tmp_path / "gone.mp4").touch()
    (tmp_path / "config.toml").write_text(camera + mail + 'security = "tls"\n')
    assert len(shell("check", "--state", tmp_path).out.splitlines()) == 1
    (tmp_path / "config.toml").write_text(camera + mail + f'security = "tls"\nca_file = "{tmp_path}/gone.pem"\n')
    assert shell("check", "--state", tmp_path).out.splitlines()[1:] == [
        f"warning: mail.ca_file: no such file now: {tmp_path}/gone.pem"
    ]


def test_check_of_a_demo_advises_no_settings_file_that_the_demo_would_refuse(shell: Shell, tmp_path: Path) -> None:
    SqliteStore(tmp_path, FakeClock()).close()
    line = f"{tmp_path}: a demo lives here, which has settings of its own\n"
    assert shell("check", "--state", tmp_path) == Ran(0, line, "")


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            '[web]\naddress = "8.8.8.8"',
            'web.address = "8.8.8.8": the internet can reach it; give auto or an address of the home network',
        ),
        (
            '[life]\nping_url = "https://192.168.0.1/x"',
            (
                "life.ping_url: it is at home, where a power cut hits both; give one outside, or set "
                "life.ping_at_home = true"
            ),
        ),
        (
            '[life]\nping_at_home = true\nping_url = "http://8.8.8.8/x"',
            "life.ping_url: it is outside and asked without TLS; begin it with https://",
        ),
    ],
)
def test_check_tells_of_addresses_that_need_no_network_to_be_wrong(
    shell: Shell, tmp_path: Path, lines: str, fault: str
) -> None:
    (tmp_path / "config.toml").write_text(f'[[camera]]\nid = "front"\nkind = "stage"\n{lines}\n')
    ran = shell("check", "--state", tmp_path)
    assert (ran.code, ran.err.splitlines()[1:]) == (1, [f"  {fault}"])


@pytest.mark.parametrize(
    "lines",
    [
        '[web]\naddress = "192.168.0.9"',
        '[web]\naddress = "auto"',
        '[life]\nping_at_home = true\nping_url = "http://192.168.0.1/x"',
        '[life]\nping_url = "https://hc-ping.com/x"',
    ],
)
def test_check_finds_no_fault_with_an_address_that_may_be_right(shell: Shell, tmp_path: Path, lines: str) -> None:
    (tmp_path / "config.toml").write_text(f'[[camera]]\nid = "front"\nkind = "stage"\n{lines}\n')
    assert shell("check", "--state", tmp_path).code == 0


def test_check_tells_all_mistakes(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[motion]\nmin_area = 25\nmin_aera = 1\n")
    ran = shell("check", "--state", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    first, *rest = ran.err.splitlines()
    assert first == f"pisecurity: {tmp_path}/config.toml: 3 mistakes"
    assert rest[-2:] == [
        "  motion.min_area = 25: give a share of the picture above 0 and at most 0.5, such as 0.00036",
        "  motion.min_aera: unknown; did you mean min_area?",
    ]


def usb_camera(name: str, device: str) -> str:
    return f'[[camera]]\nid = "{name}"\nkind = "v4l2"\ndevice = "{device}"\n'


def test_check_refuses_a_device_that_is_no_camera_beside_all_other_mistakes(shell: Shell, tmp_path: Path) -> None:
    cameras = usb_camera("one", "/dev/v4l/by-id/gone") + usb_camera("two", "/dev/null") + usb_camera("three", "/dev/")
    (tmp_path / "config.toml").write_text(f"{cameras}[motion]\nmin_area = 25\n")
    ran = shell("check", "--state", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    fix = "this is no camera; 'pisecurity doctor camera' lists those that are"
    first, *mistakes = ran.err.splitlines()
    assert first.endswith(": 3 mistakes")
    assert mistakes[0].startswith("  motion.min_area = 25: ")
    assert mistakes[1:] == [f'  camera[2].device = "/dev/null": {fix}', f'  camera[3].device = "/dev/": {fix}']


def test_check_takes_a_camera_that_is_not_plugged_in(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(usb_camera("one", "/dev/v4l/by-id/gone"))
    assert shell("check", "--state", tmp_path).code == 0


def test_a_daemon_whose_device_became_something_else_starts_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(usb_camera("front", "/dev/null"))
    assert config.load(tmp_path / "config.toml").camera[0].device == "/dev/null"


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_missing_configuration_is_named_with_the_fix(tmp_path: Path, command: str) -> None:
    process = start(command, "--state", tmp_path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, b"")
    assert err.decode() == (
        f"pisecurity: {tmp_path}/config.toml: not found; "
        "copy config.example.toml there, or name another with --config\n"
    )


@pytest.mark.parametrize("text", [None, "[motoin]\n"])
def test_run_without_good_settings_leaves_no_folder_behind(shell: Shell, tmp_path: Path, text: str | None) -> None:
    config = tmp_path / "config.toml"
    if text is not None:
        config.write_text(text)
    assert shell("run", "--state", tmp_path / "state", "--config", config).code == 1
    assert not (tmp_path / "state").exists()


def make_event(number: int) -> Event:
    return Event(
        camera="front",
        number=number,
        phase=Phase.OPENED,
        opened_s=5.0,
        opened_at=START + timedelta(minutes=number),
        last_s=5.0,
        box=Box(0.1, 0.2, 0.3, 0.4),
        boxes=(),
        zones=frozenset({"path", "garden"}),
        entry=frozenset(),
        score=0.8,
        reason="went 0.05 (needs 0.02)",
        id=f"{number:032x}",
    )


def fill(store: SqliteStore) -> None:
    silent, alarm = Decision(None, "disarmed"), Decision(AlertKind.ALARM, "armed, 0.8 is enough")
    store.add_event(make_event(1), AlarmState.DISARMED, silent, None, ())
    store.end_event(make_event(1).id, START + timedelta(minutes=1, seconds=12.5))
    alert = Alert("a" * 32, AlertKind.ALARM, START, "Movement", "Somebody.", make_event(2).id)
    bert = replace(ANNA, recipient="bert@example.org")
    store.add_event(make_event(2), AlarmState.ARMED_AWAY, alarm, alert, (ANNA, bert))
    now = Instant("boot-1", 1000.0)
    outcomes = {ANNA.recipient: Outcome.ACCEPTED, bert.recipient: Outcome.REFUSED}
    for row in store.due(now):
        store.record(row, Receipt(outcomes[row.recipient], "said so"), now, START, now)


@pytest.mark.parametrize("daemon_runs", [False, True])
def test_events_are_listed_newest_first_whether_the_daemon_runs_or_not(
    shell: Shell, tmp_path: Path, daemon_runs: bool
) -> None:
    with ExitStack() as running:
        store = running.enter_context(opened(tmp_path))
        fill(store)
        if not daemon_runs:
            running.close()
        ran = shell("events", "--state", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    head, second, first = ran.out.splitlines()
    assert head.split() == ["seen", "camera", "seconds", "score", "alarm", "was", "mail", "why"]
    assert second.split()[2:7] == ["front", "-", "0.80", "armed", "(away)"]
    assert second.endswith("refused     armed, 0.8 is enough"), "the worst outcome is what the owner must know"
    assert first.split()[2:6] == ["front", "12.5", "0.80", "disarmed"]
    assert first.endswith("-           disarmed")


def test_events_as_json(shell: Shell, tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store)
    second, first = (json.loads(line) for line in shell("events", "--json", "--state", tmp_path).out.splitlines())
    assert first == {
        "id": make_event(1).id,
        "camera": "front",
        "opened_at": "2026-06-01T12:01:00+00:00",
        "ended_at": "2026-06-01T12:01:12.500000+00:00",
        "box": [0.1, 0.2, 0.3, 0.4],
        "zones": ["garden", "path"],
        "score": 0.8,
        "reason": "went 0.05 (needs 0.02)",
        "state": "disarmed",
        "alert": None,
        "why": "disarmed",
        "deliveries": [],
    }
    assert second["alert"] == "alarm"
    assert {row["recipient"]: row["outcome"] for row in second["deliveries"]} == {
        "anna@example.org": "accepted",
        "bert@example.org": "refused",
    }


def test_events_are_as_many_as_asked_for(shell: Shell, tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store)
    (line,) = shell("events", "--json", "--limit", "1", "--state", tmp_path).out.splitlines()
    assert json.loads(line)["id"] == make_event(2).id


def test_no_events_is_said(shell: Shell, tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    assert shell("events", "--state", tmp_path) == Ran(0, "no events yet\n", "")


def test_events_of_another_user_name_sudo(shell: Shell) -> None:
    with open_folder() as above:
        folder = above / "pisecurity"
        folder.mkdir()
        with opened(folder) as store:
            fill(store)
        folder.chmod(0o700 if os.geteuid() == 0 else 0)
        with ordinary_user():
            ran = shell("events", "--state", folder)
        folder.chmod(0o700)
    assert ran == Ran(1, "", f"pisecurity: {folder}/pisecurity.db: this user may not read it; use sudo\n")


@pytest.mark.parametrize("command", ["events", "ledger", "status"])
def test_a_file_given_as_state_folder_is_named(shell: Shell, tmp_path: Path, command: str) -> None:
    file = tmp_path / "config.toml"
    file.touch()
    line = f"pisecurity: {file}: not a folder; name the state folder with --state\n"
    assert shell(command, "--state", file) == Ran(1, "", line)


def test_a_state_folder_that_is_not_there_is_named(shell: Shell, tmp_path: Path) -> None:
    line = f"pisecurity: {tmp_path}/nope: no such folder; name the state folder with --state\n"
    assert shell("events", "--state", tmp_path / "nope") == Ran(1, "", line)


def test_events_change_and_create_nothing(shell: Shell, tmp_path: Path) -> None:
    ran = shell("events", "--state", tmp_path)
    assert ran == Ran(
        1, "", f"pisecurity: {tmp_path}/pisecurity.db: there is none yet; pisecurity makes it when it first runs\n"
    )
    assert list(tmp_path.iterdir()) == []
    with opened(tmp_path) as store:
        fill(store)
    before = (tmp_path / "pisecurity.db").read_bytes()
    shell("events", "--state", tmp_path)
    assert (tmp_path / "pisecurity.db").read_bytes() == before


def test_the_ledger_lists_what_was_no_event_newest_first(shell: Shell, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path, FakeClock())) as store:
        store.add_dismissed([make_dismissed("too fast", left_out=3), make_dismissed("in ignore zone street")])
    head, first, second = shell("ledger", "--state", tmp_path).out.splitlines()
    assert head.split() == ["seen", "camera", "seconds", "score", "why", "it", "was", "no", "event"]
    assert first.split()[2:] == ["front", "2.0", "0.30", "in", "ignore", "zone", "street"]
    assert second.endswith("too fast; 3 more in this minute")
    (line,) = shell("ledger", "--json", "--limit", "1", "--state", tmp_path).out.splitlines()
    row = json.loads(line)
    assert (row["number"], row["camera"], row["reason"], row["left_out"]) == (2, "front", "in ignore zone street", 0)
    assert datetime.fromisoformat(row["first_at"]) == START - timedelta(seconds=2)


def test_an_empty_ledger_is_said(shell: Shell, tmp_path: Path) -> None:
    SqliteStore(tmp_path, FakeClock()).close()
    assert shell("ledger", "--state", tmp_path).out.startswith("nothing yet; ")


def test_cameras_are_called_as_the_owner_calls_them(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[[camera]]\nid = "front"\nname = "Front door"\nkind = "stage"\n')
    with closing(SqliteStore(tmp_path, FakeClock())) as store:
        fill(store)
        store.add_dismissed([make_dismissed("too fast")])
    heading, newest, _ = shell("events", "--state", tmp_path).out.splitlines()
    assert heading.startswith("seen                 camera      seconds")
    assert newest[21:41] == "Front door        - "
    assert shell("ledger", "--state", tmp_path).out.splitlines()[1][21:31] == "Front door"
    (line,) = shell("events", "--json", "--limit", "1", "--state", tmp_path).out.splitlines()
    assert json.loads(line)["camera"] == "front", "programs go by the id"


def test_times_are_those_of_the_house_wherever_this_runs(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[house]\ntimezone = "Asia/Tokyo"\n[[camera]]\nid = "front"\nkind = "stage"\n'
    )
    with closing(SqliteStore(tmp_path, FakeClock())) as store:
        fill(store)
    seen = shell("events", "--state", tmp_path).out.splitlines()[1]
    assert seen.startswith("2026-06-01 21:02:00")
