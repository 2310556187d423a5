"""The ``[alarm]`` tables and the ``[[schedule]]`` tables: when the alarm is in which mode, and how it behaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from pisecurity.settings.table import KeyPath, Table, WallTime

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ModeSettings(Table):
    """How one armed mode behaves: ``[alarm.away]``, ``[alarm.home]``, ``[alarm.night]``."""

    exit_delay_s: float = Field(0, ge=0, le=180)
    """Seconds between arming and being armed."""
    entry_delay_s: float = Field(0, ge=0, le=180)
    """Seconds between movement in an entry zone and the alarm."""


class AlarmSettings(Table):
    """The ``[alarm]`` table."""

    trigger_time_s: float = Field(180, ge=10, le=3600)
    """Seconds an alarm lasts before it returns to the mode it had."""
    alert_pause_s: float = Field(300, ge=0, le=86400)
    """Least seconds between two alarm mails about the same zone, or about a camera without zones."""
    record_when_disarmed: bool = False
    """Keep events and pictures also while disarmed; nothing is mailed then."""
    away: ModeSettings = ModeSettings(exit_delay_s=60, entry_delay_s=60)
    """Nobody is at home."""
    home: ModeSettings = ModeSettings()
    """Somebody is at home and awake."""
    night: ModeSettings = ModeSettings(entry_delay_s=30)
    """Everybody at home sleeps."""

    @field_validator("away", "home", "night", mode="before")
    @classmethod
    def _keeps_the_other_delay(cls, value: Any, info: ValidationInfo) -> Any:
        """Fill a table that sets only one delay from the defaults of its mode, not from those of ModeSettings."""
        if isinstance(value, Mapping) and info.field_name is not None:
            return {**cls.model_fields[info.field_name].default.model_dump(), **value}
        return value


class ScheduleSettings(Table):
    """One ``[[schedule]]``: from this time on these days the alarm is in this mode, until the next entry."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7, examples=[("mon", "fri")])
    """Days of the week."""
    at: WallTime = Field(examples=[time(22, 30)])
    """Time of day in the zone of the house, such as 22:30:00."""
    mode: Literal["disarmed", "home", "away", "night"] = Field(examples=["night"])
    """What to switch to."""


def schedule_contradictions(entries: list[Mapping[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    taken: dict[tuple[Any, time], int] = {}
    for number, row in enumerate(entries):
        at, days = row.get("at"), row.get("days")
        if not isinstance(at, time) or not isinstance(days, tuple):
            continue
        for day in (day for day in days if isinstance(day, str)):
            if (day, at) in taken:
                text = f"schedule[{taken[day, at] + 1}] switches at this time on {day} already; keep one of them"
                yield ("schedule", number, "at"), text
                break
            taken[day, at] = number
