"""Scenes that a motion detector has to be right about, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pisecurity.adapters.cameras.stage.situations.light import LIGHT
from pisecurity.adapters.cameras.stage.situations.people import PEOPLE
from pisecurity.adapters.cameras.stage.situations.situation import Situation
from pisecurity.adapters.cameras.stage.situations.things import THINGS
from pisecurity.adapters.cameras.stage.situations.weather import WEATHER

SITUATIONS: Final[Mapping[str, Situation]] = {
    situation.name: situation for situation in (*PEOPLE, *LIGHT, *WEATHER, *THINGS)
}

__all__ = ["SITUATIONS", "Situation"]
