"""What is said of each trouble with a mail server: values in, words out, no network."""

from __future__ import annotations

import errno
import smtplib
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from pisecurity.adapters.clock import installed_at
from pisecurity.adapters.mail.trouble import (
    NoConnectionError,
    explained,
    is_final,
    refused_login,
    refused_recipient,
    words,
)
from pisecurity.settings import MailSettings
from tests.rigs.smtp import ANNA, PASSWORD, SENDER

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def account(host: str = "smtp.example.org", **changes: object) -> MailSettings:
    values = {"host": host, "user": SENDER, "sender": SENDER, "to": (ANNA,)}
    return MailSettings.model_validate(values | changes)


def said(error: OSError, *, connected: bool = True, now: datetime = NOW, **changes: object) -> str:
    return str(explained(error, account(**changes), now, is_connected=lambda: connected))  # type: ignore[arg-type]


def login(host: str, code: int, answer: str) -> str:
    return str(refused_login(smtplib.SMTPAuthenticationError(code, answer.encode()), account(host), PASSWORD))


def distrust(code: int, now: datetime = NOW) -> str:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "as OpenSSL says"
    return said(error, now=now)


def tls(reason: str, security: str = "tls") -> str:
    error = ssl.SSLError(1, "no TLS")
    error.reason = reason
    return said(error, security=security)


UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
NO_ANSWER = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
NO_ROUTE = OSError(errno.ENETUNREACH, "Network is unreachable")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (said(UNKNOWN), "has a name that is not found (Name or service not known): check mail.host"),
        (said(NO_ANSWER), "nobody looks up just now (Temporary failure in name resolution): the name server"),
        (said(UNKNOWN, connected=False), "this machine is in no network (Name or service not known): check its cable"),
        (said(NO_ANSWER, connected=False), "this machine is in no network"),
        (said(NO_ROUTE, connected=False), "this machine is in no network (Network is unreachable)"),
        (said(NO_ROUTE), "cannot be reached (Network is unreachable): check the network"),
        (said(PermissionError(errno.EPERM, "Operation not permitted")), "its own firewall forbids it"),
        (said(ConnectionRefusedError(errno.ECONNREFUSED, "no")), "refuses the connection"),
        (said(NoConnectionError("timed out")), "takes no connection within 10 s"),
        (said(TimeoutError("timed out")), "did not answer within 10 s"),
        (said(smtplib.SMTPServerDisconnected("gone")), "closed the connection in mid-conversation"),
    ],
)
def test_what_keeps_the_server_out_of_reach_is_told_apart(text: str, expected: str) -> None:
    assert text.startswith("mail server smtp.example.org:587 ")
    assert expected in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (tls("WRONG_VERSION_NUMBER"), 'set mail.security = "starttls", or port 465'),
        (tls("RECORD_LAYER_FAILURE"), 'set mail.security = "starttls", or port 465'),
        (tls("WRONG_VERSION_NUMBER", "starttls"), "does not speak TLS as expected (WRONG_VERSION_NUMBER)"),
        (tls("UNSUPPORTED_PROTOCOL"), "a TLS that is no longer safe (UNSUPPORTED_PROTOCOL)"),
        (tls("TLSV1_ALERT_PROTOCOL_VERSION"), "a TLS that is no longer safe"),
        (distrust(18), "it has signed itself"),
        (distrust(20), "an authority that nobody here knows (as OpenSSL says)"),
        (distrust(62), "for another name (as OpenSSL says): set mail.host"),
        (distrust(10), "has expired: whoever runs the server has to renew it, unless the clock"),
        (distrust(66), "cannot be trusted (as OpenSSL says)"),
    ],
)
def test_what_is_wrong_with_the_encryption_is_told_apart(text: str, expected: str) -> None:
    assert expected in text


def test_a_certificate_of_tomorrow_is_put_down_to_a_clock_that_is_before_the_installation() -> None:
    before, after = installed_at() - timedelta(days=400), installed_at() + timedelta(days=1)
    assert f"because the clock of this machine is wrong: it says {before:%Y-%m-%d}" in distrust(9, before)
    assert f"this program was installed on {installed_at():%Y-%m-%d}" in distrust(9, before)
    assert "is the clock of this machine right?" in distrust(9, after)


GMAIL_OLD = "5.7.8 Username and Password not accepted. For more information, go to 5.7.8 https://support.google.com"
GMAIL_APP = "5.7.9 Application-specific password required. For more information, go to 5.7.9 https://support.google.com"
OFF = "5.7.139 Authentication unsuccessful, basic authentication is disabled."
TENANT = "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (login("smtp.gmail.com", 535, GMAIL_OLD), "myaccount.google.com/apppasswords"),
        (login("SMTP.Gmail.com.", 534, GMAIL_APP), "myaccount.google.com/apppasswords"),
        (login("smtp.mail.me.com", 535, "5.7.8 Error: authentication failed"), "account.apple.com"),
        (login("smtp.mail.yahoo.com", 535, "5.7.0 (#AUTH005) Too many bad auth attempts."), "Yahoo takes only an app"),
        (login("mail.gmx.net", 535, "Authentication credentials invalid"), "allow POP3 and IMAP"),
        (login("smtp.web.de", 535, "Authentication credentials invalid"), "allow POP3 and IMAP"),
        (login("smtp-mail.outlook.com", 535, OFF), "takes no password any more, whichever it is (535 5.7.139"),
        (login("smtp.office365.com", 535, TENANT), "takes no password any more"),
        (login("smtp.office365.com", 535, "5.7.3 Authentication unsuccessful"), "takes no password any more"),
        (login("relay.example.org", 535, OFF), "takes no password any more"),
        (login("smtp-mail.outlook.com", 454, "4.7.0 Temporary"), "now (454 4.7.0 Temporary): that mostly passes"),
        (login("smtp.gmail.com", 454, "4.7.0 Too many login attempts, please try again later."), "wait an hour"),
        (login("smtp.example.org", 421, "Account temporarily locked"), "has locked the login"),
        (
            login("smtp.example.org", 421, "4.7.0 Too many connections"),
            "now (421 4.7.0 Too many connections): that mostly",
        ),
        (login("smtp.example.org", 535, "5.7.8 no"), "many providers want an app password"),
        (login("notgmail.com", 535, "5.7.8 no"), "many providers want an app password"),
    ],
)
def test_a_refused_login_is_explained_by_provider_and_code(text: str, expected: str) -> None:
    assert expected in text


def test_a_locked_login_is_left_alone_as_a_refused_one_is() -> None:
    many = smtplib.SMTPAuthenticationError(454, b"4.7.0 Too many login attempts, please try again later.")
    away = smtplib.SMTPAuthenticationError(454, b"4.7.0 database away")
    assert refused_login(many, account(), PASSWORD).rejected_login
    assert not refused_login(away, account(), PASSWORD).rejected_login


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            said(smtplib.SMTPConnectError(421, b"4.3.2 too busy")),
            "has no time for this machine now (421 4.3.2 too busy)",
        ),
        (said(smtplib.SMTPConnectError(554, b"5.7.1 listed")), "turns this machine away (554 5.7.1 listed)"),
        (said(smtplib.SMTPConnectError(-1, b"Dovecot ready.")), "none that takes mails (it says Dovecot ready.)"),
        (said(smtplib.SMTPSenderRefused(550, b"5.7.60 not yours", SENDER)), f"takes no mail from {SENDER} (550 5.7.60"),
        (said(smtplib.SMTPSenderRefused(530, b"5.7.0 first", SENDER)), "only after a login (530 5.7.0 first)"),
        (said(smtplib.SMTPSenderRefused(451, b"4.7.1 later", SENDER)), "answers 451 4.7.1 later: that may pass"),
        (said(smtplib.SMTPSenderRefused(550, b"5.4.5 Daily user sending limit exceeded", SENDER)), "no more mails"),
        (said(smtplib.SMTPDataError(550, b"5.4.5 Daily user sending limit exceeded")), "no more mails"),
    ],
)
def test_each_refusal_is_told_with_the_code_of_the_server(text: str, expected: str) -> None:
    assert expected in text


@pytest.mark.parametrize(
    ("code", "answer", "expected"),
    [
        (550, "5.1.1 no such user", f"takes nothing for {ANNA} (550 5.1.1 no such user): check the address in mail.to"),
        (552, "5.2.2 over quota", f"mailbox of {ANNA} is full (552 5.2.2 over quota)"),
        (452, "4.2.2 over quota", "is full"),
        (451, "4.7.1 greylisted", "again later (451 4.7.1 greylisted): many do so at first"),
        (554, "5.7.1 Relay access denied", "only for whom it knows; set mail.user"),
        (550, "5.4.5 Daily user sending limit exceeded", "takes no more mails from this account today"),
    ],
)
def test_each_refused_recipient_is_told_with_the_fix(code: int, answer: str, expected: str) -> None:
    assert expected in str(refused_recipient((code, answer.encode()), account(), ANNA))


def test_an_answer_becomes_one_short_printable_line() -> None:
    told = words(550, b"one\r\ntwo\x1b[31m\xff" + b"x" * 1000)
    assert told.startswith("550 one two[31m")
    assert len(told) == 200
    assert told.isprintable()


@pytest.mark.parametrize(
    "said", ["5.7.1 relay access denied", "5.7.1 <anna@example.org>: Recipient address rejected: Access denied"]
)
def test_what_is_said_of_who_sends_is_not_final(said: str) -> None:
    assert not is_final(554, said)
    assert is_final(550, "5.1.1 no such user")
