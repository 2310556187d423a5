"""Mails that a house seldom sends, through a real server: they arrive, and whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from email.message import EmailMessage
from pathlib import Path

import cv2
import numpy as np
import pytest

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Mode, Notification, Outcome
from pisecurity.core.words import SUBJECT_LETTERS, Facts, compose
from pisecurity.ports import Address
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock
from tests.rigs.outbox import House
from tests.rigs.smtp import ANNA, PASSWORD, Authority, SmtpServer

ENGLISH, GERMAN = load_catalogue(), load_catalogue("de")
ALERT = Alert("0123456789abcdef" * 2, AlertKind.ALARM, START, "[Home] ALARM: movement", "Look.")
DOMAIN = "xn--mller-kva.example"
MEGABYTES = 2
LONG = "Kamera über dem Gartentor hinter der großen Linde, 3. Stock!"
"""As long as a name may be."""


def mailer(server: SmtpServer, clock: FakeClock, **changes: object) -> SmtpMailer:
    settings = server.settings(**changes)
    return SmtpMailer(settings, lambda: PASSWORD, "Home", clock, UTC, catalogue=ENGLISH, shrink=shrink)


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def large_picture() -> bytes:
    """Return a JPEG file of more than MEGABYTES."""
    noise = np.random.default_rng(5).integers(0, 255, (1440, 1920, 3), np.uint8)
    jpeg = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
    assert len(jpeg) > MEGABYTES * 2**20
    return jpeg


def test_a_picture_of_two_megabytes_arrives_byte_for_byte(authority: Authority, clock: FakeClock) -> None:
    jpeg = large_picture()
    with SmtpServer(authority) as server:
        mailer(server, clock).send(Notification(ALERT, pictures=(jpeg,)), (ANNA,), 60)
    ((_, message),) = server.accepted
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    assert picture.get_content() == jpeg


def test_r08_a_picture_of_two_megabytes_arrives_smaller_where_a_server_takes_no_such_mail(
    authority: Authority, clock: FakeClock
) -> None:
    with SmtpServer(authority, max_bytes=2**20) as server:
        receipts = mailer(server, clock).send(Notification(ALERT, pictures=(large_picture(),)), (ANNA,), 60)
    ((_, message),) = server.accepted
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    assert receipts[ANNA].outcome is Outcome.ACCEPTED
    shown = cv2.imdecode(np.frombuffer(picture.get_content(), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None and shown.shape[1] == 640
    assert ENGLISH["mail.smaller.one"] in text(message)


def test_domains_with_letters_beyond_ascii_are_reached_as_mail_servers_know_them(
    authority: Authority, clock: FakeClock
) -> None:
    to = f"anna@{DOMAIN}"
    with SmtpServer(authority) as server:
        sent = mailer(server, clock, sender=f"pi@{DOMAIN}", to=(to,)).send(Notification(ALERT), (to,), 60)
    ((recipients, message),) = server.accepted
    assert recipients == (to,) and sent[to].outcome is Outcome.ACCEPTED
    assert [address.addr_spec for address in message["From"].addresses] == [f"pi@{DOMAIN}"]


def test_a_very_long_name_of_a_camera_costs_the_mail_nothing_but_the_end_of_its_subject(
    authority: Authority, clock: FakeClock
) -> None:
    zones = frozenset(f"Bereich {number} hinter dem Zaun der Nachbarn" for number in range(20))
    facts = Facts("Haus am See", START, UTC, LONG * 3, zones, Mode.AWAY)
    words = compose(AlertKind.ALARM, facts, GERMAN)
    with SmtpServer(authority) as server:
        alert = replace(ALERT, subject=words.subject, text=words.text)
        mailer(server, clock).send(Notification(alert), (ANNA,), 60)
    ((_, message),) = server.accepted
    assert message["Subject"] == words.subject and SUBJECT_LETTERS - 1 <= len(words.subject) <= SUBJECT_LETTERS
    assert LONG * 3 in text(message) and all(zone in text(message) for zone in zones)


@pytest.mark.parametrize("count", [1, 6])
def test_what_waits_while_the_language_is_switched_leaves_in_the_old_one_and_is_listed_in_the_new(
    authority: Authority, clock: FakeClock, store: SqliteStore, tmp_path: Path, count: int
) -> None:
    times = [START + timedelta(minutes=number) for number in range(count)]
    facts = [Facts("Home", at, UTC, "Küche", mode=Mode.AWAY) for at in times]
    said = [compose(AlertKind.ALARM, each, GERMAN) for each in facts]
    for number, (at, words) in enumerate(zip(times, said, strict=True)):
        alert = Alert(f"{number:032x}", AlertKind.ALARM, at, words.subject, words.text)
        store.add_alert(alert, [Address("mail", ANNA)])
    clock.advance(7200)
    with SmtpServer(authority) as server:
        house = House(store, tmp_path, clock, mailer(server, clock))
        house.run(5)
    newest, *rest = [message for _, message in server.accepted]
    assert newest["Subject"] == said[-1].subject and "ALARM – Küche" in said[-1].subject
    assert "Delayed by " in text(newest)
    for digest in rest:
        assert "Küche" in text(digest) and "ALARM" in text(digest)
    assert len(rest) == (count > 1)
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
