"""What happens in a scene, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pisecurity.adapters.cameras.stage.curve import FULL, OFF, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Effect
from pisecurity.adapters.cameras.stage.effects.shake import Shake
from pisecurity.adapters.cameras.stage.paths import NOBODY, Cast
from pisecurity.adapters.cameras.stage.place import DAY
from pisecurity.adapters.cameras.stage.sensor import DAYLIGHT_SENSOR, AutoExposure, Sensor


@dataclass(frozen=True, slots=True)
class Script:
    """A scene from its beginning; with the seed and the size it is a picture for every instant."""

    place: str
    """One of ``places.PLACES``."""
    place_seed: int | None = None
    """What the place is drawn from; None: from the seed of the scene."""
    lights: Mapping[str, Curve] = field(default_factory=lambda: {DAY: FULL})
    """Strength of the lights of the place; those that are not named are out."""
    cast: Cast = NOBODY
    effects: tuple[Effect, ...] = ()
    """In this order."""
    sensor: Sensor = DAYLIGHT_SENSOR
    exposure: AutoExposure | None = None
    """None: the exposure is fixed."""
    gain: Curve = FULL
    """What the exposure drifts by, as a factor."""
    noise: Curve = FULL
    """What the sensor amplifies beyond that because little light falls on it, as a factor for its noise."""
    grey: Curve = OFF
    """1: the camera is in its infrared mode and gives no colour."""
    shake: Shake | None = None
    shadow: float = 0.40
    """How much light a cast shadow takes away in full sun, 0 to 1."""
