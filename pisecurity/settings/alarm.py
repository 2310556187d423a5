"""The ``[alarm]`` tables: how the alarm behaves in each mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from pisecurity.settings.table import Table


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
    alerts_per_hour: int = Field(12, ge=1, le=1000)
    """Most alarm mails within an hour, however short the pause; what comes then is summed up every 10 minutes, but for
    movement where no mail told of any within the hour."""
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
