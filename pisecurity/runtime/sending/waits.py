"""How long an alert, or the server it goes to, is left alone after a failure."""

from __future__ import annotations

import random
from collections.abc import Callable

WAITS_S = (5.0, 15.0, 60.0, 300.0, 1800.0)
"""Waits after the first, second ... failure; the last one is repeated for ever."""
ASKED_TO_WAIT_S = 300.0
"""Least wait after a server said "later": servers that greylist want to see a few minutes pass."""
SPREAD = 0.1
"""Share by which a wait is lengthened at most, so that houses do not all come back at once after an outage."""


class Waits:
    """Waits that grow with each failure, each a bit longer by chance."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        """*jitter* returns 0 to 1; see SPREAD."""
        self._jitter = jitter

    def after(self, failures: int, least_s: float = 0.0) -> float:
        """Return the seconds to wait after one more failure than *failures* in a row, at least *least_s*."""
        wait_s = max(WAITS_S[min(failures, len(WAITS_S) - 1)], least_s)
        return wait_s * (1 + SPREAD * self._jitter())

    def when_asked(self, failures: int) -> float:
        """Return the same where the server said "later"."""
        return self.after(failures, ASKED_TO_WAIT_S)
