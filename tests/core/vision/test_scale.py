from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.vision.scale import PersonScale, pets_in_words


def tall(feet: float) -> float:
    """Height of a person before a level camera whose horizon is at 0.2 of the picture."""
    return 0.8 * (feet - 0.2)


def walked(*rows: float, people: int = 6, times: float = 1.0) -> PersonScale:
    scale = PersonScale()
    for person in range(1, people + 1):
        for feet in rows:
            scale.note(person, feet, times * tall(feet))
    return scale


def test_people_who_walk_by_teach_how_tall_a_person_is_where_nobody_walked_as_well() -> None:
    scale = walked(0.45, 0.55, 0.75)
    for feet in (0.4, 0.5, 0.65, 0.9):
        assert scale.height(feet) == pytest.approx(tall(feet), rel=0.15)


def test_what_is_not_known_is_not_told() -> None:
    assert PersonScale().height(0.5) is None
    assert walked(0.5, 0.7, people=3).height(0.6) is None, "three people may be one child"
    assert walked(0.7).height(0.7) is None, "a line through one point has any slope"
    assert walked(0.6, 0.8).height(0.2) is None, "too far above where people walked"


def test_a_few_ladders_and_tall_dogs_do_not_bend_the_line() -> None:
    scale = walked(0.4, 0.5, 0.6, 0.7, 0.8)
    for odd in range(100, 104):
        scale.note(odd, 0.95, 1.4 * tall(0.95) + 0.2)
    assert scale.height(0.6) == pytest.approx(tall(0.6), rel=0.2)


def test_a_camera_that_is_turned_is_known_anew_after_some_people() -> None:
    scale = walked(0.5, 0.7, 0.9)
    for person in range(50, 75):
        for feet in (0.5, 0.7, 0.9):
            scale.note(person, feet, 0.5 * tall(feet))
    assert scale.height(0.7) == pytest.approx(0.5 * tall(0.7), rel=0.1)


def test_after_a_restart_the_same_numbers_are_other_people() -> None:
    scale = PersonScale.of(walked(0.5, 0.8, people=2).learned())
    assert scale.height(0.6) is None
    scale.note(1, 0.5, tall(0.5))
    scale.note(2, 0.8, tall(0.8))
    assert scale.height(0.6) == pytest.approx(tall(0.6), rel=0.15)


@pytest.mark.parametrize(
    ("pets", "scale", "words"),
    [
        ("none", walked(0.5, 0.7), ""),
        ("cat", PersonScale(), "cats are still told: 0 of 4 walks that are needed were seen"),
        ("dog", walked(0.5, 0.7, people=3), "cats and dogs are still told: 3 of 4 walks that are needed were seen"),
        ("cat", walked(0.7), "cats are still told: 6 walks were seen, but not both near the camera and far from it"),
        ("cat", walked(0.5, 0.7), "cats are not told: 6 walks were seen, 4 are needed"),
    ],
)
def test_words_say_whether_pets_are_told_and_what_is_missing(pets: str, scale: PersonScale, words: str) -> None:
    assert pets_in_words(pets, scale) == words


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1), st.floats(0, 1)), max_size=60), st.floats(0, 1))
def test_whatever_is_measured_a_height_is_plausible_or_unknown(
    notes: list[tuple[int, float, float]], feet: float
) -> None:
    scale = PersonScale()
    for person, row, height in notes:
        scale.note(person, row, height)
    told = scale.height(feet)
    assert told is None or 0.05 <= told <= 3


def test_restored_the_newest_person_replaces_the_oldest() -> None:
    scale = PersonScale()
    for person in range(1, 9):
        scale.note(person, 0.71, 0.3)
    again = PersonScale.of(scale.learned())
    for person in range(20, 26):
        again.note(person, 0.71, 0.4)
    kept = again.learned()[14]
    assert [one.height for one in kept] == pytest.approx([0.3] * 6 + [0.4] * 6)
    assert [one.person for one in kept[6:]] == list(range(20, 26))
