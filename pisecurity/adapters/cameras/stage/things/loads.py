"""What somebody carries. Lengths are body heights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Protocol

from pisecurity.adapters.cameras.stage.paint import Colour, lit, mix
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Joint
from pisecurity.adapters.cameras.stage.things.stances import FOREARM, UPPER_ARM, Skeleton, towards

CARDBOARD: Final[Colour] = (96, 140, 178)
SCREEN: Final[Colour] = (34, 32, 30)


class Load(Protocol):
    """Something carried."""

    @property
    def high(self) -> float:
        """Height of its top, as a share of the body height; below 1 it does not reach over the head."""
        ...

    def held(self, skeleton: Skeleton) -> Skeleton:
        """Return the skeleton with its hands at the load."""
        ...

    def draw(self, brush: Brush, skeleton: Skeleton) -> None:
        """Draw it, between the trunk and the near arm."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A box before the chest."""

    colour: Colour = CARDBOARD
    wide: float = 0.27
    deep: float = 0.19
    tall: float = 0.19
    high: float = 0.8

    def held(self, skeleton: Skeleton) -> Skeleton:
        return _both_hands(skeleton, self._middle(skeleton), self.wide / 2)

    def draw(self, brush: Brush, skeleton: Skeleton) -> None:
        ahead, _, up = self._middle(skeleton)
        corner = (ahead - self.deep / 2, up - self.tall / 2)
        draw_block(brush, corner, (self.deep, self.wide, self.tall), self.colour)

    def _middle(self, skeleton: Skeleton) -> Joint:
        return skeleton.trunk.at(0.10 + self.deep / 2, 0.0, 0.66)


def television() -> Parcel:
    """Return a flat set of 1.1 m carried upright before the body."""
    return Parcel(SCREEN, wide=0.62, deep=0.045, tall=0.36)


@dataclass(frozen=True, slots=True)
class Umbrella:
    """Held over the head by the right hand."""

    colour: Colour = (72, 48, 44)
    high: float = 1.20

    def held(self, skeleton: Skeleton) -> Skeleton:
        shoulder = skeleton.arms[0][0]
        hand = skeleton.trunk.at(0.13, 0.08, 0.72)
        elbow = towards(shoulder, hand, UPPER_ARM, FOREARM, forward=-1)
        return replace(skeleton, arms=((shoulder, elbow, hand), skeleton.arms[1]))

    def draw(self, brush: Brush, skeleton: Skeleton) -> None:
        ahead, right, up = skeleton.arms[0][2]
        top = (ahead - 0.03, 0.6 * right, self.high - 0.02)
        brush.limb((ahead, right, up - 0.03), top, 0.010, 0.010, (60, 64, 68))
        (x, y), u = brush.at(top), brush.unit
        rim, wide, deep = y + 0.155 * u, 0.33 * u, 0.05 * u
        dome = [(x - wide * math.cos(turn), rim - 0.15 * u * math.sin(turn)) for turn in _HALF_TURN]
        lower = [(x + wide * math.cos(turn), rim + deep * math.sin(turn)) for turn in _HALF_TURN]
        brush.polygon(dome + lower, self.colour)
        for left, right_end, light in ((-1.0, -0.52, 0.82), (-0.16, 0.2, 1.16), (0.55, 1.0, 0.72)):
            edge = [(x + wide * share, rim + deep * math.sqrt(max(0.0, 1 - share**2))) for share in (left, right_end)]
            brush.polygon([(x, y), *edge], lit(mix(self.colour, (90, 90, 90), 0.1), light))
        brush.limb(top, (top[0], top[1], top[2] + 0.02), 0.008, 0.006, (60, 64, 68))


_HALF_TURN: Final = tuple(math.pi * step / 12 for step in range(13))


def draw_block(brush: Brush, corner: tuple[float, float], size: tuple[float, float, float], colour: Colour) -> None:
    """Draw a box with its back lower edge at *corner* (ahead, up), as far to the right as to the left.

    Args:
        size: length, width and height.
    """
    (back, foot), (length, width, height) = corner, size
    front, top, half = back + length, foot + height, width / 2
    end, side = (front if brush.sin < 0 else back), (half if brush.cos >= 0 else -half)
    brush.face(((back, side, foot), (front, side, foot), (front, side, top), (back, side, top)), lit(colour, 0.86))
    brush.face(((end, -half, foot), (end, half, foot), (end, half, top), (end, -half, top)), colour)
    if brush.tilt > 0:
        lid = ((back, -half, top), (front, -half, top), (front, half, top), (back, half, top))
        brush.face(lid, lit(colour, 1.12))


def _both_hands(skeleton: Skeleton, middle: Joint, aside: float) -> Skeleton:
    arms = []
    for side, (shoulder, _, _) in zip((1, -1), skeleton.arms, strict=True):
        hand = (middle[0], side * min(aside, 0.16), middle[2] - 0.03)
        arms.append((shoulder, towards(shoulder, hand, UPPER_ARM, FOREARM, forward=-1), hand))
    return replace(skeleton, arms=(arms[0], arms[1]))
