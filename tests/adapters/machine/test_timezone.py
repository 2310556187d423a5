"""The zone of the house comes from the settings or from the machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from pisecurity.adapters.machine.timezone import house_zone


def zone_file(name: str) -> Path:
    candidates = [Path(folder) / name for folder in TZPATH]
    found = [path for path in candidates if path.exists()]
    return found[0] if found else Path(str(files("tzdata.zoneinfo").joinpath(name)))


def test_a_named_zone_is_used() -> None:
    assert datetime(2026, 7, 1, tzinfo=house_zone("Europe/Berlin")).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(("month", "hours"), [(1, 1), (7, 2)])
def test_the_machines_zone_knows_summer_time(month: int, hours: int) -> None:
    zone = house_zone("", zone_file("Europe/Berlin"))
    assert datetime(2026, month, 1, tzinfo=zone).utcoffset() == timedelta(hours=hours)


def test_a_machine_without_a_zone_uses_utc(tmp_path: Path) -> None:
    assert house_zone("", tmp_path / "missing") is UTC
