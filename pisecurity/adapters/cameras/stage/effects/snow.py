"""Snow before the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pisecurity.adapters.cameras.stage.canvas import Canvas
from pisecurity.adapters.cameras.stage.curve import FULL, OFF, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.falling import Band, Fall, Falling
from pisecurity.adapters.cameras.stage.effects.layer import outdoors_only, veil

BANDS: Final = (
    Band(4, 0.4, 0.6, 0.011, 4, by_day=0.35, in_infrared=0.75),
    Band(14, 0.6, 1.2, 0.010, 2, by_day=0.55, in_infrared=0.95),
    Band(60, 1.2, 2.6, 0.011, 2, by_day=0.85, in_infrared=0.90),
    Band(190, 2.6, 5.0, 0.011, 1, by_day=0.95, in_infrared=0.45),
    Band(460, 5.0, 11.0, 0.014, 1, by_day=0.80, in_infrared=0.10),
)
DAY_TONE: Final = 240.0
INFRARED_TONE: Final = 252.0
_SALT: Final = 57


@dataclass(frozen=True, slots=True)
class Snow:
    """Flakes at several distances that drift with the wind and sway."""

    strength: Curve = FULL
    """1 is a dense fall, 0.2 a few flakes."""
    wind: float = 0.5
    """Metres a second to the right."""
    infrared: Curve = OFF
    """1: the camera looks by its infrared lamp, in which near flakes shine and the shutter is open for longer."""

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place is a room.
        """
        outdoors_only(setting, "snow")
        return _Snowing(self, setting)


class _Snowing(Playing):
    def __init__(self, snow: Snow, setting: Setting) -> None:
        self._snow = snow
        fall = Fall(1.3, snow.wind, sway_m=0.06, sway_s=1.9)
        self._falling = Falling(BANDS, fall, setting, _SALT)

    def fall(self, t_s: float, canvas: Canvas) -> None:
        strength, infrared = self._snow.strength(t_s), self._snow.infrared(t_s)
        if strength <= 0:
            return
        cover = self._falling.cover(t_s, 1 / 100 + infrared / 50, strength, infrared)
        veil(canvas, cover, DAY_TONE + infrared * (INFRARED_TONE - DAY_TONE))
