"""The ``[[zone]]`` tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from pisecurity.settings.table import KeyPath, Share, Table

Point = tuple[Share, Share]
ArmedMode = Literal["home", "away", "night"]
EVERY_MODE: tuple[ArmedMode, ...] = ("home", "away", "night")

LEAST_ZONE_AREA = 0.0001
"""Share of the picture, a hundredth of its width by a hundredth of its height; less is a slip of the pen."""


class ZoneSettings(Table):
    """One ``[[zone]]``."""

    name: str = Field(min_length=1, max_length=40, examples=["Garden path"])
    """Name shown to people."""
    camera: str = Field(examples=["garden"])
    """Id of the camera it lies in."""
    kind: Literal["watch", "ignore", "entry", "privacy"] = Field(examples=["watch"])
    """watch: only here counts (where a camera has any). ignore: never counts here. entry: starts the entry delay.
    privacy: black in every picture, before anything looks at it."""
    points: tuple[Point, ...] = Field(
        min_length=3, max_length=32, examples=[((0.1, 0.4), (0.9, 0.4), (0.9, 1.0), (0.1, 1.0))]
    )
    """Corners in shares of the picture, from the left and from the top."""
    min_area: float = Field(0.0, ge=0, le=0.5)
    """Smallest thing that counts here, as a share of the picture; 0 is min_area of [motion]."""
    modes: tuple[ArmedMode, ...] = Field(EVERY_MODE, min_length=1, max_length=3)
    """Armed modes in which it does what its kind says; what does not count then is kept and not told."""

    @field_validator("points")
    @classmethod
    def _goes_round_an_area(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        """Refuse what would watch nothing, or the wrong places, without anybody noticing."""
        edges = list(zip(points, (*points[1:], points[0]), strict=True))
        for (first, one), (second, other) in combinations(enumerate(edges, start=1), 2):
            if _cross(one, other):
                raise ValueError(
                    f"two edges cross, the one from corner {first} and the one from corner {second}; "
                    "give the corners in order round the zone"
                )
        # The shoelace formula.
        area = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in edges)) / 2
        if area < LEAST_ZONE_AREA:
            raise ValueError(
                "these corners hold no area; give them in order round the zone, "
                "such as [[0.1, 0.4], [0.9, 0.4], [0.9, 1.0], [0.1, 1.0]]"
            )
        return points

    @field_validator("min_area")
    @classmethod
    def _min_area_fits_the_kind(cls, min_area: float, info: ValidationInfo) -> float:
        kind = info.data.get("kind")
        if min_area and kind == "ignore":
            raise ValueError("in an ignore zone things of every size are ignored; leave it out")
        if min_area and kind == "privacy":
            raise ValueError("in a privacy zone nothing is found, of whatever size; leave it out")
        return min_area

    @field_validator("modes")
    @classmethod
    def _modes_fit_the_kind(cls, modes: tuple[ArmedMode, ...], info: ValidationInfo) -> tuple[ArmedMode, ...]:
        if info.data.get("kind") == "privacy" and set(modes) != set(EVERY_MODE):
            raise ValueError("a privacy zone is black in every mode, and disarmed; leave it out")
        return modes


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Return whether two edges cut through each other; touching is not crossing."""
    return _parts(one, other) and _parts(other, one)


def _parts(edge: tuple[Point, Point], ends: tuple[Point, Point]) -> bool:
    """Return whether *ends* lie on the two sides of the line through *edge*."""
    (x0, y0), (x1, y1) = edge
    left, right = ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) for x, y in ends)
    return left * right < 0


def zone_contradictions(
    zones: list[Mapping[str, Any]], cameras: list[Any], least_area: Any
) -> Iterator[tuple[KeyPath, str]]:
    """Yield where zones go along neither with each other nor with the *cameras* (ids) and *least_area* of motion."""
    known = [camera for camera in cameras if isinstance(camera, str)]
    names = [(row.get("camera"), row.get("name")) for row in zones]
    for number, (camera, name) in enumerate(names):
        if known and isinstance(camera, str) and camera not in known:
            yield ("zone", number, "camera"), f"no camera has this id; there is {', '.join(dict.fromkeys(known))}"
        if isinstance(name, str) and (camera, name) in names[:number]:
            same = names.index((camera, name)) + 1
            yield ("zone", number, "name"), f"zone[{same}] of this camera has this name already; give each its own"
        area = zones[number].get("min_area")
        if isinstance(area, float) and isinstance(least_area, float) and 0 < area < least_area:
            text = f"min_area of [motion] is {least_area:g} and counts everywhere; give more than that, or leave it out"
            yield ("zone", number, "min_area"), text
