"""How the parts are joined: what one part says reaches the others."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import time
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from pisecurity import app
from pisecurity.adapters.machine.network import Binding
from pisecurity.adapters.state.good_config import load_settings
from pisecurity.app import Daemon
from pisecurity.config import GOOD_COPY, parse
from pisecurity.core.types import AlarmState, Mode
from pisecurity.errors import CameraError, ConfigError, ControlError, NetworkError
from pisecurity.runtime.alarm.panel import Transition
from pisecurity.runtime.life.outages import PATIENCE_S
from pisecurity.settings import CameraSettings
from tests.fakes import START, FakeClock
from tests.rigs.daemon import free_port

MAIL = '[mail]\nhost = "localhost"\nport = 1\nsecurity = "plain"\nsender = "a@b.org"\nto = ["{to}"]\n'


def config_text(port: int, more: str = "") -> str:
    camera = '[[camera]]\nid = "front"\nname = "Front door"\nkind = "stage"\n'
    return f'{camera}[alarm.away]\nexit_delay_s = 0\n[web]\naddress = "127.0.0.1"\nport = {port}\n{more}'


class House:
    """A daemon that is built and not run."""

    def __init__(self, folder: Path, held: ExitStack, more: str = "") -> None:
        self.file, self.port = folder / "config.toml", free_port()
        self.write(more)
        settings, mistakes = load_settings(self.file, folder / GOOD_COPY)
        self.daemon = Daemon(settings, folder, held, config_file=self.file, mistakes=mistakes)
        self.daemon._panel.start()
        self.daemon._timetable.start()

    def write(self, more: str) -> None:
        self.file.write_text(config_text(self.port, more))

    def faults(self) -> dict[str, str]:
        return {fault.key: fault.text for fault in self.daemon._health.faults()}


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


class Recorder:
    """Stands in for a worker and keeps the order in which things happened."""

    def __init__(self, name: str, told: list[str], *, fresh: bool = True) -> None:
        self.name, self.fresh, self.stale_s, self.limit_s = name, fresh, 0.0 if fresh else 20.0, 15.0
        self._told, self.given_s = told, 0.0

    def ask_to_stop(self) -> None:
        self._told.append(f"ask {self.name}")

    def stop(self, timeout_s: float) -> None:
        self._told.append(f"stop {self.name}")
        self.given_s = timeout_s


def test_becoming_armed_or_disarmed_makes_every_watch_begin_anew(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, held)
    told: list[bool] = []
    for watch in house.daemon._watches:
        monkeypatch.setattr(watch, "begin_anew", lambda *, raised: told.append(raised))
    house.daemon._panel.switch(Mode.AWAY, by="Anna", how="page")
    assert told == [False]
    triggered = Transition(AlarmState.TRIGGERED, house.daemon._panel.alarm(), AlarmState.ARMED_AWAY, START)
    house.daemon._on_transition(triggered)
    house.daemon._panel.switch(Mode.DISARMED, by="Anna", how="page")
    assert told == [False, True, False], "whoever still moves when an alarm is over raises another one"
    house.daemon._panel.switch(Mode.HOME, by="Anna", how="page")
    house.daemon._panel.switch(Mode.NIGHT, by="Anna", how="page")
    assert told[3:] == [False, False], "in another mode what moves may count where it did not"
    alarm = house.daemon._panel.alarm()
    house.daemon._on_transition(Transition(AlarmState.PENDING, alarm, AlarmState.TRIGGERED, START))
    house.daemon._on_transition(Transition(AlarmState.TRIGGERED, alarm, AlarmState.TRIGGERED, START, goes_on=True))
    assert told[5:] == [True, True], "what was silent or goes on is told of"
    house.daemon._on_transition(Transition(AlarmState.ARMED_HOME, alarm, AlarmState.TRIGGERED, START))
    house.daemon._on_transition(Transition(AlarmState.TRIGGERED, alarm, AlarmState.TRIGGERED, START))
    assert len(told) == 7, "an event that raises or extends the alarm is told of already"
    house.daemon._panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True)
    assert len(told) == 8
    house.daemon._panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True, duress=True)
    assert len(told) == 9, "and with a code for duress when it is disarmed already"


@pytest.mark.parametrize("kind", ["stage", "file", "v4l2"])
def test_an_error_of_a_camera_calls_it_as_the_owner_does(tmp_path: Path, kind: str) -> None:
    where = {"file": {"path": str(tmp_path / "gone.mp4")}, "v4l2": {"device": "/dev/v4l/by-id/gone"}}.get(kind, {})
    settings = CameraSettings.model_validate({"id": "front", "name": "Front door", "kind": kind, **where})
    camera = app.build_camera(settings, (), FakeClock())
    with pytest.raises(CameraError, match="^camera Front door is closed"):
        camera.read(0)
    if where:
        with pytest.raises(CameraError, match=r"^camera Front door: .*gone"):
            camera.open()


def test_every_part_has_its_worker_and_who_answers_starts_first(tmp_path: Path, held: ExitStack) -> None:
    names = [worker.name for worker in House(tmp_path, held).daemon._workers()]
    assert names == [
        "deliver:mail",
        "deliver-apart:mail",
        "deliver-apart:void",
        "respond",
        "scenes",
        "panel",
        "timetable",
        "prove",
        "readiness",
        "outages",
        "ping",
        "daily",
        "night",
        "space",
        "watch:front",
        "desk",
        "page",
        "control",
    ]


DELIVERING = ("deliver:mail", "deliver:push", "deliver-apart:mail")
ASKING = ("panel", "watch:front", "page")


def test_those_that_ask_stop_first_and_those_that_deliver_last_each_told_together(
    tmp_path: Path, held: ExitStack
) -> None:
    told: list[str] = []
    workers: Any = [Recorder(name, told) for name in (*DELIVERING, "respond", "scenes", *ASKING)]
    House(tmp_path, held).daemon._end(workers)
    stages = (ASKING, ("scenes",), ("respond",), DELIVERING)
    assert told == [
        step
        for stage in stages
        for step in (*(f"ask {name}" for name in stage), *(f"stop {name}" for name in reversed(stage)))
    ]


def test_a_worker_that_hangs_is_given_less_time_to_stop_than_the_others(tmp_path: Path, held: ExitStack) -> None:
    hung, well = Recorder("watch", [], fresh=False), Recorder("respond", [])
    workers: Any = [Recorder("deliver:mail", []), well, Recorder("scenes", []), hung]
    House(tmp_path, held).daemon._end(workers)
    assert hung.given_s <= app.STUCK_STOP_S < well.given_s


def test_r42_a_slow_card_and_workers_that_all_hang_end_within_10_s(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, daemon = FakeClock(), House(tmp_path, held).daemon
    names = [worker.name for worker in daemon._workers()]
    workers: Any = [Recorder(name, []) for name in names]
    for worker in workers:
        monkeypatch.setattr(worker, "stop", clock.advance)
    monkeypatch.setattr(daemon, "_clock", clock)
    monkeypatch.setattr(daemon._life, "end", lambda: clock.advance(PATIENCE_S))
    began_s = clock.monotonic()
    daemon._end(workers)
    assert PATIENCE_S < clock.monotonic() - began_s <= 10


def test_r39_the_watchdog_is_fed_only_while_every_worker_is_fresh(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = House(tmp_path, held).daemon
    fed: list[int] = []
    workers: Any = [Recorder("respond", []), Recorder("watch", [])]

    def alive() -> None:
        fed.append(1)
        workers[1].fresh = len(fed) < 3

    monkeypatch.setattr(daemon._systemd, "alive", alive)
    monkeypatch.setattr(app, "SUPERVISE_S", 0.01)
    daemon._supervise(workers)
    assert len(fed) == 3 and daemon._crashed == [None]


def test_a_signal_ends_the_supervision(tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = House(tmp_path, held).daemon
    monkeypatch.setattr(app, "SUPERVISE_S", 0.01)
    with daemon._signals():
        signal.raise_signal(signal.SIGTERM)
        daemon._supervise([])
    assert daemon._signal == signal.SIGTERM and daemon._crashed == []


def test_changed_settings_reach_vision_recipients_and_delays(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, held, MAIL.format(to="anna@example.org"))
    applied: list[float] = []
    (watch,) = house.daemon._watches
    monkeypatch.setattr(watch, "apply", lambda motion, zones: applied.append(motion.min_area))
    house.write(MAIL.format(to="ben@example.org") + "[motion]\nmin_area = 0.01\n[alarm.home]\nexit_delay_s = 90\n")
    desk = house.daemon._desk
    assert desk is not None and desk.reload().error == ""
    assert applied == [0.01]
    house.daemon._test_alert("Anna")
    assert [row.recipient for row in house.daemon._store.deliveries(5)] == ["ben@example.org"]
    assert house.daemon._panel.switch(Mode.HOME, by="Anna", how="page").countdown_s == pytest.approx(90, abs=5)


def test_changed_recipients_and_quiet_hours_reach_whoever_hands_alerts_on(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(tmp_path, held, MAIL.format(to="anna@example.org"))
    told: list[object] = []
    dispatch = house.daemon._dispatch
    monkeypatch.setattr(dispatch, "set_recipients", lambda channel, to: told.append((channel, to)))
    monkeypatch.setattr(dispatch, "set_quiet", lambda begins, ends: told.append((begins, ends)))
    quiet = "[mail]\nquiet_from = 22:00:00\nquiet_until = 07:00:00\n"
    house.write(MAIL.format(to="ben@example.org").replace("[mail]\n", quiet))
    desk = house.daemon._desk
    assert desk is not None and desk.reload().error == ""
    assert set(told) == {("mail", ("ben@example.org",)), (time(22), time(7))}
    house.write("")
    assert desk.reload().error == ""
    assert told[-1] == ("mail", ())


def test_a_changed_zone_reaches_its_own_camera_alone(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = '[[camera]]\nid = "back"\nkind = "stage"\n'
    house = House(tmp_path, held, back)
    told: dict[str, list[str]] = {}
    for watch in house.daemon._watches:
        into = told.setdefault(watch.camera_id, [])
        monkeypatch.setattr(watch, "apply", lambda _, zones, into=into: into.extend(zone.name for zone in zones))
    house.write(back + privacy(0.5).replace("privacy", "ignore"))
    desk = house.daemon._desk
    assert desk is not None and desk.reload().applied == ("zone",)
    assert told == {"front": ["neighbour"], "back": []}


def test_a_network_added_by_name_may_use_the_page(tmp_path: Path, held: ExitStack) -> None:
    house = House(tmp_path, held)
    house.write("")
    text = house.file.read_text().replace("[web]\n", '[web]\nalso_allow = ["10.8.0.0/24"]\n')
    settings = parse(text, "config.toml")
    house.daemon._settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": free_port()})})
    house.daemon._reach.close()
    house.daemon._reach.open()
    page: Any = house.daemon._reach.page

    def status_for(peer: str) -> int:
        answer = Client(page._app).get("/api/state", headers={"Host": "127.0.0.1"}, environ_base={"REMOTE_ADDR": peer})
        return answer.status_code

    assert [status_for(peer) for peer in ("127.0.0.1", "10.8.0.7", "10.9.0.7")] == [200, 200, 403]


def test_without_a_mail_account_there_is_a_fault_until_there_is_one(tmp_path: Path, held: ExitStack) -> None:
    house = House(tmp_path, held)
    assert app.NO_MAIL in house.faults().values()
    house.write(MAIL.format(to="anna@example.org"))
    desk = house.daemon._desk
    assert desk is not None
    desk.reload()
    assert house.faults() == {}


def test_r40_a_network_that_comes_late_gets_its_page_and_faults_on_the_way_end_nothing(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    binding = Binding("lo", (IPv4Address("127.0.0.1"),), (IPv4Network("127.0.0.0/8"),))
    answers: list[Exception | Binding] = [NetworkError("no network yet"), NetworkError("address not ready"), binding]

    def find(address: str) -> Binding:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(app, "find_binding", find)
    monkeypatch.setattr("pisecurity.runtime.reach.RETRY_S", (0.01,))
    house = House(tmp_path, held)
    assert house.faults()["page"] == "no network yet"
    stop, seen = threading.Event(), list[str | None]()

    def beat() -> None:
        seen.append(house.faults().get("page"))
        if house.daemon._reach.page is not None:
            stop.set()

    house.daemon._reach.work(stop, beat)
    assert {"no network yet", "address not ready"} <= set(seen)
    assert "page" not in house.faults() and answers == [] and port


def test_a_port_that_is_taken_keeps_the_alarm_from_nothing_and_is_tried_again(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr("tests.test_app.free_port", lambda: taken.getsockname()[1])
        house = House(tmp_path, held)
        assert "is in use" in house.faults()["page"]
        assert house.daemon._panel.switch(Mode.AWAY, by="Anna", how="cli").state is AlarmState.ARMED_AWAY
    house.daemon._reach.open()
    assert house.daemon._reach.page is not None
    assert "page" not in house.faults()


def test_r32_with_a_mistake_at_start_the_last_good_configuration_is_used(tmp_path: Path, held: ExitStack) -> None:
    good, file = tmp_path / GOOD_COPY, tmp_path / "config.toml"
    file.write_text(config_text(free_port()))
    settings, mistakes = load_settings(file, good)
    assert mistakes == ""
    file.write_text("[motoin]\n")
    again, mistakes = load_settings(file, good)
    assert again == settings and "motoin" in mistakes
    file.unlink()
    again, mistakes = load_settings(file, good)
    assert again == settings and "not found" in mistakes
    daemon = Daemon(again, tmp_path, held, config_file=file, mistakes=mistakes)
    faults = {fault.key: fault.text for fault in daemon._health.faults()}
    assert "the settings before stay in force" in faults["config"] and "\n" not in faults["config"]


def test_s09_in_a_network_too_large_to_be_a_home_only_the_machine_itself_may_switch(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = Binding("lo", (IPv4Address("127.0.0.1"),), (IPv4Network("10.0.0.0/16"),))
    monkeypatch.setattr(app, "find_binding", lambda address: wide)
    house = House(tmp_path, held)
    page: Any = house.daemon._reach.page
    assert "access" in house.faults()
    peers = {"127.0.0.1": 200, "10.0.9.9": 403}
    for peer, expected in peers.items():
        answer = Client(page._app).get("/api/state", headers={"Host": "127.0.0.1"}, environ_base={"REMOTE_ADDR": peer})
        assert answer.status_code == expected


def test_without_a_good_copy_a_mistake_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: not found"):
        load_settings(tmp_path / "config.toml", tmp_path / GOOD_COPY)


def privacy(lower: float) -> str:
    """Return a privacy zone from the upper edge of the picture down to *lower*."""
    points = f"points = [[0, 0], [1, 0], [1, {lower}], [0, {lower}]]"
    return f'[[zone]]\nname = "neighbour"\ncamera = "front"\nkind = "privacy"\n{points}\n'


def test_a_privacy_zone_counts_at_once_in_what_is_seen_and_shown(tmp_path: Path, held: ExitStack) -> None:
    house = House(tmp_path, held)
    desk, live = house.daemon._desk, house.daemon._live
    camera = house.daemon._cameras["front"]
    camera.open()
    live.latest("front", 0)
    before = camera.read(1.0)
    assert desk is not None and before is not None
    live.offer(before, ())
    house.write(privacy(0.5))
    assert desk.reload().applied == ("zone",)
    after = camera.read(1.0)
    assert after is not None
    assert [bool(frame.luma[:200].any()) for frame in (before, after)] == [True, False]
    assert not after.picture().y[:200].any()
    assert live.latest("front", 0) is None, "the picture of before is not shown any more"
    camera.close()


def test_a_camera_that_watches_nothing_is_a_fault_until_it_does(tmp_path: Path, held: ExitStack) -> None:
    house = House(tmp_path, held, privacy(1))
    desk = house.daemon._desk
    assert desk is not None
    assert house.faults()["zones"].startswith("camera Front door: nothing is watched: ")
    house.write(privacy(0.5))
    desk.reload()
    assert "zones" not in house.faults()
    assert "zones" not in house.daemon._health.facts()


def test_a_camera_that_is_blind_in_one_mode_alone_is_a_remark_as_long_as_another_one_watches(
    tmp_path: Path, held: ExitStack
) -> None:
    zone = privacy(1).replace("privacy", "ignore") + 'modes = ["home"]\n'
    house = House(tmp_path, held, zone + '[[camera]]\nid = "back"\nkind = "stage"\n')
    assert "zones" not in house.faults()
    assert house.daemon._health.facts()["zones"].startswith("armed home, nothing is watched by camera Front door: ")
    (tmp_path / "one").mkdir()
    assert House(tmp_path / "one", held, zone).faults()["zones"].startswith("armed home, nothing is watched by ")


def test_r12_started_on_a_disk_that_takes_no_socket_the_page_works_and_says_so(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = House(tmp_path, held).daemon
    refusals = [ControlError("control.sock: cannot listen here (Read-only file system)")] * 2
    opened = daemon._control.open

    def open_later() -> None:
        if refusals:
            raise refusals.pop()
        opened()

    monkeypatch.setattr(daemon._control, "open", open_later)
    with pytest.raises(ControlError):
        daemon._open_control()
    monkeypatch.setattr(type(daemon._store), "in_memory", "the disk fails")
    assert not daemon._open_control()
    assert "control" in {fault.key for fault in daemon._health.faults()}
    assert daemon._open_control() and daemon._control.is_open
    assert "control" not in {fault.key for fault in daemon._health.faults()}
