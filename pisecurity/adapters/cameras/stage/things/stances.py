"""How somebody holds and moves the body: a skeleton for every moment of a stride. Lengths are body heights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from pisecurity.adapters.cameras.stage.things.drawing import Joint

HIP, THIGH, SHIN, ANKLE = 0.525, 0.25, 0.24, 0.035
SHOULDER, UPPER_ARM, FOREARM = 0.815, 0.16, 0.15
HEAD: Final = 0.925
"""Middle of the head of somebody upright."""
LEG_SIDE, ARM_SIDE = 0.052, 0.109
FOOT: Final = 0.105
TOE: Final = 0.018
"""Half the height of the shoe at the toe."""

Leg: TypeAlias = tuple[Joint, Joint, Joint, Joint]
"""Hip, knee, ankle and toe."""
Arm: TypeAlias = tuple[Joint, Joint, Joint]
"""Shoulder, elbow and hand."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """Where the hips are and how far the back leans forward."""

    ahead: float = 0.0
    up: float = HIP
    lean: float = 0.0
    """Radians from upright."""

    def at(self, ahead: float, right: float, up: float) -> Joint:
        """Return where a point of an upright body is."""
        cos, sin = math.cos(self.lean), math.sin(self.lean)
        along = up - HIP
        return self.ahead + along * sin + ahead * cos, right, self.up + along * cos - ahead * sin


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One moment; of legs and arms the right one is first."""

    trunk: Trunk
    legs: tuple[Leg, Leg]
    arms: tuple[Arm, Arm]
    head: Joint
    air: float = 0.0
    """How high the lowest sole is above the ground."""

    @property
    def lowest(self) -> float:
        """Height of the lowest sole, as drawn."""
        return min(min(ankle[2] - ANKLE, toe[2] - TOE, knee[2] - 0.5 * ANKLE) for _, knee, ankle, toe in self.legs)


class Stance(Protocol):
    """A way to stand and to move."""

    @property
    def high(self) -> float:
        """Height of the whole, as a share of the body height."""
        ...

    @property
    def stride(self) -> float:
        """Way in one turn of the phase, in body heights."""
        ...

    def skeleton(self, phase: float, swing: float) -> Skeleton:
        """Return the skeleton at *phase* (radians); *swing*: 0 at rest, 1 in motion."""
        ...


@dataclass(frozen=True, slots=True)
class Gait:
    """On two feet. Angles in radians."""

    stride: float = 1.5 / 1.75
    """Source: about 0.85 of the body height at an easy walk."""
    reach: float = 0.42
    """How far a thigh swings each way."""
    bend: float = 0.95
    """How far the knee bends while the leg swings forward."""
    lean: float = 0.0
    crouch: float = 0.0
    """How far the thighs are always forward and the shins back."""
    arms: float = 0.42
    """How far the arms swing."""
    elbow: float = 0.22
    """How far they are bent."""
    bounce: float = 0.0
    """How far both feet leave the ground between two steps."""
    high: float = 1.0

    def skeleton(self, phase: float, swing: float) -> Skeleton:
        trunk = Trunk(lean=self.lean * (0.4 + 0.6 * swing))
        sides = ((phase, 1), (phase + math.pi, -1))
        right_leg, left_leg = (self._leg(turn, swing, side * LEG_SIDE) for turn, side in sides)
        right_arm, left_arm = (self._arm(trunk, turn, swing, side * ARM_SIDE) for turn, side in sides)
        # Whoever bends looks ahead all the same: the head follows the back only in part.
        neck = trunk.at(0.0, 0.0, 0.845)
        half = Trunk(lean=0.4 * trunk.lean)
        ahead, _, up = half.at(0.018, 0.0, HIP + HEAD - 0.845)
        head = (neck[0] + ahead, 0.0, neck[2] + up - HIP)
        air = self.bounce * swing * math.sin(phase) ** 2
        return Skeleton(trunk, (right_leg, left_leg), (right_arm, left_arm), head, air)

    def _leg(self, phase: float, swing: float, side: float) -> Leg:
        """The knee bends while the leg swings forward, the toe then points down."""
        hip_angle = self.crouch + swing * (0.06 + self.reach * math.sin(phase))
        bent = 2 * self.crouch + swing * (0.10 + self.bend * max(0.0, math.cos(phase + 0.4)) ** 1.5)
        return leg((0.0, side, HIP), hip_angle, hip_angle - 0.06 - bent, 0.8 * swing)

    def _arm(self, trunk: Trunk, phase: float, swing: float, side: float) -> Arm:
        """Arms swing against the legs."""
        angle = -swing * self.arms * math.sin(phase)
        bent = 0.16 + swing * (self.elbow + 0.2 * max(0.0, -math.sin(phase)))
        return arm(trunk.at(0.0, side, SHOULDER), angle, angle + bent)


def leg(hip: Joint, thigh: float, shin: float, toe: float) -> Leg:
    """Return a leg with the angles of thigh and shin, forward from hanging; *toe*: how far the foot follows it."""
    knee = (hip[0] + THIGH * math.sin(thigh), hip[1], hip[2] - THIGH * math.cos(thigh))
    ankle = (knee[0] + SHIN * math.sin(shin), hip[1], knee[2] - SHIN * math.cos(shin))
    foot = toe * shin
    return hip, knee, ankle, (ankle[0] + FOOT * math.cos(foot), hip[1],
                              ankle[2] - ANKLE * 0.6 + FOOT * math.sin(foot))  # fmt: skip


def arm(shoulder: Joint, upper: float, fore: float) -> Arm:
    """Return an arm with the angles of upper arm and forearm from hanging, forward."""
    side = 1.12 * shoulder[1]
    elbow = (shoulder[0] + UPPER_ARM * math.sin(upper), side, shoulder[2] - UPPER_ARM * math.cos(upper))
    return shoulder, elbow, (elbow[0] + FOREARM * math.sin(fore), side, elbow[2] - FOREARM * math.cos(fore))


WALK: Final = Gait()
RUN: Final = Gait(stride=1.45, reach=0.72, bend=1.55, lean=0.17, arms=0.75, elbow=1.25, bounce=0.06, high=0.97)
SNEAK: Final = Gait(stride=0.62, reach=0.34, bend=0.75, lean=0.62, crouch=0.30, arms=0.12, elbow=0.9, high=0.87)


@dataclass(frozen=True, slots=True)
class Crawl:
    """On hands and knees."""

    stride: float = 0.42
    high: float = 0.46

    def skeleton(self, phase: float, swing: float) -> Skeleton:
        sides = ((phase, 1), (phase + math.pi, -1))
        trunk = Trunk(-0.12, THIGH + 0.03, 1.50 + 0.03 * swing * math.sin(2 * phase))
        right_leg, left_leg = (self._leg(trunk, turn, swing, side) for turn, side in sides)
        right_arm, left_arm = (self._arm(trunk, turn + math.pi, swing, side) for turn, side in sides)
        neck = trunk.at(0.0, 0.0, 0.86)
        head = (neck[0] + 0.05, 0.0, neck[2] + 0.045)
        return Skeleton(trunk, (right_leg, left_leg), (right_arm, left_arm), head)

    @staticmethod
    def _leg(trunk: Trunk, phase: float, swing: float, side: int) -> Leg:
        thigh = swing * 0.36 * math.sin(phase)
        raised = swing * max(0.0, math.cos(phase))
        hip = (trunk.ahead, 1.3 * side * LEG_SIDE, trunk.up + 0.02 * raised)
        made = leg(hip, thigh, -math.pi / 2 - 0.22 * raised, 0.0)
        ankle = made[2]
        return *made[:3], (ankle[0] - 0.08, ankle[1], ankle[2] - 0.035 + 0.03 * raised)

    @staticmethod
    def _arm(trunk: Trunk, phase: float, swing: float, side: int) -> Arm:
        shoulder = trunk.at(0.0, 1.05 * side * ARM_SIDE, SHOULDER)
        raised = swing * max(0.0, math.cos(phase))
        upper = 0.08 + swing * 0.40 * math.sin(phase)
        return arm(shoulder, upper, upper + 0.12 + 0.5 * raised)


def towards(start: Joint, end: Joint, first: float, second: float, *, forward: float) -> Joint:
    """Return the joint between two bones of these lengths that reach from *start* to *end*.

    Args:
        forward: 1 bends it forward as a knee, -1 back as an elbow.

    Source: the law of cosines; a way longer than both bones gives a straight limb.
    """
    ahead, up = end[0] - start[0], end[2] - start[2]
    way = max(1e-6, math.hypot(ahead, up))
    along = min(first, max(-first, (first**2 - second**2 + way**2) / (2 * way)))
    aside = forward * math.sqrt(max(0.0, first**2 - along**2))
    x, z = ahead / way, up / way
    return start[0] + along * x - aside * z, (start[1] + end[1]) / 2, start[2] + along * z + aside * x
