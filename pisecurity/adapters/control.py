"""The Unix socket over which the commands reach the daemon: one JSON line each way."""

from __future__ import annotations

import errno
import json
import logging
import os
import pwd
import selectors
import socket
import stat
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.state.folder import FAILED_DISK
from pisecurity.adapters.state.lock import holder_of
from pisecurity.adapters.state.refuge import claim, refuges_of
from pisecurity.core.alarm import readiness
from pisecurity.core.alarm.outlook import Outlook
from pisecurity.core.alarm.readiness import Problem
from pisecurity.core.types import Mode
from pisecurity.errors import (
    AlreadyRunningError,
    ControlError,
    InputError,
    NoDaemonError,
    PiSecurityError,
    StoreError,
)
from pisecurity.ports import Clock
from pisecurity.runtime.alarm.panel import Panel, PanelStatus
from pisecurity.runtime.alarm.readiness import Readiness
from pisecurity.runtime.health import Health
from pisecurity.runtime.scenes import Scenes
from pisecurity.runtime.worker import Beat
from pisecurity.settings import named_camera

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any], str], Mapping[str, Any]]
"""``handler(request, by)``: *by* is the name of the user who asks, known from the kernel. Returns what JSON can say."""

FILE_NAME = "control.sock"
PERMISSIONS = 0o660
MAX_BYTES = 64 * 1024
MAX_CONNECTIONS = 16
DEADLINE_S = 5.0
"""From accepting a connection to its last byte."""
CLIENT_DEADLINE_S = 10.0
POLL_S = 0.25
LONGEST_PATH = 107
"""``sun_path`` is 108 bytes with its closing zero. Source: unix(7)."""

ARMED_MODES = {"away": Mode.AWAY, "home": Mode.HOME, "night": Mode.NIGHT}


def commands(
    panel: Panel,
    health: Health,
    test_alert: Callable[[str], str],
    daily: Callable[[str], str],
    scenes: Scenes,
    labels: Mapping[str, str],
    ready: Readiness,
    night: Callable[[str], str],
    outlook: Callable[[], Outlook | None] = lambda: None,
    zone: tzinfo = UTC,
) -> Mapping[str, Handler]:
    """Return the handlers of status, arm, disarm, test-alert, daily and forget.

    Args:
        test_alert, daily, night: ``test_alert(by)`` queues a test alert, a daily mail, or one about what the cameras
            see, and returns in words where it goes.
        labels: what people call each camera, by its id.
        ready: what stands against arming; who arms all the same says ``"anyway": true``.
        outlook: returns what the schedule does next.
        zone: of all times in the answers.
    """

    def described(status: PanelStatus) -> Mapping[str, Any]:
        ready.looked_at()
        found, ahead = ready.problems(status.mode if status.mode is not Mode.DISARMED else Mode.AWAY), outlook()
        more = {"problems": _listed(found), "schedule": ahead and ahead.as_plain(zone)}
        return {**_described(status, health, labels, zone), **more}

    def arm(request: Mapping[str, Any], by: str) -> Mapping[str, Any]:
        mode = request.get("mode", "away")
        if not isinstance(mode, str) or mode not in ARMED_MODES:
            raise ControlError(f"there is no such mode; give one of {', '.join(ARMED_MODES)}")
        wanted = ARMED_MODES[mode]
        before = panel.status()
        found = ready.against(wanted, before.mode)
        if readiness.asks(found, request.get("anyway") is True):
            return {**described(before), "not_armed": _listed(found)}
        return described(panel.switch(wanted, by=by, how="cli", against=readiness.on_record(found)))

    def forget(request: Mapping[str, Any], by: str) -> Mapping[str, Any]:
        camera = named_camera(str(request.get("camera")), labels)
        scenes.forget(camera, by=by, how="cli")
        text = f"camera {labels[camera]} learns its scene and how tall people are anew"
        return {"text": text}

    return {
        "status": lambda request, by: described(panel.status()),
        "arm": arm,
        "disarm": lambda request, by: described(panel.switch(Mode.DISARMED, by=by, how="cli")),
        "test-alert": lambda request, by: {"text": test_alert(by)},
        "daily": lambda request, by: {"text": daily(by)},
        "night": lambda request, by: {"text": night(by)},
        "forget": forget,
    }


def _listed(found: Sequence[Problem]) -> Sequence[Mapping[str, Any]]:
    return [{"key": problem.key, "text": problem.text, "graver": problem.graver} for problem in found]


def _described(status: PanelStatus, health: Health, labels: Mapping[str, str], zone: tzinfo) -> Mapping[str, Any]:
    return {
        "state": status.state,
        "mode": status.mode,
        "by": status.by,
        "how": status.how,
        "since": status.since_at.astimezone(zone).isoformat(timespec="seconds"),
        "countdown_s": status.countdown_s,
        "sequence": status.sequence,
        "faults": [
            {
                "key": fault.key,
                "text": fault.text,
                "since": fault.since_at.astimezone(zone).isoformat(timespec="seconds"),
            }
            for fault in health.faults()
        ],
        "facts": dict(health.facts()),
        "cameras": dict(labels),
    }


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    by: str
    due_s: float
    request: bytearray = field(default_factory=bytearray)
    answer: bytes = b""


class ControlServer:
    """Answers one request a connection, all of them on one thread that no silent client can hold up.

    When MAX_CONNECTIONS are open, the oldest one makes room: a newcomer is worth more than one that says nothing.
    """

    def __init__(
        self, path: Path, handlers: Mapping[str, Handler], clock: Clock | None = None, refuge: Path | None = None
    ) -> None:
        """*refuge*: folder in memory, made then, for the socket where the disk of *path* takes none."""
        self._path, self._handlers, self._clock = path, handlers, clock or SystemClock()
        self._refuge = refuge
        self._listener: socket.socket | None = None
        self._selector = selectors.DefaultSelector()
        self._connections: list[_Connection] = []

    def open(self) -> None:
        """Listen at the path; a socket left behind by a killed daemon is replaced.

        Raises:
            AlreadyRunningError: another daemon answers there.
            ControlError: the path is too long, taken by something else or not writable.
        """
        try:
            listener = _listening(self._path)
        except OSError as error:
            listener = self._listening_in_memory(error)
        listener.setblocking(False)
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ, listener)

    def _listening_in_memory(self, error: OSError) -> socket.socket:
        """Return a listener in memory, because of *error* on the disk. Raises ControlError, AlreadyRunningError."""
        refused = ControlError(f"{self._path}: cannot listen here ({error.strerror}); see who owns the folder")
        if self._refuge is None or error.errno not in FAILED_DISK:
            raise refused from error
        path = self._refuge / self._path.name
        try:
            claim(self._refuge)
            listener = _listening(path)
        except (StoreError, OSError) as also:
            raise ControlError(f"{refused}; nor in memory: {also}") from error
        log.warning("the disk takes no socket, commands are answered in memory path=%s reason=%s", path, error.strerror)
        self._path = path
        return listener

    @property
    def is_open(self) -> bool:
        return self._listener is not None

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Serve until *stop* is set; opens first where open() was not called."""
        if self._listener is None:
            self.open()
        try:
            while not stop.is_set():
                self.serve_once(POLL_S)
                beat()
        finally:
            self.close()

    def serve_once(self, timeout_s: float) -> None:
        """Do what is due within *timeout_s*: accept, read, answer, and drop who took too long."""
        for key, _ in self._selector.select(timeout_s):
            if isinstance(key.data, _Connection):
                self._advance(key.data)
            else:
                self._accept(key.data)
        now_s = self._clock.monotonic()
        for connection in [one for one in self._connections if one.due_s <= now_s]:
            log.warning("control connection dropped by=%s reason=too slow", connection.by)
            self._drop(connection)

    def close(self) -> None:
        """Stop listening and remove the socket; may be called twice."""
        for connection in list(self._connections):
            self._drop(connection)
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
            with suppress(OSError):  # one left behind is replaced at the next start
                self._path.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except BlockingIOError:  # it went away between select and accept
            return
        client.setblocking(False)
        if len(self._connections) >= MAX_CONNECTIONS:
            self._drop(self._connections[0])
        connection = _Connection(client, _peer_name(client), self._clock.monotonic() + DEADLINE_S)
        self._connections.append(connection)
        self._selector.register(client, selectors.EVENT_READ, connection)

    def _advance(self, connection: _Connection) -> None:
        if connection not in self._connections:  # it made room in this very round
            return
        try:
            if connection.answer:
                self._write(connection)
            else:
                self._read(connection)
        except BlockingIOError:
            return
        except OSError as error:
            log.info("control connection lost by=%s reason=%s", connection.by, error.strerror)
            self._drop(connection)

    def _read(self, connection: _Connection) -> None:
        data = connection.socket.recv(MAX_BYTES)
        if not data:
            self._drop(connection)
            return
        connection.request += data
        line, end, _ = connection.request.partition(b"\n")
        if len(line) > MAX_BYTES:
            answer: Mapping[str, Any] = {"error": f"a request is one line of at most {MAX_BYTES // 1024} kB"}
        elif end:
            answer = self._answer(bytes(line), connection.by)
        else:
            return
        connection.answer = json.dumps(answer).encode("ascii") + b"\n"
        self._selector.modify(connection.socket, selectors.EVENT_WRITE, connection)
        self._write(connection)

    def _write(self, connection: _Connection) -> None:
        sent = connection.socket.send(connection.answer)
        connection.answer = connection.answer[sent:]
        if not connection.answer:
            self._drop(connection)

    def _answer(self, line: bytes, by: str) -> Mapping[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"error": "a request is one line of JSON"}
        command = request.get("command") if isinstance(request, dict) else None
        handler = self._handlers.get(command) if isinstance(command, str) else None
        if handler is None:
            return {"error": f"there is no such command; there is {', '.join(self._handlers)}"}
        try:
            answer = handler(request, by)
        except PiSecurityError as error:
            log.warning("command refused command=%s by=%s reason=%s", command, by, error)
            return {"error": str(error), "mistyped": isinstance(error, InputError)}
        return answer

    def _drop(self, connection: _Connection) -> None:
        self._connections.remove(connection)
        self._selector.unregister(connection.socket)
        connection.socket.close()


class ControlClient:
    """Asks the daemon that listens at *path*, or in memory because the disk of that takes no socket."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path, self._clock = path, clock or SystemClock()

    def ask(self, command: str, **arguments: Any) -> Mapping[str, Any]:
        """Send *command* and return the answer.

        Raises:
            NoDaemonError: none runs.
            ControlError: nobody answers, this user may not ask, or the daemon refused; in its words then.
            InputError: what was typed cannot be taken.
        """
        _check_length(self._path)
        request = json.dumps({**arguments, "command": command}).encode("ascii") + b"\n"
        answer = self._answered(self._path, request)
        refuges = refuges_of(self._path.parent)
        while answer is None:
            if (refuge := next(refuges, None)) is None:
                raise self._unanswered()
            answer = self._answered(refuge / self._path.name, request)
        if "error" in answer:
            raise (InputError if answer.get("mistyped") else ControlError)(str(answer["error"]))
        return answer

    def _answered(self, path: Path, request: bytes) -> Mapping[str, Any] | None:
        """Return what is answered at *path*, None where nobody listens to this user. Raises ControlError."""
        try:
            return self._exchange(path, request)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except NotADirectoryError:
            raise ControlError(f"{path.parent}: not a folder; name the state folder with --state") from None
        except PermissionError:
            if path != self._path:
                return None  # the folder in memory is the service's alone, and no group opens it
            raise ControlError(
                f"{path}: this user may not command the daemon; use sudo, or join the group of the service"
            ) from None
        except (OSError, ValueError) as error:
            raise ControlError(f"{path}: the daemon does not answer ({error}); look into its log") from error

    def _unanswered(self) -> ControlError:
        state = self._path.parent
        if (process := holder_of(state)) is not None:
            return ControlError(
                f"{state}: pisecurity runs here as process {process}, and no command reaches it; use sudo, switch on "
                "its page, or mend what its log says and restart it"
            )
        return NoDaemonError(
            f"no daemon runs on {state}; start it with 'pisecurity run', or name its folder with --state"
        )

    def _exchange(self, path: Path, request: bytes) -> Mapping[str, Any]:
        due_s = self._clock.monotonic() + CLIENT_DEADLINE_S
        received = bytearray()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(CLIENT_DEADLINE_S)
            link.connect(str(path))
            link.sendall(request)
            while b"\n" not in received:
                link.settimeout(max(due_s - self._clock.monotonic(), 0.001))
                data = link.recv(MAX_BYTES)
                if not data:
                    raise OSError(errno.ECONNRESET, "it closed the connection")
                received += data
        answer = json.loads(received)
        return answer if isinstance(answer, dict) else {}


def _check_length(path: Path) -> None:
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        raise ControlError(
            f"{path}: {length} bytes are too long for a Unix socket, which takes {LONGEST_PATH}; "
            "choose a state folder with a shorter path"
        )


def _listening(path: Path) -> socket.socket:
    """Return a socket that listens at *path*. Raises OSError, ControlError, AlreadyRunningError."""
    _check_length(path)
    _clear_the_way(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The kernel gives the file the mode of the socket, so that it is never more open than this.
        os.fchmod(listener.fileno(), PERMISSIONS)
        listener.bind(str(path))
        path.chmod(PERMISSIONS)  # whatever the umask left of it
        listener.listen(MAX_CONNECTIONS)
    except OSError:
        listener.close()
        raise
    return listener


def _clear_the_way(path: Path) -> None:
    """Remove a socket nobody listens at. Raises OSError: it cannot be removed."""
    try:
        mode = path.lstat().st_mode
    except OSError:  # nothing there; anything worse shows when the socket is made
        return
    if not stat.S_ISSOCK(mode):
        raise ControlError(f"{path}: something else has this name; move it away")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ControlError(f"{path}: cannot be reached ({error}); see who owns it") from error
        else:
            raise AlreadyRunningError(f"{path}: a daemon answers here already; stop it first")


def _peer_name(client: socket.socket) -> str:
    """Return the login name of the process at the other end, as the kernel knows it."""
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return user_name(uid)


def user_name(uid: int) -> str:
    """Return what the user *uid* is called in a command."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
