"""Drawn scenes: a textured yard, sensor noise, and what happens in it, at any frame rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Event, Frame, Phase, Picture, Plane
from pisecurity.core.vision.pipeline import Pipeline, Step
from pisecurity.settings import MotionSettings, ZoneSettings
from tests.fakes import START

Canvas = NDArray[np.float32]
"""(H, W) brightness, 0 to 255."""
Draw = Callable[[Canvas, float], None]
"""``draw(canvas, seconds)`` draws what is there at that moment."""

WIDTH, HEIGHT = 320, 240


def yard(seed: int = 1, width: int = WIDTH, height: int = HEIGHT) -> Canvas:
    """Return a still scene with texture at several sizes."""
    rng = np.random.default_rng(seed)
    scene = np.full((height, width), 110.0, np.float32)
    for cells, strength in ((4, 40.0), (12, 25.0), (60, 14.0)):
        coarse = rng.normal(0, 1, (cells, cells)).astype(np.float32)
        scene += strength * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(scene, 20, 235).astype(np.float32)


def frame(luma: Plane, taken_s: float, index: int = 0, camera: str = "front") -> Frame:
    def no_picture() -> Picture:
        raise AssertionError("the vision asks for no full picture")

    return Frame(camera, index, taken_s, START + timedelta(seconds=taken_s), luma, no_picture)


def film(
    seconds: float, *draws: Draw, fps: float = 10, scene: Canvas | None = None, noise: float = 1.5, start_s: float = 0.0
) -> Iterator[Frame]:
    """Yield frames of *scene* with *draws* painted over it in order, and Gaussian *noise* last."""
    still = yard() if scene is None else scene
    rng = np.random.default_rng(7)
    for index in range(round(seconds * fps)):
        at_s = index / fps
        canvas = still.copy()
        for draw in draws:
            draw(canvas, at_s)
        canvas += rng.normal(0, noise, canvas.shape).astype(np.float32)
        yield frame(np.clip(canvas, 0, 255).astype(np.uint8), start_s + at_s, index)


def walker(
    begin_s: float, end_s: float, *, speed: float = 45.0, foot: int = 200, tall: int = 70, from_x: float = -15.0
) -> Draw:
    """Return somebody *tall* pixels who walks to the right at *speed* pixels a second, foot at row *foot*."""

    def draw(canvas: Canvas, at_s: float) -> None:
        if begin_s <= at_s < end_s:
            person(canvas, from_x + speed * (at_s - begin_s), foot, tall, at_s)

    return draw


def person(canvas: Canvas, x: float, foot: int, tall: int, at_s: float) -> None:
    """Draw a dark figure with a bright head and striding legs, the middle of its feet at (*x*, *foot*)."""
    middle, wide = round(x), max(tall // 4, 3)
    step = round(wide * 0.5 * np.sin(6 * at_s))
    cv2.circle(canvas, (middle, foot - tall + wide // 2), wide // 2, 205.0, -1)
    cv2.rectangle(canvas, (middle - wide // 2, foot - tall + wide), (middle + wide // 2, foot - tall // 3), 35.0, -1)
    for way in (-1, 1):
        cv2.line(canvas, (middle, foot - tall // 3), (middle + way * step, foot), 30.0, max(wide // 3, 2))


def light(begin_s: float, factor: float, end_s: float = 1e9, fade_s: float = 0.0) -> Draw:
    """Return a lamp that multiplies all brightness by *factor* from *begin_s* to *end_s*."""

    def draw(canvas: Canvas, at_s: float) -> None:
        if begin_s <= at_s < end_s:
            part = min((at_s - begin_s) / fade_s, 1.0) if fade_s else 1.0
            canvas *= 1 + part * (factor - 1)

    return draw


def leaves(seed: int = 3, reach: float = 2.0) -> Draw:
    """Return a bush in the upper right corner, whose leaves sway to and fro by *reach* pixels all the time."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform((200, 10), (310, 100), (60, 2))
    phases, shades = rng.uniform(0, 6.28, 60), rng.uniform(40, 190, 60)

    def draw(canvas: Canvas, at_s: float) -> None:
        for (x, y), phase, shade in zip(spots, phases, shades, strict=True):
            away = reach * np.sin(2.2 * at_s + phase)
            cv2.circle(canvas, (round(x + away), round(y + away / 2)), 6, float(shade), -1)

    return draw


def steps(
    frames: Iterable[Frame], motion: MotionSettings | None = None, zones: Sequence[ZoneSettings] = ()
) -> tuple[list[Step], tuple[Event, ...]]:
    """Return every step of a new pipeline over *frames*, and what ended when the stream did."""
    pipeline = Pipeline("front", motion or MotionSettings(), zones)
    return [pipeline.step(each) for each in frames], pipeline.finish()


def events(
    frames: Iterable[Frame], motion: MotionSettings | None = None, zones: Sequence[ZoneSettings] = ()
) -> list[Event]:
    """Return every phase of every event a new pipeline finds in *frames*."""
    taken, last = steps(frames, motion, zones)
    return [event for step in taken for event in step.events] + list(last)


def opened(found: Iterable[Event]) -> list[Event]:
    return [event for event in found if event.phase is Phase.OPENED]
