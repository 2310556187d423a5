"""Cars and vans on the move. Lengths are metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.canvas import ALL
from pisecurity.adapters.cameras.stage.paint import Colour, Point, lit, mix
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Extent, Joint, ring
from pisecurity.adapters.cameras.stage.things.models import HATCHBACK, PANEL_VAN, SALOON, Model, Side
from pisecurity.adapters.cameras.stage.things.thing import Patch, Pose

__all__ = ["HATCHBACK", "PAINTS", "PANEL_VAN", "SALOON", "Vehicle"]

LOOK_DOWN: Final = 0.24
ROUND: Final = 0.05
PAINTS: Final[tuple[Colour, ...]] = ((168, 172, 176), (58, 56, 56), (210, 216, 220), (126, 74, 40), (44, 40, 138),
                                     (104, 112, 88))  # fmt: skip
GLASS: Final[Colour] = (74, 66, 54)
TYRE: Final[Colour] = (34, 34, 36)
RIM: Final[Colour] = (150, 154, 156)
BEAM: Final[Colour] = (232, 250, 255)
TAIL: Final[Colour] = (40, 40, 250)
BURNS: Final[dict[Colour, Colour]] = {BEAM: (560.0, 560.0, 560.0), TAIL: (0.0, 0.0, 260.0)}
"""What a lamp that burns adds to its colour; what is left of it at night is still bright."""
LAMP_SHARE: Final = 0.68
"""How far outside the lamps are, as a share of half the width."""
EDGE_ON: Final = 0.08
"""Sine of the heading under which an end is seen as a line."""
HALO_M, HALO, CORE = 0.45, 110.0, 0.04
"""Reach of the light round a lamp, its strength, and the square of the share of the reach that is the lamp itself."""
END_ON: Final = 0.2
"""Cosine of the heading under which the wheels of both sides are behind the hull."""
FULL_WHEEL: Final = 9.0
"""A wheel of a smaller radius, in pixels of the picture, is drawn without spokes."""
_SPOKES: Final = 5


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car or a van; one turn of the phase is one of its wheels."""

    model: Model = HATCHBACK
    paint: Colour = PAINTS[0]
    lit: bool = False
    """Head and tail lamps burn."""

    @property
    def label(self) -> str:
        return "vehicle"

    @property
    def tall_m(self) -> float:
        return self.model.tall_m

    @property
    def stride_m(self) -> float:
        return 2 * math.pi * self.model.wheel_m

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        model = self.model
        spare = HALO_M if self.lit else 0.06
        reach, half = model.reach_m + spare, 1.1 * model.half_m + 0.1
        cos, sin = abs(math.cos(pose.heading)), abs(math.sin(pose.heading))
        aside, depth = reach * cos + half * sin, LOOK_DOWN * (reach * sin + half * cos)
        brush = Brush(unit, pose.heading, Extent(2 * aside + 0.2, model.tall_m + depth + 0.1, depth + 0.05),
                      tilt=LOOK_DOWN)  # fmt: skip
        near = model.half_m if brush.cos >= 0 else -model.half_m
        self._draw_wheels(brush, -near, pose.phase)
        self._draw_underside(brush)
        if cos < END_ON:
            self._draw_wheels(brush, near, pose.phase)
        self._draw_hull(brush, near)
        if cos >= END_ON:
            self._draw_wheels(brush, near, pose.phase)
        _draw_skin(brush, model.cabin, model.half_m, model.roof_half_m, self.paint,
                   front_glass=True, rear_glass=model.rear_window)  # fmt: skip
        if cos < 0.1:
            self._draw_cabin(brush, -near)
        self._draw_cabin(brush, near)
        ends = [front for front in (True, False) if (-brush.sin if front else brush.sin) > self._from]
        lamps = [(self._draw_end(brush, front=front), BEAM if front else TAIL) for front in ends]
        patch = brush.patch(ROUND)
        if self.lit and lamps:
            # The halo reaches beyond the vehicle.
            patch = replace(patch, drawn=ALL)
        for points, colour in lamps if self.lit else ():
            # Those of the far side are behind the vehicle when it is seen from the side.
            seen = points if abs(brush.sin) > END_ON else points[(brush.cos >= 0) :][:1]
            _shine(patch, [(column / brush.fine, row / brush.fine) for column, row in seen], unit, colour)
        return patch

    @property
    def _from(self) -> float:
        """How far an end has to be turned to the camera to be seen; the light of lamps is seen from the side too."""
        return -EDGE_ON if self.lit else EDGE_ON

    def _draw_underside(self, brush: Brush) -> None:
        model = self.model
        reach, half = 0.9 * model.reach_m, 0.9 * model.half_m
        for low, high in ((0.16, 0.16), (0.16, 0.5)):
            for side in (-half, half):
                brush.face(((-reach, side, low), (reach, side, low), (reach, side, high), (-reach, side, high)),
                           (22, 22, 24))  # fmt: skip
        corners = ((-reach, -half, 0.16), (reach, -half, 0.16), (reach, half, 0.16), (-reach, half, 0.16))
        brush.face(corners, (22, 22, 24))
        for end in (-reach, reach):
            brush.face(((end, -half, 0.16), (end, half, 0.16), (end, half, 0.5), (end, -half, 0.5)), (22, 22, 24))

    def _draw_hull(self, brush: Brush, near: float) -> None:
        model = self.model
        _draw_skin(brush, model.hull, model.half_m, model.half_m, self.paint)
        brush.face([(ahead, near, up) for ahead, up in model.hull], lit(self.paint, 0.90))
        for ahead in model.axles:
            brush.face(ring((ahead, near, model.wheel_m), 1.16 * model.wheel_m, 16), lit(TYRE, 0.7))
        for where in model.doors:
            gap = ((where, near, 0.36), (where, near, model.hull[2][1] - 0.02))
            brush.line(gap, 0.012, lit(self.paint, 0.6))
        rear, front = model.hull[0][0], model.hull[-2][0]
        brush.face(((rear, near, 0.24), (front, near, 0.24), (front, near, 0.36), (rear, near, 0.36)),
                   lit(self.paint, 0.62))  # fmt: skip

    def _draw_cabin(self, brush: Brush, near: float) -> None:
        """Draw one side of what stands on the hull; it leans inwards."""
        model = self.model
        top = math.copysign(model.roof_half_m, near)
        rear, *roof, front = model.cabin
        foot = (rear[1] + front[1]) / 2
        side = [(rear[0], near, rear[1]), *((ahead, top, up) for ahead, up in roof), (front[0], near, front[1])]
        brush.face(side, lit(self.paint, 0.82))
        mirror = (front[0] - 0.18, 1.10 * near, front[1] + 0.08)
        brush.limb((mirror[0] + 0.03, near, mirror[2] - 0.03), mirror, 0.06, 0.14, lit(self.paint, 0.68))
        slope = (top - near) / (model.tall_m - foot)
        for pane in model.glass:
            brush.face([(ahead, near + slope * (up - foot), up) for ahead, up in pane], GLASS)
        for pane in model.glass:
            (a, b), (c, d) = pane[0], pane[1]
            shine = ((a + 0.1, b), (c + 0.1, d - 0.02), (c + 0.24, d - 0.02), (a + 0.24, b))
            brush.face([(ahead, near + slope * (up - foot), up) for ahead, up in shine], lit(GLASS, 1.5))

    def _draw_wheels(self, brush: Brush, side: float, phase: float) -> None:
        model, inside = self.model, side - math.copysign(0.22, side)
        large = model.wheel_m * brush.unit > FULL_WHEEL * brush.fine
        for ahead in model.axles:
            inner, outer = (
                ring((ahead, where, model.wheel_m), model.wheel_m, 20 if large else 10) for where in (inside, side)
            )
            # The tyre's tread is what its two sides cover together with what is between them.
            tread = np.array([brush.at(joint) for joint in (*inner, *outer)], np.float32)
            brush.hull(tread, TYRE)
            if side * brush.cos > 0:
                brush.face(outer, lit(TYRE, 1.2))
                hub = (ahead, side, model.wheel_m)
                brush.face(ring(hub, 0.66 * model.wheel_m, 16 if large else 8), RIM)
                spokes = ring(hub, 0.60 * model.wheel_m, 2 * _SPOKES * 6)
                first = round(-phase / (2 * math.pi) * len(spokes))
                for number in range(_SPOKES if large else 0):
                    spoke = spokes[(first + number * len(spokes) // _SPOKES) % len(spokes)]
                    brush.line((hub, spoke), 0.035, lit(RIM, 0.55))

    def _draw_end(self, brush: Brush, *, front: bool) -> list[Point]:
        """Draw lamps, number plate and grille of one end; return where its lamps are on the canvas."""
        model = self.model
        end = model.hull[-3][0] if front else model.hull[1][0]
        up = model.hull[-4][1] if front else 0.78
        lamps = [brush.at((end, side * LAMP_SHARE * model.half_m, up - 0.02)) for side in (-1, 1)]
        if abs(brush.sin) < EDGE_ON:
            return lamps
        burns = BEAM if front else TAIL
        idle: Colour = (190, 196, 198) if front else (44, 40, 130)
        wide = (0.20 * abs(brush.sin) + 0.03) * brush.unit
        for lamp in lamps:
            brush.ball(lamp, wide, 0.085 * brush.unit, burns if self.lit else idle)
        _draw_plate(brush, end, 0.45, 0.52, 0.11, (208, 214, 216))
        if front:
            _draw_plate(brush, end, up - 0.10, 0.80, 0.12, lit(self.paint, 0.42))
        return lamps


def _shine(patch: Patch, lamps: Sequence[Point], unit: float, colour: Colour) -> None:
    """Let lamps burn: brighter than white, so that they are bright in the dark too, with a halo of pure light.

    Args:
        lamps: columns and rows of the patch.
        unit: pixels a metre.
    """
    rows, columns = patch.pixels.shape[:2]
    x, y = np.arange(columns, dtype=np.float32)[None, :], np.arange(rows, dtype=np.float32)[:, None]
    halo, core = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    for column, row in lamps:
        distance = ((x + 0.5 - column) ** 2 + (y + 0.5 - row) ** 2) * (1 / (HALO_M * unit) ** 2)
        halo += HALO / 255 * np.maximum(0, 1 - distance) ** 3
        core += distance < CORE
    patch.pixels[..., :3] += halo[..., None] * np.array(colour, np.float32)
    patch.pixels[..., :3] += core[..., None] * np.array(BURNS[colour], np.float32)


def _draw_skin(brush: Brush, profile: tuple[Side, ...], low: float, high: float, paint: Colour, *,
               front_glass: bool = False, rear_glass: bool = False) -> None:  # fmt: skip
    """Draw the strips across the vehicle that face the camera, from the far end to the near one.

    Args:
        profile: from the rear to the front.
        low: half the width at the ends of the profile.
        high: the same between them.
    """
    count = len(profile)
    strips = []
    for number in range(count - 1):
        (a, b), (c, d) = profile[number], profile[number + 1]
        w0 = low if number == 0 else high
        w1 = low if number + 2 == count else high
        strips.append((number, ((a, -w0, b), (a, w0, b), (c, w1, d), (c, -w1, d))))
    if brush.sin > 0:
        strips.reverse()
    for number, corners in strips:
        steep = _faces(corners, brush)
        if steep <= 0:
            continue
        brush.face(corners, lit(paint, 0.74 + 0.42 * min(1.0, _level(corners))))
        if (number == count - 2 and front_glass) or (number == 0 and rear_glass):
            brush.face([_inset(corner, corners) for corner in corners], mix(GLASS, (150, 150, 140), 0.2))


def _faces(corners: tuple[Joint, ...], brush: Brush) -> float:
    """Return how far a strip is turned to the camera; 0 or less: its back is seen."""
    (a, _, b), (c, _, d) = corners[0], corners[2]
    ahead, up = -(d - b), c - a
    return -ahead * brush.sin + up * brush.tilt


def _level(corners: tuple[Joint, ...]) -> float:
    """Return 1 for a strip that lies flat, 0 for an upright one."""
    (a, _, b), (c, _, d) = corners[0], corners[2]
    return abs(c - a) / (math.hypot(c - a, d - b) or 1.0)


def _inset(corner: Joint, corners: tuple[Joint, ...]) -> Joint:
    middle = [sum(values) / len(corners) for values in zip(*corners, strict=True)]
    ahead, right, up = (m + 0.84 * (value - m) for value, m in zip(corner, middle, strict=True))
    return ahead, right, up


def _draw_plate(brush: Brush, end: float, up: float, wide: float, tall: float, colour: Colour) -> None:
    half = wide / 2
    brush.face(((end, -half, up), (end, half, up), (end, half, up + tall), (end, -half, up + tall)), colour)
