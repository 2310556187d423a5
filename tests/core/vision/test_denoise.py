from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.types import Plane
from pisecurity.core.vision.denoise import Denoiser

SCENE = np.random.default_rng(4).integers(60, 180, (30, 40)).repeat(4, axis=0).repeat(4, axis=1).astype(np.uint8)
CALM, WEATHER = 0.0, 20.0
"""New things a second."""


def noisy(sigma: float, frames: int, scene: Plane = SCENE) -> Iterator[Plane]:
    rng = np.random.default_rng(7)
    for _ in range(frames):
        yield np.clip(scene + rng.normal(0, sigma, scene.shape), 0, 255).round().astype(np.uint8)


def cleaned(planes: Iterator[Plane], clutter: float = CALM, fps: float = 10) -> tuple[Denoiser, list[Plane]]:
    denoiser = Denoiser()
    return denoiser, [denoiser.clean(plane, clutter, number / fps) for number, plane in enumerate(planes)]


def test_a_picture_with_little_noise_is_passed_on_as_it_is() -> None:
    planes = list(noisy(0.7, 20))
    _, clean = cleaned(iter(planes))
    assert all(out is plane for out, plane in zip(clean, planes, strict=True))


@pytest.mark.parametrize("fps", [5, 10, 30])
@pytest.mark.parametrize("sigma", [2.0, 4.0, 8.0])
def test_the_noise_that_is_told_is_the_noise_that_is_left(sigma: float, fps: float) -> None:
    denoiser, clean = cleaned(noisy(sigma, round(4 * fps), np.full((120, 160), 100, np.uint8)), fps=fps)
    left = float(np.std(clean[-1]))
    assert denoiser.raw_sigma == pytest.approx(sigma, rel=0.35)
    assert left < 0.45 * sigma
    assert left <= 1.6 * denoiser.sigma


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_tree_in_the_wind_is_no_night(fps: float) -> None:
    rng = np.random.default_rng(5)
    leaves = rng.integers(0, 255, (120, 400)).astype(np.uint8)
    planes = []
    for number, plane in enumerate(noisy(0.7, round(4 * fps))):
        planes.append(plane.copy())
        at = round(60 * number / fps)
        planes[-1][:, :16] = leaves[:, at : at + 16]
    denoiser, clean = cleaned(iter(planes), fps=fps)
    assert not denoiser.smooths
    assert clean[-1] is planes[-1]


@pytest.mark.parametrize(("fps", "by"), [(5, 3), (10, 4)])
def test_less_noise_is_left_where_two_frames_are_close_enough_to_be_averaged(fps: float, by: float) -> None:
    flat = np.full((120, 160), 100, np.uint8)
    denoiser, clean = cleaned(noisy(6.0, round(4 * fps), flat), fps=fps)
    assert denoiser.sigma == pytest.approx(0.3 + denoiser.raw_sigma / by)
    assert float(np.std(clean[-1])) == pytest.approx(denoiser.sigma, rel=0.25)


def test_it_is_switched_with_a_gap_so_that_dusk_does_not_flicker() -> None:
    planes = [*noisy(1.3, 40), *noisy(2.0, 40), *noisy(1.3, 40), *noisy(0.8, 60)]
    _, clean = cleaned(iter(planes))
    smoothed = [out is not plane for out, plane in zip(clean, planes, strict=True)]
    assert sum(a != b for a, b in pairwise(smoothed)) == 2
    assert not smoothed[39]
    assert smoothed[119]
    assert not smoothed[-1]


def test_what_is_in_one_frame_only_is_left_out_while_things_flit_through() -> None:
    flake, planes = 11, [SCENE.copy() for _ in range(20)]
    planes[flake][40:60, 40:50] = 255
    for plane in planes[12:]:
        plane[70:110, 100:115] = 20  # somebody who stays
    _, clean = cleaned(iter(planes), WEATHER)
    assert np.array_equal(clean[flake], SCENE)
    assert np.array_equal(clean[14][70:110, 100:115], planes[14][70:110, 100:115])


def test_the_median_ends_some_seconds_after_the_weather() -> None:
    denoiser, number = Denoiser(), 0
    for number in range(20):
        denoiser.clean(SCENE.copy(), WEATHER, number / 10)
    kept = [denoiser.clean(SCENE, CALM, (number + later) / 10) is SCENE for later in range(1, 130)]
    assert not kept[50]
    assert kept[-1]


def test_frames_far_apart_are_not_mixed() -> None:
    """At 1 frame a second a walker is at three places in three frames, and in the median nowhere."""
    planes = [SCENE.copy() for _ in range(12)]
    for number, plane in enumerate(planes):
        plane[60:80, 10 * number : 10 * number + 8] = 250
    _, clean = cleaned(iter(planes), WEATHER, fps=1)
    assert all(np.array_equal(out, plane) for out, plane in zip(clean, planes, strict=True))


@settings(deadline=None, max_examples=30)
@given(
    st.integers(16, 40), st.integers(16, 40), st.lists(st.floats(0.01, 3600), min_size=1, max_size=12),
    st.floats(0, 50), st.integers(0, 1000),
)  # fmt: skip
def test_any_planes_at_any_pace_give_planes_of_the_same_size(
    height: int, width: int, pauses: list[float], clutter: float, seed: int
) -> None:
    denoiser, rng, now_s = Denoiser(), np.random.default_rng(seed), 0.0
    for pause in pauses:
        now_s += pause
        plane = rng.integers(0, 256, (height, width), np.uint8)
        before = plane.copy()
        out = denoiser.clean(plane, clutter, now_s)
        assert out.shape == (height, width)
        assert out.dtype == np.uint8
        assert np.array_equal(plane, before)
    assert 0 < denoiser.sigma < 256
