"""The mail as bytes: what a strict parser reads, and what any text can do to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.adapters.mail.message import compose
from pisecurity.core.types import BETTER, FIRST, Alert, AlertKind, Notification
from pisecurity.errors import MailError
from pisecurity.web.assets import load_catalogue

CATALOGUE = load_catalogue()
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
JPEG = b"\xff\xd8" + bytes(range(256)) * 40 + b"\xff\xd9"
STRICT = default.clone(raise_on_defect=True)
VOID = {"img", "meta"}
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)


def written(
    subject: str = "[Home] ALARM: movement at Garden, 14:00:00",
    text: str = "What: It moves.\n",
    *,
    house: str = "Home",
    to: Sequence[str] = ("anna@example.org",),
    thread: str | None = None,
    step: int = FIRST,
    pictures: int = 1,
    late_s: float = 5,
    wrong_by_s: float = 0,
) -> bytes:
    alert = Alert("a" * 32, AlertKind.ALARM, AT, subject, text, thread=thread)
    return compose(
        Notification(
            alert,
            step,
            tuple(JPEG + bytes([number]) for number in range(pictures)),
            AT + timedelta(seconds=wrong_by_s) if wrong_by_s else None,
        ),
        house=house,
        sender="alarm@example.org",
        to=to,
        sent_at=AT + timedelta(seconds=late_s),
        catalogue=CATALOGUE,
        zone=BERLIN,
    )


def read(raw: bytes) -> EmailMessage:
    """Return *raw* as a strict parser reads it: a defect in structure or headers is an error."""
    message = message_from_bytes(raw, policy=STRICT)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert [header.defects for header in part.values() if header.defects] == []
        assert part.defects == []
    return message


def raw_header(raw: bytes, name: str) -> str:
    """Return a header of *raw* as it goes over the wire."""
    return str(message_from_bytes(raw, policy=compat32)[name])


def body(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


class Elements(HTMLParser):
    """Fails where an element is closed that is not open; keeps what the page would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.alts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [found[name] or "" for name in ("src", "href", "background") if name in found]
        if tag == "img":
            self.alts.append(found["alt"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("pictures", [0, 1, 4])
@pytest.mark.parametrize("step", [FIRST, BETTER])
def test_a_strict_parser_finds_no_fault(pictures: int, step: int) -> None:
    message = read(written(pictures=pictures, step=step, late_s=500))
    kinds = [part.get_content_type() for part in message.walk()]
    related = ["multipart/related", "text/html", *["image/jpeg"] * pictures] if pictures else ["text/html"]
    assert kinds == ["multipart/alternative", "text/plain", *related]
    assert [
        name for name in ("Date", "Message-ID", "From", "To", "List-Id", "Auto-Submitted") if not message[name]
    ] == []
    assert len(message.keys()) == len(set(message.keys()))


def test_the_page_is_whole_and_shows_only_what_is_in_the_mail() -> None:
    message = read(written(pictures=3))
    page = Elements(body(message, "html"))
    assert page.open == []
    inside = [part["Content-ID"].strip("<>") for part in message.walk() if part["Content-ID"]]
    assert page.addresses == [f"cid:{name}" for name in inside]
    assert page.alts == ["Picture 1 of 3", "Picture 2 of 3", "Picture 3 of 3"]
    assert not re.search(r"https?:|@import|url\(", body(message, "html"))


def test_the_most_telling_picture_stands_above_the_text_and_the_others_below_it_with_captions() -> None:
    page = body(read(written(pictures=3)), "html")
    first, text, second, caption, third = (
        page.index(part) for part in ("picture1.", "What: It moves.", "picture2.", ">Picture 2 of 3<", "picture3.")
    )
    assert first < text < second < caption < third
    assert ">Picture 1 of 3<" not in page


def test_a_blocked_picture_says_what_it_would_show() -> None:
    assert Elements(body(read(written()), "html")).alts == ["Picture: ALARM: movement at Garden, 14:00:00"]


def test_a_better_picture_is_an_answer_that_says_so_first() -> None:
    first, better = read(written()), read(written(step=BETTER, late_s=500))
    assert better["Subject"] == f"Re: {first['Subject']}"
    assert better["In-Reply-To"] == better["References"] == first["Message-ID"]
    assert better["Message-ID"] != first["Message-ID"]
    text, page = body(better, "plain"), body(better, "html")
    assert text.splitlines()[:3] == [CATALOGUE["mail.better"], "", "What: It moves."]
    assert page.index(CATALOGUE["mail.better"]) < page.index("What: It moves.")
    assert "Delayed" in body(read(written(late_s=500)), "plain")
    assert "Delayed" not in text + page


def test_where_the_clock_was_wrong_the_mail_says_when_it_happened_and_how_late_it_really_is() -> None:
    soon = body(read(written(late_s=3605, wrong_by_s=3600)), "plain")
    assert "The clock was wrong then: it happened 1 June 2026, 15:00:00 CEST." in soon
    assert "Delayed" not in soon
    late = body(read(written(late_s=4200, wrong_by_s=3600)), "html")
    assert "The clock was wrong then: it happened 1 June 2026, 15:00:00 CEST." in late
    assert "Delayed by 10 min: happened 1 June 2026, 15:00:00 CEST, sent 1 June 2026, 15:10:00 CEST." in late
    assert "clock" not in body(read(written(step=BETTER, wrong_by_s=3600)), "plain")


def test_a_better_picture_within_a_longer_conversation_refers_to_all_before_it() -> None:
    better = read(written(thread="b" * 32, step=BETTER))
    assert better["References"].split() == [f"<{'b' * 32}@pisecurity.home.arpa>", better["In-Reply-To"]]
    assert better["In-Reply-To"] == f"<{'a' * 32}@pisecurity.home.arpa>"


@pytest.mark.parametrize(
    "house", ["Haus Öl", "日本の家", "Домой", 'Ann "the" O\'Neil, & <co>', 'Öl, "Haus" <4>', "a" * 60, "ß" * 60, "🏠"]
)
def test_names_in_any_script_are_read_as_they_were_written(house: str) -> None:
    subject = f"[{house}] ALARM: movement at Küche 台所, 14:00:00"
    raw = written(subject, f"Where: {house}\n", house=house)
    message = read(raw)
    assert message["Subject"] == subject
    # Read the old way: the new one keeps the space between two encoded words of a long name, which belongs to neither.
    shown, _ = parseaddr(raw_header(raw, "From"))
    assert str(make_header(decode_header(shown))) == house
    assert message["From"].addresses[0].addr_spec == "alarm@example.org"
    assert body(message, "plain") == f"Where: {house}\n"
    assert raw.isascii(), "a server without 8BITMIME or SMTPUTF8 takes it too"


@given(house=NAMES, camera=NAMES, text=TEXTS)
def test_no_text_breaks_the_mail(house: str, camera: str, text: str) -> None:
    house, camera = " ".join(house.split()) or "Home", " ".join(camera.split())
    subject = f"[{house}] ALARM: {camera}"
    raw = written(subject, text, house=house, pictures=2, step=BETTER)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = read(raw)
    assert " ".join(str(message["Subject"]).split()) == " ".join(f"Re: {subject}".split())
    assert Elements(body(message, "html")).open == []
    assert sorted(message.keys()) == sorted(read(written(pictures=2, step=BETTER)).keys())


@given(
    field=st.sampled_from(["subject", "house", "to", "thread"]),
    before=NAMES,
    line_break=st.sampled_from(["\r", "\n", "\r\n", "\n\r"]),
)
def test_s24_a_line_break_in_a_header_is_refused(field: str, before: str, line_break: str) -> None:
    value = f"{before}{line_break}Bcc: thief@example.org"
    with pytest.raises(MailError, match="cannot become a mail") as caught:
        written(**{field: (value,) if field == "to" else value})  # type: ignore[arg-type]
    assert caught.value.permanent
    assert "\n" not in str(caught.value)
