"""What a sample says about the whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ruler.estimate import Sampled, mails_per_week, missed_share

SAMPLES = st.lists(st.builds(Sampled, st.integers(0, 3), st.floats(0.1, 200)), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("mails", "low", "high"),
    [(0, 0, 3.6889), (1, 0.0253, 5.5716), (2, 0.2422, 7.2247), (10, 4.7954, 18.3904), (100, 81.364, 121.627)],
)
def test_scenes_of_equal_weight_have_the_exact_poisson_limits(mails: int, low: float, high: float) -> None:
    """The limits are those of Garwood's table, here of a week that is sampled whole."""
    found = mails_per_week([Sampled(1, 1.0)] * mails + [Sampled(0, 1.0)] * 50)
    assert found.value == mails
    assert found.low == pytest.approx(low, abs=1e-3)
    assert found.high == pytest.approx(high, abs=1e-3)


def test_the_weight_of_all_scenes_scales_value_and_limits() -> None:
    one, ten = (mails_per_week([Sampled(1, weight), Sampled(0, weight)] * 3) for weight in (1.0, 10.0))
    assert (ten.value, ten.low, ten.high) == pytest.approx((10 * one.value, 10 * one.low, 10 * one.high))


def test_unequal_weights_have_the_limits_of_their_formula() -> None:
    """Quantiles of gammas with mean 12, variance 102, and with mean 22, variance 202, by SciPy 1.17."""
    found = mails_per_week([Sampled(1, 10.0), Sampled(2, 1.0), Sampled(0, 5.0)])
    assert found.value == 12
    assert found.low == pytest.approx(0.75802463, rel=1e-6)
    assert found.high == pytest.approx(57.33150567, rel=1e-6)


@settings(deadline=None)
@given(SAMPLES)
def test_the_limits_enclose_the_value(sample: list[Sampled]) -> None:
    found = mails_per_week(sample)
    assert 0 <= found.low <= found.value < found.high


@settings(deadline=None)
@given(SAMPLES, st.integers(2, 8))
def test_more_scenes_of_the_same_kind_bring_the_limits_nearer(sample: list[Sampled], times: int) -> None:
    """*times* as many scenes, each standing for so much less of the week."""
    few = mails_per_week(sample)
    many = mails_per_week([Sampled(scene.mails, scene.weight / times) for scene in sample] * times)
    assert many.value == pytest.approx(few.value)
    assert many.high - many.low < few.high - few.low


@settings(deadline=None)
@given(SAMPLES)
def test_more_confidence_takes_wider_limits(sample: list[Sampled]) -> None:
    usual, sure = mails_per_week(sample), mails_per_week(sample, 0.99)
    assert sure.low <= usual.low
    assert sure.high > usual.high


@pytest.mark.parametrize("sample", [[], [Sampled(0, 0.0)], [Sampled(1, float("nan"))]])
def test_a_sample_without_weight_says_nothing(sample: list[Sampled]) -> None:
    with pytest.raises(ValueError, match="weight above 0"):
        mails_per_week(sample)


@pytest.mark.parametrize(
    ("missed", "passes", "high"), [(0, 300, 0.00994), (0, 30, 0.0950), (1, 300, 0.01571), (5, 10, 0.77756)]
)
def test_the_limit_of_missed_intruders_is_the_exact_binomial_one(missed: int, passes: int, high: float) -> None:
    found = missed_share(missed, passes)
    assert (found.value, found.low) == (missed / passes, 0)
    assert found.high == pytest.approx(high, abs=1e-4)


@settings(deadline=None)
@given(st.integers(20, 2000))
def test_with_none_missed_the_limit_is_the_one_of_the_rule_of_three(passes: int) -> None:
    assert missed_share(0, passes).high == pytest.approx(3 / passes, rel=0.08)


@settings(deadline=None)
@given(st.integers(1, 60), st.data())
def test_the_share_lies_below_its_limit_which_falls_with_more_passes(passes: int, data: st.DataObject) -> None:
    missed = data.draw(st.integers(0, passes - 1))
    few, many = missed_share(missed, passes), missed_share(3 * missed, 3 * passes)
    assert few.value < few.high < 1
    assert many.high < few.high


def test_where_all_are_missed_the_limit_is_all() -> None:
    assert missed_share(7, 7).high == 1


@pytest.mark.parametrize(("missed", "passes"), [(-1, 3), (4, 3), (0, 0)])
def test_what_is_no_share_is_refused(missed: int, passes: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        missed_share(missed, passes)
