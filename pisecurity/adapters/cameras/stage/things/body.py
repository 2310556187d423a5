"""Draws a skeleton in the clothes it was given. Lengths are body heights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pisecurity.adapters.cameras.stage.paint import Colour, Point, lit
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Joint
from pisecurity.adapters.cameras.stage.things.figure import SHORT_COAT, Outfit
from pisecurity.adapters.cameras.stage.things.loads import Load
from pisecurity.adapters.cameras.stage.things.stances import TOE, Arm, Leg, Skeleton

ROUND: Final = 0.022
"""Reach of the light that makes a body look round."""
FAR_SIDE: Final = 0.78
"""Brightness of the arm and leg turned away."""
NEAR_ARM: Final = 0.94
LYING: Final = 0.5
"""A back bent by more than that has no hem that hangs down, in radians."""


@dataclass(frozen=True, slots=True)
class Body:
    """Somebody at one moment."""

    skeleton: Skeleton
    outfit: Outfit
    head: float = 1.0
    """Size of the head as a share of a grown-up's."""
    load: Load | None = None


def draw_body(brush: Brush, body: Body) -> None:
    """Draw somebody, the far side first."""
    outfit, skeleton = body.outfit, body.skeleton
    # The right is on the camera's side when somebody walks to the right.
    near = 0 if brush.cos >= 0 else 1
    far = 1 - near
    away = brush.sin > 0
    _draw_arm(brush, skeleton.arms[far], outfit, FAR_SIDE)
    _draw_leg(brush, skeleton.legs[far], outfit, FAR_SIDE)
    if body.load is not None and away:
        body.load.draw(brush, skeleton)
    if outfit.bag is not None and not away:
        _draw_bag(brush, skeleton, outfit.bag)
    _draw_leg(brush, skeleton.legs[near], outfit, 1.0)
    _draw_trunk(brush, body)
    if outfit.bag is not None and away:
        _draw_bag(brush, skeleton, outfit.bag)
    _draw_head(brush, body, away=away)
    if body.load is not None and not away:
        body.load.draw(brush, skeleton)
    _draw_arm(brush, skeleton.arms[near], outfit, NEAR_ARM)


def _draw_leg(brush: Brush, leg: Leg, outfit: Outfit, light: float) -> None:
    hip, knee, ankle, toe = leg
    cloth = lit(outfit.trousers, light)
    heel = (ankle[0] - 0.022, ankle[1], ankle[2] - 0.012)
    build = 0.4 + 0.6 * outfit.build
    brush.limb(heel, toe, 0.05, 2 * TOE, lit(outfit.shoes, light))
    brush.limb(hip, knee, 0.118 * build, 0.085 * build, cloth)
    brush.limb(knee, ankle, 0.084 * build, 0.062 * build, lit(cloth, 0.95))


def _draw_arm(brush: Brush, arm: Arm, outfit: Outfit, light: float) -> None:
    shoulder, elbow, hand = arm
    cloth = lit(outfit.coat, light)
    wrist = (elbow[0] + 0.74 * (hand[0] - elbow[0]), hand[1], elbow[2] + 0.74 * (hand[2] - elbow[2]))
    build = 0.4 + 0.6 * outfit.build
    brush.limb(wrist, hand, 0.036, 0.04, lit(outfit.gloves or outfit.skin, light))
    brush.limb(shoulder, elbow, 0.072 * build, 0.066 * build, cloth)
    brush.limb(elbow, wrist, 0.064 * build, 0.05 * build, lit(cloth, 0.96))


def _draw_trunk(brush: Brush, body: Body) -> None:
    """A coat to its hem, wider where the shoulders are seen from the front."""
    outfit, trunk = body.outfit, body.skeleton.trunk
    turned = abs(brush.sin)
    wide = outfit.build * brush.unit
    shoulder, waist, hem = (wide * each for each in (0.075 + 0.052 * turned, 0.072 + 0.03 * turned,
                                                     0.08 + 0.034 * turned))  # fmt: skip
    _draw_below(brush, body, hem)
    top, chest, middle, bottom = (brush.at(trunk.at(0.012, 0.0, up)) for up in (0.845, 0.80, 0.64, SHORT_COAT))
    across = _across(bottom, top)
    u = brush.unit
    rows = ((top, (0.03 + 0.03 * turned) * u), (chest, shoulder), (middle, waist), (bottom, hem))
    left = [_aside(at, across, -half) for at, half in rows]
    right = [_aside(at, across, half) for at, half in reversed(rows)]
    brush.polygon(left + right, outfit.coat)
    for side in (-1, 1):
        brush.ball(_aside(chest, across, side * (shoulder - 0.035 * u)), 0.035 * u, 0.04 * u, outfit.coat)
    if trunk.lean > LYING:
        brush.stroke(middle, chest, 0.98 * waist, 0.92 * shoulder, outfit.coat)
        brush.ball(bottom, hem, 0.085 * u, lit(outfit.trousers, 0.97) if trunk.lean > 1.0 else outfit.coat)
    elif outfit.hem == SHORT_COAT:
        above = (bottom[0], bottom[1] - 0.018 * u)
        brush.polygon([_aside(above, across, -hem), _aside(above, across, hem), _aside(bottom, across, hem),
                       _aside(bottom, across, -hem)], lit(outfit.coat, 0.8))  # fmt: skip


def _draw_below(brush: Brush, body: Body, hem: float) -> None:
    """Draw what hangs below the hips: a skirt, the lower part of a long coat."""
    outfit, skeleton = body.outfit, body.skeleton
    if skeleton.trunk.lean > LYING:
        return
    hanging = [(0.30, outfit.skirt)] if outfit.skirt is not None else []
    if outfit.hem < SHORT_COAT:
        hanging.append((outfit.hem, outfit.coat))
    for end, colour in hanging:
        waist = brush.at(skeleton.trunk.at(0.012, 0.0, 0.52))
        knees = [brush.at(knee) for _, knee, _, _ in skeleton.legs]
        spare = (0.052 + 0.02 * abs(brush.sin)) * brush.unit
        share = (0.525 - end) / 0.25
        left = min(min(waist[0] - hem, waist[0] + share * (x - waist[0]) - spare) for x, _ in knees)
        right = max(max(waist[0] + hem, waist[0] + share * (x - waist[0]) + spare) for x, _ in knees)
        row = brush.at((0.0, 0.0, end))[1]
        corners = [(waist[0] - hem, waist[1]), (left, row), (right, row), (waist[0] + hem, waist[1])]
        brush.polygon(corners, lit(colour, 0.93))
        brush.stroke((left, row), (right, row), 0.006 * brush.unit, 0.006 * brush.unit, lit(colour, 0.75))


def _draw_bag(brush: Brush, skeleton: Skeleton, colour: Colour) -> None:
    back = brush.at(skeleton.trunk.at(-0.085, 0.0, 0.69))
    across = (0.045 + 0.035 * abs(brush.sin)) * brush.unit
    top, bottom = (brush.at(skeleton.trunk.at(0.0, 0.0, up)) for up in (0.8, 0.6))
    dx, dy = _across(bottom, top)
    brush.ball(back, across, 0.105 * brush.unit, colour, math.degrees(math.atan2(dy, dx)))


def _draw_head(brush: Brush, body: Body, *, away: bool) -> None:
    outfit, u = body.outfit, brush.unit * body.head
    trunk, head = body.skeleton.trunk, body.skeleton.head
    brush.limb(trunk.at(0.0, 0.0, 0.83), _from(head, -0.006, -0.04), 0.056, 0.052, lit(outfit.skin, 0.88))
    x, y = brush.at(head)
    y += 0.0715 * (u - brush.unit)
    facing = brush.cos
    brush.limb(trunk.at(-0.005, 0.0, 0.838), trunk.at(0.012, 0.0, 0.842), 0.07, 0.07, lit(outfit.coat, 0.88))
    behind = away and abs(facing) < 0.6
    if outfit.hood:
        _draw_hood(brush, (x, y), outfit, behind=behind)
        return
    if outfit.long_hair and not behind:
        _draw_long_hair(brush, (x - facing * 0.03 * u, y), outfit.hair, u)
    if behind:
        brush.ball((x, y), 0.054 * u, 0.071 * u, outfit.hair)
    else:
        brush.ball((x - facing * 0.012 * u, y - 0.008 * u), 0.056 * u, 0.072 * u, outfit.hair)
        brush.ball((x + facing * 0.016 * u, y + 0.012 * u), 0.045 * u, 0.058 * u, outfit.skin)
        _draw_face(brush, (x, y), outfit, u)
    if outfit.long_hair and behind:
        _draw_long_hair(brush, (x, y), outfit.hair, u)
    if outfit.cap is not None:
        brush.ball((x, y - 0.032 * u), 0.057 * u, 0.044 * u, outfit.cap)
        if not away:
            brush.ball((x + facing * 0.05 * u, y - 0.018 * u), 0.04 * u, 0.01 * u, lit(outfit.cap, 0.8))


def _draw_long_hair(brush: Brush, head: Point, hair: Colour, u: float) -> None:
    x, y = head
    brush.stroke((x, y + 0.01 * u), (x - 0.008 * brush.cos * u, y + 0.11 * u), 0.046 * u, 0.03 * u, lit(hair, 0.95))


def _draw_hood(brush: Brush, head: Point, outfit: Outfit, *, behind: bool) -> None:
    """Draw a hood; from the front a shaded face is deep inside it."""
    u, (x, y), facing = brush.unit, head, brush.cos
    brush.ball((x - facing * 0.012 * u, y + 0.002 * u), 0.066 * u, 0.078 * u, lit(outfit.coat, 0.94))
    brush.stroke((x - facing * 0.02 * u, y + 0.03 * u), (x - facing * 0.03 * u, y + 0.09 * u), 0.055 * u, 0.06 * u,
                 lit(outfit.coat, 0.9))  # fmt: skip
    if behind:
        return
    turned = 1 - 0.45 * abs(facing)
    brush.ball((x + facing * 0.036 * u, y + 0.012 * u), 0.044 * u * turned, 0.056 * u, lit(outfit.coat, 0.5))
    skin = lit(outfit.mask or outfit.skin, 0.72)
    brush.ball((x + facing * 0.041 * u, y + 0.016 * u), 0.036 * u * turned, 0.047 * u, skin)
    if outfit.mask is not None:
        brush.ball((x + facing * 0.042 * u, y - 0.004 * u), 0.032 * u * turned, 0.011 * u, lit(outfit.skin, 0.75))


def _draw_face(brush: Brush, head: Point, outfit: Outfit, u: float) -> None:
    """Draw nose, ear and eyes; from the side the far eye is behind the nose."""
    (x, y), facing, skin = head, brush.cos, outfit.skin
    brush.ball((x + facing * 0.060 * u, y + 0.016 * u), 0.011 * u, 0.014 * u, skin)
    brush.ball((x - facing * 0.018 * u, y + 0.012 * u), 0.009 * u, 0.016 * u, lit(skin, 0.82))
    for side in (-0.02, 0.02):
        eye = x + facing * 0.04 * u + side * brush.sin * u
        brush.ball((eye, y + 0.002 * u), 0.0055 * u, 0.004 * u, lit(skin, 0.3))
    if outfit.mask is not None:
        brush.ball((x + facing * 0.022 * u, y + 0.038 * u), 0.046 * u, 0.036 * u, outfit.mask)


def _across(start: Point, end: Point) -> Point:
    """Return the unit vector to the right of the way from *start* up to *end*; level where there is no way."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    return (-dy / length, dx / length) if length > 1 else (1.0, 0.0)


def _aside(at: Point, across: Point, way: float) -> Point:
    return at[0] + way * across[0], at[1] + way * across[1]


def _from(joint: Joint, ahead: float, up: float) -> Joint:
    return joint[0] + ahead, joint[1], joint[2] + up
