from __future__ import annotations

import re
import socket
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from itertools import repeat
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.core.types import Alert, AlertKind, Notification, Outcome, Receipt
from pisecurity.errors import MailError, SecretError
from pisecurity.settings import MailSettings
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock
from tests.rigs.daemon import free_port
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
)

ALERT = Alert(
    id="0123456789abcdef" * 2,
    kind=AlertKind.ALARM,
    at=START,
    subject="[Haus Öl] ALARM: movement at Küche, 14:00:00",
    text="Something moves in the kitchen <by the window>.\nThe alarm is armed: away.",
    event_id="e" * 32,
)
BERLIN = ZoneInfo("Europe/Berlin")
AMPLE_S = 60.0
CATALOGUE = load_catalogue()
NOISE = np.random.default_rng(3).integers(0, 255, (120, 160, 3), np.uint8)
JPEG = cv2.imencode(".jpg", NOISE)[1].tobytes()
LETTER = Notification(ALERT, pictures=(JPEG,))


def mailer(settings: MailSettings, password: str | None = PASSWORD, sent_after_s: float = 5) -> SmtpMailer:
    clock = FakeClock(START + timedelta(seconds=sent_after_s))
    return SmtpMailer(settings, lambda: password, "Haus Öl", clock, BERLIN, catalogue=CATALOGUE, shrink=shrink)


def send(settings: MailSettings, deadline_s: float = AMPLE_S, password: str | None = PASSWORD) -> Mapping[str, Receipt]:
    return mailer(settings, password).send(LETTER, (ANNA, BEN), deadline_s)


def failure(settings: MailSettings, deadline_s: float = AMPLE_S, password: str | None = PASSWORD) -> MailError:
    """Return the error of a send that must fail, having seen that it fits one line and holds no password (S-41)."""
    with pytest.raises(MailError) as caught:
        send(settings, deadline_s, password)
    told = "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    assert PASSWORD not in told
    return caught.value


@pytest.mark.parametrize("security", ["starttls", "tls", "plain"])
def test_mail_arrives_with_its_picture_byte_for_byte(authority: Authority, security: Security) -> None:
    with SmtpServer(authority, security) as server:
        receipts = send(server.settings())
    assert receipts == dict.fromkeys((ANNA, BEN), Receipt(Outcome.ACCEPTED, "250 2.0.0 queued"))
    ((recipients, message),) = server.accepted
    assert recipients == (ANNA, BEN)
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    assert picture.get_content() == JPEG
    assert picture.get_filename() == "2026-06-01_14-00-00.jpg"
    assert server.logins == [PASSWORD]


def test_mail_has_a_text_and_an_html_part_that_shows_the_picture(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        send(server.settings())
    ((_, message),) = server.accepted
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/jpeg",
    ]
    text, html, picture = [part for part in message.walk() if not part.is_multipart()]
    assert text.get_content().splitlines() == [
        "Something moves in the kitchen <by the window>.",
        "The alarm is armed: away.",
    ]
    page = html.get_content()
    assert f"cid:{picture['Content-ID'].strip('<>')}" in page
    assert page.index("<img") < page.index("<p "), "the picture comes first"
    assert '650;color:#b3131b">ALARM: movement at Küche, 14:00:00</p>' in page
    assert "&lt;by the window&gt;" in page
    assert "prefers-color-scheme: dark" in page
    assert "http" not in page, "nothing is fetched from anywhere"


def test_headers_name_house_thread_and_machine(authority: Authority) -> None:
    follow_up = replace(ALERT, id="f" * 32, thread=ALERT.id)
    with SmtpServer(authority) as server:
        send(server.settings())
        mailer(server.settings(), sent_after_s=90).send(Notification(follow_up), (ANNA,), AMPLE_S)
    (_, first), (_, second) = server.accepted
    assert first["Subject"] == ALERT.subject
    assert first["From"].addresses[0].display_name == "Haus Öl"
    assert first["From"].addresses[0].addr_spec == SENDER
    assert first["To"] == f"{ANNA}, {BEN}"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "<alerts.pisecurity.home.arpa>"
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Message-ID"] != first["Message-ID"]
    assert parsedate_to_datetime(second["Date"]) == START + timedelta(seconds=90)
    assert second.get_body(("html",)) is not None
    assert "image/jpeg" not in [part.get_content_type() for part in second.walk()]


@pytest.mark.parametrize(
    ("sent_after_s", "words"),
    [
        (119, None),
        (125, "Delayed by 2 min: happened 1 June 2026, 14:00:00 CEST, sent 1 June 2026, 14:02:05 CEST."),
        (7500, "Delayed by 2 h 5 min: happened 1 June 2026, 14:00:00 CEST, sent 1 June 2026, 16:05:00 CEST."),
        (172860, "Delayed by 2 days 1 min: happened 1 June 2026, 14:00:00 CEST, sent 3 June 2026, 14:01:00 CEST."),
    ],
)
def test_late_mail_says_how_late_it_is(authority: Authority, sent_after_s: float, words: str | None) -> None:
    with SmtpServer(authority) as server:
        mailer(server.settings(), sent_after_s=sent_after_s).send(Notification(ALERT), (ANNA,), AMPLE_S)
    ((_, message),) = server.accepted
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        content = body.get_content()
        assert ("Delayed" in content) is (words is not None)
        assert (words or "") in content


def test_same_alert_has_the_same_message_id_whatever_the_settings(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        send(server.settings())
        changed, house = server.settings(sender="other@example.net"), "Elsewhere"
        other = SmtpMailer(changed, lambda: PASSWORD, house, catalogue=CATALOGUE, shrink=shrink)
        other.send(Notification(ALERT), (BEN,), AMPLE_S)
    (_, first), (_, second) = server.accepted
    assert first["Message-ID"] == second["Message-ID"]


def test_r05_one_refused_recipient_does_not_keep_the_mail_from_the_other(authority: Authority) -> None:
    with SmtpServer(authority, refuse={BEN: "550 5.1.1 no such user"}) as server:
        receipts = send(server.settings())
    assert receipts[ANNA].outcome is Outcome.ACCEPTED
    assert receipts[BEN] == Receipt(Outcome.REFUSED, "550 5.1.1 no such user")
    assert [recipients for recipients, _ in server.accepted] == [(ANNA,)]


def test_all_recipients_refused_is_told_for_each_of_them(authority: Authority) -> None:
    refuse = {ANNA: "451 4.7.1 greylisted", BEN: "550 5.1.1 no such user"}
    with SmtpServer(authority, refuse=refuse) as server:
        receipts = send(server.settings())
    assert receipts == {
        ANNA: Receipt(Outcome.LATER, "451 4.7.1 greylisted"),
        BEN: Receipt(Outcome.REFUSED, "550 5.1.1 no such user"),
    }
    assert server.accepted == []


def test_full_mailbox_is_tried_again_later(authority: Authority) -> None:
    with SmtpServer(authority, refuse={BEN: "552 5.2.2 mailbox full"}) as server:
        assert send(server.settings())[BEN].outcome is Outcome.LATER


def test_r04_a_server_that_hangs_up_at_each_recipient_is_asked_no_more_and_all_are_for_later() -> None:
    many = [f"{number}@example.org" for number in range(8)]
    with FaultySmtp({"RCPT": repeat("421 4.3.2 too busy")}) as server:
        receipts = mailer(server.settings()).send(LETTER, many, AMPLE_S)
        assert server.conversations == 3
    assert list(receipts) == many
    assert receipts[many[0]] == Receipt(Outcome.LATER, "421 4.3.2 too busy")
    assert {receipt.outcome for receipt in receipts.values()} == {Outcome.LATER}


@pytest.mark.parametrize("step", ["MAIL", "."])
def test_r04_greylisting_of_the_whole_mail_is_for_later(step: str) -> None:
    with FaultySmtp({step: ["451 4.7.1 come back"]}) as server:
        assert {receipt.outcome for receipt in send(server.settings()).values()} == {Outcome.LATER}


def test_refused_mail_is_permanent_and_quotes_the_server() -> None:
    with FaultySmtp({".": ["554 5.7.1 looks like spam"]}) as server:
        error = failure(server.settings())
    assert error.permanent
    assert "554 5.7.1 looks like spam" in str(error)


def test_refused_sender_may_succeed_once_the_setting_is_right() -> None:
    with FaultySmtp({"MAIL": ["553 5.7.1 not your address"]}) as server:
        error = failure(server.settings())
    assert not error.permanent
    assert "check mail.sender" in str(error)


def test_half_an_answer_to_the_mail_is_no_refusal() -> None:
    with FaultySmtp({".": ["5"]}) as server:
        assert not failure(server.settings()).permanent


def test_r06_wrong_password_is_one_try_and_says_what_to_do(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        error = failure(server.settings(), password="wrong")
    assert error.rejected_login
    assert not error.permanent
    assert "535" in str(error)
    assert "app password" in str(error)
    assert server.logins == ["wrong"]


@pytest.mark.parametrize("features", [("AUTH PLAIN",), ("AUTH LOGIN",)])
@pytest.mark.parametrize(
    "echo",
    [
        PASSWORD,
        "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==",
        "AGFsYXJtQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU=",
    ],
)
def test_s41_password_repeated_by_the_server_is_not_in_the_error(features: tuple[str], echo: str) -> None:
    answers = {"AUTH PLAIN": [f"535 no {echo}"], "AUTH LOGIN": [f"535 no {echo}"]}
    with FaultySmtp(answers, features=features) as server:
        error = failure(server.settings(user=USER))
    assert echo not in "".join(traceback.format_exception(error))
    assert "535 no ..." in str(error)


def test_temporary_login_trouble_is_no_rejected_login() -> None:
    with FaultySmtp({"AUTH": ["454 4.7.0 database away"]}, features=["AUTH PLAIN"]) as server:
        assert not failure(server.settings(user=USER)).rejected_login


def test_server_that_wants_a_login_counts_as_rejected_login() -> None:
    with FaultySmtp({"MAIL": ["530 5.7.0 authentication required"]}) as server:
        assert failure(server.settings()).rejected_login


def test_missing_password_is_told_without_asking_the_server(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        assert "no password is stored" in str(failure(server.settings(), password=None))
    assert server.logins == []


def test_unreadable_password_is_told_as_secrets_tells_it(authority: Authority) -> None:
    def password() -> str:
        raise SecretError("run: chmod 600 secrets/mail-password")

    with SmtpServer(authority) as server:
        unreadable = SmtpMailer(server.settings(), password, "Home", catalogue=CATALOGUE, shrink=shrink)
        with pytest.raises(MailError, match="chmod 600"):
            unreadable.send(Notification(ALERT), (ANNA,), AMPLE_S)


def test_s41_password_beyond_ascii_is_refused_without_showing_it() -> None:
    with FaultySmtp(features=["AUTH PLAIN"]) as server:
        error = failure(server.settings(user=USER), password="pässword")
    assert "ä" not in "".join(traceback.format_exception(error))
    assert server.lines == []


def test_server_without_a_fitting_login_is_told() -> None:
    with FaultySmtp(features=["AUTH XOAUTH2"]) as server:
        assert "XOAUTH2" in str(failure(server.settings(user=USER)))
    assert not any(line.startswith("AUTH") for line in server.lines)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("self-signed", "signed itself: .* mail.ca_file"),
        ("unknown-authority", "nobody here knows .*unable to get local issuer.* mail.ca_file"),
        ("other-name", "another name .*mismatch.* mail.host"),
        ("expired", "has expired: .*renew"),
        ("not-yet-valid", "counts only later.*timedatectl"),
    ],
)
def test_s45_bad_certificate_is_refused_before_login(
    authority: Authority, security: Security, certificate: Certificate, words: str
) -> None:
    with SmtpServer(authority, security, certificate=certificate) as server:
        error = failure(server.settings())
    assert re.search(words, str(error))
    assert str(error).endswith("; nothing was sent to it")
    assert server.logins == []


def test_s45_own_authority_is_not_trusted_unless_it_is_set(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        assert "certificate" in str(failure(server.settings(ca_file="")))
    assert server.logins == []


def test_s45_stripped_starttls_ends_the_conversation_before_login(authority: Authority) -> None:
    with SmtpServer(authority, strip_starttls=True) as server:
        error = failure(server.settings())
    assert "offers no encryption" in str(error)
    assert server.logins == []
    assert server.accepted == []


def test_s45_refused_starttls_ends_the_conversation_before_login() -> None:
    answers = {"STARTTLS": ["454 4.7.0 TLS not available"]}
    with FaultySmtp(answers, features=["STARTTLS", "AUTH PLAIN"]) as server:
        error = failure(server.settings(user=USER, security="starttls"))
    assert "454 4.7.0 TLS not available" in str(error)
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.lines)


def test_missing_ca_file_is_named(authority: Authority, tmp_path: Path) -> None:
    with SmtpServer(authority) as server:
        error = failure(server.settings(ca_file=str(tmp_path / "none.pem")))
    assert "none.pem" in str(error)
    assert "No such file" in str(error)


def test_port_without_tls_is_told(authority: Authority) -> None:
    with SmtpServer(authority, "plain") as server:
        assert "does not begin with TLS" in str(failure(server.settings(security="tls")))


def test_r01_closed_port_is_told() -> None:
    with FaultySmtp() as server:
        settings = server.settings()
    assert "refuses the connection" in str(failure(settings.model_copy(update={"port": free_port()})))


def test_r09_unknown_name_is_told() -> None:
    settings = MailSettings(host="nowhere.invalid", sender=SENDER, to=(ANNA,))
    assert "name that is not found" in str(failure(settings))


def test_r09_stuck_name_lookup_is_given_up_in_time_and_reaches_nobody_later(monkeypatch: pytest.MonkeyPatch) -> None:
    released, looked_up = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow_lookup(*args: object, **kwargs: object) -> object:
        released.wait(60)
        try:
            return real(*args, **kwargs)  # type: ignore[arg-type]
        finally:
            looked_up.set()

    with FaultySmtp() as server:
        monkeypatch.setattr(socket, "getaddrinfo", slow_lookup)
        error = failure(server.settings(), deadline_s=0.2)
        released.set()
        assert looked_up.wait(60)
        for thread in threading.enumerate():
            if thread.name == "mail-conversation":
                thread.join(60)
        assert server.lines == []
    assert "within 0.2 s" in str(error)


def test_busy_server_is_quoted() -> None:
    with FaultySmtp({"CONNECT": ["421 4.3.2 too many connections"]}) as server:
        error = failure(server.settings())
    assert "421 4.3.2 too many connections" in str(error)
    assert not error.permanent


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_r02_silent_server_is_cut_by_the_deadline(step: str) -> None:
    with FaultySmtp({step: [SILENCE]}) as server:
        assert "did not come to an end in time" in str(failure(server.settings(), deadline_s=1))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_r02_silence_under_tls_is_cut_by_the_deadline(authority: Authority, security: Security) -> None:
    with SmtpServer(authority, security, refuse={BEN: SILENCE}) as server:
        assert "did not come to an end in time" in str(failure(server.settings(), deadline_s=1))


@pytest.mark.parametrize("step", ["CONNECT", "."])
def test_r03_dripping_server_is_cut_by_the_deadline(step: str) -> None:
    # Each byte comes long before the limit of a single read, and the whole answer would take 10 minutes.
    with FaultySmtp({step: ["220 " + "x" * 3000]}, drip_s={step: 0.2}) as server:
        assert "did not come to an end in time" in str(failure(server.settings(), deadline_s=2))


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_server_that_hangs_up_is_told(step: str) -> None:
    with FaultySmtp({step: repeat(HANG_UP)}) as server:
        error = failure(server.settings())
    assert re.search("closed the connection|reset by peer", str(error))
    assert not error.permanent
    assert error.in_doubt == (step == ".")


@pytest.mark.parametrize("step", ["DATA", "."])
def test_r07_only_what_was_sent_and_not_answered_may_have_arrived(step: str) -> None:
    with FaultySmtp({step: repeat(SILENCE)}) as server:
        assert failure(server.settings(), deadline_s=1).in_doubt == (step == ".")
    with FaultySmtp({step: repeat("554 no")}) as server:
        assert not failure(server.settings()).in_doubt


def test_accepted_mail_stays_accepted_when_the_goodbye_fails() -> None:
    with FaultySmtp({"QUIT": [SILENCE]}) as server:
        assert send(server.settings())[ANNA].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Alarm\r\nBcc: thief@example.org"},
        {"subject": "Alarm\nBcc: thief@example.org"},
        {"id": "1\r\nBcc: thief@example.org"},
        {"thread": "1\r\nBcc: thief@example.org"},
    ],
)
def test_s24_line_breaks_in_headers_are_refused_before_the_server_is_asked(changes: dict[str, str]) -> None:
    with FaultySmtp() as server:
        with pytest.raises(MailError, match="cannot become a mail") as caught:
            mailer(server.settings()).send(Notification(replace(ALERT, **changes)), (ANNA,), AMPLE_S)  # type: ignore[arg-type]
        assert server.lines == []
    assert caught.value.permanent


@pytest.mark.parametrize("recipient", ["anna@example.org\r\nRCPT TO:<thief@example.org>", "anna\n@example.org"])
def test_s24_line_breaks_in_recipients_are_refused(recipient: str) -> None:
    with FaultySmtp() as server:
        with pytest.raises(MailError, match="cannot become a mail"):
            mailer(server.settings()).send(Notification(ALERT), (recipient,), AMPLE_S)
        assert server.lines == []


def test_s24_line_breaks_in_the_name_of_the_house_are_refused() -> None:
    with FaultySmtp() as server, pytest.raises(MailError, match="cannot become a mail"):
        SmtpMailer(
            server.settings(), lambda: None, "Home\r\nBcc: thief@example.org", catalogue=CATALOGUE, shrink=shrink
        ).send(Notification(ALERT), (ANNA,), AMPLE_S)


def test_text_that_looks_like_the_end_of_a_mail_stays_text() -> None:
    dotted = replace(ALERT, text="one\n.\nMAIL FROM:<thief@example.org>\n..two")
    with FaultySmtp() as server:
        mailer(server.settings()).send(Notification(dotted), (ANNA,), AMPLE_S)
    (message,) = server.mails
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[:4] == ["one", ".", "MAIL FROM:<thief@example.org>", "..two"]


def test_prove_logs_in_and_sends_nothing(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        words = mailer(server.settings()).prove(AMPLE_S)
    assert f"logged in as {USER}, over TLSv1." in words
    assert words.endswith(" s")
    assert server.logins == [PASSWORD]
    assert server.accepted == []


def test_prove_meets_the_same_refusal_as_a_mail(authority: Authority) -> None:
    with SmtpServer(authority) as server, pytest.raises(MailError, match="535"):
        mailer(server.settings(), "wrong").prove(AMPLE_S)


def test_no_conversation_leaves_a_thread_behind(authority: Authority) -> None:
    with SmtpServer(authority) as server:
        send(server.settings())
    with FaultySmtp({"MAIL": [SILENCE]}) as faulty:
        failure(faulty.settings(), deadline_s=0.5)
    for thread in threading.enumerate():
        if thread.name == "mail-conversation":
            thread.join(10)
            assert not thread.is_alive()
