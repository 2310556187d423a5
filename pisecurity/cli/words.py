"""How the commands name states, moments and what was no event."""

from __future__ import annotations

from datetime import datetime, tzinfo

from pisecurity.core.types import Dismissed

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


MAY_DISARM = {
    "anyone": "anyone may disarm, no code is asked and a duress code does not exist",
    "code": "whoever knows a code may disarm",
    "phones": "approved phones may disarm, and whoever knows a code",
}
"""What ``access.disarm`` means."""


def local(moment: datetime, zone: tzinfo) -> str:
    """Return *moment* to the second in *zone*: ``2026-06-01 14:03:22``."""
    return wall(moment.astimezone(zone))


def wall(moment: datetime) -> str:
    """Return *moment* as the clock shows it in the zone that it has."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def told_with_others(row: Dismissed) -> str:
    """Return the reason of *row*, and how many others of its minute have no row."""
    return f"{row.reason}; {row.left_out} more in this minute" if row.left_out else row.reason


def dismissed_as_json(row: Dismissed) -> dict[str, object]:
    """Return *row* as a line of JSON has it."""
    return {
        "number": row.number,
        "camera": row.camera,
        "first_at": row.first_at.isoformat(),
        "last_at": row.last_at.isoformat(),
        "box": [row.box.x, row.box.y, row.box.w, row.box.h],
        "zones": sorted(row.zones),
        "score": row.score,
        "reason": row.reason,
        "left_out": row.left_out,
    }
