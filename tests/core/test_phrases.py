"""What a fault says, found by its English sentence and said in another language."""

from __future__ import annotations

from pisecurity.core.phrases import DEEPEST, LONGEST, Phrases

PHRASES = Phrases(
    {
        "named": "camera {camera}: {error}",
        "lost": "camera {camera} has sent no picture for {seconds} s; check its cable",
        "full": "the disk is full; free some space on it",
        "server": "mail server {address}",
        "login": "{server} refuses the login of {user} ({said}): {fix}",
        "fix": "check mail.user",
        "also": "{first}. Also: {second}",
        "untold": "nobody has translated this",
    },
    {
        "named": "Kamera {camera}: {error}",
        "lost": "Kamera {camera} hat seit {seconds} s kein Bild gesendet; prüfe ihr Kabel",
        "full": "der Speicher ist voll; schaffe Platz darauf",
        "server": "Mailserver {address}",
        "login": "{server} lehnt die Anmeldung von {user} ab ({said}): {fix}",
        "fix": "prüfe mail.user",
        "also": "{first}. Außerdem: {second}",
    },
)


def told(text: str) -> str:
    return PHRASES.translate(text)


def test_what_stands_in_a_gap_is_kept() -> None:
    assert told("camera Front: left has sent no picture for 10 s; check its cable") == (
        "Kamera Front: left hat seit 10 s kein Bild gesendet; prüfe ihr Kabel"
    )
    assert told("camera {0} has sent no picture for {seconds} s; check its cable") == (
        "Kamera {0} hat seit {seconds} s kein Bild gesendet; prüfe ihr Kabel"
    ), "braces of the owner are no gaps"


def test_a_sentence_in_a_gap_is_told_too_and_what_a_server_said_is_not() -> None:
    assert told("mail server mx.example:587 refuses the login of pi (535 5.7.8 no such user): check mail.user") == (
        "Mailserver mx.example:587 lehnt die Anmeldung von pi ab (535 5.7.8 no such user): prüfe mail.user"
    )
    assert told("camera Yard: the disk is full; free some space on it") == (
        "Kamera Yard: der Speicher ist voll; schaffe Platz darauf"
    )


def test_a_file_before_it_and_words_of_the_system_behind_it_stay() -> None:
    assert told("/var/lib/x.db: the disk is full; free some space on it (database or disk is full)") == (
        "/var/lib/x.db: der Speicher ist voll; schaffe Platz darauf (database or disk is full)"
    )


def test_several_in_one_are_each_told() -> None:
    assert told("camera A: check mail.user. Also: the disk is full; free some space on it") == (
        "Kamera A: prüfe mail.user. Außerdem: der Speicher ist voll; schaffe Platz darauf"
    )


def test_what_nobody_knows_stays_as_it_is() -> None:
    for text in ("", "something new happened", "nobody has translated this", "a: b: c (d)", "mail server of mine: x"):
        assert told(text) == text


def test_what_a_server_said_cannot_make_it_take_for_ever() -> None:
    for often in (8, 40, 120):
        said = f"550 {'x: ' * often}y{' (z)' * often}"
        assert told(f"camera A: {said}") == f"Kamera A: {said}"


def test_too_long_a_text_stays_as_it_is() -> None:
    full = "the disk is full; free some space on it"
    for name in (fitting := LONGEST - len(f"camera : {full}"), fitting + 1):
        text = f"camera {'A' * name}: {full}"
        assert (told(text) == text) == (len(text) > LONGEST)


def test_too_deep_a_sentence_stays_as_it_is() -> None:
    assert told("camera A: " * (DEEPEST + 2) + "x") == "Kamera A: " * DEEPEST + "camera A: camera A: x"
