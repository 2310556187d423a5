"""How long the server may take for one step of a conversation: 10 s, but for its word on the mail as a whole (R-02).

Who takes longer with one recipient keeps the mail from no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from itertools import repeat

import pytest

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail import mailer as mail
from pisecurity.adapters.mail.server import Line
from pisecurity.core.types import Alert, AlertKind, Notification, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock
from tests.rigs.smtp import ANNA, BEN, HANG_UP, PASSWORD, SILENCE, FaultySmtp

ALERT = Alert("0123456789abcdef" * 2, AlertKind.ALARM, START, "ALARM", "Look.")
AMPLE_S = 60.0
SHORT_S = 0.3


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have silence last a fraction of a second where it else may last 10."""
    assert Line().step_s == 10
    monkeypatch.setattr(mail, "Line", lambda: Line(SHORT_S))


def send(server: FaultySmtp, *to: str) -> Mapping[str, Receipt]:
    catalogue = load_catalogue()
    mailer = mail.SmtpMailer(
        server.settings(), lambda: PASSWORD, "Home", FakeClock(), UTC, catalogue=catalogue, shrink=shrink
    )
    return mailer.send(Notification(ALERT, pictures=(b"\xff\xd8",)), to or (ANNA,), AMPLE_S)


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_r02_silence_at_one_step_ends_it_long_before_the_deadline(step: str) -> None:
    with FaultySmtp({step: [SILENCE]}) as server, pytest.raises(MailError, match="did not answer within 10 s") as told:
        send(server)
    assert not told.value.in_doubt


def test_r07_a_server_that_looks_at_the_mail_for_long_is_waited_for() -> None:
    with FaultySmtp({".": ["250 2.0.0 taken"]}, drip_s={".": 2 * SHORT_S}) as server:
        assert send(server)[ANNA].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (SILENCE, "did not answer within 10 s"),
        (HANG_UP, "closed the connection"),
        ("421 4.7.0 come back", "421 4.7.0 come back"),
    ],
)
@pytest.mark.parametrize("order", [(ANNA, BEN), (BEN, ANNA)])
def test_r02_a_recipient_at_whom_the_server_breaks_off_keeps_the_mail_from_no_other(
    answer: str, said: str, order: tuple[str, str]
) -> None:
    with FaultySmtp({f"RCPT TO:<{BEN}>": repeat(answer)}) as server:
        receipts = send(server, *order)
        assert server.conversations == 2
    assert receipts[ANNA].outcome is Outcome.ACCEPTED
    assert receipts[BEN].outcome is Outcome.LATER and said in receipts[BEN].detail
    assert len(server.mails) == 1


def test_r05_what_was_refused_before_the_server_broke_off_stays_refused() -> None:
    other = "carl@example.org"
    answers = {f"RCPT TO:<{BEN}>": repeat("550 5.1.1 no such user"), f"RCPT TO:<{other}>": repeat("421 4.3.2 busy")}
    with FaultySmtp(answers) as server:
        receipts = send(server, BEN, other, ANNA)
    outcomes = {to: receipt.outcome for to, receipt in receipts.items()}
    assert outcomes == {BEN: Outcome.REFUSED, other: Outcome.LATER, ANNA: Outcome.ACCEPTED}


def test_r02_a_server_that_is_silent_at_everybody_is_away() -> None:
    with FaultySmtp({"RCPT": repeat(SILENCE)}) as server:
        with pytest.raises(MailError, match="did not answer within 10 s"):
            send(server, ANNA, BEN)
        assert server.conversations == 2
