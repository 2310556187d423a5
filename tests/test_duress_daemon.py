"""The real daemon and a real mail server: a duress code calls for help, and the house looks as on any other evening."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pisecurity.adapters.control import FILE_NAME, ControlClient
from tests.rigs.daemon import DaemonProcess, Household, running, wait_for
from tests.rigs.smtp import SmtpServer

SISTER, BEN = "sister@example.com", "ben@example.org"
ACCESS = f'[access]\ndisarm = "code"\nduress_to = ["{SISTER}"]\ntell_disarmed = ["{BEN}"]\n'


class Home(Household):
    """A house with codes, in which somebody walks again and again."""

    def __init__(self, folder: Path, server: SmtpServer) -> None:
        folder.mkdir()
        super().__init__(folder, server, access=ACCESS)
        self.server = server

    def daemon(self, **environment: str) -> AbstractContextManager[DaemonProcess]:
        return running(["run", "--state", str(self.folder)], self.port, self.log, environment, "tests.rigs.coded")

    def people(self, *words: str) -> str:
        ran = self.run("people", *words)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def code(self, *words: str) -> str:
        return self.people(*words).split("code ")[1][:6]

    def switch(self, mode: str, code: str) -> str:
        return str(ControlClient(self.folder / FILE_NAME).ask("switch", mode=mode, code=code)["verdict"])

    def mails_to(self, recipient: str) -> list[str]:
        return [str(mail["Subject"]).strip() for to, mail in self.server.accepted if recipient in to]


def unlike(text: str) -> str:
    """Return *text* without what differs from evening to evening: times, ids, numbers, ports and folders."""
    text = re.sub(r"[0-9a-f]{32,64}", "ID", text)
    text = re.sub(r"/\S*/(ordinary|forced)/\S*", "FOLDER", text)
    return re.sub(r"\d+([.:,-]\d+)*", "N", text)


def log_of(daemon: DaemonProcess, begin: int) -> set[str]:
    """Return what the log says from *begin* on, without what the camera, the alarm of before and the time cause."""
    lines = {unlike(line) for line in daemon.log[begin:].splitlines()}
    return {line for line in lines if not re.search("event|kind=alarm|runtime.(watch|scenes|prove|ping)", line)}


def evening(home: Home, *, duress: bool) -> dict[str, Any]:
    """Arm and disarm by code; return what can be seen once somebody has walked through the picture after that."""
    with home.daemon() as daemon:
        codes = {False: home.code("add", "Anna"), True: home.code("duress", "Anna")}
        assert home.switch("armed_home", codes[False]) == "admitted"
        wait_for("alarm", lambda: home.mails_to("anna@example.org"))
        begin = len(daemon.log)
        assert home.switch("disarmed", codes[duress]) == "admitted"
        wait_for("told", lambda: home.mails_to(BEN))
        wait_for("all clear", lambda: any("All clear" in one for one in home.mails_to("anna@example.org")))
        if duress:
            wait_for("help is called", lambda: len(home.mails_to(SISTER)) >= 2)
        else:
            wait_for("somebody walks", lambda: daemon.state()["cameras"][0]["age_s"] is not None)
        doctor = home.run("doctor").stdout.splitlines()
        status = json.loads(home.run("status", "--json").stdout)
        page = daemon.request("GET", "/events")[1].decode()
        assert 'class="event"' in page, "what was told is listed"
        hidden = [event_id for (event_id,) in home.rows("SELECT id FROM events WHERE kind = 'duress'")]
        assert bool(hidden) is duress
        seen = {
            "log": log_of(daemon, begin),
            "status": unlike(json.dumps({key: status[key] for key in status if key != "facts"})),
            "facts": sorted(status["facts"]),
            "state": unlike(json.dumps({k: v for k, v in daemon.state().items() if k not in ("events", "cameras")})),
            "page": [event_id for event_id in hidden if event_id in page],
            "told": [unlike(one) for one in home.mails_to(BEN)],
            "doctor": [unlike(line.partition(" rows, the last ")[0]) for line in doctor if "camera" not in line],
            "audit": [unlike(str(row)) for row in home.rows("SELECT mode, by, how, note FROM audit ORDER BY number")],
            "people": unlike(home.people("list")),
        }
        listed = [json.loads(line) for line in home.run("events", "--json").stdout.splitlines()]
        assert [each["alert"] for each in listed if each["state"] == "disarmed"] == []
        seen["log text"] = [code for code in codes.values() if code in daemon.log]
        if duress:
            seen["duress-log"] = home.people("duress-log")
        assert daemon.stop() == 0
    return seen


def test_a_duress_code_reaches_its_contact_and_nothing_in_the_house_differs(tmp_path: Path, server: SmtpServer) -> None:
    ordinary = evening(Home(tmp_path / "ordinary", server), duress=False)
    assert [mail for to, mail in server.accepted if SISTER in to] == []
    server.accepted.clear()
    forced = evening(home := Home(tmp_path / "forced", server), duress=True)
    log = forced.pop("duress-log")
    for key, value in ordinary.items():
        assert value == forced[key], key
    assert ordinary["log text"] == []
    first, *others = home.mails_to(SISTER)
    assert re.fullmatch(r"\[Home\] SILENT ALARM: Anna was made to disarm, \d\d:\d\d:\d\d", first)
    goes_on = "[Home] SILENT ALARM goes on: movement at "
    assert [one for one in others if not one.removeprefix("Re: ").startswith(goes_on)] == [], "a better picture follows"
    assert all(to == (SISTER,) for to, mail in server.accepted if "SILENT" in str(mail["Subject"]))
    pictures = [list(mail.walk()) for to, mail in server.accepted if "goes on" in str(mail["Subject"])]
    assert all(any(part.get_content_type() == "image/jpeg" for part in parts) for parts in pictures)
    assert "Anna was made to disarm" in log
    assert f"{SISTER}: accepted" in log


def test_a_contact_that_is_refused_shows_nowhere_and_is_in_the_log_at_the_console(
    tmp_path: Path, server: SmtpServer
) -> None:
    server.refuse[SISTER] = "550 no such user"
    home = Home(tmp_path / "forced", server)
    with home.daemon() as daemon:
        home.code("add", "Anna")
        duress = home.code("duress", "Anna")
        home.switch("armed_home", duress)
        home.switch("disarmed", duress)
        wait_for("refused", lambda: "refused" in home.people("duress-log"))
        assert "no such user" in home.people("duress-log")
        status = home.run("status").stdout
        assert SISTER not in status + daemon.log + daemon.request("GET", "/")[1].decode()
        assert "fault" not in status.replace("no fault", "")
        assert daemon.stop() == 0


def test_wrong_codes_make_wait_and_a_restart_forgets_none(tmp_path: Path, server: SmtpServer) -> None:
    home = Home(tmp_path / "ordinary", server)
    with home.daemon() as daemon:
        home.code("add", "Anna")
        verdicts = [home.switch("armed_home", "702846") for _ in range(4)]
        assert verdicts == ["wrong", "wrong", "wrong", "wait"]
        assert daemon.stop() == 0
    with home.daemon() as daemon:
        (count,) = home.rows("SELECT count FROM wrong_codes WHERE source = ''")
        home.switch("armed_home", "702846")
        assert home.rows("SELECT count FROM wrong_codes WHERE source = ''")[0] >= count == (3,)
        assert "702846" not in daemon.log
        assert daemon.stop() == 0
