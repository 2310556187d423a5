"""At which hours a camera has been in the dark before: what comes every evening is no news."""

from __future__ import annotations

from collections import deque

DAY_S = 86400.0
ABOUT_S = 5400.0
"""By so much a darkness may be earlier or later than one of a day before: clouds, and the season."""
NIGHTS = 7
"""So many of them are remembered of each camera."""


class Dusk:
    """Remembers the nights by monotonic time, which no time server moves."""

    def __init__(self) -> None:
        self._nights: dict[str, deque[tuple[float, float]]] = {}

    def note(self, key: str, since_s: float, until_s: float) -> None:
        """Note that what *key* names was dark from *since_s* until *until_s* (monotonic), which the owner knows of."""
        self._nights.setdefault(key, deque(maxlen=NIGHTS)).append((since_s, until_s))

    def is_usual(self, key: str, now_s: float) -> bool:
        """Return whether it was dark at about the hour of *now_s* before."""
        return any(
            (now_s - since_s + ABOUT_S) % DAY_S <= until_s - since_s + 2 * ABOUT_S
            for since_s, until_s in self._nights.get(key, ())
        )

    def forget(self) -> None:
        """Begin anew."""
        self._nights.clear()
