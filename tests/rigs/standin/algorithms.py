"""The camera's own control loops, as small models: automatic exposure and automatic focus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.rigs.standin.controls import AfModeEnum, AfStateEnum, AfTriggerEnum
from tests.rigs.standin.sensors import SensorModel

WANTED_US_LUX = 4e6
"""Exposure time times gain times lux of a rightly exposed picture: 10 ms without gain in a room of 400 lux."""

READOUT_US = 100
"""What a frame lasts longer than its exposure."""

SCAN_FRAMES = 6
"""How many frames a search for the sharpest lens position takes."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How one frame is taken."""

    exposure_us: int
    gain: float
    frame_us: int
    share: float
    """Brightness as a share of the right one: below 1 when neither time nor gain are enough."""


class AutoExposure:
    """Lengthens the exposure first, as far as the frame may last, then raises the gain; either can be held by hand."""

    def __init__(self, model: SensorModel, shortest_us: int) -> None:
        self._model = model
        self._shortest_us = shortest_us
        # Without limits set, the exposure profile of the sensor's tuning file is what ends at such a time.
        self._limits_us = (33_333, 120_000)
        self._manual_time = self._manual_gain = False
        self._exposure_us, self._gain = 20_000, model.gains[0]

    def take(self, controls: Mapping[str, Any]) -> None:
        """Apply the controls that came with a request."""
        if limits := controls.get("FrameDurationLimits"):
            self._limits_us = (int(limits[0]), int(limits[1]))
        if "AeEnable" in controls:
            self._manual_time = self._manual_gain = not controls["AeEnable"]
        self._manual_time = bool(controls.get("ExposureTimeMode", self._manual_time))
        self._manual_gain = bool(controls.get("AnalogueGainMode", self._manual_gain))
        # libcamera ignores a value that comes without its mode.
        if self._manual_time and controls.get("ExposureTime"):
            self._exposure_us = int(controls["ExposureTime"])
        if self._manual_gain and controls.get("AnalogueGain"):
            self._gain = float(controls["AnalogueGain"])

    def expose(self, lux: float) -> Exposure:
        """Return how the next frame is taken in this light."""
        wanted = WANTED_US_LUX / max(lux, 1e-6)
        shortest_frame = max(self._shortest_us, self._limits_us[0])
        longest_frame = max(shortest_frame, self._limits_us[1])
        if not self._manual_time:
            self._exposure_us = int(wanted / (self._gain if self._manual_gain else self._model.gains[0]))
        least, most = self._model.exposures_us
        self._exposure_us = max(least, min(self._exposure_us, most, longest_frame - READOUT_US))
        if not self._manual_gain:
            self._gain = wanted / self._exposure_us
        self._gain = max(self._model.gains[0], min(self._gain, self._model.gains[1]))
        frame_us = max(shortest_frame, min(longest_frame, self._exposure_us + READOUT_US))
        return Exposure(self._exposure_us, self._gain, frame_us, self._exposure_us * self._gain / wanted)


class AutoFocus:
    """Searches when told to (Auto) or once at the start (Continuous), or holds the lens where it is put (Manual)."""

    def __init__(self) -> None:
        self.mode = AfModeEnum.Manual
        self.state = AfStateEnum.Idle
        self.position = 1.0
        """Where the lens focuses, in dioptres: 0 is far away, 2 is half a metre."""
        self._left = 0

    def take(self, controls: Mapping[str, Any]) -> None:
        """Apply the controls that came with a request."""
        if "AfMode" in controls:
            self._switch(AfModeEnum(controls["AfMode"]))
        if self.mode is AfModeEnum.Manual and "LensPosition" in controls:
            self.position = float(controls["LensPosition"])
        if self.mode is AfModeEnum.Auto and "AfTrigger" in controls:
            if controls["AfTrigger"] == AfTriggerEnum.Start:
                self._scan()
            else:
                self.state = AfStateEnum.Idle

    def _switch(self, mode: AfModeEnum) -> None:
        if mode is self.mode:
            return
        self.mode, self.state = mode, AfStateEnum.Idle
        if mode is AfModeEnum.Continuous:
            self._scan()

    def _scan(self) -> None:
        self.state, self._left = AfStateEnum.Scanning, SCAN_FRAMES

    def step(self, sharp_at: float, fails: bool) -> None:
        """Move the lens for one frame; *sharp_at* is where the search ends, unless it *fails*."""
        if self.state is not AfStateEnum.Scanning:
            return
        self._left -= 1
        if self._left > 0:
            self.position = 15.0 * (SCAN_FRAMES - self._left) / SCAN_FRAMES
        elif fails:
            self.state, self.position = AfStateEnum.Failed, 1.0
        else:
            self.state, self.position = AfStateEnum.Focused, sharp_at
