"""Noise as a sensor has it, an exposure that follows the light, and the switch to infrared."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from pisecurity.adapters.cameras.stage.curve import FULL, Always
from pisecurity.adapters.cameras.stage.infrared_switch import GLARE_S, SHUT_S, InfraredMode, with_infrared
from pisecurity.adapters.cameras.stage.place import DAY, INFRARED, NIGHT
from pisecurity.adapters.cameras.stage.scene import Scene
from pisecurity.adapters.cameras.stage.script import Script
from pisecurity.adapters.cameras.stage.sensor import DAYLIGHT_SENSOR, NIGHT_SENSOR, AutoExposure, Sensor, SensorNoise


def noise_on(
    sensor: Sensor, level: int, gain: float, frames: int = 40
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return what a sensor adds to an even grey, (frames, H, W)."""
    noise = SensorNoise(np.random.default_rng(1), 160, 120, sensor)
    shown = []
    for number in range(frames):
        plane = np.full((120, 160), level, np.uint8)
        noise.add_luma(plane, gain, np.random.default_rng(number))
        shown.append(plane.astype(np.float64) - level)
    return np.array(shown)


@pytest.mark.parametrize(("sensor", "gain"), [(DAYLIGHT_SENSOR, 1.0), (NIGHT_SENSOR, 1.0), (NIGHT_SENSOR, 4.0)])
@pytest.mark.parametrize("level", [60, 120, 180])
def test_noise_grows_with_the_light_as_documented(sensor: Sensor, gain: float, level: int) -> None:
    expected = gain * math.sqrt(sensor.shot * level / gain + sensor.read**2)
    added = noise_on(sensor, level, gain)
    assert added.std() == pytest.approx(expected, rel=0.05)
    assert abs(added.mean()) < 0.1


def test_noise_of_two_frames_has_nothing_in_common() -> None:
    added = noise_on(NIGHT_SENSOR, 100, 2.0)
    shares = [float(np.corrcoef(one.ravel(), other.ravel())[0, 1]) for one, other in pairwise(added)]
    assert max(abs(share) for share in shares) < 0.06


def test_noise_leaves_no_pattern_over_many_frames() -> None:
    added = noise_on(DAYLIGHT_SENSOR, 100, 1.0, frames=400)
    assert added.mean(axis=0).std() == pytest.approx(added.std() / math.sqrt(400), rel=0.15)
    assert added.mean(axis=(0, 1)).std() < 0.02  # no columns
    assert added.mean(axis=(0, 2)).std() < 0.02  # no rows


def test_the_grain_of_the_night_is_coarser_than_a_pixel_and_that_of_the_day_is_not() -> None:
    def alike(sensor: Sensor) -> float:
        added = noise_on(sensor, 100, 1.0)
        return float(np.corrcoef(added[:, :, 1:].ravel(), added[:, :, :-1].ravel())[0, 1])

    assert abs(alike(DAYLIGHT_SENSOR)) < 0.03
    assert 0.3 < alike(NIGHT_SENSOR) < 0.6


def test_colour_noise_deviates_as_documented() -> None:
    noise = SensorNoise(np.random.default_rng(1), 160, 120, NIGHT_SENSOR)
    plane = np.full((60, 80), 128, np.uint8)
    noise.add_colour(plane, 4.0, np.random.default_rng(2))
    assert plane.std() == pytest.approx(2 * NIGHT_SENSOR.colour, rel=0.1)


@pytest.mark.parametrize(("before", "after"), [(110.0, 30.0), (30.0, 110.0)])
def test_a_step_of_the_light_is_answered_over_about_a_second(before: float, after: float) -> None:
    exposure = AutoExposure()

    def mean(t_s: float) -> float:
        return before if t_s < 5 else after

    start, end = (math.log(exposure.gain(mean, t_s)) for t_s in (4.9, 15.0))

    def answered(t_s: float) -> float:
        return (math.log(exposure.gain(mean, t_s)) - start) / (end - start)

    assert answered(5.0) == pytest.approx(0, abs=0.01)
    assert 0.5 < answered(5.8) < 0.8
    assert answered(8.0) > 0.95
    steps = np.diff([answered(t_s) for t_s in np.arange(4.9, 9.0, 0.02)])
    assert (steps > -1e-9).all()
    assert steps.max() < 0.06  # and in no visible jump


def test_a_steady_light_is_answered_by_a_steady_gain() -> None:
    exposure = AutoExposure(target=100, strength=1.0)
    assert exposure.gain(Always(50.0), 3.0) == pytest.approx(2.0)
    assert exposure.gain(Always(1.0), 3.0) == pytest.approx(exposure.most)


MODE = InfraredMode((4.0, 10.0))
DUSK = Script("front_garden", lights={DAY: Always(0.3), NIGHT: FULL}, noise=Always(1.5))


def test_the_mode_changes_at_each_switch() -> None:
    assert [MODE(t_s) for t_s in (0.0, 4.1, 4.3, 9.9, 10.1, 10.3)] == [0, 0, 1, 1, 1, 0]
    assert InfraredMode((), first=True)(5.0) == 1


def test_in_infrared_the_lamp_lights_the_place_and_there_is_no_colour() -> None:
    script = with_infrared(DUSK, MODE)
    assert [script.lights[INFRARED](t_s) for t_s in (2.0, 7.0, 13.0)] == [0, 1, 0]
    assert script.lights[DAY](2.0) == 0.3
    assert script.lights[DAY](7.0) < 0.3
    assert script.noise(7.0) > script.noise(2.0) == 1.5
    scene = Scene(script, 3, 64, 48)
    coloured = [scene.render(t_s).picture.u.std() > 1 for t_s in (2.0, 4.1, 7.0, 13.0)]
    assert coloured == [True, False, False, True]


def test_a_switch_gives_black_frames_then_glaring_ones_then_settles() -> None:
    scene = Scene(with_infrared(DUSK, MODE), 3, 64, 48)

    def bright(t_s: float) -> float:
        return float(scene.render(t_s).luma.mean())

    black, glaring, settled = bright(4.0 + SHUT_S / 2), bright(4.0 + SHUT_S + GLARE_S / 2), bright(9.0)
    assert black < 0.2 * bright(3.9)
    assert glaring > 1.5 * settled
    assert bright(8.0) == pytest.approx(settled, abs=2)


def test_back_in_colour_the_first_frames_are_too_dark() -> None:
    scene = Scene(with_infrared(DUSK, MODE), 3, 64, 48)
    assert scene.render(10.3).luma.mean() < 0.6 * scene.render(14.0).luma.mean()
    assert scene.render(14.0).luma.mean() == pytest.approx(scene.render(3.0).luma.mean(), abs=1.5)
