from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import ceil, floor

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pisecurity.core.types import Event, Frame, Phase, Picture, Plane
from pisecurity.core.vision.pipeline import Pipeline, Step
from pisecurity.core.vision.privacy import PrivacyMask, cover
from pisecurity.settings import MotionSettings, ZoneSettings
from tests.core.vision.drawn import (
    HEIGHT,
    WIDTH,
    Canvas,
    Draw,
    events,
    film,
    frame,
    light,
    opened,
    person,
    walker,
)

Point = tuple[float, float]
SQUARE: tuple[Point, ...] = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
LEFT: tuple[Point, ...] = ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0))
RIGHT: tuple[Point, ...] = ((0.6, 0.0), (1.0, 0.0), (1.0, 1.0), (0.6, 1.0))
SLANTED: tuple[Point, ...] = ((0.1, 0.9), (0.6, 0.1), (0.9, 0.2), (0.35, 1.0))
EVERYWHERE: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
MOST: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.55), (0.4, 0.55), (0.4, 1.0), (0.0, 1.0))
shares = st.floats(0, 1)
points = st.tuples(shares, shares)


def zone(*outline: Point, kind: str = "privacy") -> ZoneSettings:
    return ZoneSettings.model_validate({"name": "zone", "camera": "front", "kind": kind, "points": outline})


def mask(*outlines: tuple[Point, ...]) -> PrivacyMask:
    return PrivacyMask([zone(*outline) for outline in outlines])


def hidden(frames: Iterable[Frame], *outlines: tuple[Point, ...]) -> Iterator[Frame]:
    """Yield *frames* as a camera with these privacy zones delivers them."""
    return map(mask(*outlines).hide, frames)


def noise(height: int, width: int) -> Plane:
    """Return a plane without any black or colourless pixel."""
    return np.random.default_rng(1).integers(130, 256, (height, width), np.uint8)


def noisy_frame(height: int = HEIGHT, width: int = WIDTH, full: tuple[int, int] = (480, 640)) -> Frame:
    half = ((full[0] + 1) // 2, (full[1] + 1) // 2)
    picture = Picture(noise(*full), noise(*half), noise(*half))
    return replace(frame(noise(height, width), 1.0), picture=lambda: picture)


def test_an_edge_that_is_all_but_level_covers_the_pixels_that_it_goes_through() -> None:
    assert cover(((1.0, 0.0), (0.0, 2.2e-311), (0.0, 1.0)), 4, 4)[0].all()


@given(points, points, points, st.tuples(shares, shares), st.integers(1, 40), st.integers(1, 40))
def test_whatever_lies_in_a_zone_lies_in_a_black_pixel(
    a: Point, b: Point, c: Point, where: Point, height: int, width: int
) -> None:
    u, v = where if sum(where) <= 1 else (1 - where[0], 1 - where[1])
    x, y = (p + u * (q - p) + v * (r - p) for p, q, r in zip(a, b, c, strict=True))
    # A point on the edge between two pixels belongs to both, and rounding decides.
    assume(all(1e-6 < at % 1 < 1 - 1e-6 for at in (x * width, y * height)))
    # In a triangle flatter than rounding errors nothing lies.
    assume(abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) > 1e-9)
    assert cover((a, b, c), height, width)[floor(y * height), floor(x * width)]


@given(points, points, points, st.integers(1, 40), st.integers(1, 40))
def test_what_a_zone_does_not_touch_stays_visible(a: Point, b: Point, c: Point, height: int, width: int) -> None:
    outline = np.array([(x * width, y * height) for x, y in (a, b, c)], np.float32)
    assume(cv2.contourArea(outline) > 1e-3)
    for row, column in np.argwhere(cover((a, b, c), height, width)):
        centre = (float(column) + 0.5, float(row) + 0.5)
        # No further from it than half the diagonal of a pixel.
        assert cv2.pointPolygonTest(outline, centre, measureDist=True) > -(0.5**0.5) - 1e-3


@given(shares, shares, shares, shares, st.integers(1, 50), st.integers(1, 50))
def test_a_pixel_that_is_hidden_in_part_is_black(
    x0: float, x1: float, y0: float, y1: float, height: int, width: int
) -> None:
    (left, right), (top, bottom) = sorted((x0, x1)), sorted((y0, y1))
    assume(right - left > 1e-6 and bottom - top > 1e-6)
    expected = np.zeros((height, width), np.bool_)
    expected[floor(top * height) : ceil(bottom * height), floor(left * width) : ceil(right * width)] = True
    drawn = cover(((left, top), (right, top), (right, bottom), (left, bottom)), height, width)
    assert np.array_equal(drawn, expected)


def test_a_zone_over_the_whole_picture_leaves_nothing() -> None:
    assert cover(EVERYWHERE, 7, 13).all()


def test_a_zone_is_black_and_all_else_is_as_it_was() -> None:
    given_ = noisy_frame()
    shown = mask(SQUARE).hide(given_)
    inside = cover(SQUARE, HEIGHT, WIDTH)
    assert not shown.luma[inside].any()
    assert np.array_equal(shown.luma[~inside], given_.luma[~inside])
    assert np.array_equal(shown.visible == 0, inside)


@pytest.mark.parametrize("size", [(480, 640), (481, 643), (17, 16)])
def test_all_planes_of_the_picture_are_black_and_colourless(size: tuple[int, int]) -> None:
    given_ = noisy_frame(full=size)
    before, picture = given_.picture(), mask(SLANTED).hide(given_).picture()
    inside = cover(SLANTED, *size)
    assert not picture.y[inside].any()
    assert np.array_equal(picture.y[~inside], before.y[~inside])
    for plane, was in ((picture.u, before.u), (picture.v, before.v)):
        # Each pixel of colour lies under four of brightness.
        above = plane.repeat(2, axis=0).repeat(2, axis=1)[: size[0], : size[1]]
        assert (above[inside] == 128).all()
        assert np.array_equal(plane[plane != 128], was[plane != 128])
        assert (plane != 128).mean() > 1 - inside.mean() - 0.15


def test_the_cameras_own_planes_stay_as_they_are() -> None:
    given_ = noisy_frame()
    luma, y = given_.luma.copy(), given_.picture().y.copy()
    shown = mask(SQUARE).hide(given_)
    shown.picture()
    assert np.array_equal(given_.luma, luma)
    assert np.array_equal(given_.picture().y, y)
    assert np.array_equal(shown.picture().y, shown.picture().y), "the picture can be asked for again"


def test_zones_that_overlap_hide_what_any_of_them_hides() -> None:
    shown = mask(SQUARE, LEFT).hide(noisy_frame())
    both = cover(SQUARE, HEIGHT, WIDTH) | cover(LEFT, HEIGHT, WIDTH)
    assert np.array_equal(shown.luma == 0, both)


def test_other_kinds_of_zone_hide_nothing() -> None:
    given_ = noisy_frame()
    zones = [zone(*SQUARE, kind=kind) for kind in ("watch", "ignore", "entry")]
    assert PrivacyMask(zones).hide(given_) is given_
    assert given_.visible is None


def test_a_watch_zone_does_not_show_what_a_privacy_zone_hides() -> None:
    shown = PrivacyMask([zone(*SQUARE), zone(*EVERYWHERE, kind="watch")]).hide(noisy_frame())
    assert not shown.luma[cover(SQUARE, HEIGHT, WIDTH)].any()


def test_what_is_visible_is_the_same_object_until_the_size_changes() -> None:
    one = mask(SQUARE)
    first, second, other = (one.hide(each) for each in (noisy_frame(), noisy_frame(), noisy_frame(120, 160)))
    assert first.visible is second.visible
    assert other.visible is not None
    assert other.visible.shape == other.luma.shape


def phases(found: Iterable[Event]) -> list[Phase]:
    return [event.phase for event in found if event.phase is not Phase.IMPROVED]


def film_in(outline: tuple[Point, ...], draw: Draw) -> Iterator[Frame]:
    """Yield a film in which a walker walks, and beneath *outline* there is what *draw* draws and nothing elsewhere."""
    inside = cover(outline, HEIGHT, WIDTH)

    def beneath(canvas: Canvas, at_s: float) -> None:
        other = canvas.copy()
        draw(other, at_s)
        canvas[inside] = other[inside]

    return film(16, walker(3, 12), beneath)


def riot(canvas: Canvas, at_s: float) -> None:
    """Draw people everywhere, and a lamp that goes on and off."""
    for number in range(6):
        person(canvas, 30 + (25 * number + 60 * at_s) % 260, 60 + 30 * number, 60, at_s)
    canvas *= 1.0 + 0.5 * (int(at_s) % 2)


def looked_through(frames: Iterable[Frame]) -> list[Step]:
    pipeline = Pipeline("front", MotionSettings(), ())
    return [pipeline.step(each) for each in frames]


@pytest.mark.parametrize("outline", [SQUARE, LEFT, SLANTED, MOST])
def test_whatever_happens_in_a_privacy_zone_changes_nothing_found_or_learned(
    outline: tuple[Point, ...],
) -> None:
    quiet = looked_through(hidden(film_in(outline, lambda canvas, at_s: None), outline))
    loud = looked_through(hidden(film_in(outline, riot), outline))
    assert quiet == loud
    assert any(step.events for step in quiet), "the walker is still found beside it"


def test_without_its_zone_the_same_riot_would_be_told() -> None:
    assert opened(events(film_in(LEFT, riot)))[0].opened_s < 3


CHANGES: Sequence[tuple[tuple[tuple[Point, ...], ...], ...]] = [
    ((), (SQUARE,)),
    ((SQUARE,), ()),
    ((LEFT,), (RIGHT,)),
    ((SLANTED,), (SLANTED, RIGHT)),
    ((MOST,), ()),
    ((), (EVERYWHERE,)),
    ((EVERYWHERE,), ()),
    ((LEFT,), (tuple((x + 0.05, y) for x, y in LEFT),)),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_zone_that_is_switched_on_or_off_or_moved_is_no_event(
    before: tuple[tuple[Point, ...], ...], after: tuple[tuple[Point, ...], ...], fps: float
) -> None:
    masks = (mask(*before), mask(*after))
    frames = (masks[each.taken_s >= 6].hide(each) for each in film(14, fps=fps))
    assert events(frames) == []


def test_a_zone_that_is_dragged_about_for_seconds_is_no_event() -> None:
    masks = [mask(tuple((x + 0.02 * step, y) for x, y in LEFT)) for step in range(30)]
    frames = (masks[min(max(each.index - 60, 0), 29)].hide(each) for each in film(14))
    assert events(frames) == []


def test_whoever_walks_while_a_zone_is_switched_on_is_still_told_of() -> None:
    masks = (mask(), mask(LEFT))
    frames = (masks[each.taken_s >= 5].hide(each) for each in film(20, walker(4, 20, speed=25)))
    found = events(frames)
    assert phases(found) == [Phase.OPENED, Phase.ENDED]
    assert found[-1].last_s > 10


@pytest.mark.parametrize("outline", [SQUARE, LEFT, SLANTED, MOST])
@pytest.mark.parametrize("factor", [1.35, 0.6])
def test_light_beside_a_privacy_zone_is_light(outline: tuple[Point, ...], factor: float) -> None:
    assert events(hidden(film(14, light(6, factor)), outline)) == []
    assert events(hidden(film(14, light(5, factor, fade_s=3)), outline)) == []


def glow(canvas: Canvas, at_s: float) -> None:
    """Add light, as fog or a lamp behind the camera does."""
    if at_s >= 6:
        canvas += 25.0


@pytest.mark.parametrize("outline", [SQUARE, SLANTED, MOST])
def test_light_that_is_added_has_no_edge_at_a_privacy_zone(outline: tuple[Point, ...]) -> None:
    assert events(hidden(film(14, glow), outline)) == []


@pytest.mark.parametrize("strength", [12.0, 30.0])
def test_noise_beside_a_large_privacy_zone_is_noise(strength: float) -> None:
    assert events(hidden(film(12, noise=strength), MOST)) == []


def test_a_walker_comes_out_of_a_large_privacy_zone_and_is_found_with_a_box_outside_of_it() -> None:
    (event,) = opened(events(hidden(film(16, walker(3, 12)), MOST)))
    assert event.box.x + event.box.w / 2 > 0.4


def test_a_picture_that_is_hidden_altogether_has_no_event() -> None:
    taken = looked_through(hidden(film(8, walker(1, 7)), EVERYWHERE))
    assert not any(step.events or step.tracks or step.motion.score for step in taken)


@settings(max_examples=25)
@given(
    hnp.arrays(np.uint8, (6, 48, 64), elements=st.integers(0, 255)),
    st.lists(st.sampled_from([SQUARE, LEFT, RIGHT, SLANTED, MOST, EVERYWHERE]), max_size=3),
)
def test_any_frames_under_any_zones_are_taken(lumas: np.ndarray, outlines: list[tuple[Point, ...]]) -> None:
    frames = [frame(luma, index / 10, index) for index, luma in enumerate(lumas)]
    for each, step in zip(frames, looked_through(hidden(frames, *outlines)), strict=True):
        assert 0 <= step.motion.score <= 1, each.index
