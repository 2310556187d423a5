from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pisecurity.adapters.lettering import ELLIPSIS, GLYPHS, Lettering
from tests import make_lettering

LETTERING = Lettering()
SIZES = st.integers(1, 80)
TEXTS = st.text(max_size=20)


def written(text: str, size: int, *, margin: int = 8) -> NDArray[np.uint8]:
    """Return *text* in white on black with *margin* columns at the left and right, and one size above and below."""
    image = np.zeros((3 * size, LETTERING.width(text, size) + 2 * margin), np.uint8)
    LETTERING.draw(image, text, (margin, 2 * size), size, 255)
    return image


@pytest.mark.parametrize("sign", sorted(LETTERING.signs))
def test_every_sign_but_a_space_has_ink_of_its_own(sign: str) -> None:
    assert written(sign, 12).any() != sign.isspace()
    if sign != "?":
        assert not np.array_equal(written(f"H{sign}H", 12), written("H?H", 12))


def test_no_sign_is_the_box_of_a_missing_letter() -> None:
    """A font without a letter draws the same box for all it lacks."""
    twins = {"-\u2010\u2011", "Ð\u0110", " \u00a0"}  # these are equal in the font itself
    seen: dict[bytes, str] = {}
    for sign in sorted(LETTERING.signs):
        drawn = written(sign, 36).tobytes()
        seen[drawn] = seen.get(drawn, "") + sign
    assert {signs for signs in seen.values() if len(signs) > 1} == twins


def test_the_languages_of_the_latin_alphabet_are_there() -> None:
    words = "Haustür Größe façade señal København Łódź Ångström žluť őszi İstanbul București 21 °C … „Tor“ – 5 €"
    assert LETTERING.spelled(words) == words
    assert set(map(chr, range(0x20, 0x7F))) <= LETTERING.signs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Haustu\u0308r", "Haustür"),
        ("Vie\u0323\u0302t Ha\u0300", "Viet Hà"),
        ("a\nb\tc", "a b c"),
        ("犬 Dog", "? Dog"),
        ("\x00\u200b", "??"),
        ("", ""),
    ],
)
def test_what_cannot_be_drawn_loses_its_accent_or_becomes_a_question_mark(text: str, shown: str) -> None:
    assert LETTERING.spelled(text) == shown


@given(TEXTS)
def test_any_text_is_spelled_in_signs_that_can_be_drawn(text: str) -> None:
    spelled = LETTERING.spelled(text)
    assert set(spelled) <= LETTERING.signs
    assert LETTERING.spelled(spelled) == spelled
    assert len(spelled) == len(unicodedata.normalize("NFC", text))


@given(TEXTS, st.text(min_size=1, max_size=3), SIZES)
def test_more_text_is_wider(text: str, more: str, size: int) -> None:
    assert 0 <= LETTERING.width(text, size) < LETTERING.width(text + more, size * 2)
    assert LETTERING.width(text, size) <= LETTERING.width(text + more, size)


@given(TEXTS, SIZES)
def test_ink_stays_within_the_width_and_between_accents_and_tails(text: str, size: int) -> None:
    ink = written(text, size) > 0
    assert not ink[:, :8].any()
    assert not ink[:, -8:].any()
    assert not ink[: size // 2].any()
    assert not ink[-(size // 2) :].any() or size == 1


@pytest.mark.parametrize("size", [7, 8, 12, 28, 36, 56])
def test_a_capital_is_as_high_as_the_size_and_its_feet_stand_on_the_baseline(size: int) -> None:
    ink = written("H", size).max(axis=1)
    assert ink[size : 2 * size].min() > 120
    assert ink[: size - 1].max() < 40
    assert ink[2 * size + 1 :].max() < 40


@given(TEXTS, SIZES, st.integers(0, 400))
def test_a_cut_text_fits_and_ends_with_an_ellipsis(text: str, size: int, width: int) -> None:
    shown = LETTERING.cut(text, size, width)
    assert LETTERING.width(shown, size) <= width
    if LETTERING.width(text, size) <= width:
        assert shown == LETTERING.spelled(text)
    elif shown:
        assert shown.endswith(ELLIPSIS)
        assert LETTERING.spelled(text).startswith(shown[:-1])
    else:
        assert LETTERING.width(ELLIPSIS, size) > width


def test_a_cut_text_keeps_as_much_as_fits() -> None:
    width = LETTERING.width("Front doo" + ELLIPSIS, 12)
    assert LETTERING.cut("Front door and garden", 12, width) == "Front doo" + ELLIPSIS
    assert LETTERING.cut("Front door and garden", 12, width - 1) == "Front do" + ELLIPSIS
    assert LETTERING.cut("Front door and garden", 12, LETTERING.width("Front " + ELLIPSIS, 12)) == "Front" + ELLIPSIS


@given(TEXTS, SIZES, st.integers(-300, 300), st.integers(-100, 100))
def test_what_lies_outside_the_image_is_left_away(text: str, size: int, left: int, baseline: int) -> None:
    part, whole = np.full((40, 60), 90, np.uint8), np.full((640, 1060), 90, np.uint8)
    LETTERING.draw(part, text, (left, baseline), size, 240)
    LETTERING.draw(whole, text, (left + 400, baseline + 300), size, 240)
    assert np.array_equal(part, whole[300:340, 400:460])


def test_colour_is_blended_by_coverage() -> None:
    grey, colour = (np.full((40, 200, *channels), 100, np.uint8) for channels in ((), (3,)))
    for image, ink in ((grey, 250), (colour, (250, 100, 0))):
        LETTERING.draw(image, "Haustür", (10, 30), 20, ink)
    assert np.array_equal(colour[:, :, 0], grey)
    assert (colour[:, :, 1] == 100).all()
    assert grey.max() == 250
    assert colour[:, :, 2].min() == 0
    assert len(np.unique(grey)) > 20  # smooth edges


def test_half_the_size_keeps_the_amount_of_ink() -> None:
    large, small = (written("Garden 22:14:03", size).sum(dtype=int) for size in (36, 18))
    assert small * 4 == pytest.approx(large, rel=0.01)


def test_letters_are_the_same_bytes_on_every_machine() -> None:
    """Whole numbers throughout: no version of numpy or OpenCV may change them."""
    lines = [written("Haustür  2026-01-03 22:14:03 …", size).tobytes() for size in (8, 12, 28, 56)]
    assert hashlib.sha256(b"".join(lines)).hexdigest()[:16] == "6abe043aab2b2249"


def test_a_line_far_longer_than_any_picture_is_drawn() -> None:
    image, short = np.zeros((300, 500), np.uint8), np.zeros((300, 500), np.uint8)
    LETTERING.draw(image, "Front door " * 400, (0, 200), 80, 255)
    LETTERING.draw(short, "Front door " * 2, (0, 200), 80, 255)
    assert np.array_equal(image, short)


@pytest.mark.skipif(not hasattr(cv2, "FontFace"), reason="OpenCV 4 cannot read fonts")
def test_the_letters_in_the_package_are_those_that_are_made() -> None:
    made = make_lettering.glyphs()
    with np.load(GLYPHS) as kept:
        assert set(kept.files) == set(made)
        for name in set(made) - {"ink"}:
            assert np.array_equal(kept[name], made[name]), name
        assert np.abs(kept["ink"].astype(int) - made["ink"]).max() <= 2
        assert not kept["ink"][[0, -1]].any()  # nothing is cut off


def test_an_installation_without_letters_is_noticed_when_they_are_loaded(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="lettering.npz"):
        Lettering(tmp_path / "lettering.npz")
