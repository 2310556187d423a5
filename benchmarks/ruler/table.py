"""The result as aligned text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.ruler.beside import Beside
from benchmarks.ruler.cost import Cost
from benchmarks.ruler.metrics import Row
from benchmarks.ruler.result import Measured, Result

NOTHING: Final = "-"
"""Not measured, or not to be had from this one."""
DETECTOR_HEAD: Final = (
    "detector", "events", "any", "lat50 s", "max s", "recall", "IoU", "box hit", "pixel F", "false", "false/h",
    "vote/h", "f.frames", "region", "ms/frame",
)  # fmt: skip
PROGRAM_HEAD: Final = ("program", "events", "lat50 s", "max s", "false", "false/h", "ms/frame", "start s", "peak MB")
LEGEND: Final = """\
events: those that a box hit, of all; any: with an alarm anywhere; lat: from plainly in view to the first hit;
recall, IoU: over frames with a moving thing; box hit, pixel F: on masks; false, false/h, vote/h, f.frames: alarms
with nothing there, counted once per 10 s, an hour of quiet, after a vote of 3 of 5 frames, as a share of the quiet
frames; region: share of the frames with a box where all are false; ms/frame: least-median-most of a clip."""
PROGRAM_LEGEND: Final = """\
Whole processes: an event is found by an alarm at any place during it. ms/frame (least-median-most of a clip): CPU of
the whole process less its start, with decoding, over the frames that the detectors above see of the clip; start: CPU
on a blank second. motion plays a file at the pace of a camera, so its row is not the same twice."""


def as_text(result: Result) -> str:
    """Return one table of the detectors, one of their costs and one of the whole programs, as far as measured."""
    parts = []
    if result.detectors:
        clips = len(next(iter(result.detectors.values())).clips)
        rows = [line for name, one in result.detectors.items() for line in _detector_lines(name, one)]
        parts += [f"{clips} clips", aligned((DETECTOR_HEAD, *rows)), LEGEND]
    for size, costs in result.costs.items():
        rows = [_cost_line(name, cost) for name, cost in costs.items()]
        head = ("us/frame", "least", "median", "most", "times")
        parts += [f"{size}, in turns, block by block", aligned((head, *rows))]
    if result.programs:
        clips = max(beside.row.clips for beside in result.programs.values())
        rows = [_program_line(name, beside) for name, beside in result.programs.items()]
        parts += [f"whole programs on {clips} clips", aligned((PROGRAM_HEAD, *rows)), PROGRAM_LEGEND]
    return "\n\n".join(parts)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return *rows*, all of one length, in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _detector_lines(name: str, one: Measured) -> list[list[str]]:
    lines = [_detector_line(name, one.alarms, _range(one.cpu_ms))]
    if one.with_candidates is not None:
        lines.append(_detector_line(f"{name} + candidates", one.with_candidates, NOTHING))
    return lines


def _detector_line(name: str, row: Row, cost: str) -> list[str]:
    return [
        name,
        f"{row.detected}/{row.events}",
        str(row.alarmed),
        _number(row.latency_median_s, 1),
        _number(row.latency_longest_s, 1),
        _number(row.frame_recall, 2),
        _number(row.iou, 2),
        _number(row.box_hit, 2),
        _number(row.pixel_f1, 2),
        str(row.false_events),
        _number(row.false_events_per_hour, 0),
        _number(row.voted_false_events_per_hour, 0),
        _number(row.false_frame_share, 4),
        _number(row.false_region_share, 2),
        cost,
    ]


def _program_line(name: str, beside: Beside) -> list[str]:
    row = beside.row
    return [
        name,
        f"{row.alarmed}/{row.events}",
        _number(row.latency_median_s, 1),
        _number(row.latency_longest_s, 1),
        str(row.false_events),
        _number(row.false_events_per_hour, 0),
        NOTHING if beside.cpu_ms is None else _range(beside.cpu_ms),
        _number(beside.start_s, 2),
        _number(beside.peak_mb, 0),
    ]


def _cost_line(name: str, cost: Cost) -> list[str]:
    us = (cost.least_us, cost.median_us, cost.most_us)
    return [name, *(_number(value, 0) for value in us), f"{cost.times:.3f}"]


def _range(values: tuple[float, float, float]) -> str:
    return "-".join(_number(value, 2) for value in values)


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"
