"""A conversation that is begun before its mail is there: the mail leaves sooner, and never twice."""

from __future__ import annotations

import threading

import pytest

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail import mailer as mail
from pisecurity.adapters.mail.mailer import PARKED_S, SmtpMailer
from pisecurity.core.types import Outcome
from pisecurity.errors import MailError
from tests.adapters.mail.test_mailer import AMPLE_S, CATALOGUE, LETTER, mailer
from tests.fakes import FakeClock
from tests.rigs.daemon import free_port, wait_for
from tests.rigs.smtp import ANNA, HANG_UP, PASSWORD, Authority, FaultySmtp, SmtpServer


def warmed(server: FaultySmtp) -> mail.SmtpMailer:
    ours = mailer(server.settings())
    ours.warm_up()
    wait_for("greeting", lambda: server.lines)
    return ours


def wait_until_parked_ended() -> None:
    wait_for("end", lambda: not any(thread.name == "mail-parked" for thread in threading.enumerate()))


def test_the_mail_goes_over_the_connection_that_is_there() -> None:
    with FaultySmtp() as server:
        ours = warmed(server)
        ours.warm_up()
        assert ours.send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.ACCEPTED
        assert (server.conversations, len(server.mails)) == (1, 1)
        ours.send(LETTER, [ANNA], AMPLE_S)
        assert server.conversations == 2


def test_with_tls_and_login_it_is_one_login(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        ours = mailer(server.settings())
        ours.warm_up()
        wait_for("login", lambda: server.logins)
        ours.send(LETTER, [ANNA], AMPLE_S)
        assert len(server.logins) == len(server.accepted) == 1


def test_a_server_that_hangs_up_meanwhile_costs_another_conversation() -> None:
    with FaultySmtp({"MAIL": [HANG_UP]}) as server:
        assert warmed(server).send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.ACCEPTED
        assert (server.conversations, len(server.mails)) == (2, 1)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_goodbye_said_while_it_waits_costs_another_conversation_and_no_time(step: str) -> None:
    with FaultySmtp({step: ["421 4.4.2 timeout exceeded"]}) as server:
        assert warmed(server).send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.ACCEPTED
        assert (server.conversations, len(server.mails)) == (2, 1)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_server_that_says_so_at_the_first_word_too_is_asked_later(step: str) -> None:
    with FaultySmtp({step: ["421 4.3.2 busy"] * 2}) as server:
        assert warmed(server).send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.LATER
        assert server.conversations == 2


def test_r07_what_may_have_arrived_is_not_sent_again_by_itself() -> None:
    with FaultySmtp({".": [HANG_UP]}) as server:
        ours = warmed(server)
        with pytest.raises(MailError) as caught:
            ours.send(LETTER, [ANNA], AMPLE_S)
        assert caught.value.in_doubt
        assert (server.conversations, len(server.mails)) == (1, 1)


def test_r06_a_rejected_login_is_one_try(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        ours = mailer(server.settings(), password="wrong")
        ours.warm_up()
        wait_for("login", lambda: server.logins)
        wait_until_parked_ended()
        with pytest.raises(MailError) as caught:
            ours.send(LETTER, [ANNA], AMPLE_S)
        assert caught.value.rejected_login
        assert server.logins == ["wrong"]


def test_where_no_mail_comes_it_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "PARKED_S", 0.01)
    with FaultySmtp() as server:
        ours = warmed(server)
        wait_for("goodbye", lambda: "QUIT" in server.lines)
        assert ours.send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.ACCEPTED
        assert (server.conversations, len(server.mails)) == (2, 1)


def test_a_server_that_is_away_is_told_by_the_mail_alone() -> None:
    with FaultySmtp() as server:
        ours = mailer(server.settings(port=free_port()))
    ours.warm_up()
    wait_until_parked_ended()
    with pytest.raises(MailError, match="refuses the connection"):
        ours.send(LETTER, [ANNA], AMPLE_S)


def test_what_failed_while_it_was_made_ready_is_not_told_of_a_server_that_is_back() -> None:
    with FaultySmtp({"CONNECT": ["421 4.3.2 starting up"]}) as server:
        ours = mailer(server.settings())
        ours.warm_up()
        wait_for("conversation", lambda: server.conversations)
        wait_until_parked_ended()
        assert ours.send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.ACCEPTED


def test_r06_a_refusal_of_earlier_says_nothing_of_a_password_that_was_corrected(authority: Authority) -> None:
    clock, passwords = FakeClock(), ["wrong"]
    with SmtpServer(authority) as server:
        ours = SmtpMailer(server.settings(), lambda: passwords[-1], "Home", clock, catalogue=CATALOGUE, shrink=shrink)
        ours.warm_up()
        wait_for("login", lambda: server.logins)
        wait_until_parked_ended()
        passwords.append(PASSWORD)
        clock.advance(PARKED_S)
        assert ours.send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.ACCEPTED
        assert server.logins == ["wrong", PASSWORD]


def test_a_missing_password_is_told_by_the_mail_alone(authority: Authority) -> None:
    ours = mailer(SmtpServer(authority).settings(port=free_port()), password=None)
    ours.warm_up()
    with pytest.raises(MailError, match="no password is stored"):
        ours.send(LETTER, [ANNA], AMPLE_S)


def test_a_mail_that_is_too_large_is_made_smaller_in_it() -> None:
    with FaultySmtp({".": ["552 5.3.4 too big"]}) as server:
        assert warmed(server).send(LETTER, [ANNA], AMPLE_S)[ANNA].outcome is Outcome.ACCEPTED
        assert server.conversations == 1
        assert len(server.mails[1].as_bytes()) < len(server.mails[0].as_bytes())
