"""The whole house behind the page, its database and its mails, after a duress code and after the ordinary one."""

from __future__ import annotations

import re
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from pisecurity import app
from pisecurity.core.alarm.people import Person
from pisecurity.core.types import AlarmState
from pisecurity.ports import NOWHERE
from pisecurity.runtime.alerts.inbox import Sighting
from tests.fakes import FakeClock, make_event
from tests.test_app import MAIL, House
from tests.web.people import ANNA, ANNAS_DURESS

ALARM, SEEN_SINCE = "a" * 32, "b" * 32
ACCESS = '[access]\ndisarm = "{disarm}"\nduress_to = ["sister@example.com"]\n'
ROUTES = (
    *("/", "/api/state", "/events", f"/events/{ALARM}", f"/events/{ALARM}/clean.jpg", f"/events/{ALARM}/annotated.jpg"),
    *(f"/events/{SEEN_SINCE}", f"/events/{SEEN_SINCE}/clean.jpg", f"/events?before={SEEN_SINCE}", "/ledger"),
    *("/code?mode=disarmed", "/code?mode=armed_home", "/phone", "/mail", "/api/mail", "/cameras/front"),
    *("/api/cameras/front", "/cameras/front/learned.jpg", "/frame/front.jpg", "/nothing"),
)


class Visited:
    """A house that is armed, has an alarm, and is disarmed over HTTP; what its visitor is answered."""

    def __init__(self, folder: Path, held: ExitStack, disarm: str) -> None:
        folder.mkdir()
        self.house = House(folder, held, MAIL.format(to="anna@example.org") + ACCESS.format(disarm=disarm))
        daemon = self.daemon = self.house.daemon
        daemon._access.start()
        register = daemon._access.people.register
        register.add(Person("Anna"), ANNA, "root")
        register.new_code("Anna", ANNAS_DURESS, "root", duress=True)
        held.callback(daemon._reach.close)
        page: Any = daemon._reach.page
        self.browser = Client(page._app)
        self.port = self.house.port
        self.seen: list[TestResponse] = []

    def asks(self, path: str, **form: str) -> TestResponse:
        """Answer a POST of *form*, or a GET without one, and keep it."""
        host = f"127.0.0.1:{self.port}"
        headers = {"Host": host, "Origin": f"http://{host}"}
        peer = {"REMOTE_ADDR": "127.0.0.1"}
        if form:
            answer = self.browser.post(path, data=form, headers=headers, environ_base=peer, buffered=True)
        else:
            answer = self.browser.get(path, headers=headers, environ_base=peer, buffered=True)
        self.seen.append(answer)
        return answer

    def moves(self, event_id: str) -> None:
        """Let something move, and the house answer that and all before it."""
        event = make_event(event_id=event_id)
        self.daemon._inbox.put(Sighting(event, self.daemon._panel.notice(event)))
        self.answer()

    def answer(self) -> None:
        stop = threading.Event()
        stop.set()
        self.daemon._respond.work(stop, lambda: None)

    def walk(self) -> None:
        for path in ROUTES:
            self.asks(path)


def told(visited: Visited) -> list[tuple[int, str, str]]:
    """Return what every answer was: status, headers and body, without random ids and the port."""

    def plain(text: str) -> str:
        kept = text.replace(ALARM, "ALARM").replace(SEEN_SINCE, "SEEN SINCE").replace(str(visited.port), "PORT")
        return re.sub(r"[0-9a-f]{32}", "ID", kept)

    return [
        (answer.status_code, plain(str(answer.headers)), plain(answer.get_data().decode("latin-1")))
        for answer in visited.seen
    ]


@pytest.mark.parametrize("disarm", ["code", "phones"])
def test_after_a_duress_code_every_answer_is_byte_for_byte_that_after_the_ordinary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disarm: str
) -> None:
    monkeypatch.setattr(app, "SystemClock", FakeClock)
    both: list[Visited] = []
    with ExitStack() as held:
        for code in (ANNA, ANNAS_DURESS):
            visited = Visited(tmp_path / code, held, disarm)
            both.append(visited)
            assert visited.asks("/mode", mode="armed_away", code=ANNA).status_code == 303
            visited.moves(ALARM)
            assert visited.daemon._panel.status().state is AlarmState.TRIGGERED
            assert visited.asks("/mode", mode="disarmed", code=code).status_code == 303
            visited.answer()
            visited.walk()
            visited.moves(SEEN_SINCE)
            visited.walk()
            assert visited.asks("/mode", mode="armed_home", code=ANNA).status_code == 303
            visited.answer()
            visited.walk()
        ordinary, duress = both
        assert told(ordinary) == told(duress)
        hidden = [
            {(row.channel, row.recipient) for row in each.daemon._store.hidden.due(each.daemon._clock.instant())}
            for each in both
        ]
        assert {channel for channel, _ in hidden[0]} == {NOWHERE}
        assert hidden[1] == {("mail", "sister@example.com")}
