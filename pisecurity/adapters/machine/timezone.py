"""The time zone of the house."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")


def house_zone(name: str, localtime: Path = LOCALTIME) -> tzinfo:
    """Return the zone called *name*, or the machine's own when *name* is empty; UTC where it has none.

    The machine's zone is read as rules, not as today's offset, so that a summer-time change is known ahead.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: no such zone; settings refuse it before.
    """
    if name:
        return ZoneInfo(name)
    try:
        with localtime.open("rb") as rules:
            return ZoneInfo.from_file(rules, key="local")
    except (OSError, ValueError):
        return UTC
