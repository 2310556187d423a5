"""A camera that goes into its infrared mode and back: what it sees, and the bad frames in between."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.place import INFRARED
from pisecurity.adapters.cameras.stage.script import Script

SHUT_S: Final = 0.2
"""The filter moves before the sensor: nearly black frames."""
GLARE_S: Final = 0.3
"""Then the exposure of the other light is still set."""
SETTLES_S: Final = 0.45
"""Time in which two thirds of the glare go away."""
BLACK: Final = 0.06
GLARE: Final = 2.6
"""Gain of the first frames in infrared, which are too bright."""
GLOOM: Final = 0.4
"""Gain of the first frames in colour, which are too dark."""
LEFT: Final = 0.6
"""Share of the other lights that the exposure of the infrared mode leaves."""
GRAIN: Final = 1.6
"""Noise in infrared, as a factor, over that of the script."""


@dataclass(frozen=True, slots=True)
class InfraredMode:
    """The curve of the mode: 1 while the camera looks by its infrared lamp, else 0; other effects may take it too."""

    switches_s: tuple[float, ...]
    """When it changes, in ascending order."""
    first: bool = False
    """It is in infrared from the beginning."""

    def __call__(self, t_s: float) -> float:
        # The mode is the new one once the filter has moved.
        changes = sum(t_s >= at_s + SHUT_S for at_s in self.switches_s)
        return float((changes + self.first) % 2)

    def grey(self, t_s: float) -> float:
        """Return 1 while there is no colour: in infrared, and while the filter moves."""
        return max(self(t_s), float(any(at_s <= t_s < at_s + SHUT_S for at_s in self.switches_s)))

    def settling(self, t_s: float) -> float:
        """Return the gain of the frames around the switches: 1 at any other time."""
        past = [at_s for at_s in self.switches_s if at_s <= t_s]
        if not past:
            return 1.0
        since_s = t_s - past[-1] - SHUT_S
        if since_s < 0:
            return BLACK
        wrong = math.log(GLARE if self(t_s) else GLOOM)
        return math.exp(wrong * math.exp(-max(0.0, since_s - GLARE_S) / SETTLES_S))


@dataclass(frozen=True, slots=True)
class _Product:
    """Two curves as one."""

    first: Curve
    second: Curve

    def __call__(self, t_s: float) -> float:
        return self.first(t_s) * self.second(t_s)


@dataclass(frozen=True, slots=True)
class _Between:
    """One value by visible light and another one in infrared."""

    mode: InfraredMode
    visible: float
    infrared: float

    def __call__(self, t_s: float) -> float:
        return self.infrared if self.mode(t_s) else self.visible


def with_infrared(script: Script, mode: InfraredMode, lamp: Curve = FULL) -> Script:
    """Return *script* filmed by a camera that changes to infrared and back.

    Args:
        script: with its lights as they are for the eye; its curves of noise and gain stay in force beside the mode's.
        mode: when the camera is in infrared.
        lamp: strength of the infrared lamp while it burns.
    """
    kept = _Between(mode, 1.0, LEFT)
    lights: Mapping[str, Curve] = {
        **{name: _Product(curve, kept) for name, curve in script.lights.items() if name != INFRARED},
        INFRARED: _Product(lamp, mode),
    }
    return replace(
        script,
        lights=lights,
        grey=mode.grey,
        gain=_Product(script.gain, mode.settling),
        noise=_Product(script.noise, _Between(mode, 1.0, GRAIN)),
    )
