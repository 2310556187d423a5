"""How the commands name states and moments."""

from __future__ import annotations

from datetime import datetime

STATES = {
    "disarmed": "disarmed",
    "arming": "arming",
    "armed_home": "armed (home)",
    "armed_away": "armed (away)",
    "armed_night": "armed (night)",
    "pending": "somebody came in",
    "triggered": "ALARM",
}
"""What the owner calls a state or mode."""


def local(moment: datetime) -> str:
    """Return *moment* to the second in the zone of the machine: ``2026-06-01 14:03:22``."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
