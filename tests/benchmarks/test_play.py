from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from benchmarks.ruler import choice
from benchmarks.ruler.cost import BLOCK, WARM_BLOCKS, costs
from benchmarks.ruler.metrics import Found, summed
from benchmarks.ruler.play import play
from pisecurity.core.types import Box, Plane
from tests.benchmarks.values import FPS, SIZE, ListedClip, person

THERE = Box(0.4, 0.4, 0.2, 0.2)
LATE = 65
CLIP = ListedClip([(person(THERE),) if 60 <= number < 90 else () for number in range(120)])


@dataclass
class Scripted:
    """Alarms from frame *since* to the end of the person, and notes what it gets."""

    since: int
    log: list[tuple[str, float]] = field(default_factory=list)
    name: str = ""

    def step(self, luma: Plane, taken_s: float) -> Found:
        self.log.append((self.name, taken_s))
        number = round(taken_s * FPS)
        return Found((THERE,)) if self.since <= number < 90 else Found()


def test_each_detector_is_scored_by_its_own_alarms() -> None:
    played = play(
        CLIP, {"early": lambda *_: Scripted(60), "late": lambda *_: Scripted(LATE), "deaf": lambda *_: Scripted(999)}
    )
    rows = {name: summed([each.score]) for name, each in played.items()}
    assert {name: row.detected for name, row in rows.items()} == {"early": 1, "late": 1, "deaf": 0}
    assert rows["early"].latency_median_s == 0
    assert rows["late"].latency_median_s == pytest.approx((LATE - 60) / FPS)
    assert all(each.cpu_ms >= 0 for each in played.values())


def test_a_detector_is_made_for_the_clip_and_gets_every_frame_with_its_time() -> None:
    log: list[tuple[str, float]] = []
    made: list[tuple[int, int, float]] = []

    def make(width: int, height: int, fps: float) -> Scripted:
        made.append((width, height, fps))
        return Scripted(999, log)

    play(CLIP, {"one": make})
    assert made == [(*SIZE, FPS)]
    assert [at for _, at in log] == [number / FPS for number in range(CLIP.frames)]


def test_the_detectors_take_turns_in_being_first() -> None:
    log: list[tuple[str, float]] = []
    play(CLIP, {name: lambda *_, name=name: Scripted(999, log, name) for name in "abc"})
    assert "".join(name for name, _ in log[:9]) == "abcbcacab"


def test_a_clip_without_a_frame_is_named() -> None:
    with pytest.raises(ValueError, match="listed: has no frame"):
        play(ListedClip([]), {"one": lambda *_: Scripted(999)})


def test_cost_goes_block_by_block_and_its_unit_is_the_yardstick() -> None:
    log: list[tuple[str, float]] = []
    makers = {name: lambda *_, name=name: Scripted(999, log, name) for name in "ab"}
    cost = costs(CLIP, makers, "b", blocks=2)
    order = "".join(name for name, _ in log[::BLOCK])
    assert order == "abbaabbaab"[: 2 * (WARM_BLOCKS + 2)]
    assert cost["b"].times == 1
    assert all(each.least_us <= each.median_us <= each.most_us for each in cost.values())
    times = [at for name, at in log if name == "a"]
    assert times == pytest.approx([number / FPS for number in range((WARM_BLOCKS + 2) * BLOCK)])


def test_of_two_clips_with_one_name_the_second_is_left_out_and_named() -> None:
    first, second = ListedClip([(), ()], name="yard"), ListedClip([()], name="yard")
    kept, lines = choice._by_name([first, second, ListedClip([()], name="hall")])
    assert [clip.name for clip in kept] == ["yard", "hall"]
    assert kept[0] is first
    assert lines == ("yard: two clips have this name, and the second one is left out; rename it",)
