from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ruler.detectors import DETECTORS, OURS, YARDSTICK, Detector, matching
from benchmarks.ruler.metrics import Found
from pisecurity.core.types import Plane

WIDTH, HEIGHT, FPS = 160, 120, 10.0
PEERS = sorted(name for name in DETECTORS if not name.startswith(OURS))


def planes(count: int, moving_from: int) -> list[Plane]:
    """Return a noisy grey wall, and from *moving_from* on a bright block that walks over it."""
    rng = np.random.default_rng(7)
    shown = []
    for number in range(count):
        plane = np.clip(rng.normal(90, 2, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
        if number >= moving_from:
            left = 20 + 3 * (number - moving_from)
            plane[40:90, left : left + 24] = 220
        shown.append(plane)
    return shown


def watch(detector: Detector, shown: list[Plane]) -> list[Found]:
    return [detector.step(plane, number / FPS) for number, plane in enumerate(shown)]


@pytest.mark.parametrize("name", DETECTORS)
def test_a_walking_block_is_found_where_it_is_and_an_empty_wall_is_silent(name: str) -> None:
    found = watch(DETECTORS[name](WIDTH, HEIGHT, FPS), planes(60, 45))
    assert not any(each.boxes for each in found[30:45])
    (box,) = found[-1].boxes
    left = (20 + 3 * 14) / WIDTH
    for value, true in zip((box.x, box.y, box.w, box.h), (left, 40 / HEIGHT, 24 / WIDTH, 50 / HEIGHT), strict=True):
        assert value == pytest.approx(true, abs=0.12)


def test_what_ours_has_not_confirmed_yet_is_a_candidate() -> None:
    found = watch(DETECTORS[OURS](WIDTH, HEIGHT, FPS), planes(60, 45))
    first_seen = next(number for number, each in enumerate(found) if each.candidates)
    first_alarm = next(number for number, each in enumerate(found) if each.boxes)
    assert 45 <= first_seen < first_alarm


def test_ours_tells_no_mask_and_the_others_do() -> None:
    shown = planes(2, 99)
    assert watch(DETECTORS[OURS](WIDTH, HEIGHT, FPS), shown)[-1].mask is None
    shapes = {name: _mask_of(watch(DETECTORS[name](WIDTH, HEIGHT, FPS), shown)[-1]).shape for name in PEERS}
    full, half = (HEIGHT, WIDTH), (HEIGHT // 2, WIDTH // 2)
    assert shapes == {"knn": full, "knn/2": half, "mog2": full, YARDSTICK: half}


def _mask_of(found: Found) -> Plane:
    assert found.mask is not None
    return found.mask


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_leaves_its_plane_as_it_is(name: str) -> None:
    detector = DETECTORS[name](WIDTH, HEIGHT, FPS)
    for number, plane in enumerate(planes(10, 5)):
        before = plane.copy()
        detector.step(plane, number / FPS)
        assert np.array_equal(plane, before)


def test_a_shadow_is_not_what_the_others_call_moving() -> None:
    texture = np.random.default_rng(3).integers(80, 160, (HEIGHT, WIDTH), np.uint8)
    shadow = texture.copy()
    shadow[30:100, 40:120] = (texture[30:100, 40:120] * 0.75).astype(np.uint8)
    (*_, found) = watch(DETECTORS["mog2"](WIDTH, HEIGHT, FPS), [texture] * 40 + [shadow])
    assert found.boxes == ()


def test_globs_choose_in_the_order_of_the_names() -> None:
    names = list(DETECTORS)
    assert matching(names, ["knn*", "ours"]) == ["ours", "knn", "knn/2"]
    assert matching(names, ["*"]) == names


def test_a_name_that_fits_nothing_is_named() -> None:
    with pytest.raises(ValueError, match=r"vibe: fits none of ours, .*, mog2"):
        matching(list(DETECTORS), ["ours", "vibe"])


def test_box_is_in_shares() -> None:
    found = watch(DETECTORS[YARDSTICK](WIDTH, HEIGHT, FPS), planes(60, 45))[-1]
    assert all(box.x + box.w <= 1 and box.y + box.h <= 1 for box in found.boxes)
