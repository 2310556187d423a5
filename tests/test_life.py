"""The real process, killed and started again: the owner hears that it was off."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from pisecurity.adapters.state.last_seen import LastSeenFile
from tests.rigs.daemon import DaemonProcess, Household, running, wait_for
from tests.rigs.pings import PingServer
from tests.rigs.smtp import SmtpServer

CLIP = Path(__file__).parent / "clips" / "garden_quiet.mp4"


class Home(Household):
    """A household in which nothing moves, on a machine that was booted more than once."""

    def __init__(self, folder: Path, server: SmtpServer, **tables: str) -> None:
        super().__init__(folder, server, CLIP, **tables)
        self.server = server

    def boot(self, name: str) -> AbstractContextManager[DaemonProcess]:
        arguments = ["run", "--state", str(self.folder)]
        return running(arguments, self.port, self.log, {"TEST_BOOT": name}, "tests.rigs.other_boot")

    def wait_for_sign(self) -> None:
        """Wait until a sign of life of the running daemon is on disk."""
        wait_for("sign of life", lambda: (seen := LastSeenFile(self.folder).load()) and not seen.ended)

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]).strip() for _, mail in self.server.accepted]


def test_r49_the_running_daemon_pings_and_shows_nobody_the_address(tmp_path: Path, server: SmtpServer) -> None:
    with PingServer() as service:
        url = f"http://127.0.0.1:{service.port}/4f3a9c1e-secret"
        life = f'[life]\nping_at_home = true\nping_url = "{url}"\n'
        home = Home(tmp_path, server, life=life)
        with home.boot("one") as daemon:
            wait_for("ping", lambda: service.requests)

            def told() -> str:
                text = home.run("status").stdout
                return text if "ping: answered" in text else ""

            status = wait_for("fact", told)
            doctor = home.run("doctor").stdout
            assert f"would be noticed: 127.0.0.1:{service.port} answers" in doctor
            page = daemon.request("GET", "/")[1].decode()
            home.tables["life"] = life.replace("http:", "ftp:")
            home.write_config()
            mistakes = home.run("check").stderr
            assert "life.ping_url: begin it with https://" in mistakes
            assert daemon.stop() == 0
    assert service.requests[0].startswith("GET /4f3a9c1e-secret HTTP/1.1")
    assert all("4f3a9c1e" not in text for text in (status, doctor, page, mistakes, daemon.log))


def kill(daemon: DaemonProcess) -> None:
    daemon.process.kill()
    daemon.process.wait()


def test_killed_while_armed_and_booted_anew_it_reports_a_power_cut_and_a_stop_on_purpose_nothing(
    tmp_path: Path, server: SmtpServer
) -> None:
    home = Home(tmp_path, server)
    with home.boot("one") as daemon:
        assert daemon.switch("armed_away") == 303
        home.wait_for_sign()
        kill(daemon)
    with home.boot("two") as daemon:
        wait_for("report", home.subjects)
        notes = wait_for("note", lambda: [note for note in daemon.state()["notes"] if "outage" in note])
        assert notes[0].startswith("Last outage: from ")
        assert "last outage: from " in home.run("status").stdout
        assert daemon.state()["mode"] == "armed_away"
        assert daemon.stop() == 0
    with home.boot("three") as daemon:
        home.wait_for_sign()
        assert not any("outage" in note for note in daemon.state()["notes"])
        assert daemon.stop() == 0
    (subject,) = home.subjects()
    assert subject.startswith("[Home] Was dark from ") and subject.endswith(": power cut")
    (text,) = [str(mail.get_body(("plain",)).get_content()) for _, mail in server.accepted]  # type: ignore[union-attr]
    assert "Nothing was watched meanwhile; now it is armed (away)." in text


def test_killed_and_started_again_on_the_same_boot_it_reports_a_crash(tmp_path: Path, server: SmtpServer) -> None:
    home = Home(tmp_path, server)
    with home.boot("one") as daemon:
        assert daemon.switch("armed_night") == 303
        home.wait_for_sign()
        kill(daemon)
    with home.boot("one") as daemon:
        (subject,) = wait_for("report", home.subjects)
        assert subject.startswith("[Home] Was off from ") and "ended by a fault" in subject
        assert daemon.stop() == 0
    (note,) = home.rows("SELECT note FROM audit ORDER BY number DESC LIMIT 1")[0]
    assert note.startswith("off from ") and note.endswith("by pisecurity (start)")
