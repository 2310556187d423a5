"""The result as a picture: events found against false events per hour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.ruler.detectors import OURS
from benchmarks.ruler.metrics import Row
from benchmarks.ruler.result import Result
from pisecurity.adapters.lettering import Lettering

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 1200, 620
"""Of one panel, in pixels."""
LEFT, RIGHT, TOP, BOTTOM = 110, 1130, 90, 530
"""The field of a panel: its corners are 0 and the largest number of false events, all and no events."""
PAPER, INK, GRID = (255, 255, 255), (40, 40, 40), (225, 225, 225)
PEER, OWN = (150, 120, 60), (40, 60, 200)
LETTERS, HEADLINE = 14, 18
"""Heights of a capital letter."""
TICKS: Final = 5


@dataclass(frozen=True, slots=True)
class Point:
    """One detector or program."""

    name: str
    false_per_hour: float
    found: float
    """Share of the events."""


def drawn(result: Result) -> Image | None:
    """Return a panel of the detectors and one of the whole programs below it, (H, W, 3) BGR.

    None: nothing was measured both on events and on hours without one.
    """
    alarms = {name: (one.alarms, one.alarms.detected) for name, one in result.detectors.items()}
    beside = {name: (one.row, one.row.alarmed) for name, one in result.programs.items()}
    panels = [
        _panel(points, f"{title}, {60 * hours:.1f} minutes with nothing there")
        for title, rows in (("Detectors, frame by frame", alarms), ("Whole programs, by time", beside))
        if (points := _points(rows)) and (hours := max(row.quiet_hours for row, _ in rows.values()))
    ]
    return np.vstack(panels) if panels else None


def write(image: Image, path: Path) -> None:
    """Write *image* as PNG. Raises OSError."""
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def _points(rows: dict[str, tuple[Row, int]]) -> list[Point]:
    return [
        Point(name, row.false_events_per_hour, found / row.events)
        for name, (row, found) in rows.items()
        if row.events and row.false_events_per_hour is not None
    ]


def _panel(points: Sequence[Point], title: str) -> Image:
    image = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    letters = Lettering()
    most = _rounded_up(max(point.false_per_hour for point in points))
    letters.draw(image, title, (LEFT, 48), HEADLINE, INK)
    _grid(image, letters, most)
    taken: list[tuple[int, int, int]] = []
    for point in sorted(points, key=lambda point: (-point.found, point.false_per_hour)):
        _name(image, letters, point, most, taken)
    for point in sorted(points, key=lambda point: point.name == OURS):
        at = _at(point.false_per_hour, point.found, most)
        cv2.circle(image, at, 7, _colour(point), cv2.FILLED, cv2.LINE_AA)
    return image


def _grid(image: Image, letters: Lettering, most: float) -> None:
    for step in range(TICKS + 1):
        x, y = _at(most * step / TICKS, step / TICKS, most)
        cv2.line(image, (x, TOP), (x, BOTTOM), GRID, 1)
        cv2.line(image, (LEFT, y), (RIGHT, y), GRID, 1)
        across, up = f"{most * step / TICKS:g}", f"{step / TICKS:.0%}"
        letters.draw(image, across, (x - letters.width(across, LETTERS) // 2, BOTTOM + 32), LETTERS, INK)
        letters.draw(image, up, (LEFT - 16 - letters.width(up, LETTERS), y + LETTERS // 2), LETTERS, INK)
    letters.draw(image, "events found", (LEFT, TOP - 14), LETTERS, INK)
    under = "false events per hour with nothing there (to the left is better)"
    letters.draw(image, under, (RIGHT - letters.width(under, LETTERS), BOTTOM + 66), LETTERS, INK)


def _name(image: Image, letters: Lettering, point: Point, most: float, taken: list[tuple[int, int, int]]) -> None:
    """Write its name at the first place beside it where no other name stands, with a line to it."""
    x, y = _at(point.false_per_hour, point.found, most)
    width = letters.width(point.name, LETTERS)
    left = x + 16 if x + 16 + width < WIDTH else x - 16 - width
    row = next(row for row in _rows(y) if not any(_meet((left, row, width), other) for other in taken))
    taken.append((left, row, width))
    edge = left - 3 if left > x else left + width + 3
    cv2.line(image, (x, y), (edge, row - LETTERS // 2), _colour(point), 1, cv2.LINE_AA)
    letters.draw(image, point.name, (left, row), LETTERS, _colour(point))


def _colour(point: Point) -> tuple[int, int, int]:
    return OWN if point.name == OURS else PEER


def _rows(y: int) -> Iterator[int]:
    """Yield the baselines of a name beside *y*: there, then below, further and further."""
    return (y + LETTERS // 2 + step * (LETTERS + 8) for step in range(1000))


def _meet(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Return whether two names overlap, each given by left end, baseline and width."""
    return abs(one[1] - other[1]) < LETTERS + 6 and one[0] < other[0] + other[2] and other[0] < one[0] + one[2]


def _at(false_per_hour: float, found: float, most: float) -> tuple[int, int]:
    return LEFT + round((RIGHT - LEFT) * false_per_hour / most), BOTTOM - round((BOTTOM - TOP) * found)


def _rounded_up(value: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is not below *value*, and 10 at least."""
    if value <= 10:
        return 10.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)
