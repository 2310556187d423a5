"""Masks and what is in them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ruler.pixels import Pixels, compared, things
from pisecurity.core.types import Box, Plane

SIZE = (160, 120)


def truth() -> Plane:
    mask = np.zeros((120, 160), np.uint8)
    mask[20:60, 40:60] = 255
    mask[60:70, 40:100] = 50
    mask[90:120, :] = 85
    mask[90:120, 80:] = 170
    return mask


def test_the_true_mask_is_right_in_every_pixel() -> None:
    found = compared((truth() == 255).astype(np.uint8), truth())
    assert found == Pixels(right=800, false=0, missed=0)
    assert (found.precision, found.recall, found.f1) == (1, 1, 1)


def test_a_shadow_is_background_and_what_is_unknown_is_not_counted() -> None:
    assert compared(np.full((120, 160), 1, np.uint8), truth()) == Pixels(right=800, false=160 * 90 - 800)
    assert compared(np.zeros((120, 160), np.uint8), truth()) == Pixels(missed=800)


def test_a_mask_of_half_the_size_is_brought_to_the_size_of_the_truth() -> None:
    assert compared((truth()[::2, ::2] == 255).astype(np.uint8), truth()).f1 == 1


def test_where_nothing_is_there_is_no_share() -> None:
    assert (Pixels().precision, Pixels().recall, Pixels().f1) == (None, None, None)


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    pixels = Pixels(right=30, false=10, missed=30)
    assert (pixels.precision, pixels.recall) == (0.75, 0.5)
    assert pixels.f1 == pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5))


def test_each_connected_thing_has_its_box() -> None:
    mask = truth()
    mask[80:88, 120:150] = 255
    mask[5:7, 5:7] = 255  # too small to be a thing
    assert things(mask, SIZE) == (
        Box(40 / 160, 20 / 120, 20 / 160, 40 / 120),
        Box(120 / 160, 80 / 120, 30 / 160, 8 / 120),
    )


def test_a_thing_cut_by_a_thin_post_is_one_thing() -> None:
    mask = truth()
    mask[:, 50:52] = 0
    assert things(mask, SIZE) == (Box(40 / 160, 20 / 120, 20 / 160, 40 / 120),)


def test_a_mask_at_another_scale_has_the_same_things() -> None:
    large = np.repeat(np.repeat(truth(), 2, axis=0), 2, axis=1)
    assert things(large, SIZE) == things(truth(), SIZE)


def test_an_empty_mask_has_no_thing() -> None:
    assert things(np.zeros((120, 160), np.uint8), SIZE) == ()
