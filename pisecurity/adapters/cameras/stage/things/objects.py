"""Things that move and are nobody: a robot vacuum, a balloon, what hangs or blows about in the wind. In metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pisecurity.adapters.cameras.stage.paint import Colour, lit, mix
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Extent
from pisecurity.adapters.cameras.stage.things.thing import Patch, Pose

LOOK_DOWN: Final = 0.34
LEAF_TONES: Final[tuple[Colour, ...]] = ((40, 96, 150), (44, 130, 178), (60, 84, 120), (58, 120, 104))


@dataclass(frozen=True, slots=True)
class RobotVacuum:
    """A disc that drives over the floor."""

    colour: Colour = (52, 50, 50)
    radius_m: float = 0.17
    tall_m: float = 0.10

    @property
    def label(self) -> str:
        return "object"

    @property
    def stride_m(self) -> float:
        return 0.22

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        radius, tall = self.radius_m, self.tall_m
        flat = LOOK_DOWN * radius
        brush = Brush(unit, pose.heading, Extent(2 * radius + 0.16, tall + flat + 0.03, flat + 0.04), tilt=LOOK_DOWN)
        for side in (-0.11, 0.11):
            turn = 3 * pose.phase + side
            tip = (0.13 + 0.06 * math.cos(turn), side + math.copysign(0.06, side) * abs(math.sin(turn)), 0.01)
            brush.line(((0.11, side, 0.015), tip), 0.008, (120, 124, 126))
        self._draw_disc(brush, 0.02, tall - 0.02, 1.0, lit(self.colour, 0.8))
        self._draw_disc(brush, tall - 0.02, tall, 0.96, lit(self.colour, 1.5))
        self._draw_disc(brush, tall, tall, 0.80, lit(self.colour, 1.9))
        x, y = brush.at((-0.03, 0.0, tall))
        brush.ball((x, y), 0.045 * unit * brush.fine, 0.045 * LOOK_DOWN * unit * brush.fine, (40, 40, 42))
        lamp = brush.at((0.10, 0.0, tall))
        brush.ball(lamp, 0.010 * unit * brush.fine, 0.006 * unit * brush.fine, (90, 220, 120))
        return brush.patch(0.012)

    def _draw_disc(self, brush: Brush, low: float, high: float, share: float, colour: Colour) -> None:
        across = self.radius_m * share * brush.unit
        for up in (low, high):
            brush.ball(brush.at((0.0, 0.0, up)), across, LOOK_DOWN * across, colour)
        (x, bottom), (_, top) = (brush.at((0.0, 0.0, up)) for up in (low, high))
        brush.polygon(((x - across, bottom), (x + across, bottom), (x + across, top), (x - across, top)), colour)


@dataclass(frozen=True, slots=True)
class Balloon:
    """On a string that hangs under it; the foot is the end of the string."""

    colour: Colour = (52, 48, 206)
    tall_m: float = 0.95

    @property
    def label(self) -> str:
        return "object"

    @property
    def stride_m(self) -> float:
        return 1.0

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels; one turn of the phase is a swing there and back."""
        brush = Brush(unit, pose.heading, Extent(0.62, self.tall_m + 0.04))
        turn = 0.16 * math.sin(pose.phase)
        middle, u = self.tall_m - 0.20, brush.unit
        x, y = brush.middle + 0.08 * math.sin(pose.phase) * u, brush.base - middle * u
        knot = (x - math.sin(turn) * 0.21 * u, y + math.cos(turn) * 0.21 * u)
        string = [(knot[0] + (brush.middle - knot[0]) * share
                   + 0.03 * math.sin(4 * share + pose.phase) * share * (1 - share) * 4 * u,
                   knot[1] + (brush.base - 0.02 * u - knot[1]) * share)
                  for share in (0, 0.2, 0.4, 0.6, 0.8, 1)]  # fmt: skip
        for start, end in pairwise(string):
            brush.stroke(start, end, 0.004 * u, 0.004 * u, (150, 156, 160))
        degrees = math.degrees(turn)
        brush.ball((x, y), 0.145 * u, 0.195 * u, self.colour, degrees)
        brush.polygon((knot, (knot[0] - 0.025 * u, knot[1] + 0.03 * u), (knot[0] + 0.025 * u, knot[1] + 0.03 * u)),
                      lit(self.colour, 0.8))  # fmt: skip
        brush.ball((x - 0.05 * u, y - 0.08 * u), 0.028 * u, 0.05 * u, mix(self.colour, (255, 255, 255), 0.55), 24)
        return brush.patch(0.05)


@dataclass(frozen=True, slots=True)
class PlasticBag:
    """A bag or a sheet of paper that the wind rolls over the ground."""

    colour: Colour = (222, 218, 212)
    tall_m: float = 0.32

    @property
    def label(self) -> str:
        return "object"

    @property
    def stride_m(self) -> float:
        return 1.1

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        brush = Brush(unit * self.tall_m, 0.0, Extent(1.5, 1.1))
        backwards = -1 if math.cos(pose.heading) < 0 else 1
        corners = []
        for number in range(11):
            angle = 2 * math.pi * number / 11 - backwards * pose.phase
            reach = 0.40 + 0.09 * math.sin(3.7 * number) + 0.05 * math.sin(2 * pose.phase + 2 * number)
            corners.append((1.15 * reach * math.cos(angle), 0.0, reach * math.sin(angle)))
        lowest = min(up for _, _, up in corners)
        corners = [(ahead, right, up - lowest) for ahead, right, up in corners]
        brush.face(corners, self.colour)
        centre = (0.0, 0.0, -lowest)
        for number in (1, 4, 8):
            brush.face((centre, corners[number], corners[number + 1]), lit(self.colour, 0.8))
        return brush.patch(0.06)


@dataclass(frozen=True, slots=True)
class LeafBunch:
    """A few dry leaves that fall or whirl together."""

    count: int = 9
    tall_m: float = 0.40

    @property
    def label(self) -> str:
        return "object"

    @property
    def stride_m(self) -> float:
        return 0.8

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        brush = Brush(unit, 0.0, Extent(0.72, self.tall_m + 0.08))
        for number in range(self.count):
            turn = pose.phase + 2.4 * number
            spin = (1 + number % 2) * pose.phase + number
            reach = 0.10 + 0.16 * (number * 5 % self.count) / self.count
            middle = (
                reach * math.cos(turn),
                0.0,
                0.05 + (self.tall_m - 0.10) * (0.5 + 0.5 * math.sin(turn * 1.0 + number)),
            )
            length, width = 0.05, 0.012 + 0.022 * abs(math.sin(spin))
            leaf = [(middle[0] + along * length * math.cos(spin) - aside * width * math.sin(spin), 0.0,
                     middle[2] + along * length * math.sin(spin) + aside * width * math.cos(spin))
                    for along, aside in ((-1, 0), (-0.2, 1), (1, 0), (-0.2, -1))]  # fmt: skip
            brush.face(leaf, LEAF_TONES[number % len(LEAF_TONES)])
        return brush.patch(0.015)
