"""The mail doctor against real servers on loopback, each with one fault."""

from __future__ import annotations

import base64
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.mail.doctor import SmtpDoctor
from pisecurity.core.steps import MailStep, StepResult
from pisecurity.errors import SecretError
from pisecurity.settings import MailSettings
from tests.fakes import FakeClock
from tests.rigs.smtp import (
    ANNA,
    BEN,
    HANG_UP,
    PASSWORD,
    SENDER,
    SILENCE,
    USER,
    Authority,
    Certificate,
    FaultySmtp,
    Security,
    SmtpServer,
    deaf_port,
)

AMPLE_S = 60.0
OPENING = ["settings", "password", "name", "connection"]
GREETING, ENCRYPTION = ["greeting", "hello"], ["TLS", "certificate"]
ENVELOPE = ["login", "sender", f"recipient {ANNA}", f"recipient {BEN}", "size"]
FEATURES = ("SIZE 35882577", "AUTH PLAIN LOGIN")


def examine(
    settings: MailSettings, *, password: str | None = PASSWORD, step_s: float = 10, deadline_s: float = AMPLE_S
) -> list[MailStep]:
    """Return all steps, having seen that none holds the password (S-41)."""
    doctor = SmtpDoctor(settings, lambda: password, SystemClock(), step_s=step_s, deadline_s=deadline_s)
    steps = list(doctor.examine())
    told = " ".join(step.text for step in steps)
    for secret in (
        PASSWORD,
        *(base64.b64encode(form.encode()).decode() for form in (PASSWORD, f"\0{USER}\0{PASSWORD}")),
    ):
        assert secret not in told
    assert "\n" not in told
    return steps


def only_fault(steps: Sequence[MailStep]) -> tuple[str, str]:
    """Return name and text of the one fault, having seen that all after it say that they were not tried."""
    (fault,) = [step for step in steps if step.result is StepResult.FAULT]
    rest = steps[steps.index(fault) + 1 :]
    assert {step.result for step in rest} <= {StepResult.UNTRIED}
    assert {step.text for step in rest} <= {f"not tried, because of {fault.name}"}
    return fault.name, fault.text


@pytest.mark.parametrize(
    ("security", "order"),
    [
        ("tls", [*OPENING, *ENCRYPTION, *GREETING, *ENVELOPE]),
        ("starttls", [*OPENING, *GREETING, *ENCRYPTION, *ENVELOPE]),
        ("plain", [*OPENING, *GREETING, *ENVELOPE]),
    ],
)
def test_a_good_account_is_well_in_the_order_of_the_conversation_and_nothing_is_sent(
    authority: Authority, security: Security, order: list[str]
) -> None:
    with SmtpServer(authority, security) as server:
        steps = examine(server.settings())
    assert [step.name for step in steps] == order
    assert {step.result for step in steps} == {StepResult.WELL}
    found = {step.name: step.text for step in steps}
    assert found["login"] == f"as {USER}"
    assert found["size"] == "mails up to 34 MB are taken; one with a picture has 0.7 MB"
    if security != "plain":
        assert found["TLS"].startswith("over TLSv1.")
        assert re.fullmatch(r"of localhost, by trustme v[\d.]+, until \d{4}-\d\d-\d\d", found["certificate"])
    assert server.logins == [PASSWORD], "one login"
    assert server.accepted == []


def test_it_says_goodbye_and_takes_the_recipients_back() -> None:
    with FaultySmtp(features=FEATURES) as server:
        examine(server.settings(user=USER))
    verbs = [line.split()[0].upper() for line in server.lines]
    assert verbs == ["EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "RSET", "MAIL", "RSET", "QUIT"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ("self-signed", "it has signed itself"),
        ("unknown-authority", "an authority that nobody here knows"),
        ("other-name", "certificate is not valid for 'localhost'"),
        ("expired", "has expired"),
        ("not-yet-valid", "is the clock of this machine right?"),
    ],
)
def test_s45_a_bad_certificate_ends_it_before_the_login(
    authority: Authority, security: Security, certificate: Certificate, said: str
) -> None:
    with SmtpServer(authority, security, certificate=certificate) as server:
        name, text = only_fault(examine(server.settings()))
    assert (name, said in text) == ("certificate", True), text
    assert server.logins == []


@pytest.mark.parametrize("there", ["starttls", "plain"])
def test_a_port_without_tls_at_once_is_the_wrong_one_for_tls(authority: Authority, there: Security) -> None:
    with SmtpServer(authority, there) as server:
        name, text = only_fault(examine(server.settings(security="tls")))
    assert (name, 'set mail.security = "starttls", or port 465' in text) == ("TLS", True), text


@pytest.mark.parametrize("certificate", ["good", "self-signed"])
def test_a_port_with_tls_at_once_is_the_wrong_one_for_starttls(authority: Authority, certificate: Certificate) -> None:
    with SmtpServer(authority, "tls", certificate=certificate) as server:
        name, text = only_fault(examine(server.settings(security="starttls"), step_s=0.5))
    assert (name, 'set mail.security = "tls", or port 587' in text) == ("greeting", True), text


def test_a_server_that_never_greets_is_told_from_a_port_with_tls() -> None:
    with FaultySmtp({"CONNECT": [SILENCE, SILENCE]}) as server:
        name, text = only_fault(examine(server.settings(host="localhost", security="starttls"), step_s=0.5))
    assert (name, "did not answer within" in text) == ("greeting", True), text


def test_a_tls_that_is_no_longer_safe_is_not_spoken(authority: Authority) -> None:
    with FaultySmtp(context=authority.context("good", old=True)) as server:
        settings = server.settings(host="localhost", security="tls", ca_file=str(authority.file))
        name, text = only_fault(examine(settings))
    assert (name, "no longer safe" in text) == ("TLS", True), text


def test_s45_stripped_starttls_ends_it_before_the_login(authority: Authority) -> None:
    with SmtpServer(authority, strip_starttls=True) as server:
        name, text = only_fault(examine(server.settings()))
    assert (name, "offers no encryption (STARTTLS)" in text) == ("hello", True), text
    assert server.logins == []


def test_s45_refused_starttls_ends_it_before_the_login() -> None:
    answers = {"STARTTLS": ["454 4.7.0 TLS not available"]}
    with FaultySmtp(answers, features=["STARTTLS", *FEATURES]) as server:
        name, text = only_fault(examine(server.settings(user=USER, security="starttls")))
    assert (name, "does not begin it (454 4.7.0 TLS not available)" in text) == ("TLS", True), text
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.lines)


Answers = Mapping[str, Sequence[str]]


@pytest.mark.parametrize(
    ("answers", "step", "said"),
    [
        ({"CONNECT": ["421 4.3.2 busy"]}, "greeting", "has no time for this machine now (421 4.3.2 busy)"),
        ({"CONNECT": ["554 5.7.1 listed"]}, "greeting", "turns this machine away (554 5.7.1 listed)"),
        ({"CONNECT": ["* OK IMAP4rev1 ready"]}, "greeting", "is none that takes mails (it says IMAP4rev1 ready)"),
        ({"CONNECT": [HANG_UP]}, "greeting", "closed the connection in mid-conversation"),
        ({"EHLO": [HANG_UP]}, "hello", "closed the connection in mid-conversation"),
        ({"AUTH": [f"535 5.7.8 no {PASSWORD}"]}, "login", "refuses the login of alarm@example.org (535 5.7.8 no ...)"),
        ({"AUTH": ["454 4.7.0 Too many login attempts"]}, "login", "has locked the login"),
        ({"AUTH": ["535 5.7.139 basic authentication is disabled"]}, "login", "takes no password any more"),
        ({"AUTH": ["421 4.7.0 try later"]}, "login", "cannot log in alarm@example.org now (421 4.7.0 try later)"),
        ({"AUTH": ["334 a"]}, "login", "asks for the login in a way nobody understands"),
        ({"MAIL": ["553 5.7.1 not yours"]}, "sender", f"takes no mail from {SENDER} (553 5.7.1 not yours)"),
        ({"MAIL": ["501 5.1.7 bad sender"]}, "sender", f"takes no mail from {SENDER} (501 5.1.7 bad sender)"),
        ({"MAIL": [f"550 {PASSWORD}"]}, "sender", f"takes no mail from {SENDER} (550 ...)"),
        ({"MAIL": ["451 4.7.1 later"]}, "sender", "answers 451 4.7.1 later: that may pass"),
        ({"MAIL": ["550 5.4.5 Daily user sending limit exceeded"]}, "sender", "takes no more mails from this account"),
        ({"RCPT": ["421 4.3.2 going down"]}, f"recipient {ANNA}", "answers 421 4.3.2 going down"),
        ({"RCPT": [HANG_UP]}, f"recipient {ANNA}", "closed the connection in mid-conversation"),
        ({"MAIL": ["250 OK", "552 5.3.4 too big"]}, "size", "takes no mail of 0.7 MB (552 5.3.4 too big)"),
        ({"MAIL": ["250 OK", "452 4.3.1 no room"]}, "size", "answers 452 4.3.1 no room: that may pass"),
    ],
)
def test_each_fault_of_the_conversation_is_named_at_its_step(answers: Answers, step: str, said: str) -> None:
    with FaultySmtp(answers, features=FEATURES) as server:
        name, text = only_fault(examine(server.settings(user=USER)))
    assert (name, said in text) == (step, True), text
    assert sum(line.startswith("AUTH") for line in server.lines) <= 1, "one login at most"
    assert server.mails == []


def test_r06_where_no_login_may_be_tried_all_steps_before_it_are() -> None:
    with FaultySmtp({}, features=FEATURES) as server:
        doctor = SmtpDoctor(server.settings(user=USER), lambda: PASSWORD, SystemClock(), step_s=10, deadline_s=AMPLE_S)
        steps = list(doctor.examine("not before 21:45"))
    assert only_fault(steps) == ("login", "not before 21:45")
    assert [step.name for step in steps if step.result is StepResult.WELL] == [*OPENING, *GREETING]
    assert not any(line.startswith("AUTH") for line in server.lines)


@pytest.mark.parametrize(("answer", "rejected"), [("535 5.7.8 no", True), ("421 4.7.0 try later", False)])
def test_r06_a_refused_login_is_told_from_a_server_that_has_no_time(answer: str, rejected: bool) -> None:
    with FaultySmtp({"AUTH": [answer]}, features=FEATURES) as server:
        steps = examine(server.settings(user=USER))
    assert [step.name for step in steps if step.rejected_login] == (["login"] if rejected else [])


@pytest.mark.parametrize(
    ("features", "step", "said"),
    [
        (("SIZE 1000",), "login", "offers no login with a password (none at all): check mail.port"),
        (("AUTH XOAUTH2",), "login", "offers no login with a password (XOAUTH2): send from an account of another"),
        (("AUTH PLAIN", "SIZE 300000"), "size", "takes no mail of 0.7 MB (it takes 0.3 MB at most)"),
    ],
)
def test_what_the_server_does_not_offer_is_named(features: Sequence[str], step: str, said: str) -> None:
    with FaultySmtp(features=features) as server:
        name, text = only_fault(examine(server.settings(user=USER)))
    assert (name, said in text) == (step, True), text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("550 5.1.1 no such user", f"takes nothing for {ANNA} (550 5.1.1 no such user): check the address"),
        ("552 5.2.2 mailbox full", f"the mailbox of {ANNA} is full (552 5.2.2 mailbox full)"),
        ("451 4.7.1 greylisted", f"wants to see mails for {ANNA} again later"),
        ("554 5.7.1 relay access denied", f"passes nothing on to {ANNA}"),
    ],
)
def test_r05_one_refused_recipient_is_named_and_the_other_is_fine(answer: str, said: str) -> None:
    with FaultySmtp({f"RCPT TO:<{ANNA}>": [answer]}, features=FEATURES) as server:
        found = {step.name: step for step in examine(server.settings(user=USER))}
    refused = found.pop(f"recipient {ANNA}")
    assert (refused.result, said in refused.text) == (StepResult.FAULT, True), refused.text
    assert {step.result for step in found.values()} == {StepResult.WELL}
    assert found[f"recipient {BEN}"].text == "taken (250 OK)"


def test_a_server_that_names_no_limit_of_size_is_well() -> None:
    for features in (["SIZE", "AUTH PLAIN"], ["SIZE 0", "AUTH PLAIN"], ["AUTH PLAIN"]):
        with FaultySmtp(features=features) as server:
            size = examine(server.settings(user=USER))[-1]
        assert size.result is StepResult.WELL
        assert "limit" in size.text


@contextmanager
def closed_port() -> Iterator[MailSettings]:
    with FaultySmtp() as server:
        settings = server.settings()
    yield settings


@contextmanager
def port_without_answer() -> Iterator[MailSettings]:
    with FaultySmtp() as server, deaf_port() as port:
        yield server.settings(port=port)


@pytest.mark.parametrize(
    ("place", "said"), [(closed_port, "refuses the connection"), (port_without_answer, "takes no connection within")]
)
def test_r01_a_closed_port_is_told_from_one_that_does_not_answer(
    place: Callable[[], Iterator[MailSettings]], said: str
) -> None:
    with place() as settings:  # type: ignore[attr-defined]
        name, text = only_fault(examine(settings, step_s=0.5))
    assert (name, said in text) == ("connection", True), text


def test_r09_an_unknown_name_is_told() -> None:
    for host in ("nowhere.invalid", "smtp..example.org"):
        name, text = only_fault(examine(MailSettings(host=host, sender=SENDER, to=(ANNA,))))
        assert (name, "has a name that is not found" in text) == ("name", True), text


def test_r09_a_lookup_that_hangs_is_given_up_and_reaches_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hanging(*args: object, **kwargs: object) -> object:
        released.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with FaultySmtp() as server:
        monkeypatch.setattr(socket, "getaddrinfo", hanging)
        name, text = only_fault(examine(server.settings(), step_s=0.1))
        released.set()
        assert server.conversations == 0
    assert (name, "a name whose lookup takes too long" in text) == ("name", True), text


def test_r09_a_slow_lookup_is_done_and_remarked(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, real = FakeClock(), socket.getaddrinfo

    def slow(*args: object, **kwargs: object) -> object:
        clock.advance(4)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    with FaultySmtp() as server:
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        steps = {step.name: step for step in SmtpDoctor(server.settings(), lambda: None, clock).examine()}
    assert steps["name"].text == "found at 127.0.0.1; slow, and an alarm waits as long"
    assert steps["name"].took_s == 4


def test_of_several_addresses_those_that_cannot_be_reached_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.9", "127.0.0.1")]
    with FaultySmtp() as server:
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *a, **k: found if host == "mail.example" else real(host, *a, **k)
        )
        settings = server.settings(host="localhost").model_copy(update={"host": "mail.example"})
        text = next(step.text for step in examine(settings) if step.name == "connection")
    assert text == f"to 127.0.0.1, port {server.port}; not reached: 127.0.0.9 (Connection refused)"


@pytest.mark.parametrize("begun", ["220-", "250 "])
@pytest.mark.parametrize(
    ("step", "name"), [("CONNECT", "greeting"), ("EHLO", "hello"), ("AUTH", "login"), ("RCPT", f"recipient {ANNA}")]
)
def test_r03_a_dripping_server_is_cut_by_the_deadline_for_the_whole(step: str, name: str, begun: str) -> None:
    begun = begun if step != "CONNECT" else begun.replace("250 ", "220 ")
    with FaultySmtp({step: [begun + "x" * 3000]}, drip_s={step: 0.2}, features=FEATURES) as server:
        fault, text = only_fault(examine(server.settings(user=USER), deadline_s=2))
    assert (fault, "did not come to an end within 2 s" in text) == (name, True), text


def test_what_is_wrong_with_the_password_is_told_without_asking_the_server() -> None:
    def unreadable() -> str:
        raise SecretError("run: chmod 600 secrets/mail-password")

    with FaultySmtp(features=FEATURES) as server:
        settings = server.settings(user=USER)
        assert only_fault(examine(settings, password=None))[1].startswith("no password is stored for alarm@example.org")
        assert "ä" not in only_fault(examine(settings, password="pässword"))[1]
        assert "chmod 600" in only_fault(list(SmtpDoctor(settings, unreadable, SystemClock()).examine()))[1]
        assert server.conversations == 0


def test_missing_certificates_are_a_fault_of_the_settings(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        name, text = only_fault(examine(server.settings(ca_file="/none.pem")))
    assert (name, "/none.pem" in text) == ("settings", True), text


def test_who_stops_listening_ends_the_conversation() -> None:
    with FaultySmtp(features=FEATURES) as server:
        steps = SmtpDoctor(server.settings(), lambda: None, SystemClock()).examine()
        assert next(step.name for step in steps if step.name == "hello") == "hello"
        steps.close()  # type: ignore[attr-defined]
    assert server.lines[-1].upper() == "QUIT"
