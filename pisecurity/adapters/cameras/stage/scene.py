"""The garden as a pure function of time: picture and truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage import garden, house, light
from pisecurity.adapters.cameras.stage.actor import Actor, Illumination
from pisecurity.adapters.cameras.stage.paint import FINE, Image, Sheet
from pisecurity.adapters.cameras.stage.passes import Passes
from pisecurity.adapters.cameras.stage.sensor import SensorNoise
from pisecurity.adapters.cameras.stage.view import View
from pisecurity.adapters.cameras.stage.wind import Wind
from pisecurity.core.types import Box, Picture, Plane

STEPS: Final = 256
"""Brightness of day and lamp is rounded to so many steps, between which a still picture is kept."""
NOISE_DAY: Final = (1.5, 0.7)
NOISE_NIGHT: Final = (3.6, 1.6)
"""Deviation of brightness and of colour, in grey levels."""
SMALLEST: Final = 32
TO_YCC: Final = np.array(((0.114, 0.587, 0.299), (0.5, -0.331264, -0.168736), (-0.081312, -0.418688, 0.5)), np.float32)
"""BGR to Y, Cb - 128, Cr - 128. Source: JFIF 1.02."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Something that is really there."""

    label: str
    """``person``"""
    box: Box
    """Of what is seen of it; its cast shadow is not part of it."""
    visible: float
    """Share of it that lies inside the picture, above 0 to 1."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One moment of the scene. Its planes are new and belong to the caller."""

    picture: Picture
    """Full range."""
    truth: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One light of the still garden, colour at half size."""

    y: Plane
    u: NDArray[np.int8]
    """Around 0, so that lights can be added."""
    v: NDArray[np.int8]


class Scene:
    """A front garden with somebody passing about every 20 s; everything else moves too, but means nothing.

    The same seed, size and time give the same picture, in any order of asking. Wind, clouds and the lamp follow
    ``stage.light`` and ``stage.wind``; a day and a night last ``light.CYCLE_S`` seconds.
    """

    def __init__(self, seed: int, width: int = 640, height: int = 480, *, people: bool = True) -> None:
        """Paint the garden, which takes about half a second. Without *people* nobody ever passes.

        Raises:
            ValueError: a side shorter than ``SMALLEST`` pixels.
        """
        if min(width, height) < SMALLEST:
            raise ValueError(f"a scene needs {SMALLEST} pixels each way, got {width}x{height}")
        self.width, self.height = width, height
        self._seed = seed
        rng = np.random.default_rng(seed)
        view = View(width, height)
        day = _painted(rng, view)
        self._wind = Wind(day, view, rng)
        self._clouds = light.Clouds(rng, view)
        self._noise = SensorNoise(rng, width, height)
        self._passes = Passes(seed, view) if people else None
        self._actor = Actor(view)
        lights = light.lighten(day, view)
        self._day, self._night, self._lamp = (_layer(image) for image in (lights.day, lights.night, lights.lamp))
        self._still: tuple[tuple[int, int], tuple[Plane, Plane, Plane]] | None = None

    def render(self, t_s: float) -> Rendered:
        """Return the scene at *t_s* seconds, 0 or more."""
        t_s = float(t_s)  # a numpy float64 would turn all the float32 planes into float64
        y, u, v = (plane.copy() for plane in self._lit(light.daylight(t_s), light.lamp(t_s)))
        self._wind.blow(t_s, y, u, v)
        gain = self._clouds.gain(t_s)
        if gain is not None:
            fine = cv2.resize(np.rint(gain * 200).astype(np.uint8), (self.width, self.height))
            cv2.multiply(y, fine, dst=y, scale=1 / 200)
        truth = self._people(t_s, (y, u, v), gain)
        rng = np.random.default_rng((self._seed, 5, round(t_s * 1000)))
        dark = 1 - light.daylight(t_s)
        of_light, of_colour = (a + (b - a) * dark for a, b in zip(NOISE_DAY, NOISE_NIGHT, strict=True))
        for plane, deviation in ((y, of_light), (u, of_colour), (v, of_colour)):
            self._noise.add(plane, deviation, rng)
        return Rendered(Picture(y, u, v), truth)

    def _people(self, t_s: float, planes: tuple[Plane, Plane, Plane], gain: Image | None) -> tuple[Labelled, ...]:
        seen: list[Labelled] = []
        for walk in self._passes.around(t_s) if self._passes else ():
            step = walk.at(t_s)
            if step is None:
                continue
            x, y = step.ground.on_sheet()
            sun = 1.0 if gain is None else float(gain.mean())
            shine = Illumination(light.daylight(t_s), sun, light.lamp(t_s) * light.lamp_at(x, y))
            shown = self._actor.draw(planes, step, walk.tall, walk.outfit, shine)
            if shown is not None:
                seen.append(Labelled("person", *shown))
        return tuple(seen)

    def _lit(self, day: float, lamp: float) -> tuple[Plane, Plane, Plane]:
        """Return the still garden in this light; the planes are shared, not to be written to."""
        key = (round(day * STEPS), round(lamp * STEPS))
        if self._still is None or self._still[0] != key:
            day, lamp = key[0] / STEPS, key[1] / STEPS
            glow = lamp * (1 - (1 - light.LAMP_BY_DAY) * day)
            parts = ((self._day, day), (self._night, 1 - day), (self._lamp, glow))
            y, u, v = (
                _summed([(getattr(layer, name), weight) for layer, weight in parts], centre)
                for name, centre in (("y", 0), ("u", 128), ("v", 128))
            )
            self._still = (key, (y, u, v))
        return self._still[1]


def _summed(parts: list[tuple[Plane | NDArray[np.int8], float]], centre: int) -> Plane:
    total = np.full(parts[0][0].shape, centre, np.float32)
    for plane, weight in parts:
        total += np.multiply(plane, np.float32(weight), dtype=np.float32)
    return np.clip(np.rint(total), 0, 255).astype(np.uint8)


def _painted(rng: np.random.Generator, view: View) -> Image:
    """Return the garden by day as (height, width, 3) float32 BGR."""
    sheet = Sheet(rng)
    paints = house.Paints.drawn(rng)
    garden.paint_sky(sheet)
    garden.paint_ground(sheet)
    house.paint_house(sheet, paints)
    garden.paint_plants(sheet, paints)
    left, right = round(view.left * FINE), round(view.right * FINE)
    part = sheet.image[round(view.top * FINE) :, left:right]
    way = cv2.INTER_AREA if view.width < right - left else cv2.INTER_CUBIC
    day = cv2.resize(part, (view.width, view.height), interpolation=way).astype(np.float32)
    garden.soft_light(day, rng)
    return day


def _layer(image: Image) -> _Layer:
    ycc: NDArray[np.float32] = np.asarray(cv2.transform(image, TO_YCC), np.float32)
    height, width = image.shape[:2]
    half = ((width + 1) // 2, (height + 1) // 2)
    u, v = (
        cv2.resize(np.ascontiguousarray(ycc[..., channel]), half, interpolation=cv2.INTER_AREA) for channel in (1, 2)
    )
    return _Layer(
        np.clip(np.rint(ycc[..., 0]), 0, 255).astype(np.uint8),
        np.clip(np.rint(u), -128, 127).astype(np.int8),
        np.clip(np.rint(v), -128, 127).astype(np.int8),
    )
