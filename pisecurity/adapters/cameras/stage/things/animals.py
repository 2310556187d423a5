"""Animals of house and garden."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from pisecurity.adapters.cameras.stage.paint import Colour, lit
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Extent, Joint
from pisecurity.adapters.cameras.stage.things.quadruped import Build, draw_quadruped
from pisecurity.adapters.cameras.stage.things.thing import Patch, Pose

LOOK_DOWN: Final = 0.22
ROUND: Final = 0.05

SHEPHERD: Final = Build(length=1.12, chest=0.46, leg=0.10, neck=0.24, head=0.27, muzzle=0.26, tail=0.72,
                        raised=-0.75, bushy=0.13, ears=0.17, coat=(62, 104, 152), belly=(70, 120, 172),
                        back=(34, 38, 46))  # fmt: skip
LABRADOR: Final = Build(length=1.08, chest=0.48, leg=0.12, neck=0.20, head=0.30, muzzle=0.20, tail=0.62, raised=0.15,
                        bushy=0.09, ears=-0.17, coat=(132, 184, 216))  # fmt: skip
TERRIER: Final = Build(length=1.12, chest=0.52, leg=0.13, neck=0.34, head=0.42, muzzle=0.24, tail=0.42, raised=1.1,
                       bushy=0.10, ears=0.16, coat=(216, 222, 226), back=(58, 84, 128))  # fmt: skip
DACHSHUND: Final = Build(length=2.05, chest=0.66, leg=0.16, neck=0.26, head=0.48, muzzle=0.44, tail=0.85, raised=0.1,
                         bushy=0.09, ears=-0.30, waist=0.86, coat=(38, 58, 96), belly=(54, 92, 146))  # fmt: skip
CAT: Final = Build(length=1.35, chest=0.44, leg=0.105, neck=0.16, head=0.38, muzzle=0.06, tail=1.05, raised=0.9,
                   bushy=0.10, ears=0.13, waist=0.92, coat=(70, 76, 82))  # fmt: skip
FOX: Final = Build(length=1.35, chest=0.40, leg=0.08, neck=0.14, head=0.29, muzzle=0.27, tail=1.05, raised=-0.45,
                   bushy=0.26, ears=0.20, coat=(44, 98, 190), belly=(196, 206, 214))  # fmt: skip
DOGS: Final = {"shepherd": (SHEPHERD, 0.60), "labrador": (LABRADOR, 0.56), "terrier": (TERRIER, 0.30),
               "dachshund": (DACHSHUND, 0.22)}  # fmt: skip
"""Build and height of the back in metres."""
CAT_COATS: Final[tuple[Colour, ...]] = ((70, 76, 82), (34, 34, 36), (64, 116, 176), (208, 212, 216))


@dataclass(frozen=True, slots=True)
class FourLegged:
    """A dog, a cat or a fox; at rest, with *swing* 0, it may sniff at the ground."""

    build: Build
    back_m: float
    """Height of its back."""
    sniffs: bool = True

    @property
    def label(self) -> str:
        return "animal"

    @property
    def tall_m(self) -> float:
        build = self.build
        ears = 0.48 * build.head + build.ears if build.ears > 0 else 0.5 * build.head
        tail = 0.9 + 0.85 * build.tail * math.sin(max(0.0, build.raised))
        return self.back_m * max(1.0 + build.neck + ears, tail)

    @property
    def stride_m(self) -> float:
        return 1.25 * self.back_m

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        build = self.build
        half = 0.5 * build.length + max(build.tail, 0.5 + build.muzzle + build.head)
        above = max(1.0, self.tall_m / self.back_m) + 0.05
        extent = Extent(2.1 * half, above + LOOK_DOWN * half, LOOK_DOWN * half + 0.12)
        brush = Brush(self.back_m * unit, pose.heading, extent, tilt=LOOK_DOWN)
        nose_down = max(0.0, 1 - 2 * pose.swing) if self.sniffs else 0.0
        draw_quadruped(brush, build, pose.phase, pose.swing, nose_down=nose_down)
        return brush.patch(ROUND)


def dog(breed: str = "shepherd") -> FourLegged:
    """Return a dog; *breed*: one of ``DOGS``.

    Raises:
        KeyError: there is no such breed.
    """
    return FourLegged(*DOGS[breed])


def cat(coat: Colour = CAT_COATS[0]) -> FourLegged:
    """Return a cat that carries its tail high."""
    back = None if max(coat) < 50 else lit(coat, 0.82)
    return FourLegged(replace(CAT, coat=coat, back=back), 0.25, sniffs=False)


def fox() -> FourLegged:
    """Return a fox."""
    return FourLegged(FOX, 0.38)


@dataclass(frozen=True, slots=True)
class Hedgehog:
    """A low dome of spines on hidden feet."""

    @property
    def label(self) -> str:
        return "animal"

    @property
    def tall_m(self) -> float:
        return 0.15

    @property
    def stride_m(self) -> float:
        return 0.12

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        brush = Brush(unit, pose.heading, Extent(0.46, 0.18, 0.05), tilt=LOOK_DOWN)
        for ahead, turn in ((0.06, 0.0), (-0.07, math.pi)):
            step = 0.02 * pose.swing * math.sin(pose.phase + turn)
            brush.limb((ahead + step, 0.03, 0.03), (ahead + step + 0.01, 0.03, 0.008), 0.024, 0.02, (52, 66, 84))
        brush.limb((0.06, 0.0, 0.055), (0.145, 0.0, 0.03), 0.085, 0.022, (92, 118, 146))
        brush.limb((0.15, 0.0, 0.032), (0.155, 0.0, 0.032), 0.016, 0.016, (24, 24, 28))
        brush.limb((0.045, 0.0, 0.078), (-0.06, 0.0, 0.072), 0.135, 0.128, (52, 66, 82))
        bob = 0.002 * pose.swing * math.sin(2 * pose.phase)
        for number, (root, tip) in enumerate(_SPINES):
            raised = ((root[0], root[1], root[2] + bob), (tip[0], tip[1], tip[2] + bob))
            brush.line(raised, 0.006, (124, 150, 176) if number % 3 else (38, 46, 58))
        eye = (0.115, 0.022 if brush.cos >= 0 else -0.022, 0.058)
        if brush.sin < 0.5:
            brush.limb(eye, eye, 0.012, 0.012, (18, 18, 20))
        return brush.patch(0.012)


def _spine(number: int) -> tuple[Joint, Joint]:
    """Return root and tip of one of the spines of a hedgehog."""
    angle = 0.35 + 2.75 * (number % 13) / 12
    reach = 0.72 + 0.28 * (number // 13)
    aside = 0.055 * (number * 5 % 13 - 6) / 6 * math.sin(angle)
    root = (-0.01 + 0.10 * reach * math.cos(angle), aside, 0.06 + 0.072 * reach * math.sin(angle))
    return root, (root[0] + 0.022 * math.cos(angle) - 0.012, 1.2 * aside, root[2] + 0.018 * math.sin(angle))


_SPINES: Final = tuple(_spine(number) for number in range(26))


@dataclass(frozen=True, slots=True)
class Bird:
    """It sits or hops with *swing* 0 and flies with 1; one turn of the phase is a beat of its wings."""

    coat: Colour = (36, 36, 40)
    beak: Colour = (40, 150, 230)
    long_m: float = 0.26

    @property
    def label(self) -> str:
        return "animal"

    @property
    def tall_m(self) -> float:
        return 0.60 * self.long_m

    @property
    def stride_m(self) -> float:
        return 0.30

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels; wings reach out as it flies."""
        brush = Brush(unit * self.long_m, pose.heading, Extent(2.1, 1.3, 0.75), tilt=LOOK_DOWN)
        fly = min(1.0, max(0.0, pose.swing))
        brush.lift = 0.10 * (1 - fly)
        level = 0.55 - 0.30 * fly
        if fly < 0.5:
            for side in (-0.06, 0.06):
                brush.line(((0.0, side, 0.24), (-0.02, side, 0.12), (0.08, side, 0.11)), 0.035, (70, 96, 120))
        beat = math.sin(pose.phase)
        near = 1 if brush.cos >= 0 else -1
        self._draw_wing(brush, -near, fly, beat, 0.75)
        tail = (-0.55, 0.0, 0.36 - 0.10 * level)
        brush.limb((-0.16, 0.0, 0.36), tail, 0.17, 0.10, lit(self.coat, 0.85))
        brush.limb((0.10, 0.0, 0.42), (-0.16, 0.0, 0.36), 0.32, 0.22, self.coat)
        brush.limb((0.12, 0.0, 0.46), (0.20, 0.0, 0.40 + 0.32 * level), 0.24, 0.20, self.coat)
        head = (0.20, 0.0, 0.40 + 0.32 * level)
        if brush.sin < 0.6:
            brush.limb((0.27, 0.0, head[2] - 0.01), (0.37, 0.0, head[2] - 0.03), 0.07, 0.02, self.beak)
            eye = (0.24, 0.06 * near, head[2] + 0.03)
            brush.limb(eye, eye, 0.04, 0.04, (60, 170, 220))
        self._draw_wing(brush, near, fly, beat, 0.94)
        return brush.patch(0.08)

    def _draw_wing(self, brush: Brush, side: int, fly: float, beat: float, light: float) -> None:
        """Draw a wing: along the body at rest, far out to its side in flight."""
        out, up = fly * 0.72, fly * 0.55 * beat
        tip = (-0.36 + 0.22 * fly, side * (0.10 + out), 0.36 + up)
        elbow = (0.06, side * (0.11 + 0.45 * out), 0.44 + 0.75 * up)
        back = (-0.30 + 0.12 * fly, side * (0.10 + 0.4 * out), 0.34 + 0.6 * up)
        root = ((0.14, side * 0.10, 0.44), (-0.16, side * 0.09, 0.38))
        brush.face((root[0], elbow, tip, back, root[1]), lit(self.coat, light))
