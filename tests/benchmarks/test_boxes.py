"""When a box finds a thing, and when it is false."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ruler.boxes import best_iou, hits, iou, is_false, shared
from pisecurity.core.types import Box

SIZE = (160, 120)
PERSON = Box(0.4, 0.2, 0.2, 0.6)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y, w, h = (draw(st.integers(*span)) for span in ((0, 80), (0, 80), (1, 80), (1, 80)))
    return Box(x / 160, y / 160, w / 160, h / 160)


def mirrored(box: Box) -> Box:
    return Box(1 - box.x - box.w, box.y, box.w, box.h)


@pytest.mark.parametrize(
    ("box", "found"),
    [
        (PERSON, True),
        (Box(0.4, 0.2, 0.2, 0.15), True),  # the head: a quarter of the person
        (Box(0.4, 0.2, 0.2, 0.05), False),  # a twelfth
        (Box(0.31, 0.2, 0.2, 0.2), True),  # less than half of it beside
        (Box(0.29, 0.2, 0.2, 0.2), False),  # more than half of it beside
        (Box(0.3, 0.1, 0.4, 0.8), True),  # IoU 0.375
        (Box(0.0, 0.0, 1.0, 1.0), False),  # everywhere is nowhere
        (Box(0.7, 0.2, 0.2, 0.6), False),
    ],
)
def test_a_box_hits_what_it_fits_or_is_a_large_enough_part_of(box: Box, found: bool) -> None:
    assert hits(box, PERSON) is found


@pytest.mark.parametrize(
    ("box", "false"),
    [
        (PERSON, False),
        (Box(0.62, 0.4, 0.02, 0.02), False),  # a box within 15 % and 8 pixels beside
        (Box(0.7, 0.4, 0.02, 0.02), True),
        (Box(0.0, 0.1, 1.0, 0.7), False),  # its middle is there, and not six times as large
        (Box(-0.5, -0.5, 2.0, 2.0), True),  # thirty times as large
        (Box(0.55, 0.2, 0.42, 0.6), False),  # its middle is beside, a third of it belongs to the person
        (Box(0.6, 0.2, 0.4, 0.6), True),
    ],
)
def test_a_box_is_false_when_it_belongs_to_nothing_that_is_there(box: Box, false: bool) -> None:
    assert is_false(box, [PERSON], SIZE) is false


def test_where_nothing_is_every_box_is_false() -> None:
    assert is_false(PERSON, [], SIZE)


def test_the_margin_of_eight_pixels_is_of_the_picture_it_is_measured_in() -> None:
    beside = Box(0.64, 0.4, 0.02, 0.02)
    assert not is_false(beside, [PERSON], (160, 120))
    assert is_false(beside, [PERSON], (1600, 1200))


@given(boxes(), boxes())
def test_overlap_does_not_depend_on_the_order_and_is_a_share(one: Box, other: Box) -> None:
    assert iou(one, other) == iou(other, one)
    assert 0 <= iou(one, other) <= 1 + 1e-9
    assert shared(one, other) <= min(one.area, other.area) + 1e-9


@given(boxes(), boxes())
def test_in_a_mirror_the_same_boxes_fit(one: Box, other: Box) -> None:
    assert iou(mirrored(one), mirrored(other)) == pytest.approx(iou(one, other))


@given(boxes())
def test_a_true_box_fits_itself_and_is_not_false(box: Box) -> None:
    assert hits(box, box)
    assert best_iou([Box(0, 0, 0.01, 0.01), box], box) == pytest.approx(1)
    assert not is_false(box, [box], SIZE)


def test_a_box_without_area_finds_nothing_and_is_false() -> None:
    nothing = Box(0.9, 0.9, 0, 0)
    assert not hits(nothing, PERSON)
    assert is_false(nothing, [PERSON], SIZE)
    assert best_iou([], PERSON) == 0
