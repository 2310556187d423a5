"""A scene as a pure function of time: picture and truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.planes import NEUTRAL
from pisecurity.adapters.cameras.stage.actor import Actor, Light
from pisecurity.adapters.cameras.stage.canvas import TO_YCC, Canvas, Image
from pisecurity.adapters.cameras.stage.curve import Curve
from pisecurity.adapters.cameras.stage.effects.effect import Setting
from pisecurity.adapters.cameras.stage.place import INFRARED
from pisecurity.adapters.cameras.stage.places import painted
from pisecurity.adapters.cameras.stage.script import Script
from pisecurity.adapters.cameras.stage.sensor import SensorNoise
from pisecurity.adapters.cameras.stage.truth import Cover, Labelled, hide, labelled, mask_of
from pisecurity.adapters.cameras.stage.view import View
from pisecurity.core.types import Picture, Plane

STEPS: Final = 256
"""Strength of a light is rounded to so many steps, between which a still picture is kept."""
SMALLEST: Final = 32
GREY: Final = 0.5
"""From here on the camera gives no colour."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One moment of the scene. Its planes are new and belong to the caller."""

    luma: Plane
    """Full range, (H, W)."""
    colour: tuple[Plane, Plane] | None
    """U and V, (ceil(H/2), ceil(W/2)); None: only brightness was drawn."""
    truth: tuple[Labelled, ...]
    _covers: tuple[Cover, ...]

    @property
    def picture(self) -> Picture:
        """The moment in colour, or grey where only brightness was drawn."""
        if self.colour is not None:
            return Picture(self.luma, *self.colour)
        height, width = self.luma.shape
        grey = np.full(((height + 1) // 2, (width + 1) // 2), 128, np.uint8)
        return Picture(self.luma, grey, grey.copy())

    def mask(self) -> Plane:
        """Return (H, W) with the values of ``truth.THINGS``, ``SHADOW`` and ``BACKGROUND``."""
        return mask_of(self._covers, (self.luma.shape[1], self.luma.shape[0]))


@dataclass(frozen=True, slots=True)
class _Layer:
    """One light of the still place, colour at half size."""

    y: Plane
    u: NDArray[np.int8] | None
    """Around 0, so that lights can be added; None: only brightness is drawn."""
    v: NDArray[np.int8] | None
    mean: float
    """Of the brightness."""


class Scene:
    """Draws a script. The same script, seed, size and time give the same picture, in any order of asking."""

    def __init__(self, script: Script, seed: int, width: int = 640, height: int = 480, *, colour: bool = True) -> None:
        """Paint the place, which takes about half a second the first time.

        Raises:
            ValueError: a side shorter than ``SMALLEST`` pixels.
        """
        if min(width, height) < SMALLEST:
            raise ValueError(f"a scene needs {SMALLEST} pixels each way, got {width}x{height}")
        self.width, self.height = width, height
        self._script, self._seed = script, seed
        view = View(width, height)
        place = painted(script.place, seed if script.place_seed is None else script.place_seed, view)
        self._view, self._lens = view, place.lens
        setting = Setting(place, view, seed)
        self._layers = {name: _layer(place.lights[name], colour=colour) for name in script.lights}
        self._effects = [effect.begin(setting) for effect in script.effects]
        self._actor = Actor(place, view)
        self._noise = SensorNoise(setting.rng(3), width, height, script.sensor)
        self._mean = _mean_of(self._layers, script.lights)
        self._still: tuple[tuple[int, ...], Canvas] | None = None

    def render(self, t_s: float) -> Rendered:
        """Return the scene at *t_s* seconds, 0 or more."""
        t_s = float(t_s)  # a numpy float64 would turn all the float32 planes into float64
        script = self._script
        weights = {name: strength(t_s) for name, strength in script.lights.items()}
        canvas = self._lit(weights)
        for effect in self._effects:
            effect.stir(t_s, canvas)
        field = self._field(t_s)
        grey = script.grey(t_s) > GREY
        light = Light(weights, script.shadow, field, infrared=grey and weights.get(INFRARED, 0.0) > 0)
        covers = self._act(t_s, canvas, light)
        gain = self._exposed(t_s)
        _multiply(canvas, field, gain)
        for effect in self._effects:
            effect.fall(t_s, canvas)
        self._shaken(t_s, canvas, covers)
        self._sense(t_s, canvas, gain, grey=grey)
        seen = (labelled(cover, canvas.size) for cover in covers)
        truth = tuple(each for each in seen if each is not None)
        colour = None if canvas.u is None or canvas.v is None else (canvas.u, canvas.v)
        return Rendered(canvas.y, colour, truth, tuple(covers))

    def _act(self, t_s: float, canvas: Canvas, light: Light) -> list[Cover]:
        """Draw everybody, the farthest first; return what is seen of each."""
        steps = [(role, role.path.at(t_s)) for role in self._script.cast.around(t_s)]
        there = [(role, step) for role, step in steps if step is not None]
        there.sort(key=lambda pair: -pair[1].ground.away_m)
        drawn = [self._actor.draw(canvas, role, step, light) for role, step in there]
        covers = [cover for cover in drawn if cover is not None]
        hide(covers)
        return covers

    def _field(self, t_s: float) -> Image | None:
        field: Image | None = None
        for effect in self._effects:
            factors = effect.light(t_s)
            if factors is not None:
                field = factors if field is None else np.asarray(field * factors, np.float32)
        return field

    def _exposed(self, t_s: float) -> float:
        script = self._script
        gain = script.gain(t_s)
        if script.exposure is not None:
            gain *= script.exposure.gain(self._mean, t_s)
        return gain

    def _shaken(self, t_s: float, canvas: Canvas, covers: list[Cover]) -> None:
        if self._script.shake is None:
            return
        right, down = (value * self._view.scale for value in self._script.shake.shift(t_s))
        if abs(right) + abs(down) < 0.05:
            return
        for plane, half in canvas.planes():
            move = np.array(((1, 0, right / half), (0, 1, down / half)), np.float32)
            size = (plane.shape[1], plane.shape[0])
            plane[:] = cv2.warpAffine(plane, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for cover in covers:
            cover.left, cover.top = cover.left + round(right), cover.top + round(down)
            if cover.shadow is not None:
                dark, left, top = cover.shadow
                cover.shadow = (dark, left + round(right), top + round(down))

    def _sense(self, t_s: float, canvas: Canvas, gain: float, *, grey: bool) -> None:
        rng = np.random.default_rng((self._seed, 5, round(t_s * 1000)))
        gain = max(1.0, gain) * self._script.noise(t_s)
        self._noise.add_luma(canvas.y, gain, rng)
        if canvas.u is None or canvas.v is None:
            return
        for plane in (canvas.u, canvas.v):
            if grey:
                plane[:] = 128
            else:
                self._noise.add_colour(plane, gain, rng)

    def _lit(self, weights: Mapping[str, float]) -> Canvas:
        """Return a new canvas with the still place in this light."""
        key = tuple(round(weight * STEPS) for weight in weights.values())
        if self._still is None or self._still[0] != key:
            parts = [(self._layers[name], step / STEPS) for name, step in zip(weights, key, strict=True) if step]
            self._still = (key, self._summed(parts))
        still = self._still[1]
        if still.u is None or still.v is None:
            return Canvas(still.y.copy(), None, None)
        return Canvas(still.y.copy(), still.u.copy(), still.v.copy())

    def _summed(self, parts: list[tuple[_Layer, float]]) -> Canvas:
        y = _sum([(layer.y, weight) for layer, weight in parts], (self.height, self.width), 0)
        half = ((self.height + 1) // 2, (self.width + 1) // 2)
        if any(layer.u is None for layer in self._layers.values()):
            return Canvas(y, None, None)
        u = _sum([(layer.u, weight) for layer, weight in parts if layer.u is not None], half, 128)
        v = _sum([(layer.v, weight) for layer, weight in parts if layer.v is not None], half, 128)
        return Canvas(y, u, v)


def _mean_of(layers: Mapping[str, _Layer], lights: Mapping[str, Curve]) -> Curve:
    """Return the mean brightness that the lights alone give at a time; before the beginning as at it."""
    means = [(layers[name].mean, strength) for name, strength in lights.items()]

    # The exposure looks back, and at the same instants frame after frame.
    @lru_cache(maxsize=64)
    def mean(t_s: float) -> float:
        at_s = max(0.0, t_s)
        return sum(full * strength(at_s) for full, strength in means)

    return mean


def _sum(parts: list[tuple[Plane | NDArray[np.int8], float]], shape: tuple[int, int], centre: int) -> Plane:
    total = np.full(shape, centre, np.float32)
    for plane, weight in parts:
        total += np.multiply(plane, np.float32(weight), dtype=np.float32)
    return np.clip(np.rint(total), 0, 255).astype(np.uint8)


def _multiply(canvas: Canvas, field: Image | None, gain: float) -> None:
    """Give a picture more or less light, and its colours with it; *field* changes the brightness alone."""
    y, even = canvas.y, math.isclose(gain, 1.0, abs_tol=0.002)
    for plane, half in canvas.planes():
        if half > 1 and not even:
            cv2.addWeighted(plane, gain, plane, 0.0, NEUTRAL * (1 - gain), dst=plane)
    if field is not None:
        fine = cv2.resize(field, (y.shape[1], y.shape[0]), interpolation=cv2.INTER_LINEAR)
        cv2.multiply(y, fine, dst=y, scale=gain, dtype=cv2.CV_8U)
    elif not even:
        cv2.convertScaleAbs(y, dst=y, alpha=gain)


def _layer(light: NDArray[np.uint8], *, colour: bool) -> _Layer:
    ycc: NDArray[np.float32] = np.asarray(cv2.transform(light.astype(np.float32), TO_YCC), np.float32)
    y = np.clip(np.rint(ycc[..., 0]), 0, 255).astype(np.uint8)
    if not colour:
        return _Layer(y, None, None, float(y.mean()))
    height, width = light.shape[:2]
    half = ((width + 1) // 2, (height + 1) // 2)
    u, v = (
        cv2.resize(np.ascontiguousarray(ycc[..., channel]), half, interpolation=cv2.INTER_AREA) for channel in (1, 2)
    )
    return _Layer(y, _signed(u), _signed(v), float(y.mean()))


def _signed(plane: NDArray[Any]) -> NDArray[np.int8]:
    return np.asarray(np.clip(np.rint(plane), -128, 127), np.int8)
