"""What only real mail servers can tell: Debian's postfix takes the mails, and dovecot gives them back by IMAP.

``make test-servers`` starts both, in a network of their own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import numpy as np
import pytest

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.core.types import Alert, AlertKind, Notification, Outcome
from pisecurity.errors import MailError
from pisecurity.settings import MailSettings
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock
from tests.rigs.daemon import Household, wait_for
from tests.rigs.mail_servers import SMALL_BYTES, MailServers, mail_servers
from tests.rigs.smtp import ANNA, BEN, PASSWORD, SENDER

pytestmark = pytest.mark.servers

HOUSE = "Haus Süß–Öl"
JPEG = b"\xff\xd8" + np.random.default_rng(1).bytes(54_000) + b"\r\n.\r\n\xff\xd9"
"""With what must be escaped on its way: line ends, and a line that is a single dot."""
AMPLE_S = 30.0


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    folder = os.environ.get("PISECURITY_SERVERS")
    if folder is None:
        pytest.fail("needs mail servers in a network of their own: sudo make test-servers")
    with mail_servers(Path(folder)) as running:
        yield running


def mailer(settings: MailSettings, password: str = PASSWORD) -> SmtpMailer:
    clock = FakeClock()
    return SmtpMailer(settings, lambda: password, HOUSE, clock, UTC, catalogue=load_catalogue(), shrink=shrink)


def send(settings: MailSettings, number: int, to: tuple[str, ...] = (ANNA, BEN)) -> dict[str, Outcome]:
    """Send alert *number* with a picture; return what became of it."""
    alert = Alert(f"{number:032x}", AlertKind.ALARM, START, f"ALARM {number}: Küche, 14:00", "Grüße.\n.\nEnde.")
    receipts = mailer(settings).send(Notification(alert, pictures=(JPEG,)), to, AMPLE_S)
    return {recipient: receipt.outcome for recipient, receipt in receipts.items()}


def arrived(servers: MailServers, number: int, owner: str = ANNA) -> EmailMessage:
    """Return the mail about alert *number* from the mailbox of *owner*; it must be there once."""

    def found() -> list[EmailMessage]:
        return [mail for mail in servers.mails(owner) if f"{number:032x}" in mail["Message-ID"]]

    (mail,) = wait_for(f"mail {number}", found)
    return mail


def pictures(mail: EmailMessage) -> list[bytes]:
    return [part.get_content() for part in mail.walk() if part.get_content_type() == "image/jpeg"]


@pytest.mark.parametrize(("number", "port"), [(1, "starttls"), (2, "tls"), (3, "login")])
def test_mail_comes_back_by_imap_as_it_was_sent(servers: MailServers, number: int, port: str) -> None:
    assert send(servers.settings(port), number) == dict.fromkeys((ANNA, BEN), Outcome.ACCEPTED)
    for owner in (ANNA, BEN):
        mail = arrived(servers, number, owner)
        assert pictures(mail) == [JPEG]
        assert mail["Subject"] == f"ALARM {number}: Küche, 14:00"
        assert mail["From"].addresses[0].display_name == HOUSE
        assert mail["From"].addresses[0].addr_spec == SENDER
        assert mail["To"] == f"{ANNA}, {BEN}"
        assert parsedate_to_datetime(mail["Date"]) == START
        assert mail["Auto-Submitted"] == "auto-generated" and mail["List-Id"].startswith("<alerts.")
        text = mail.get_body(("plain",))
        assert text is not None and text.get_content().splitlines()[:3] == ["Grüße.", ".", "Ende."]


@pytest.mark.parametrize(("port", "mechanism"), [("starttls", "PLAIN"), ("tls", "PLAIN"), ("login", "LOGIN")])
def test_login_is_proven_over_tls_with_the_mechanism_on_offer(servers: MailServers, port: str, mechanism: str) -> None:
    told = mailer(servers.settings(port)).prove(AMPLE_S)
    assert "TLSv1.3" in told
    logged_in = f"sasl_method={mechanism}"
    send(servers.settings(port), 10 + servers.ports[port], (ANNA,))
    wait_for("login in the log", lambda: any(logged_in in line for line in servers.log.splitlines()))


def test_r06_wrong_password_is_535_and_named_so(servers: MailServers) -> None:
    with pytest.raises(MailError, match=r"535 5\.7\.8") as caught:
        mailer(servers.settings(), "wrong-one").prove(AMPLE_S)
    assert caught.value.rejected_login and "wrong-one" not in str(caught.value)


def test_r05_unknown_recipient_is_refused_and_the_other_gets_the_mail(servers: MailServers) -> None:
    outcomes = send(servers.settings(), 4, ("nobody@example.org", ANNA))
    assert outcomes == {"nobody@example.org": Outcome.REFUSED, ANNA: Outcome.ACCEPTED}
    assert pictures(arrived(servers, 4)) == [JPEG]


def test_r08_mail_that_is_too_big_arrives_smaller(servers: MailServers) -> None:
    assert send(servers.settings("small"), 5, (ANNA,)) == {ANNA: Outcome.ACCEPTED}
    assert sum(map(len, pictures(arrived(servers, 5)))) < SMALL_BYTES


def test_without_login_nothing_is_taken(servers: MailServers) -> None:
    outcomes = send(servers.settings(user=""), 6, (ANNA,))
    assert outcomes == {ANNA: Outcome.LATER}, "mail.user may be mended until the next try"


def test_mail_to_another_house_cannot_leave_the_machine(servers: MailServers) -> None:
    assert send(servers.settings(), 7, ("somebody@example.com",)) == {"somebody@example.com": Outcome.REFUSED}
    wait_for("log", lambda: "Recipient address rejected: nothing leaves this machine" in servers.log)


def test_alarm_of_the_daemon_is_in_the_mailbox_with_the_picture_that_is_on_disk(
    tmp_path: Path, servers: MailServers
) -> None:
    house = Household(tmp_path, servers, house=f'[house]\nname = "{HOUSE}"\n')
    house.tables["camera"] += 'name = "Küche"\n'
    house.write_config()
    before = {mail["Message-ID"] for mail in servers.mails()}
    on_disk: set[bytes] = set()
    seen = threading.Event()

    def look() -> None:
        # A better view takes the place of the picture, so it is looked at again and again.
        while not seen.wait(0.005):
            on_disk.update(file.read_bytes() for file in (house.folder / "pictures").rglob("*-annotated.jpg"))

    def alarms(subject: str = "ALARM") -> list[EmailMessage]:
        new = [mail for mail in servers.mails() if mail["Message-ID"] not in before]
        return [mail for mail in new if subject in mail["Subject"]]

    with house.daemon() as daemon:
        looking = threading.Thread(target=look)
        looking.start()
        assert house.run("arm").returncode == 0
        alarm = wait_for("alarm in the mailbox", alarms, 60)[0]
        seen.set()
        looking.join()
        assert house.run("disarm").returncode == 0
        clear = wait_for("all-clear in the mailbox", lambda: alarms("disarmed"))[0]
        assert daemon.stop() == 0
    assert pictures(alarm)[0] in on_disk
    assert alarm["From"].addresses[0].display_name == HOUSE
    assert "Küche" in alarm["Subject"] and alarm["In-Reply-To"] is None
    assert alarm["Message-ID"] in clear["References"].split()
    assert clear["In-Reply-To"] == clear["References"].split()[-1]
    accepted = house.rows("SELECT DISTINCT outcome FROM outbox WHERE step = 1")
    assert accepted == [("accepted",)]
