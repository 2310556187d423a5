"""Where in the picture movement counts.

A thing is in the zone that holds its foot point: the middle of the lower edge of its box, because that is where
a person touches the ground. An ignore zone also takes what lies in it by three quarters or more, such as a
bush whose box ends just below the zone. A zone with a size of its own holds only what is large enough. A zone with
modes of its own says in which modes a thing counts; which of them it is, ``core.alarm.rules`` alone knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import ARMED_MODES, MODES, Box, Mode
from pisecurity.settings import EVERY_MODE, ZoneSettings

Shares = NDArray[np.float64]

GRID = 256
"""Cells in a row and in a column over the picture."""
_IGNORED_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing is, and whether it counts there."""

    zones: frozenset[str]
    """Names of the watch and entry zones that hold its foot point."""
    entry: frozenset[Mode]
    """Armed modes in which one of them is an entry zone."""
    objection: str
    """Why it does not count here in the modes that are left out, in a few words; empty when it counts in all."""
    modes: frozenset[Mode]
    """Armed modes in which it counts."""


ANYWHERE = Place(frozenset(), frozenset(), "", ARMED_MODES)


class _Drawn(NamedTuple):
    """A zone on the grid."""

    zone: ZoneSettings
    mask: NDArray[np.bool_]
    modes: frozenset[Mode]


class ZoneMap:
    """The zones of one camera, drawn once on a grid of 256x256 cells over the picture."""

    def __init__(self, zones: Sequence[ZoneSettings]) -> None:
        self._drawn = tuple(
            _Drawn(zone, draw(zone.points), frozenset(MODES[name] for name in zone.modes))
            for zone in zones
            if zone.kind != "privacy"  # black already: nothing is found there
        )
        self._only_inside = any(zone.kind == "watch" for zone in zones)

    def place(self, box: Box, area: float) -> Place:
        """Return where a thing with *box* is, of which *area* moves (share of the picture).

        In a mode that a zone does not name, it is as if the zone were not there; but where a camera has a watch zone,
        nothing counts outside of those that name the mode.
        """
        if not self._drawn:
            return ANYWHERE
        row, column = _cell(box.y + box.h), _cell(box.x + box.w / 2)
        ignoring = [one for one in self._drawn if one.zone.kind == "ignore" and _ignores(one.mask, box, row, column)]
        holding = [one for one in self._drawn if one.zone.kind != "ignore" and one.mask[row, column]]
        inside = [one for one in holding if area >= one.zone.min_area]
        modes = _modes(inside)
        if not self._only_inside:
            modes |= ARMED_MODES - _modes(holding)
        modes -= _modes(ignoring)
        return Place(
            zones=frozenset(one.zone.name for one in inside),
            entry=modes & _modes(one for one in inside if one.zone.kind == "entry"),
            objection="" if modes == ARMED_MODES else self._objection(ignoring, holding, area, modes),
            modes=modes,
        )

    def _objection(
        self, ignoring: Sequence[_Drawn], holding: Sequence[_Drawn], area: float, modes: frozenset[Mode]
    ) -> str:
        """Return why what counts in *modes* alone does not in the others; each reason with its modes, unless all."""
        modes_of: dict[str, list[str]] = {}
        for name in (name for name in EVERY_MODE if MODES[name] not in modes):
            ignored, held = ([one.zone for one in drawn if name in one.zone.modes] for drawn in (ignoring, holding))
            modes_of.setdefault(self._reason(ignored, held, area), []).append(name)
        if len(modes_of) == 1 and not modes:
            return "".join(modes_of)
        return ", ".join(f"{reason} ({', '.join(names)})" for reason, names in modes_of.items())

    def _reason(self, ignoring: Sequence[ZoneSettings], holding: Sequence[ZoneSettings], area: float) -> str:
        """Return why a thing does not count in a mode whose zones these are."""
        if self._only_inside and not holding:
            return "outside the watch zones"
        if ignoring:
            return f"in ignore zone {ignoring[0].name}"
        least = min(holding, key=lambda zone: zone.min_area)
        return f"too small for zone {least.name}: size {area:.4f}, needs {least.min_area:g}"


def _ignores(mask: NDArray[np.bool_], box: Box, row: int, column: int) -> bool:
    return bool(mask[row, column]) or _covered(mask, box) >= _IGNORED_SHARE


def _modes(drawn: Iterable[_Drawn]) -> frozenset[Mode]:
    return frozenset().union(*(one.modes for one in drawn))


def draw(points: Sequence[tuple[float, float]], height: int = GRID, width: int = GRID) -> NDArray[np.bool_]:
    """Return the (*height*, *width*) cells whose centre lies in the polygon of *points* (shares of the picture).

    Even-odd rule on half-open edges, so that two zones that share an edge never share a cell.
    """
    centres, across = ((np.arange(cells) + 0.5) / cells for cells in (height, width))
    x0, y0, x1, y1 = edges(points)
    edge, row = np.nonzero((centres >= y0) & (centres < y1))
    x0, y0, x1, y1 = (ends[edge, 0] for ends in (x0, y0, x1, y1))
    column = np.searchsorted(across, x0 + (centres[row] - y0) / (y1 - y0) * (x1 - x0))
    # The outline goes round, so each row crosses it an even number of times: in and out in turn.
    turns = np.lexsort((column, row))
    into, out = turns[::2], turns[1::2]
    inside = np.zeros((height, width), np.bool_)
    fill(inside, row[into], column[into], column[out])
    return inside


def edges(points: Sequence[tuple[float, float]]) -> tuple[Shares, Shares, Shares, Shares]:
    """Return x and y of the upper and of the lower end of each of the n edges of a polygon: four of (n, 1) shares.

    From the upper end to the lower, so that both zones of a shared edge round it alike.
    """
    pairs = zip(points, (*points[1:], points[0]), strict=True)
    (y0, x0), (y1, x1) = np.array([sorted((one[::-1], other[::-1])) for one, other in pairs]).transpose(1, 2, 0)
    return x0[:, np.newaxis], y0[:, np.newaxis], x1[:, np.newaxis], y1[:, np.newaxis]


def fill(mask: NDArray[np.bool_], rows: NDArray[np.intp], first: NDArray[np.intp], end: NDArray[np.intp]) -> None:
    """Set in each of *rows* of *mask* the cells from *first* up to, and without, *end*.

    Row by row is ten times as quick as any one operation on the whole mask of a large picture.
    """
    for row, left, right in zip(rows.tolist(), first.tolist(), end.tolist(), strict=True):
        mask[row, left:right] = True


def _cell(share: float) -> int:
    return min(max(int(share * GRID), 0), GRID - 1)


def _covered(mask: NDArray[np.bool_], box: Box) -> float:
    cells = mask[_cell(box.y) : _cell(box.y + box.h) + 1, _cell(box.x) : _cell(box.x + box.w) + 1]
    return float(cells.mean())
