from __future__ import annotations

import smtplib
import socket
import threading
from pathlib import Path

import pytest

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail.mailbox import KEPT, MAX_BYTES, DemoMailbox
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.core.types import BETTER, Alert, AlertKind, Notification
from pisecurity.ports import ReceivedMail
from pisecurity.settings import MailSettings
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock

JPEG = b"\xff\xd8" + bytes(range(256)) * 40 + b"\xff\xd9"


def settings(port: int) -> MailSettings:
    return MailSettings(
        host="127.0.0.1", port=port, security="plain", sender="alarm@demo.invalid", to=("you@demo.invalid",)
    )


def mailer_to(port: int) -> SmtpMailer:
    return SmtpMailer(settings(port), lambda: None, "Home", FakeClock(), catalogue=load_catalogue(), shrink=shrink)


def alert(number: int = 1) -> Alert:
    return Alert(id=f"{number:032x}", kind=AlertKind.ALARM, at=START, subject=f"Gärten {number}", text="It moves.")


def test_mail_of_the_alarm_is_shown_with_its_picture() -> None:
    mailbox = DemoMailbox(clock=FakeClock())
    try:
        mailer = mailer_to(mailbox.start())
        mailer.send(Notification(alert(), pictures=(JPEG,)), ("you@demo.invalid",), 30)
    finally:
        mailbox.stop()
    (mail,) = mailbox.mails()
    assert mail.number == 1
    assert mail.received_at == START
    assert mail.sender == "alarm@demo.invalid"
    assert mail.to == ("you@demo.invalid",)
    assert mail.subject == "Gärten 1"
    assert mail.text.startswith("It moves.\n")
    assert 'src="picture/1"' in mail.html
    assert "cid:" not in mail.html
    assert mail.pictures == (JPEG,)
    assert mailbox.mail(1) == mail
    assert mailbox.mail(2) is None


def test_pictures_are_kept_apart_and_a_better_one_belongs_to_the_conversation() -> None:
    mailbox = DemoMailbox(clock=FakeClock())
    others = tuple(JPEG + bytes([number]) for number in range(11))
    try:
        mailer = mailer_to(mailbox.start())
        mailer.send(Notification(alert(), pictures=(JPEG,)), ("you@demo.invalid",), 30)
        mailer.send(Notification(alert(), BETTER, others), ("you@demo.invalid",), 30)
        mailer.send(Notification(alert(2)), ("you@demo.invalid",), 30)
    finally:
        mailbox.stop()
    unlike, second, first = mailbox.mails()
    assert second.pictures == others
    assert [f'src="picture/{place}"' in second.html for place in (1, 10, 11, 12)] == [True, True, True, False]
    assert "cid:" not in second.html
    assert second.conversation == first.conversation != unlike.conversation


def test_mails_and_their_numbers_outlive_a_restart(tmp_path: Path) -> None:
    before: tuple[ReceivedMail, ...] = ()
    for number in (1, 2):
        mailbox = DemoMailbox(tmp_path / "mailbox", FakeClock())
        try:
            mailer = mailer_to(mailbox.start())
            mailer.send(Notification(alert(number), pictures=(JPEG,)), ("you@demo.invalid",), 30)
        finally:
            mailbox.stop()
        before = mailbox.mails()
        assert [mail.number for mail in before] == list(range(number, 0, -1))
        assert DemoMailbox(tmp_path / "mailbox").mails() == before
    (tmp_path / "mailbox" / "000000007.eml").write_text("not a mail of the mailbox")
    assert DemoMailbox(tmp_path / "mailbox").mails() == before


def test_a_mail_that_cannot_be_kept_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mailbox").touch()
    mailbox = DemoMailbox(tmp_path / "mailbox")
    try:
        with (
            smtplib.SMTP("127.0.0.1", mailbox.start(), timeout=30) as client,
            pytest.raises(smtplib.SMTPDataError, match="452"),
        ):
            client.sendmail("a@demo.invalid", ["b@demo.invalid"], "Subject: 1\r\n\r\nHello\r\n")
    finally:
        mailbox.stop()
    assert mailbox.mails() == ()


def test_full_mailbox_lets_the_oldest_go(tmp_path: Path) -> None:
    mailbox = DemoMailbox(tmp_path / "mailbox")
    try:
        with smtplib.SMTP("127.0.0.1", mailbox.start(), timeout=30) as client:
            for number in range(1, KEPT + 4):
                client.sendmail("a@demo.invalid", ["b@demo.invalid"], f"Subject: {number}\r\n\r\nHello\r\n")
    finally:
        mailbox.stop()
    assert [mail.subject for mail in mailbox.mails()] == [str(number) for number in range(KEPT + 3, 3, -1)]
    assert mailbox.mail(3) is None
    assert mailbox.mail(4) is not None
    assert len(list((tmp_path / "mailbox").iterdir())) == KEPT


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"\r\n\r\n", None),
        (b"Subject: \xff\xfe\r\n\r\nHello", "Hello"),
        (b"Content-Type: text/plain; charset=klingon\r\n\r\nHello", "Hello"),
        (b"Content-Type: multipart/mixed; boundary=never\r\n\r\nHello", ""),
        (b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n!", ""),
    ],
)
def test_rubbish_is_kept_and_breaks_nothing(raw: bytes, text: str | None) -> None:
    mailbox = DemoMailbox()
    try:
        with smtplib.SMTP("127.0.0.1", mailbox.start(), timeout=30) as client:
            client.sendmail("a@demo.invalid", ["b@demo.invalid"], raw)
            client.sendmail("a@demo.invalid", ["b@demo.invalid"], "Subject: sound\r\n\r\nHello")
    finally:
        mailbox.stop()
    sound, rubbish = mailbox.mails()
    assert sound.subject == "sound"
    assert text is None or rubbish.text.strip() == text


def test_mail_that_would_fill_the_memory_is_refused() -> None:
    mailbox = DemoMailbox()
    try:
        with smtplib.SMTP("127.0.0.1", mailbox.start(), timeout=30) as client:
            with pytest.raises(smtplib.SMTPSenderRefused) as caught:
                client.sendmail("a@demo.invalid", ["b@demo.invalid"], b"x" * (MAX_BYTES + 1))
            assert caught.value.smtp_code == 552
    finally:
        mailbox.stop()
    assert mailbox.mails() == ()


def test_only_this_machine_can_reach_it() -> None:
    mailbox = DemoMailbox()
    port = mailbox.start()
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
        with socket.socket() as other:
            # Bound to every address the port would be taken on this one too.
            other.bind(("127.0.0.2", port))
    finally:
        mailbox.stop()


def test_stop_sends_clients_away_and_frees_the_port() -> None:
    mailbox = DemoMailbox()
    port = mailbox.start()
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.settimeout(30)
        assert client.recv(100).startswith(b"220")
        mailbox.stop()
        assert client.recv(100) == b""
    mailbox.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 10)
    assert "demo-mailbox" not in [thread.name for thread in threading.enumerate()]


def test_stop_before_start_is_fine() -> None:
    DemoMailbox().stop()
