"""Whatever may be wrong is told in every language: each text of a fault in the program has its translations."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import get_args

import pytest

from pisecurity.core.phrases import Phrases
from pisecurity.settings.whole import Language
from pisecurity.web.assets import load_phrases
from tests.test_docs import GAP, sources, tells_of, template, texts
from tests.test_locales import FOLDER, gaps

OTHERS = tuple(language for language in get_args(Language) if language != "en")
ERRORS = frozenset(
    {"CameraError", "EndOfStreamError", "NoCameraError", "GpioError", "StoreError", "MailError", "PingError",
     "SecretError", "NetworkError", "_lighter", "_lose", "_show", "report", "_wrong"}
)  # fmt: skip
"""What takes the text of a fault, or of an error that becomes one."""
SPOKEN = tuple(
    f"pisecurity/{module}.py"
    for module in (
        "adapters/cameras/picamera2/trouble", "adapters/cameras/v4l2/trouble", "adapters/machine/raspberry",
        "adapters/mail/providers", "adapters/mail/trouble", "adapters/ping", "adapters/store/trouble",
        "core/vision/unwatched", "runtime/life/space",
    )
)  # fmt: skip
"""Modules of which every sentence is one."""
ELSEWHERE = tuple(
    f"pisecurity/{part}"
    for part in (
        "cli/", "core/marks", "adapters/cameras/y4m", "adapters/cameras/numbered", "adapters/recordings/clips",
        "adapters/recordings/labels", "adapters/state/folder", "adapters/state/lock", "adapters/mail/mailbox",
        "adapters/mail/message", "runtime/life/daily", "runtime/labelling", "runtime/life/mail_check",
        "runtime/life/night", "runtime/alarm/panel",
    )
)  # fmt: skip
"""What is told at the console or on the page alone, or keeps the daemon from starting."""
NO_FAULT = re.compile(
    # of a bug, a stop or a start that is refused
    "is closed; open it|the picture of this frame|pisecurity is stopping|of another program; move|by a newer pi|"
    "has format|there is none yet|no such folder|not a folder|may not read it; use sudo|people cannot be changed|"
    # what is compared, asked or found elsewhere
    "multiarray|dmaheap|boot/|proc/|dev/|dtoverlay=\\(|_TOO_LONG|PROTOCOL_VERSION|HTTP/1|each camera has something|"
    r"\\b|%d|MB of|a length that cannot|it closed the connection"
)
LEAST_WORDS = 4
SAMPLE = "9"
"""Stands in each gap: no letter of it can be taken for a word."""


def phrases_of(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((FOLDER / f"faults.{language}.json").read_text(encoding="utf-8"))
    return found


ENGLISH = phrases_of("en")
WRITTEN = tuple(re.sub(r"\{\w+\}", GAP, text) for text in ENGLISH.values())
"""Every sentence that has translations, with GAP for its gaps."""
WORDLESS = Phrases(ENGLISH, {key: " ".join(f"{{{gap}}}" for gap in gaps(text)) for key, text in ENGLISH.items()})
"""A language that leaves nothing but what stands in the gaps."""


def sentences() -> Iterator[tuple[str, str]]:
    """Yield place and text, with gaps, of every text of a fault in the program."""
    for path, tree, constants in sources():
        if path.startswith(ELSEWHERE):
            continue
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
                found = node.args if name in ERRORS else []
            else:
                found = [node] if path in SPOKEN and isinstance(node, ast.expr) and id(node) not in told else []
            for each in found:
                text = re.sub(r"\{\w+\}", GAP, template(each, constants) or "")
                if len(re.findall(r"[A-Za-z]{2,}", text)) >= LEAST_WORDS and not NO_FAULT.search(text):
                    yield f"{path}:{each.lineno}", text


def is_told(text: str) -> bool:
    """Return whether *text*, with gaps, is a sentence that has translations, or a part of one."""
    # A gap right behind a word is one that is mostly empty.
    left = WORDLESS.translate(re.sub(rf"(?<=[a-z]){GAP}(?=;)", "", text).replace(GAP, SAMPLE))
    return not re.search(r"[a-z]{3,} [a-z]{2,}", re.sub("'[^']*'", "", left)) or any(
        tells_of(text, one) for one in WRITTEN
    )


def test_every_text_of_a_fault_has_its_translations() -> None:
    assert [f"{place}: {text}" for place, text in sorted(set(sentences())) if not is_told(text)] == []


def test_the_texts_of_faults_are_found() -> None:
    found = {text for _, text in sentences()}
    assert len(found) > 150
    for text in (
        "camera … has sent no picture for … s; check its cable",
        "the disk is full; free some space on it",
        "refuses the connection: check mail.host and mail.port",
        "alerts would not leave: …",
    ):
        assert text in found


def test_no_translation_is_of_a_sentence_that_the_program_no_longer_says() -> None:
    program = "\n".join(texts())
    pieces = {key: re.split(r"\{\w+\}|[;:,.()]", text) for key, text in ENGLISH.items()}
    long = {key: [piece.strip() for piece in each if len(piece) > 10] for key, each in pieces.items()}
    assert [key for key, each in long.items() if each and not any(piece in program for piece in each)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_sentences_with_the_same_gaps_and_none_in_english(language: str) -> None:
    other = phrases_of(language)
    assert list(other) == list(ENGLISH)
    assert {key: gaps(text) for key, text in other.items()} == {key: gaps(text) for key, text in ENGLISH.items()}
    assert [key for key, text in other.items() if text != text.strip() or "  " in text] == []
    words = {key for key, text in ENGLISH.items() if len(re.findall(r"[^\W\d_]+", re.sub("{.*?}", "", text))) > 2}
    assert {key for key in words if other[key] == ENGLISH[key]} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_what_and_fix_stay_apart_in_every_language(language: str) -> None:
    other = phrases_of(language)
    assert [key for key, text in ENGLISH.items() if text.count(";") != other[key].count(";")] == []


GERMAN = {
    "camera Haustür has sent no picture for 10 s; check its cable": (
        "Kamera Haustür hat seit 10 s kein Bild gesendet; prüfe ihr Kabel"
    ),
    (
        "alerts would not leave: mail server smtp.gmail.com:587 refuses the login of a@gmail.com (535 5.7.8 no): check "
        "mail.user and the stored password; many providers want an app password made for this, not the one of the "
        "account"
    ): (
        "Meldungen gingen nicht hinaus: Mailserver smtp.gmail.com:587 lehnt die Anmeldung von a@gmail.com ab "
        "(535 5.7.8 no): prüfe mail.user und das gespeicherte Passwort; viele Anbieter wollen ein eigenes "
        "App-Passwort, nicht das des Kontos"
    ),
    "/var/lib/pisecurity/pisecurity.db: the disk is full; free some space on it (database or disk is full)": (
        "/var/lib/pisecurity/pisecurity.db: der Speicher ist voll; schaffe Platz darauf (database or disk is full)"
    ),
    (
        "the stored mode was damaged; the alarm is armed away, because the mode it had cannot be read: disarm it if "
        "somebody is at home"
    ): (
        "der gespeicherte Modus war beschädigt; die Anlage ist scharf (abwesend), weil sich ihr Modus nicht lesen "
        "lässt: schalte sie unscharf, wenn jemand zu Hause ist"
    ),
    "camera Hof: USB camera C270 was unplugged; plug it in again": (
        "Kamera Hof: USB-Kamera C270 wurde ausgesteckt; steck sie wieder ein"
    ),
}


@pytest.mark.parametrize(("text", "german"), GERMAN.items())
def test_a_fault_in_german_reads_as_a_german_would_write_it(text: str, german: str) -> None:
    assert load_phrases("de")(text) == german


def test_in_english_nothing_is_looked_up() -> None:
    assert load_phrases("en")("camera X has sent no picture for 10 s; check its cable").startswith("camera X has sent")
