"""The measurement of the alarm: what it counts, and that it runs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.alarm import STORED_S, figures, stored_s


def test_each_order_is_a_change_that_is_timed(tmp_path: Path) -> None:
    took_s = stored_s(tmp_path / "store", 7)
    assert len(took_s) == 7 and min(took_s) > 0


def test_the_p95_has_a_bar_and_the_others_are_told() -> None:
    median, p95, longest = figures("ordered to stored", [0.001] * 19 + [0.2], STORED_S)
    assert (median.value, median.unit, median.bar) == (1.0, "ms", None)
    assert (p95.value, p95.bar, p95.held) == (1.0, 100.0, True)
    assert (longest.value, longest.bar) == (200.0, None)
    assert not figures("ordered to stored", [0.001] * 18 + [0.2] * 2, STORED_S)[1].held
