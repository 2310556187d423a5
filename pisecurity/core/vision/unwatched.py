"""Where zones or thresholds leave nothing that could count: told to the owner before anybody comes by unseen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.alarm.readiness import ALSO
from pisecurity.core.vision.pipeline import well_visible
from pisecurity.core.vision.privacy import visible
from pisecurity.core.vision.sensitivity import scaled
from pisecurity.core.vision.zones import GRID, draw
from pisecurity.settings import EVERY_MODE, ArmedMode, MotionSettings, Settings, ZoneSettings

Mask = NDArray[np.bool_]

WATCHED = "each camera has something to watch in each armed mode"

_FRAME = (240, 320)
"""Height and width of a frame beside whose privacy zones the border in which nothing is found is as wide as it gets."""
_UNSEEN = {"min_area": 0.1, "min_travel": 0.5, "min_contrast": 48.0}
"""A person half as tall as the picture covers a twentieth of it; who walks by may be in view for half of its diagonal;
and clothes seldom differ by more than a third of full brightness from a wall, of which an even one loses half."""
_COVERED = "its privacy and ignore zones leave nothing that could count; make them smaller"
_UNNAMED = "none of its watch and entry zones names that mode; add it to the modes of one"


@dataclass(frozen=True, slots=True)
class Unwatched:
    """What zones and thresholds leave unwatched, each in one line: where, and what to do about it."""

    faults: tuple[str, ...]
    """What nobody can want: a camera that is blind in every armed mode, a mode in which every camera is blind, a zone
    in which nothing counts, a threshold that hardly anybody meets."""
    warnings: tuple[str, ...]
    """What can be wanted: a camera that is blind in a mode in which another one watches, such as that in the living
    room while somebody is at home."""

    @property
    def fault(self) -> str:
        """The faults as the text of one."""
        return ALSO.join(self.faults)


class _View:
    """What one camera sees of what counts, on a grid over its picture."""

    def __init__(self, label: str, zones: Sequence[ZoneSettings]) -> None:
        self.label = label
        drawn = [(zone, draw(zone.points)) for zone in zones if zone.kind != "privacy"]
        self._counting = [(zone, mask) for zone, mask in drawn if zone.kind != "ignore"]
        self._only_inside = any(zone.kind == "watch" for zone, _ in drawn)
        found = _found(zones)
        self._clear = {
            mode: found & ~_union(mask for zone, mask in drawn if zone.kind == "ignore" and mode in zone.modes)
            for mode in EVERY_MODE
        }
        """Where something is found and not ignored."""
        self.blind: Mapping[ArmedMode, str] = dict(self._blind())
        """Modes in which nothing can count, each with what to do about it."""

    def _blind(self) -> Iterator[tuple[ArmedMode, str]]:
        for mode, clear in self._clear.items():
            counting = [mask for zone, mask in self._counting if mode in zone.modes]
            if self._only_inside and not counting:
                yield mode, _UNNAMED
            elif not (clear & _union(counting) if self._only_inside else clear).any():
                yield mode, _COVERED

    def lost(self) -> Iterator[str]:
        """Yield the names of the zones in which nothing counts, though elsewhere something does."""
        for zone, mask in self._counting:
            modes = [mode for mode in zone.modes if mode not in self.blind]
            if modes and not any((self._clear[mode] & mask).any() for mode in modes):
                yield zone.name


def unwatched(settings: Settings) -> Unwatched:
    """Return what the zones and the thresholds of *settings* leave unwatched."""
    views = [_View(camera.label, settings.zones_of(camera.id)) for camera in settings.camera]
    dark = {mode for mode in EVERY_MODE if all(mode in view.blind for view in views)}
    faults = list(_unmet(settings.motion))
    warnings: list[str] = []
    for view in views:
        everywhere = len(view.blind) == len(EVERY_MODE)
        faults += _lines(view, [mode for mode in view.blind if everywhere or mode in dark])
        warnings += _lines(view, [mode for mode in view.blind if not everywhere and mode not in dark])
        faults += (
            f"camera {view.label}: nothing counts in zone {name}: privacy and ignore zones cover it; "
            "move it, or make them smaller"
            for name in view.lost()
        )
    return Unwatched(tuple(faults), tuple(warnings))


def _unmet(motion: MotionSettings) -> Iterator[str]:
    """Yield for each threshold that hardly anybody meets one line, by day and by night."""
    for key in ("sensitivity", "sensitivity_night"):
        sensitivity = getattr(motion, key)
        if not sensitivity:
            continue
        counting = scaled(motion, sensitivity)
        for name, most in _UNSEEN.items():
            needed = getattr(counting, name)
            if needed >= most:
                yield (
                    f"motion.{name} = {getattr(motion, name):g} with {key} = {sensitivity} asks for {needed:g}: "
                    f"hardly anybody would count; set less than {most * getattr(motion, name) / needed:.2g}"
                )


def _lines(view: _View, modes: Sequence[ArmedMode]) -> Iterator[str]:
    """Yield for each reason for which *view* is blind in *modes* one line."""
    modes_of: dict[str, list[str]] = defaultdict(list)
    for mode in modes:
        modes_of[view.blind[mode]].append(mode)
    for reason, names in modes_of.items():
        if len(names) == len(EVERY_MODE):
            yield f"camera {view.label}: nothing is watched: {reason}"
        else:
            yield f"armed {' or '.join(names)}, nothing is watched by camera {view.label}: {reason}"


def _found(zones: Sequence[ZoneSettings]) -> Mask:
    """Return where anything can be found: not in a privacy zone, nor right beside one."""
    clear = well_visible(visible([zone.points for zone in zones if zone.kind == "privacy"], *_FRAME))
    return cv2.resize(clear, (GRID, GRID), interpolation=cv2.INTER_NEAREST) > 0


def _union(masks: Iterable[Mask]) -> Mask:
    return np.asarray(np.any([np.zeros((GRID, GRID), np.bool_), *masks], axis=0))
