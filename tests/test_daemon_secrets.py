"""The daemon as a process: which sockets it has, whom it talks to, what its files and answers give away."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path

from pisecurity.adapters.state.secrets import PEPPER
from pisecurity.web.admission import COOKIE
from tests.rigs.daemon import wait_for
from tests.rigs.smtp import PASSWORD, SmtpServer
from tests.test_duress_daemon import Home
from tests.web.test_access import table

LISTENING, ANY_PEER = 10, ("0.0.0.0", 0)
Peer = tuple[str, int]


def sockets(process: int) -> Iterator[tuple[str, Peer, Peer, int]]:
    """Yield protocol, own address, peer and state of each internet socket of *process*. Source: proc_net(5)."""
    links = (path.readlink() for path in Path(f"/proc/{process}/fd").iterdir())
    own = {found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", str(link)))}
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{process}/net/{protocol}").read_text().splitlines()[1:]:
            words = line.split()
            if words[9] in own:
                yield protocol, address(words[1]), address(words[2]), int(words[3], 16)


def address(text: str) -> Peer:
    number, port = text.split(":")
    packed = b"".join(struct.pack("=I", int(number[at : at + 8], 16)) for at in range(0, len(number), 8))
    return socket.inet_ntop(socket.AF_INET6 if len(packed) > 4 else socket.AF_INET, packed), int(port, 16)


def approved_phone(home: Home) -> tuple[str, str]:
    """Approve a phone; return the code for that, which is good once, and the token that the phone is known by since."""
    once = re.search(r"type (\S+) on the phone", home.people("phone", "Anna"))
    assert once is not None
    form = {"Origin": f"http://127.0.0.1:{home.port}", "Content-Type": "application/x-www-form-urlencoded"}
    with closing(HTTPConnection("127.0.0.1", home.port, timeout=10)) as link:
        link.request("POST", "/phone/approve", f"code={once[1]}", form)
        answer = link.getresponse()
        cookie = SimpleCookie(answer.headers["Set-Cookie"])
        assert answer.status == 303
    return once[1], cookie[COOKIE].value


def test_s05_s06_s40_s41_s43_a_running_alarm_gives_away_no_secret_and_opens_no_other_door(
    tmp_path: Path, server: SmtpServer
) -> None:
    home = Home(tmp_path / "ordinary", server)
    home.write_config()
    with home.daemon(FLASK_DEBUG="1") as daemon:
        codes = [home.code("add", "Anna"), home.code("duress", "Anna")]
        once, token = approved_phone(home)
        peers: set[Peer] = set()

        def told() -> bool:
            peers.update(peer for _, _, peer, _ in sockets(daemon.process.pid))
            return bool(home.mails_to("sister@example.com"))

        assert home.switch("armed_home", codes[0]) == "admitted"
        wait_for("alarm", lambda: home.mails_to("anna@example.org"))
        assert home.switch("disarmed", codes[1]) == "admitted"
        wait_for("help is called", told)
        assert home.switch("armed_home", "702846") == "wrong"
        pages = [daemon.request(method, path)[1].decode("latin-1") for method, path in table() if method == "GET"]
        commands = [
            home.run(*words).stdout for words in (("doctor",), ("status",), ("status", "--json"), ("events", "audit"))
        ]
        commands.append(home.people("list") + home.people("phones") + home.people("duress-log"))
        listening = {(own, protocol) for protocol, own, _, state in sockets(daemon.process.pid) if state == LISTENING}
        udp = [own for protocol, own, _, _ in sockets(daemon.process.pid) if protocol.startswith("udp")]
        modes = {path.relative_to(home.folder): path.lstat().st_mode & 0o777 for path in home.folder.rglob("*")}
        pepper = (home.folder / "secrets" / PEPPER).read_text().strip()
        assert daemon.stop() == 0
    secrets = [PASSWORD, *codes, pepper, token, once, once.replace("-", ""), "702846"]
    everything = "\n".join((*pages, *commands, daemon.log))
    assert [secret for secret in secrets if secret in everything] == []
    assert (listening, udp) == ({(("127.0.0.1", home.port), "tcp")}, [])
    assert {host for host, _ in peers - {ANY_PEER}} <= {"127.0.0.1"}
    assert home.folder.stat().st_mode & 0o777 in (0o700, 0o710)
    open_to_others = {str(path): oct(mode) for path, mode in modes.items() if mode & 0o077}
    assert set(open_to_others) <= {"control.sock", "config.toml"}, "config.toml is as its owner wrote it"
    database = b"".join(path.read_bytes() for path in home.folder.glob("pisecurity.db*"))
    assert [secret for secret in secrets if secret.encode() in database] == []
