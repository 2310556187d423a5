"""What a USB camera is told to send, and which of its frames are handed on: pure decisions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.adapters.cameras.v4l2.choice import Choice, Offer, Wanted, choose, fitted
from pisecurity.adapters.cameras.v4l2.order import Order


def rates(*fps: float) -> tuple[Fraction, ...]:
    return tuple(Fraction(each).limit_denominator(1001) for each in sorted(fps))


HD = Wanted(1280, 720, 10)
C270 = (
    Offer("YUYV", 640, 480, rates(5, 10, 15, 30)),
    Offer("YUYV", 1280, 720, rates(5, 7.5)),
    Offer("YUYV", 1280, 960, rates(5, 7.5)),
    Offer("MJPG", 640, 480, rates(5, 10, 15, 30)),
    Offer("MJPG", 1280, 720, rates(5, 10, 15, 30)),
)
"""A common webcam. Source: v4l2-ctl --list-formats-ext of a Logitech C270, shortened."""


@pytest.mark.parametrize(
    ("offers", "wanted", "expected"),
    [
        (C270, HD, ("MJPG", 1280, 720, 10)),
        (C270, Wanted(1280, 720, 5), ("YUYV", 1280, 720, 5)),
        (C270, Wanted(640, 480, 12), ("YUYV", 640, 480, 15)),
        (C270, Wanted(1280, 960, 10), ("YUYV", 1280, 960, 7.5)),
        (C270, Wanted(1920, 1080, 10), ("MJPG", 1280, 720, 10)),
        (C270, Wanted(640, 360, 10), ("MJPG", 1280, 720, 10)),
        (C270, Wanted(320, 240, 30), ("YUYV", 640, 480, 30)),
        ((Offer("YUYV", 640, 480, rates(29.97)),), Wanted(640, 480, 30), ("YUYV", 640, 480, 29.97)),
        ((Offer("GREY", 1280, 720, rates(30)), Offer("MJPG", 1280, 720, rates(30))), HD, ("MJPG", 1280, 720, 30)),
        ((Offer("GREY", 640, 480, rates(30)),), HD, ("GREY", 640, 480, 30)),
        ((Offer("YUYV", 1024, 576, rates(30)), Offer("YUYV", 1280, 800, rates(30))), HD, ("YUYV", 1024, 576, 30)),
    ],
)
def test_size_comes_first_then_rate_then_cost(
    offers: tuple[Offer, ...], wanted: Wanted, expected: tuple[str, int, int, float]
) -> None:
    choice = choose(offers, wanted)
    assert choice is not None and choice.rate is not None
    assert (choice.offer.format, *choice.offer.size) == expected[:3]
    assert float(choice.rate) == pytest.approx(expected[3], abs=0.001)


def test_a_camera_that_does_not_say_its_rates_is_taken_at_its_size() -> None:
    silent = Offer("YUYV", 1280, 720)
    assert choose((Offer("YUYV", 640, 480, rates(30)), silent), HD) == Choice(silent, None)


@pytest.mark.parametrize("offers", [(), (Offer("H264", 1280, 720),), (Offer("YUYV", 8, 8),)])
def test_nothing_that_can_be_read_is_no_choice(offers: tuple[Offer, ...]) -> None:
    assert choose(offers, HD) is None


SOME_OFFERS = st.builds(
    Offer,
    st.sampled_from(["YUYV", "MJPG", "H264", "GREY"]),
    st.sampled_from([320, 640, 800, 1280, 1920]),
    st.sampled_from([180, 240, 360, 480, 720, 1080]),
    st.lists(st.sampled_from(rates(5, 7.5, 10, 15, 25, 30)), max_size=4, unique=True).map(lambda r: tuple(sorted(r))),
)


@given(st.lists(SOME_OFFERS, max_size=8), st.sampled_from([5, 10, 30]))
def test_an_exact_size_is_never_passed_over_and_no_rate_is_made_up(offers: list[Offer], fps: int) -> None:
    wanted = Wanted(1280, 720, fps)
    choice = choose(offers, wanted)
    readable = [offer for offer in offers if offer.format != "H264"]
    assert (choice is None) == (not readable)
    if choice is None:
        return
    assert choice.offer in readable
    assert choice.offer.size == (1280, 720) or all(offer.size != (1280, 720) for offer in readable)
    assert choice.rate is None if not choice.offer.rates else choice.rate in choice.offer.rates
    if choice.rate is not None and choice.rate < fps * 0.98:
        assert choice.rate == max(choice.offer.rates), "the fastest when none is fast enough"


@given(st.integers(1, 5000), st.integers(1, 2000), st.integers(0, 3000), st.integers(0, 16))
def test_a_range_gives_a_size_of_its_own_steps(wanted: int, least: int, more: int, step: int) -> None:
    came = fitted(wanted, least, least + more, step)
    assert least <= came <= least + more
    assert (came - least) % max(1, step) == 0
    if least <= wanted <= least + more:
        assert abs(came - wanted) < max(1, step)


def delivered(order: Order, frames: list[tuple[int, float]]) -> list[int]:
    """Return the indices of what *order* hands on of frames with these numbers and times."""
    return [order.number(taken_s) for sequence, taken_s in frames if order.takes(sequence, taken_s)]


def test_frames_of_a_camera_at_the_asked_rate_are_all_handed_on() -> None:
    frames = [(5 + n, 100 + n / 10 + 0.04 * (n % 2)) for n in range(40)]
    assert delivered(Order(10, 10.0), frames) == list(range(40))


def test_a_lost_frame_is_a_gap() -> None:
    frames = [(n, n / 10) for n in range(20) if n not in (4, 9, 10)]
    assert delivered(Order(10, 10.0), frames) == [n for n in range(20) if n not in (4, 9, 10)]


@pytest.mark.parametrize("camera_fps", [9.97, 10.03, 15, 25, 29.97, 30])
def test_thinning_and_the_drift_of_two_clocks_are_no_gap(camera_fps: float) -> None:
    frames = [(n, n / camera_fps) for n in range(round(60 * camera_fps))]
    indices = delivered(Order(10, camera_fps), frames)
    assert indices == list(range(len(indices)))
    assert len(indices) == pytest.approx(min(600, 60 * camera_fps), abs=2 if camera_fps != 10.03 else 3)


def test_a_thinned_camera_that_loses_single_frames_has_lost_nothing_of_what_is_handed_on() -> None:
    frames = [(n, n / 30) for n in range(300) if n % 7]
    indices = delivered(Order(10, 30.0), frames)
    assert indices == list(range(len(indices)))
    assert len(indices) == pytest.approx(100, abs=2)


def test_a_thinned_camera_that_loses_a_second_shows_the_gap_in_what_is_handed_on() -> None:
    frames = [(n, n / 30) for n in range(300) if not 90 <= n < 135]
    indices = delivered(Order(10, 30.0), frames)
    gaps = [after - before for before, after in pairwise(indices) if after - before > 1]
    assert gaps == [pytest.approx(16, abs=1)]


def test_a_camera_that_sends_more_than_it_says_is_thinned_after_a_while() -> None:
    frames = [(n, n / 30) for n in range(300)]
    order = Order(10, 10.0)
    taken = [taken_s for sequence, taken_s in frames if order.takes(sequence, taken_s)]
    assert len([taken_s for taken_s in taken if taken_s >= 5]) == pytest.approx(50, abs=1)


def test_a_camera_that_slows_down_in_the_dark_is_no_longer_thinned() -> None:
    order = Order(10, 30.0)
    frames = [(n, n / 9) for n in range(200)]
    assert len(delivered(order, frames)) >= 198


@pytest.mark.parametrize("numbers", [[0] * 10, [7, 8, 9, 0, 1, 2, 3], [2**32 - 2, 2**32 - 1, 0, 1]])
def test_a_camera_that_counts_badly_has_no_gaps(numbers: list[int]) -> None:
    frames = [(sequence, n / 10) for n, sequence in enumerate(numbers)]
    assert delivered(Order(10, 10.0), frames) == list(range(len(numbers)))


def test_a_frame_that_was_taken_and_not_handed_on_is_a_gap() -> None:
    order = Order(10, None)
    assert order.takes(0, 0.0)
    assert order.number(0.0) == 0
    assert order.takes(1, 0.1)
    order.loses()
    assert order.takes(2, 0.2)
    assert order.number(0.2) == 2
