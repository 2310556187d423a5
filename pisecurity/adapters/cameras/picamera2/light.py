"""What a Pi camera is told while it runs: exposure, focus, and what the night changes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pisecurity.adapters.machine.gpio import OutputLine
from pisecurity.core.vision.exposure import Daylight, ExposureBound
from pisecurity.errors import GpioError
from pisecurity.settings import CameraSettings

log = logging.getLogger(__name__)

MANUAL, AUTO = 0, 1
"""Values of AfMode. Source: libcamera, control_ids_core.yaml; the next ones too."""
START = 0
"""Value of AfTrigger."""
FOCUSED, FAILED = 2, 3
"""Values of AfState."""
INFINITY_M = 1000.0

Range = tuple[Any, Any, Any]
"""Least, greatest and default value of a control."""
Orders = dict[str, Any]
"""Controls to set, by name."""


class Lens:
    """Focuses once and stays there: a lens that searches makes the whole picture move.

    One Lens lives as long as its camera in the settings, so that a camera that was lost at night comes back with
    the focus it had by day.
    """

    def __init__(self, camera: str, focus_m: float) -> None:
        self._camera, self._focus_m = camera, focus_m
        self._position: float | None = None
        self._searching = False
        self._movable = False

    def start(self, controls: Mapping[str, Range]) -> Orders:
        """Return what to set when the camera starts; nothing for one without autofocus."""
        self._searching = False
        self._movable = "AfMode" in controls and "LensPosition" in controls
        if not self._movable:
            return {}
        least, greatest, self._fallback = (float(value or 0.0) for value in controls["LensPosition"])
        if self._focus_m:
            # Dioptres, the inverse of metres; 0 is infinity.
            dioptres = 0.0 if self._focus_m >= INFINITY_M else 1.0 / self._focus_m
            self._position = min(max(dioptres, least), greatest)
        if self._position is not None:
            return {"AfMode": MANUAL, "LensPosition": self._position}
        self._searching = True
        return {"AfMode": AUTO, "AfTrigger": START}

    def note(self, metadata: Mapping[str, Any]) -> Orders:
        """Return what to set after a frame: the lens is held where it found the focus."""
        state = metadata.get("AfState")
        if not self._searching or state not in (FOCUSED, FAILED):
            return {}
        self._searching = False
        if state == FAILED:
            # In the dark it finds none; where the maker set it, it sees a room. The next start tries again.
            log.warning("autofocus found nothing camera=%s default position=%.2f", self._camera, self._fallback)
            return {"AfMode": MANUAL, "LensPosition": self._fallback}
        self._position = float(metadata.get("LensPosition", self._fallback))
        log.info("focus held camera=%s position=%.2f", self._camera, self._position)
        return {"AfMode": MANUAL, "LensPosition": self._position}

    def remark(self) -> str:
        """Return what was asked for in vain, or nothing."""
        return "it has no autofocus, so focus_m is left out" if self._focus_m and not self._movable else ""


class Light:
    """Bounds the exposure, and turns infrared pictures grey and the filter away when the night begins."""

    def __init__(self, settings: CameraSettings, ir_cut: OutputLine | None) -> None:
        """
        Args:
            ir_cut: puts the infrared-cut filter in front of the sensor while it is high; None where nothing does.
        """
        self._camera = settings.id
        self._longest_us = settings.longest_exposure_ms * 1000
        # With its filter in place at night a camera keeps its colours.
        self._sees_infrared = settings.ir_cut != "always"
        self._ir_cut, self._stuck = ir_cut, ""
        self._daylight = Daylight()

    def start(self, controls: Mapping[str, Range]) -> Orders:
        """Return what to set when the camera starts."""
        least_gain = controls["AnalogueGain"][0] if "AnalogueGain" in controls else 1.0
        self._bound = ExposureBound(self._longest_us, float(least_gain))
        self._filter(away=self._daylight.night)
        return self._colours() if self._sees_infrared else {}

    def note(self, metadata: Mapping[str, Any], now_s: float) -> Orders:
        """Return what to set after a frame."""
        orders: Orders = {}
        if "ExposureTime" in metadata and "AnalogueGain" in metadata:
            exposure_us = self._bound.order(metadata["ExposureTime"], metadata["AnalogueGain"])
            if exposure_us is not None:
                orders["ExposureTime"] = exposure_us
        if self._sees_infrared and "Lux" in metadata and self._daylight.note(metadata["Lux"], now_s):
            log.info("%s camera=%s lux=%.1f", "night" if self._daylight.night else "day", self._camera, metadata["Lux"])
            self._filter(away=self._daylight.night)
            orders |= self._colours()
        return orders

    def _colours(self) -> Orders:
        # Infrared light on the colour filters of the sensor is pink.
        return {"Saturation": 0.0 if self._daylight.night else 1.0}

    def trouble(self) -> str:
        """Return why the filter did not move when it was last to, or nothing."""
        return self._stuck

    def _filter(self, *, away: bool) -> None:
        if self._ir_cut is None:
            return
        try:
            self._ir_cut.set(high=not away)
            self._stuck = ""
        except GpioError as error:
            self._stuck = (
                f"its infrared-cut filter does not move, so pictures are dark at night or pink by day: {error}"
            )
