"""The parts of homes that the stage can show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.place import Place
from pisecurity.adapters.cameras.stage.places import back_garden, front_garden, hall, living_room
from pisecurity.adapters.cameras.stage.view import View

PLACES: Final[Mapping[str, Callable[[np.random.Generator, View], Place]]] = {
    "back_garden": back_garden.paint,
    "front_garden": front_garden.paint,
    "hall": hall.paint,
    "living_room": living_room.paint,
}


@lru_cache(maxsize=2)
def painted(name: str, seed: int, view: View) -> Place:
    """Return a place as painted from *seed*; the newest two are kept, because scenes of a home share theirs.

    Raises:
        KeyError: there is no place *name*.
    """
    return PLACES[name](np.random.default_rng(seed), view)
