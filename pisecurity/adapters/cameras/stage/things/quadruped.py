"""A body on four legs. Lengths are heights of the back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pisecurity.adapters.cameras.stage.paint import Colour, lit
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Joint

FAR_SIDE: Final = 0.74
DARK: Final[Colour] = (26, 26, 30)
GAIT: Final = ((0.0, 1, True), (math.pi, -1, True), (math.pi, 1, False), (0.0, -1, False))
"""Phase, side and whether it is a fore leg: at a trot legs across from each other move together."""


@dataclass(frozen=True, slots=True)
class Build:
    """The shape of an animal."""

    length: float
    """From chest to rump."""
    chest: float
    """Depth of the chest."""
    leg: float
    """Width of a leg."""
    neck: float
    """How far the head is above the back."""
    head: float
    muzzle: float
    tail: float
    """Its length."""
    raised: float
    """Angle of the tail: 0 straight back, positive up."""
    bushy: float
    """Width of the tail."""
    ears: float
    """Their height; negative: they hang."""
    waist: float = 0.8
    """Depth of the flank as a share of the chest's."""
    coat: Colour = (60, 90, 130)
    belly: Colour | None = None
    """Of chest, legs and tip of the tail, where it is another."""
    back: Colour | None = None
    """A saddle of another colour."""


@dataclass(frozen=True, slots=True)
class _Motion:
    """One moment."""

    phase: float
    swing: float
    nose_down: float
    """1: the nose is at the ground."""


def draw_quadruped(brush: Brush, build: Build, phase: float, swing: float, *, nose_down: float = 0.0) -> None:
    """Draw an animal whose back is one length of the brush above the ground."""
    motion = _Motion(phase, swing, nose_down)
    near = 1 if brush.cos >= 0 else -1
    towards_us = brush.sin < 0
    for side, light in ((-near, FAR_SIDE), (near, 1.0)):
        for turn, leg_side, fore in GAIT:
            if leg_side == side:
                _draw_leg(brush, build, motion, (turn, side, fore), light)
        if side == -near:
            (_draw_tail if towards_us else _draw_head)(brush, build, motion)
            _draw_trunk(brush, build, motion)
    _draw_flank(brush, build, motion)
    (_draw_head if towards_us else _draw_tail)(brush, build, motion)
    if abs(brush.cos) > 0.5 and not towards_us:
        _draw_head(brush, build, motion)


def _bob(motion: _Motion) -> float:
    return 0.025 * motion.swing * math.sin(2 * motion.phase)


def _draw_leg(brush: Brush, build: Build, motion: _Motion, which: tuple[float, int, bool], light: float) -> None:
    """A hind leg bends back at the hock, a fore leg forward at the wrist."""
    turn, side, fore = which
    phase = motion.phase + turn
    reach = 0.46 if fore else 0.42
    angle = motion.swing * reach * math.sin(phase)
    lifted = motion.swing * max(0.0, math.cos(phase))
    root = 1.0 - build.chest * (0.75 if fore else 0.6)
    ahead = (0.40 if fore else -0.42) * build.length
    aside = side * (0.16 * build.chest + 0.5 * build.leg)
    upper = 0.5 * root
    bent = (-0.12 if fore else 0.34) + (1.15 * lifted if fore else 0.55 * lifted)
    first, second = (angle + 0.08, angle - bent) if fore else (angle + 0.28, angle - bent)
    knee = (ahead + upper * math.sin(first), aside, root - upper * math.cos(first))
    lower = root - upper * math.cos(0.1)
    foot = (knee[0] + lower * math.sin(second), aside, max(0.02, knee[2] - lower * math.cos(second)))
    colour = lit(build.coat, light)
    thick = build.leg * (1.35 if fore else 1.9)
    brush.limb((ahead, aside, root + 0.12), knee, thick, 1.05 * build.leg, colour)
    low = lit(build.belly or build.coat, 0.93 * light)
    brush.limb(knee, (foot[0], aside, foot[2] + 0.02), build.leg, 0.8 * build.leg, low)
    paw = (foot[0] + 0.7 * build.leg, aside, max(0.03, foot[2]))
    brush.limb((foot[0], aside, max(0.035, foot[2])), paw, 0.07, 0.06, lit(low, 0.9))


def _ends(build: Build, motion: _Motion) -> tuple[Joint, Joint]:
    """Return the middle of the chest and of the rump."""
    bob = _bob(motion)
    chest = (0.36 * build.length, 0.0, 1.0 - 0.5 * build.chest + bob)
    rump = (-0.38 * build.length, 0.0, 1.0 - 0.46 * build.chest * build.waist - 0.02 - bob)
    return chest, rump


def _draw_trunk(brush: Brush, build: Build, motion: _Motion) -> None:
    chest, rump = _ends(build, motion)
    middle = (0.02 * build.length, 0.0, 1.0 - 0.47 * build.chest)
    brush.limb(chest, middle, build.chest, 0.88 * build.chest, build.coat)
    brush.limb(middle, rump, 0.88 * build.chest, build.chest * build.waist, build.coat)


def _draw_flank(brush: Brush, build: Build, motion: _Motion) -> None:
    """Lay the colour of the back over the trunk and that of the belly under the chest."""
    chest, rump = _ends(build, motion)
    if build.back is not None:
        high = 0.22 * build.chest
        ends = ((chest[0] - 0.05, 0.0, chest[2] + high), (rump[0], 0.0, rump[2] + high * build.waist))
        brush.limb(*ends, 0.52 * build.chest, 0.5 * build.chest * build.waist, build.back)
    if build.belly is not None:
        brush.limb((chest[0] + 0.02, 0.0, chest[2] - 0.2 * build.chest), (0.1 * build.length, 0.0, chest[2] - 0.34 *
                   build.chest), 0.5 * build.chest, 0.2 * build.chest, build.belly)  # fmt: skip


def _draw_head(brush: Brush, build: Build, motion: _Motion) -> None:
    chest, _ = _ends(build, motion)
    nod = 0.02 * motion.swing * math.sin(2 * motion.phase + 1.0)
    up = (1 - motion.nose_down) * (1.0 + build.neck) + motion.nose_down * 0.30 + nod
    ahead = chest[0] + (0.20 + 0.12 * motion.nose_down) + 0.35 * build.head
    skull = (ahead, 0.0, up)
    neck = (chest[0] + 0.04, 0.0, chest[2] + 0.16 * build.chest)
    brush.limb(neck, skull, 0.78 * build.chest, 0.8 * build.head, build.coat)
    down = 0.16 + 0.9 * motion.nose_down
    nose = (ahead + build.muzzle * math.cos(down) + 0.2 * build.head, 0.0, up - build.muzzle * math.sin(down) - 0.06)
    behind = brush.sin > 0.6
    if not behind:
        _draw_ears(brush, build, skull)
    else:
        brush.limb(skull, nose, 0.6 * build.head, 0.4 * build.head, lit(build.coat, 0.9))
    brush.limb(skull, skull, build.head, build.head, build.coat)
    if behind:
        _draw_ears(brush, build, skull)
        return
    brush.limb((ahead + 0.1 * build.head, 0.0, up - 0.05), nose, 0.66 * build.head, 0.40 * build.head,
               lit(build.belly or build.coat, 0.96))  # fmt: skip
    brush.limb((nose[0] + 0.1 * build.head, 0.0, nose[2] + 0.03), (nose[0] + 0.16 * build.head, 0.0, nose[2] + 0.03),
               0.16 * build.head, 0.16 * build.head, DARK)  # fmt: skip
    for side in (-0.2, 0.2):
        eye = (ahead + 0.32 * build.head, side * build.head, up + 0.10 * build.head)
        if side * brush.cos >= -0.05:
            brush.limb(eye, eye, 0.13 * build.head, 0.13 * build.head, DARK)


def _draw_ears(brush: Brush, build: Build, skull: Joint) -> None:
    ahead, _, up = skull
    for side in (-1, 1):
        aside = side * 0.30 * build.head
        light = 0.8 if side * brush.cos < 0 else 0.94
        if build.ears > 0:
            tip = (ahead - 0.12, aside * 1.35, up + 0.48 * build.head + build.ears)
            corners = ((ahead - 0.34 * build.head, aside * 1.3, up + 0.25 * build.head), tip,
                       (ahead + 0.18 * build.head, aside * 0.6, up + 0.36 * build.head))  # fmt: skip
            brush.face(corners, lit(build.coat, light))
            brush.line((*corners, corners[0]), 0.05 * build.head, lit(build.coat, light))
        else:
            root = (ahead - 0.2 * build.head, aside * 1.5, up + 0.25 * build.head)
            tip = (root[0] - 0.03, aside * 1.8, root[2] + build.ears)
            brush.limb(root, tip, 0.28 * build.head, 0.34 * build.head, lit(build.coat, 0.8 * light))


def _draw_tail(brush: Brush, build: Build, motion: _Motion) -> None:
    """Draw a tail in three pieces; it curves up or down and swings to the sides."""
    _, rump = _ends(build, motion)
    radius = 0.5 * build.chest * build.waist
    at: Joint = (rump[0] - 0.85 * radius, 0.0, rump[2] + 0.4 * radius)
    angle, piece = -0.25, build.tail / 3
    for number in range(3):
        angle += (build.raised - angle) * 0.55
        wag = 0.10 * (number + 1) * math.sin(motion.phase * 2 + number)
        end = (at[0] - piece * math.cos(angle), at[1] + piece * wag, max(0.05, at[2] + piece * math.sin(angle)))
        thick = build.bushy * (1.0, 1.15, 0.95)[number]
        last = number == 2
        colour = build.belly if last and build.belly is not None else build.coat
        brush.limb(at, end, thick, build.bushy * (1.15, 1.0, 0.5)[number], lit(colour, 0.94))
        at = end
