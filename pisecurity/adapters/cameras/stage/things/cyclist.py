"""Somebody on a bicycle. Lengths are body heights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pisecurity.adapters.cameras.stage.paint import Colour, lit
from pisecurity.adapters.cameras.stage.things.body import ROUND, Body, draw_body
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Extent, Joint, ring
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.person import HEIGHT_M
from pisecurity.adapters.cameras.stage.things.stances import (
    ARM_SIDE,
    FOREARM,
    LEG_SIDE,
    SHIN,
    SHOULDER,
    THIGH,
    UPPER_ARM,
    Arm,
    Leg,
    Skeleton,
    Trunk,
    towards,
)
from pisecurity.adapters.cameras.stage.things.thing import Patch, Pose

WHEEL: Final = 0.195
REAR: Final[Joint] = (-0.27, 0.0, WHEEL)
FRONT: Final[Joint] = (0.34, 0.0, WHEEL)
CRANK: Final[Joint] = (0.0, 0.0, 0.17)
SADDLE: Final[Joint] = (-0.10, 0.0, 0.535)
HEAD: Final[Joint] = (0.25, 0.0, 0.50)
GRIP: Final[Joint] = (0.235, 0.0, 0.585)
PEDAL: Final = 0.097
TURNS: Final = 2
"""Turns of the wheels for one of the pedals."""
TYRE: Final[Colour] = (36, 38, 40)


@dataclass(frozen=True, slots=True)
class Cyclist:
    """A person riding; the label is that of the person."""

    outfit: Outfit
    frame: Colour = (54, 60, 176)
    tall: float = 1.0

    @property
    def label(self) -> str:
        return "person"

    @property
    def tall_m(self) -> float:
        return 1.02 * HEIGHT_M * self.tall

    @property
    def stride_m(self) -> float:
        return 2 * math.pi * WHEEL * TURNS * HEIGHT_M * self.tall

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        brush = Brush(HEIGHT_M * self.tall * unit, pose.heading, Extent(1.25, 1.08))
        self._draw_bicycle(brush, pose.phase)
        draw_body(brush, Body(_riding(pose.phase), self.outfit))
        if brush.sin < -0.5:
            self._draw_front(brush, pose.phase)
        return brush.patch(ROUND)

    def _draw_bicycle(self, brush: Brush, phase: float) -> None:
        _draw_wheel(brush, REAR, phase)
        for joints in ((REAR, CRANK, HEAD), (CRANK, SADDLE, REAR), (SADDLE, HEAD)):
            brush.line(joints, 0.02, self.frame)
        saddle = brush.at(SADDLE)
        brush.ball(saddle, (0.03 + 0.035 * abs(brush.cos)) * brush.unit, 0.017 * brush.unit, (34, 40, 52))
        self._draw_front(brush, phase)

    def _draw_front(self, brush: Brush, phase: float) -> None:
        _draw_wheel(brush, FRONT, phase)
        brush.line((FRONT, HEAD, GRIP), 0.02, lit(self.frame, 0.9))
        ahead, _, up = GRIP
        brush.line(((ahead - 0.02, -0.15, up), (ahead, 0.0, up), (ahead - 0.02, 0.15, up)), 0.016, TYRE)


def _draw_wheel(brush: Brush, hub: Joint, phase: float) -> None:
    tyre = ring(hub, WHEEL - 0.01, 24)
    turn = round(-TURNS * phase / (2 * math.pi) * 24) % 24
    for spoke in range(turn, turn + 24, 3):
        brush.line((hub, tyre[spoke % 24]), 0.004, (140, 144, 146))
    brush.line([*tyre, tyre[0]], 0.024, TYRE)


def _riding(phase: float) -> Skeleton:
    trunk = Trunk(-0.09, 0.56, 0.46)
    right_leg, left_leg = (_leg(trunk, turn, side) for turn, side in ((phase, 1), (phase + math.pi, -1)))
    right_arm, left_arm = (_arm(trunk, side) for side in (1, -1))
    neck = trunk.at(0.0, 0.0, 0.845)
    return Skeleton(trunk, (right_leg, left_leg), (right_arm, left_arm), (neck[0] + 0.035, 0.0, neck[2] + 0.078))


def _leg(trunk: Trunk, phase: float, side: int) -> Leg:
    """Put a foot on its pedal; going forward a pedal turns over the front."""
    hip = (trunk.ahead, side * LEG_SIDE, trunk.up)
    pedal = (PEDAL * math.sin(phase), side * 1.2 * LEG_SIDE, CRANK[2] + PEDAL * math.cos(phase))
    ankle = (pedal[0] - 0.035, pedal[1], pedal[2] + 0.05)
    return hip, towards(hip, ankle, THIGH, SHIN, forward=1), ankle, (pedal[0] + 0.05, pedal[1], pedal[2] + 0.01)


def _arm(trunk: Trunk, side: int) -> Arm:
    shoulder = trunk.at(0.0, side * ARM_SIDE, SHOULDER)
    hand = (GRIP[0] - 0.01, side * 0.13, GRIP[2] + 0.015)
    return shoulder, towards(shoulder, hand, UPPER_ARM, FOREARM, forward=-1), hand
