"""What a Pi camera is told while it runs."""

from __future__ import annotations

import pytest

from pisecurity.adapters.cameras.picamera2.light import AUTO, FAILED, FOCUSED, MANUAL, START, Lens, Light, Orders
from pisecurity.adapters.machine.gpio import OutputLine
from pisecurity.core.vision.exposure import SETTLE_S
from pisecurity.errors import GpioError
from tests.adapters.cameras.subjects import camera_settings

FOCUS = {"AfMode": (0, 2, 0), "LensPosition": (0.0, 32.0, 1.0)}
GAIN = {"AnalogueGain": (1.0, 16.0, 1.0)}


class Pin(OutputLine):
    """A pin that remembers."""

    def __init__(self) -> None:
        super().__init__(17)
        self.levels: list[bool] = []
        self.broken = False

    def set(self, *, high: bool) -> None:
        if self.broken:
            raise GpioError("GPIO 17 cannot be driven (Device or resource busy)")
        self.levels.append(high)


def evening(light: Light, lux: float, began_s: float, seconds: float = SETTLE_S + 2) -> Orders:
    """Let *lux* shine for some seconds; return all that was ordered."""
    orders: Orders = {}
    for tenth in range(int(seconds * 10)):
        orders |= light.note({"Lux": lux, "ExposureTime": 10_000, "AnalogueGain": 2.0}, began_s + tenth / 10)
    return orders


def test_a_camera_with_its_filter_keeps_its_colours_at_night() -> None:
    light = Light(camera_settings(kind="picamera2"), None)
    assert light.start(GAIN) == {}
    assert evening(light, 0.1, 0) == {}


def test_a_noir_camera_is_grey_at_night_and_has_colours_by_day() -> None:
    light = Light(camera_settings(kind="picamera2", ir_cut="never"), None)
    assert light.start(GAIN) == {"Saturation": 1.0}
    assert evening(light, 0.1, 0) == {"Saturation": 0.0}
    assert evening(light, 400, 100, 30) == {"Saturation": 1.0}


def test_the_filter_is_in_place_by_day_and_away_by_night_also_after_a_new_start() -> None:
    pin = Pin()
    light = Light(camera_settings(kind="picamera2", ir_cut="switched"), pin)
    light.start(GAIN)
    evening(light, 0.1, 0)
    assert pin.levels == [True, False]
    assert light.start(GAIN) == {"Saturation": 0.0}
    assert pin.levels == [True, False, False]


def test_a_pin_that_does_not_move_is_a_trouble_until_it_moves_and_no_end() -> None:
    pin = Pin()
    pin.broken = True
    light = Light(camera_settings(kind="picamera2", ir_cut="switched"), pin)
    light.start(GAIN)
    assert light.trouble() == (
        "its infrared-cut filter does not move, so pictures are dark at night or pink by day: "
        "GPIO 17 cannot be driven (Device or resource busy)"
    )
    pin.broken = False
    evening(light, 0.1, 0)
    assert light.trouble() == ""


def test_a_camera_that_does_not_tell_its_exposure_is_left_alone() -> None:
    light = Light(camera_settings(kind="picamera2", ir_cut="never"), None)
    light.start({})
    assert light.note({}, 1.0) == {}


def test_a_lens_searches_once_and_is_held_where_it_found_the_focus() -> None:
    lens = Lens("front", 0)
    assert lens.start(FOCUS) == {"AfMode": AUTO, "AfTrigger": START}
    assert lens.note({"AfState": 1}) == {}
    assert lens.note({"AfState": FOCUSED, "LensPosition": 2.5}) == {"AfMode": MANUAL, "LensPosition": 2.5}
    assert lens.note({"AfState": FOCUSED, "LensPosition": 3.5}) == {}
    assert lens.start(FOCUS) == {"AfMode": MANUAL, "LensPosition": 2.5}


def test_a_search_in_vain_is_tried_again_with_the_next_start() -> None:
    lens = Lens("front", 0)
    lens.start(FOCUS)
    assert lens.note({"AfState": FAILED}) == {"AfMode": MANUAL, "LensPosition": 1.0}
    assert lens.start(FOCUS) == {"AfMode": AUTO, "AfTrigger": START}


@pytest.mark.parametrize(("metres", "position"), [(4, 0.25), (0.01, 32.0), (1000, 0.0)])
def test_a_distance_is_the_inverse_of_the_position_within_what_the_lens_can_do(metres: float, position: float) -> None:
    assert Lens("front", metres).start(FOCUS) == {"AfMode": MANUAL, "LensPosition": position}


def test_a_camera_without_a_lens_that_moves_says_so_when_asked_to_focus() -> None:
    lens = Lens("front", 2)
    assert lens.start(GAIN) == {}
    assert lens.note({"AfState": FOCUSED}) == {}
    assert lens.remark() == "it has no autofocus, so focus_m is left out"
    still = Lens("front", 0)
    still.start(GAIN)
    assert still.remark() == ""
