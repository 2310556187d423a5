"""Real sockets; the clock of the server is moved by hand, and it is served step by step from the test."""

from __future__ import annotations

import errno
import getpass
import json
import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pisecurity.adapters.control import (
    DEADLINE_S,
    MAX_BYTES,
    MAX_CONNECTIONS,
    ControlClient,
    ControlServer,
    Handler,
    commands,
)
from pisecurity.adapters.state import refuge
from pisecurity.adapters.state.lock import StateLock, holder_of
from pisecurity.core.types import Alarm, Mode
from pisecurity.errors import AlreadyRunningError, ControlError, NoDaemonError, StoreError
from pisecurity.ports import SilentCall
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.health import Health
from pisecurity.runtime.scenes import Scenes
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import FakeClock, ShadeEncoder
from tests.rigs.readiness import ReadyHouse


def echo(request: Mapping[str, Any], by: str) -> Mapping[str, Any]:
    return {"request": dict(request), "by": by}


def refuse(request: Mapping[str, Any], by: str) -> Mapping[str, Any]:
    raise StoreError("pisecurity.db: the disk is full; free some space on it")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@contextmanager
def serving(path: Path, handlers: Mapping[str, Handler]) -> Iterator[None]:
    server = ControlServer(path, handlers, FakeClock())
    server.open()
    stop = threading.Event()
    thread = threading.Thread(target=server.work, args=(stop, lambda: None))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


@pytest.fixture
def stepped(path: Path) -> Iterator[tuple[ControlServer, FakeClock]]:
    clock = FakeClock()
    server = ControlServer(path, {"echo": echo}, clock)
    server.open()
    yield server, clock
    server.close()


def connect(path: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(10)
    link.connect(str(path))
    return link


def asked(server: ControlServer, path: Path, line: bytes) -> dict[str, Any]:
    with connect(path) as link:
        server.serve_once(5)
        link.sendall(line)
        server.serve_once(5)
        answer: dict[str, Any] = json.loads(link.makefile().readline())
        return answer


def test_a_request_is_answered_and_the_kernel_says_who_asks(path: Path) -> None:
    with serving(path, {"echo": echo}):
        answer = ControlClient(path).ask("echo", mode="away", by="somebody else")
    assert answer["request"] == {"command": "echo", "mode": "away", "by": "somebody else"}
    assert answer["by"] == getpass.getuser()


def test_a_refusal_of_the_daemon_reaches_the_caller_in_its_words(path: Path) -> None:
    with serving(path, {"arm": refuse}), pytest.raises(ControlError, match="the disk is full; free some space on it"):
        ControlClient(path).ask("arm")


def test_only_owner_and_group_may_connect(stepped: tuple[ControlServer, FakeClock], path: Path) -> None:
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


def test_the_socket_is_gone_after_the_end(path: Path) -> None:
    with serving(path, {"echo": echo}):
        assert path.exists()
    assert not path.exists()


def test_a_socket_left_by_a_killed_daemon_is_replaced(path: Path) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(path))
    left.close()
    with serving(path, {"echo": echo}):
        assert ControlClient(path).ask("echo")["by"] == getpass.getuser()


def test_a_living_daemon_keeps_its_socket(stepped: tuple[ControlServer, FakeClock], path: Path) -> None:
    with pytest.raises(AlreadyRunningError, match=r"control\.sock: a daemon answers here already; stop it first"):
        ControlServer(path, {}).open()
    assert path.exists()


def test_a_file_of_that_name_is_not_deleted(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(ControlError, match=r"control\.sock: something else has this name; move it away"):
        ControlServer(path, {}).open()
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match=r"gone/control\.sock: cannot listen here \(No such file or directory\)"):
        ControlServer(tmp_path / "gone" / "control.sock", {}).open()


@pytest.mark.parametrize(
    "use", [lambda path: ControlServer(path, {}).open(), lambda path: ControlClient(path).ask("x")]
)
def test_a_path_too_long_for_a_socket_is_refused_with_the_fix(tmp_path: Path, use: Callable[[Path], Any]) -> None:
    with pytest.raises(ControlError, match="are too long for a Unix socket, which takes 107; choose a state folder"):
        use(tmp_path / ("x" * 108) / "control.sock")


def test_without_a_daemon_the_fix_is_named(path: Path) -> None:
    with pytest.raises(ControlError, match=r"no daemon runs on .*; start it with 'pisecurity run', or name its folder"):
        ControlClient(path).ask("status")


def test_a_daemon_that_says_nothing_is_given_up(path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()

    class Late(FakeClock):
        def monotonic(self) -> float:
            self.advance(9.9999)
            return super().monotonic()

    with listener, pytest.raises(ControlError, match=r"the daemon does not answer \(timed out\); look into its log"):
        ControlClient(path, Late()).ask("status")


@pytest.mark.parametrize(
    "line",
    [b"{\n", b"\xff\n", b"[" * 60_000 + b"\n"],
    ids=["half an object", "no text", "deep nesting"],
)
def test_s28_a_line_that_is_no_json_is_refused(
    stepped: tuple[ControlServer, FakeClock], path: Path, line: bytes
) -> None:
    assert asked(stepped[0], path, line) == {"error": "a request is one line of JSON"}


@pytest.mark.parametrize("line", [b"3\n", b"{}\n", b'{"command": ["echo"]}\n', b'{"command": "boot"}\n'])
def test_an_unknown_command_lists_the_known_ones(
    stepped: tuple[ControlServer, FakeClock], path: Path, line: bytes
) -> None:
    assert asked(stepped[0], path, line) == {"error": "there is no such command; there is echo"}


def test_a_request_may_come_in_pieces(stepped: tuple[ControlServer, FakeClock], path: Path) -> None:
    server, _ = stepped
    with connect(path) as link:
        server.serve_once(5)
        for piece in (b'{"comm', b'and": "echo"', b"}\n"):
            link.sendall(piece)
            server.serve_once(5)
        assert json.loads(link.makefile().readline())["request"] == {"command": "echo"}


def test_s28_a_request_without_end_is_cut_off(path: Path) -> None:
    with serving(path, {"echo": echo}):
        with connect(path) as link, pytest.raises((BrokenPipeError, ConnectionResetError)):
            link.sendall(b"x" * (64 * MAX_BYTES))
        assert ControlClient(path).ask("echo")["by"] == getpass.getuser()


def test_a_silent_client_is_dropped_at_its_deadline_and_holds_nobody_up(
    stepped: tuple[ControlServer, FakeClock], path: Path
) -> None:
    server, clock = stepped
    with connect(path) as silent:
        server.serve_once(5)
        assert asked(server, path, b'{"command": "echo"}\n')["by"] == getpass.getuser()
        clock.advance(DEADLINE_S - 0.1)
        server.serve_once(0)
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.recv(1)
        clock.advance(0.1)
        server.serve_once(0)
        assert silent.recv(1) == b""


def test_s46_when_all_places_are_taken_the_oldest_makes_room(
    stepped: tuple[ControlServer, FakeClock], path: Path
) -> None:
    server, _ = stepped
    silent = []
    for _ in range(MAX_CONNECTIONS):
        silent.append(connect(path))
        server.serve_once(5)
    assert asked(server, path, b'{"command": "echo"}\n')["by"] == getpass.getuser()
    assert silent[0].recv(1) == b""
    silent[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        silent[1].recv(1)
    for link in silent:
        link.close()


class Kept:
    """An AlarmStore in memory."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def load_alarm(self) -> Alarm | None:
        return None

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        self.notes.append(note)

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Nothing: it is forgotten with this store."""

    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        """Nothing reads it again."""


def house() -> tuple[Mapping[str, Handler], Health]:
    clock = FakeClock()
    health = Health(clock)
    settings = AlarmSettings(away=ModeSettings(exit_delay_s=30))
    panel = Panel(Kept(), clock, settings, lambda transition: None)
    panel.start()
    scenes = Scenes({}, panel, ShadeEncoder())
    return commands(
        panel,
        health,
        lambda by: f"test mail of {by} queued",
        lambda by: f"daily mail of {by} queued",
        scenes,
        {},
        ReadyHouse(health, clock, {}),
        lambda by: f"nights of {by} queued",
    ), health


def test_arm_switches_to_the_named_mode_in_the_name_of_the_caller() -> None:
    handlers, _ = house()
    answer = handlers["arm"]({"mode": "away"}, "anna")
    assert (answer["state"], answer["mode"], answer["by"], answer["how"]) == ("arming", "armed_away", "anna", "cli")
    assert answer["countdown_s"] == 30
    assert handlers["status"]({}, "bert") == answer


def test_ui10_arming_with_a_graver_problem_is_refused_with_the_list_until_it_is_to_be_done_anyway() -> None:
    handlers, health = house()
    health.report("camera:front", "camera front is unplugged; plug it in")
    listed = [{"key": "camera:front", "text": "camera front is unplugged; plug it in", "graver": True}]
    for request in ({"mode": "away"}, {"mode": "away", "anyway": "yes"}):
        refused = handlers["arm"](request, "anna")
        assert (refused["not_armed"], refused["mode"]) == (listed, Mode.DISARMED)
    assert handlers["status"]({}, "anna")["state"] == Mode.DISARMED
    armed = handlers["arm"]({"mode": "away", "anyway": True}, "anna")
    assert (armed["state"], armed["problems"]) == ("arming", listed)
    assert handlers["arm"]({"mode": "away"}, "anna")["state"] == "arming", "it is armed already"
    assert handlers["disarm"]({}, "anna")["state"] == Mode.DISARMED


@pytest.mark.parametrize("command", ["status", "arm"])
def test_whoever_asks_how_it_is_has_the_mail_proven_as_the_remark_says(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    monkeypatch.setattr(ReadyHouse, "looked_at", lambda ready: looks.append(command))
    handlers, health = house()
    health.report("camera:front", "camera front is unplugged; plug it in")
    handlers[command]({}, "anna")
    assert looks == [command]


def test_a_lighter_problem_is_listed_and_keeps_nobody_from_arming() -> None:
    handlers, health = house()
    health.report("rate:front", "camera front sends 4 of 10 pictures a second")
    assert [problem["graver"] for problem in handlers["arm"]({"mode": "away"}, "anna")["problems"]] == [False]


def test_disarm_switches_off() -> None:
    handlers, _ = house()
    handlers["arm"]({"mode": "night"}, "anna")
    assert handlers["disarm"]({}, "bert")["state"] == Mode.DISARMED


@pytest.mark.parametrize("mode", ["armed_away", "", 3, None, ["away"], "disarmed"])
def test_a_mode_that_is_none_changes_nothing(mode: Any) -> None:
    handlers, _ = house()
    with pytest.raises(ControlError, match="there is no such mode; give one of away, home, night"):
        handlers["arm"]({"mode": mode}, "anna")
    assert handlers["status"]({}, "anna")["state"] == "disarmed"


def test_status_names_what_is_wrong() -> None:
    handlers, health = house()
    health.report("mail", "smtp.example.org: refused the password")
    assert handlers["status"]({}, "anna")["faults"] == [
        {"key": "mail", "text": "smtp.example.org: refused the password", "since": "2026-06-01T12:00:00+00:00"}
    ]


def test_a_test_alert_says_where_it_goes() -> None:
    handlers, _ = house()
    assert handlers["test-alert"]({}, "anna") == {"text": "test mail of anna queued"}


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in memory of the daemon on ``tmp_path/state``, on a machine of its own."""
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(refuge, "RUNTIME_FOLDER", tmp_path / "run")
    with tempfile.TemporaryDirectory() as shared:  # the path of a socket has to be short
        monkeypatch.setattr(refuge, "SHARED_MEMORY", Path(shared))
        yield refuge.refuge_of(tmp_path / "state", {})


@contextmanager
def read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have *folder* refuse sockets as a disk does that was mounted read-only."""
    real = socket.socket.bind

    def bind(self: socket.socket, address: str) -> None:
        if Path(address).parent == folder:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        real(self, address)

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "bind", bind, raising=False)
        yield


def test_r12_on_a_disk_that_takes_no_socket_commands_are_answered_in_memory(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state" / "control.sock"
    server = ControlServer(path, {"echo": echo}, FakeClock(), memory)
    with read_only(path.parent, monkeypatch):
        server.open()
    assert not path.exists() and stat.S_IMODE(memory.stat().st_mode) == 0o700
    thread = threading.Thread(target=ControlClient(path).ask, args=("echo",))
    thread.start()
    while thread.is_alive():
        server.serve_once(0.05)
    thread.join()
    memory.chmod(0o777)
    with pytest.raises(NoDaemonError):
        ControlClient(path).ask("echo")  # it may be a stranger who answers there
    server.close()
    assert not list(memory.iterdir())


def test_without_a_folder_in_memory_a_disk_that_takes_no_socket_is_an_error(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state" / "control.sock"
    with read_only(path.parent, monkeypatch):
        with pytest.raises(ControlError, match="cannot listen here"):
            ControlServer(path, {}, FakeClock()).open()
        memory.write_text("of somebody else")
        with pytest.raises(ControlError, match="cannot listen here .* nor in memory: "):
            ControlServer(path, {}, FakeClock(), memory).open()


def test_where_a_daemon_runs_that_no_command_reaches_it_says_so(tmp_path: Path, memory: Path) -> None:
    state = tmp_path / "state"
    with StateLock(state):
        assert holder_of(state) == os.getpid()
        with pytest.raises(ControlError, match=f"pisecurity runs here as process {os.getpid()}, and no command reach"):
            ControlClient(state / "control.sock").ask("status")
    assert holder_of(state) is None
    with pytest.raises(NoDaemonError):
        ControlClient(state / "control.sock").ask("status")


def test_who_may_not_look_into_memory_is_told_to_use_sudo_and_to_join_no_group(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: str) -> None:
        if Path(address).parent == memory:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect, raising=False)
    state = tmp_path / "state"
    memory.mkdir(mode=0o700)
    with StateLock(state), pytest.raises(ControlError, match="no command reaches it; use sudo, switch on its page"):
        ControlClient(state / "control.sock").ask("status")
    with pytest.raises(NoDaemonError):
        ControlClient(state / "control.sock").ask("status")
