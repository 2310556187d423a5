"""A conversation that is begun before its mail is there: the mail leaves sooner, and never twice."""

from __future__ import annotations

import pytest

from pisecurity.adapters import mail
from pisecurity.core.types import Outcome
from pisecurity.errors import MailError
from tests.adapters.test_mail import AMPLE_S, LETTER, mailer
from tests.rigs.daemon import free_port, wait_for
from tests.rigs.smtp import ANNA, HANG_UP, Authority, FaultySmtp, SmtpServer


def warmed(server: FaultySmtp) -> mail.SmtpMailer:
    ours = mailer(server.settings())
    ours.warm_up()
    wait_for("greeting", lambda: server.lines)
    return ours


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
    with pytest.raises(MailError, match="refuses the connection"):
        ours.send(LETTER, [ANNA], AMPLE_S)


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
