"""What changes the picture without being there: light, wind, weather, and what the camera adds itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.place import Place
from pisecurity.adapters.cameras.stage.view import View

COARSE: Final = 8
"""A field of light has one value for so many pixels each way."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an effect plays."""

    place: Place
    view: View
    seed: int

    def rng(self, *salt: int) -> np.random.Generator:
        """Return a source of chance that depends on the seed and *salt* alone."""
        return np.random.default_rng((self.seed, *salt))

    @property
    def field_shape(self) -> tuple[int, int]:
        """(h, w) of a field of light."""
        return -(-self.view.height // COARSE), -(-self.view.width // COARSE)


class Playing:
    """An effect in its place; each does one or two of these. All are pure functions of the scene's time."""

    def stir(self, t_s: float, canvas: Canvas) -> None:
        """Change the still picture, before anybody is drawn into it."""

    def light(self, t_s: float) -> Image | None:
        """Return (h, w) float32 factors for the light on everything, see ``Setting.field_shape``; None: no change."""
        return None

    def fall(self, t_s: float, canvas: Canvas) -> None:
        """Draw what is between the scene and the camera."""


class Effect(Protocol):
    """The description of an effect: frozen, so that a script is a value."""

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place."""
        ...
