"""How tall a person is at each row of the picture, learned from people who walk through it.

A camera looks at a floor: where the feet are says how far away somebody is. For a camera that does not roll, on a level
floor, height in the picture is linear in the row of the feet (a pinhole camera; both are lengths divided by the same
distance). So a line through what upright people measured is all that is needed to tell a cat from a child.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pisecurity.core.vision.planes import Mat

PETS_FACT = "pets:"
"""Begins the key of the fact that says whether pets are told apart on a camera; the camera's id follows."""
_ANIMALS = {"cat": "cats", "dog": "cats and dogs"}
"""What ``motion.pets`` keeps."""
ROWS = 20
"""Bands of the picture, from its top to its bottom, in which people are measured apart."""
KEPT = 12
"""Newest people kept a band; a camera that is turned is known anew after so many."""
LEAST_PEOPLE = 4
"""Fewer may all have been one child, or one shadow."""
_LEAST_SPREAD = 0.12
"""Of the picture's height that their feet must be apart: a line through one point has any slope."""
_BEYOND = 0.2
"""So far above and below the rows in which people walked the line still holds."""
_FITS = 0.3
"""Bands that differ from the line by more than this share of it are left out: a ladder, a tall dog."""
_LEAST_HEIGHT = 0.05
"""Share of the picture's height; where a person is smaller nothing is told from anything else."""


class Measured(NamedTuple):
    """One person in one band."""

    person: int
    """Tells people apart, within what was learned."""
    height: float
    """Share of the picture's height."""


People = Sequence[Sequence[Measured]]
"""What is known, by band from the top of the picture: ``ROWS`` of them, oldest person first, at most ``KEPT``."""


@dataclass(frozen=True, slots=True)
class _Line:
    slope: float
    at_top: float
    """Height where the feet are at the top of the picture; negative where the horizon is in it."""
    first: float
    last: float
    """Between these rows of the feet it holds."""


class PersonScale:
    """Heights of people by the row of their feet, in shares of the picture's height."""

    def __init__(self) -> None:
        self._heights: Mat = np.full((ROWS, KEPT), np.nan, np.float32)
        self._people = np.zeros((ROWS, KEPT), np.int64)
        self._next = [0] * ROWS
        self._line: _Line | None = None
        self._stale = False
        """Whether the line is still that of fewer people: it is drawn only when somebody asks for a height."""

    def learned(self) -> People:
        """Return who was measured."""
        return tuple(
            tuple(
                Measured(int(self._people[row, slot]), float(self._heights[row, slot]))
                for slot in ((self._next[row] + step) % KEPT for step in range(KEPT))
                if np.isfinite(self._heights[row, slot])
            )
            for row in range(ROWS)
        )

    @staticmethod
    def of(people: People) -> PersonScale:
        """Return a scale that goes on with *people*, measured earlier: the ids of tracks are those of others now."""
        scale = PersonScale()
        for row, measured in enumerate(people):
            for slot, (person, height) in enumerate(measured):
                scale._heights[row, slot], scale._people[row, slot] = height, person
            scale._next[row] = len(measured) % KEPT
        scale._people -= scale._people.max() + 1
        scale._stale = True
        return scale

    def note(self, person: int, feet: float, height: float) -> None:
        """Take note of an upright *person* (the id of a track) of this *height* with the *feet* at that row.

        One person counts once a band, with the mean of what was measured there.
        """
        row = min(int(feet * ROWS), ROWS - 1)
        (same,) = np.nonzero(self._people[row] == person)
        if same.size:
            self._heights[row, same[0]] += 0.5 * (height - self._heights[row, same[0]])
        else:
            slot = self._next[row]
            self._heights[row, slot], self._people[row, slot] = height, person
            self._next[row] = (slot + 1) % KEPT
        self._stale = True

    @property
    def walks(self) -> int:
        """How many people it knows by, of those that are kept."""
        return int(np.unique(self._people[np.isfinite(self._heights)]).size)

    @property
    def known(self) -> bool:
        """Whether it tells a height anywhere."""
        return self._current() is not None

    def height(self, feet: float) -> float | None:
        """Return how tall a person is with the *feet* at that row; None where that is not known."""
        line = self._current()
        if line is None or not line.first <= feet <= line.last:
            return None
        height = line.at_top + line.slope * feet
        return height if height >= _LEAST_HEIGHT else None

    def _current(self) -> _Line | None:
        if self._stale:
            self._line, self._stale = self._fitted(), False
        return self._line

    def _fitted(self) -> _Line | None:
        known = np.isfinite(self._heights)
        bands = np.flatnonzero(known.any(axis=1))
        if self.walks < LEAST_PEOPLE:
            return None
        feet = (bands + 0.5) / ROWS
        heights = np.array([np.median(self._heights[band][known[band]]) for band in bands])
        weights = np.sqrt(known[bands].sum(axis=1))
        line = _line(feet, heights, weights)
        if line is None:
            return None
        expected = np.maximum(line.at_top + line.slope * feet, _LEAST_HEIGHT)
        fits = np.abs(heights - expected) <= _FITS * expected
        return _line(feet[fits], heights[fits], weights[fits])


def pets_in_words(pets: str, scale: PersonScale) -> str:
    """Return whether ``motion.pets``, here *pets*, is in force with what *scale* knows; nothing for none.

    Wherever it is told, it is in these words.
    """
    if pets == "none":
        return ""
    animals, walks = _ANIMALS[pets], scale.walks
    if scale.known:
        return f"{animals} are not told: {walks} walks were seen, {LEAST_PEOPLE} are needed"
    if walks < LEAST_PEOPLE:
        return f"{animals} are still told: {walks} of {LEAST_PEOPLE} walks that are needed were seen"
    return f"{animals} are still told: {walks} walks were seen, but not both near the camera and far from it"


def _line(feet: Mat, heights: Mat, weights: Mat) -> _Line | None:
    if feet.size < 2 or np.ptp(feet) < _LEAST_SPREAD:
        return None
    slope, at_top = np.polyfit(feet, heights, 1, w=weights)
    return (
        _Line(float(slope), float(at_top), float(feet[0]) - _BEYOND, float(feet[-1]) + _BEYOND) if slope > 0 else None
    )
