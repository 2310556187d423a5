"""What a situation is: a short scene that a motion detector has to be right about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pisecurity.adapters.cameras.stage.script import Script
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.view import View


@dataclass(frozen=True, slots=True)
class Situation:
    """A name, what it shows, how long it is, and how its script comes about."""

    name: str
    shows: str
    write: Callable[[Draw], Mix]
    length_s: float = 45.0

    def script(self, seed: int, view: View) -> Script:
        """Return the script of this situation drawn from *seed*, as *view* shows it."""
        return self.write(Draw(np.random.default_rng((seed, *self.name.encode())), view, seed)).script
