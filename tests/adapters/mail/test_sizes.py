"""R-08: a mail that is too large goes again with smaller pictures, then with one small picture, then as text only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from itertools import repeat

import cv2
import numpy as np
import pytest
import simplejpeg

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.adapters.mail.sizes import Letter, forms, is_too_large, size_limit
from pisecurity.core.types import Alert, AlertKind, Notification, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.settings import MailSettings
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock
from tests.rigs.smtp import ANNA, HANG_UP, PASSWORD, SILENCE, Authority, FaultySmtp, Security, SmtpServer

CATALOGUE = load_catalogue()
ALERT = Alert("a" * 32, AlertKind.ALARM, START, "[Home] ALARM: movement at Garden, 14:00:00", "What: It moves.\n")
FULL, SMALLER, ONE_SMALL, TEXT = range(4)
REMARKS = {
    1: ("", CATALOGUE["mail.smaller.one"], CATALOGUE["mail.smaller.one"], CATALOGUE["mail.without.one"]),
    3: ("", CATALOGUE["mail.smaller.many"], CATALOGUE["mail.one_small"], CATALOGUE["mail.without.many"]),
}
WIDTHS: dict[int, tuple[list[int], ...]] = {1: ([1280], [640], [320], []), 3: ([1280] * 3, [640] * 3, [320], [])}
"""Of the pictures in each form, by how many there are."""


def picture(seed: int) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (90, 160, 3), np.uint8)
    done, jpeg = cv2.imencode(".jpg", cv2.resize(coarse, (1280, 720), interpolation=cv2.INTER_CUBIC))
    assert done
    return jpeg.tobytes()


PICTURES = tuple(picture(seed) for seed in range(3))


def sizes(count: int) -> list[int]:
    """Return about how many bytes each form of a mail with *count* pictures has."""
    made = [form for form, _ in forms(Notification(ALERT, pictures=PICTURES[:count]), shrink, CATALOGUE)]
    return [sum(len(jpeg) for jpeg in form.pictures) * 4 // 3 + 6000 for form in made]


def send(settings: MailSettings, count: int = 1, deadline_s: float = 60.0) -> Mapping[str, Receipt]:
    clock = FakeClock(START + timedelta(seconds=5))
    mailer = SmtpMailer(settings, lambda: PASSWORD, "Home", clock, catalogue=CATALOGUE, shrink=shrink)
    return mailer.send(Notification(ALERT, pictures=PICTURES[:count]), (ANNA,), deadline_s)


def widths(message: EmailMessage) -> list[int]:
    found = [part.get_content() for part in message.walk() if part.get_content_type() == "image/jpeg"]
    return [simplejpeg.decode_jpeg_header(jpeg)[1] for jpeg in found]


def tries(server: FaultySmtp) -> list[str]:
    return [line for line in server.lines if line.upper().startswith("MAIL")]


def assert_is_form(message: EmailMessage, count: int, form: int) -> None:
    """Check pictures and remark of a mail that began with *count* pictures."""
    assert widths(message) == WIDTHS[count][form]
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        content = body.get_content()
        assert REMARKS[count][form] in content
        assert ("gets through to the mail server" in content) is (form != FULL)
        assert content.count("cid:") == (len(WIDTHS[count][form]) if kind == "html" else 0)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("form", [FULL, SMALLER, ONE_SMALL, TEXT])
def test_r08_a_server_that_says_how_much_it_takes_gets_the_largest_form_that_fits(
    authority: Authority, security: Security, count: int, form: int
) -> None:
    with SmtpServer(authority, security, max_bytes=sizes(count)[form] * 11 // 10) as server:
        receipts = send(server.settings(), count)
    assert receipts[ANNA].outcome is Outcome.ACCEPTED
    ((_, message),) = server.accepted
    assert_is_form(message, count, form)


def test_r08_nothing_is_sent_that_the_server_said_it_would_not_take() -> None:
    with FaultySmtp(features=[f"SIZE {sizes(1)[SMALLER] * 11 // 10}"]) as server:
        send(server.settings())
    (message,) = server.mails
    assert_is_form(message, 1, SMALLER)
    assert len(tries(server)) == 1


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("refusals", [1, 2, 3])
@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "552 5.3.4 message size exceeds fixed limit"),
        (".", "552 5.3.4 message too big"),
        (".", "552 too much mail data"),
        (".", "554 5.3.4 message exceeds maximum size"),
        (".", "554 message too large"),
        (".", "550 5.2.3 longer than the mailbox takes"),
    ],
)
def test_r08_each_refusal_makes_the_mail_smaller_in_the_same_conversation(
    step: str, answer: str, refusals: int, count: int
) -> None:
    with FaultySmtp({step: [answer] * refusals}) as server:
        receipts = send(server.settings(), count)
    assert receipts[ANNA].outcome is Outcome.ACCEPTED
    assert_is_form(server.mails[-1], count, refusals)
    assert server.conversations == 1
    assert len({message["Message-ID"] for message in server.mails}) == 1


def test_r08_a_server_that_hangs_up_on_what_is_too_large_gets_the_smaller_mail_in_a_new_conversation() -> None:
    # After 552 the connection is gone with RSET, so only a new one can carry the rest.
    with FaultySmtp({".": ["552 5.3.4 message too big"], "RSET": [HANG_UP]}) as server:
        receipts = send(server.settings())
    assert receipts[ANNA].outcome is Outcome.ACCEPTED
    assert_is_form(server.mails[-1], 1, SMALLER)
    assert server.conversations == 2


def test_r08_a_mail_that_is_not_through_by_the_deadline_goes_smaller_the_next_time() -> None:
    notification = Notification(ALERT, pictures=PICTURES[:1])
    with FaultySmtp({".": [SILENCE, SILENCE]}) as server:
        mailer = SmtpMailer(server.settings(), lambda: None, "Home", catalogue=CATALOGUE, shrink=shrink)
        for _ in range(2):
            with pytest.raises(MailError, match="in time"):
                mailer.send(notification, (ANNA,), 1.0)
        assert mailer.send(notification, (ANNA,), 60.0)[ANNA].outcome is Outcome.ACCEPTED
        mailer.send(notification, (ANNA,), 60.0)
        mailer.send(Notification(replace(ALERT, id="b" * 32), pictures=PICTURES[:1]), (ANNA,), 60.0)
    assert [widths(message) for message in server.mails] == [[1280], [640], [320], [1280], [1280]]
    assert len({message["Message-ID"] for message in server.mails}) == 2


def test_a_server_that_is_away_makes_no_mail_smaller() -> None:
    notification = Notification(ALERT, pictures=PICTURES[:1])
    with FaultySmtp({"EHLO": [SILENCE]}) as server:
        mailer = SmtpMailer(server.settings(), lambda: None, "Home", catalogue=CATALOGUE, shrink=shrink)
        with pytest.raises(MailError, match="in time"):
            mailer.send(notification, (ANNA,), 0.5)
        mailer.send(notification, (ANNA,), 60.0)
    assert [widths(message) for message in server.mails] == [[1280]]


@pytest.mark.parametrize("step", ["MAIL", "."])
def test_a_mail_too_large_even_as_text_is_permanent(step: str) -> None:
    with (
        FaultySmtp({step: repeat("552 5.3.4 message too big")}) as server,
        pytest.raises(MailError, match="takes this mail from nobody") as caught,
    ):
        send(server.settings(), 3)
    assert caught.value.permanent
    assert len(tries(server)) == 4


def test_a_full_mailbox_is_no_reason_to_give_up() -> None:
    with FaultySmtp({".": repeat("552 5.2.2 mailbox full")}) as server, pytest.raises(MailError) as caught:
        send(server.settings())
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("552 5.3.4 too big", True),
        ("552 5.2.2 over quota", True),
        ("554 5.3.4 no", True),
        ("550 Message size exceeds fixed maximum message size", True),
        ("554 maximum message size limit exceeded", True),
        ("452 4.3.1 too large just now", False),
        ("552 5.4.5 daily limit exceeded", False),
        ("554 5.7.1 looks like spam", False),
        ("550 5.4.5 Daily user sending limit exceeded", False),
        ("554 message rate exceeded", False),
        ("535 5.7.8 not accepted", False),
    ],
)
def test_what_a_smaller_mail_may_mend_is_told_from_all_else(answer: str, expected: bool) -> None:
    code, _, words = answer.partition(" ")
    assert is_too_large(int(code), words) is expected
    assert is_too_large(int(code), words.encode()) is expected


@pytest.mark.parametrize(
    ("feature", "limit"),
    [("35882577", 35882577), (" 1000 ", 1000), ("", None), ("0", None), ("many", None), ("-5", None), ("²", None)],
)
def test_the_limit_of_ehlo_counts_where_it_is_one(feature: str, limit: int | None) -> None:
    assert size_limit({"size": feature}) == limit
    assert size_limit({}) is None


def test_a_mail_without_pictures_has_one_form() -> None:
    assert list(forms(Notification(ALERT), shrink, CATALOGUE)) == [(Notification(ALERT), "")]


def test_a_picture_that_is_no_jpeg_is_left_out_of_the_smaller_forms() -> None:
    broken = Notification(ALERT, pictures=(b"no picture", PICTURES[0]))
    assert [len(form.pictures) for form, _ in forms(broken, shrink, CATALOGUE)] == [2, 1, 1, 0]
    none_left = Notification(ALERT, pictures=(b"no picture",))
    assert [len(form.pictures) for form, _ in forms(none_left, shrink, CATALOGUE)] == [1, 0]


def test_a_picture_never_grows_by_being_made_smaller() -> None:
    small = shrink(PICTURES[0], 64)
    made = [form.pictures for form, _ in forms(Notification(ALERT, pictures=(small,)), shrink, CATALOGUE)]
    assert all(len(jpeg) <= len(small) for pictures in made for jpeg in pictures)


def test_a_letter_makes_its_smaller_forms_only_when_they_are_wanted() -> None:
    made: list[int] = []

    def written() -> Iterator[bytes]:
        for size in (100, 50, 20, 5):
            made.append(size)
            yield b"x" * size

    letter = Letter(written())
    assert made == [100]
    assert letter.shrink(limit=30)
    assert (letter.raw, letter.shrunk, made) == (b"x" * 20, 2, [100, 50, 20])
    assert letter.shrink()
    assert not letter.shrink()
    assert letter.raw == b"x" * 5
