"""How long the server may take for one step of a conversation: 10 s, but for its word on the mail as a whole (R-02)."""

from __future__ import annotations

from datetime import UTC

import pytest

from pisecurity.adapters import mail
from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail_server import Line
from pisecurity.core.types import Alert, AlertKind, Notification, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock
from tests.rigs.smtp import ANNA, PASSWORD, SILENCE, FaultySmtp

ALERT = Alert("0123456789abcdef" * 2, AlertKind.ALARM, START, "ALARM", "Look.")
AMPLE_S = 60.0
SHORT_S = 0.3


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have silence last a fraction of a second where it else may last 10."""
    assert Line().step_s == 10
    monkeypatch.setattr(mail, "Line", lambda: Line(SHORT_S))


def send(server: FaultySmtp) -> Receipt:
    catalogue = load_catalogue()
    mailer = mail.SmtpMailer(
        server.settings(), lambda: PASSWORD, "Home", FakeClock(), UTC, catalogue=catalogue, shrink=shrink
    )
    return mailer.send(Notification(ALERT, pictures=(b"\xff\xd8",)), (ANNA,), AMPLE_S)[ANNA]


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_r02_silence_at_one_step_ends_it_long_before_the_deadline(step: str) -> None:
    with FaultySmtp({step: [SILENCE]}) as server, pytest.raises(MailError, match="did not answer within 10 s") as told:
        send(server)
    assert not told.value.in_doubt


def test_r07_a_server_that_looks_at_the_mail_for_long_is_waited_for() -> None:
    with FaultySmtp({".": ["250 2.0.0 taken"]}, drip_s={".": 2 * SHORT_S}) as server:
        assert send(server).outcome is Outcome.ACCEPTED
