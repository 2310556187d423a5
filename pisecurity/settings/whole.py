"""All tables together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pisecurity.settings.access import AccessSettings, access_contradictions
from pisecurity.settings.alarm import AlarmSettings
from pisecurity.settings.camera import CameraSettings, camera_contradictions
from pisecurity.settings.life import LifeSettings
from pisecurity.settings.mail import MailSettings
from pisecurity.settings.motion import MotionSettings
from pisecurity.settings.schedule import (
    HolidaySettings,
    ScheduleSettings,
    holiday_contradictions,
    house_contradictions,
    schedule_contradictions,
)
from pisecurity.settings.table import KeyPath, Table, rows
from pisecurity.settings.web import WebSettings
from pisecurity.settings.zone import ZoneSettings, zone_contradictions

Language = Literal["en", "de", "es", "fr", "it", "nl"]


class HouseSettings(Table):
    """The ``[house]`` table."""

    name: str = Field("Home", min_length=1, max_length=60)
    """Name of the house in the subject of mails."""
    language: Language = "en"
    """Language of the mails: en English, de German, es Spanish, fr French, it Italian, nl Dutch."""
    timezone: str = ""
    """Zone of labels and schedules, such as Europe/Berlin; empty is the zone of the machine."""
    latitude: float | None = Field(None, ge=-90, le=90, examples=[52.5])
    """Degrees north of the equator, with a minus south of it; for sunrise and sunset."""
    longitude: float | None = Field(None, ge=-180, le=180, examples=[13.4])
    """Degrees east of Greenwich, with a minus west of it; for sunrise and sunset."""

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude, None where they are not given."""
        return None if self.latitude is None or self.longitude is None else (self.latitude, self.longitude)


LIVE: dict[str, Any] = {"live": True}
"""Marks a table whose changes count at once; the others need a restart."""


class Settings(Table):
    """All of config.toml."""

    house: HouseSettings = HouseSettings()
    camera: tuple[CameraSettings, ...] = Field(min_length=1, max_length=8)
    motion: MotionSettings = Field(MotionSettings(), json_schema_extra=LIVE)
    zone: tuple[ZoneSettings, ...] = Field((), max_length=64, json_schema_extra=LIVE)
    alarm: AlarmSettings = Field(AlarmSettings(), json_schema_extra=LIVE)
    schedule: tuple[ScheduleSettings, ...] = Field((), max_length=64, json_schema_extra=LIVE)
    holiday: tuple[HolidaySettings, ...] = Field((), max_length=64, json_schema_extra=LIVE)
    mail: MailSettings | None = Field(None, json_schema_extra=LIVE)
    access: AccessSettings = Field(AccessSettings(), json_schema_extra=LIVE)
    life: LifeSettings = Field(LifeSettings(), json_schema_extra=LIVE)
    web: WebSettings = WebSettings()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for path, text in contradictions(self.model_dump()):
            raise PydanticCustomError("contradiction", "{where}: {text}", {"where": str(path), "text": text})
        return self

    def zones_of(self, camera: str) -> tuple[ZoneSettings, ...]:
        """Return the zones that lie in the camera with the id *camera*."""
        return tuple(zone for zone in self.zone if zone.camera == camera)


def is_live(table: str) -> bool:
    """Return whether changes in the top-level *table*, such as ``motion``, count without a restart."""
    extra = Settings.model_fields[table].json_schema_extra
    return isinstance(extra, dict) and extra.get("live") is True


def contradictions(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield where settings that are fine each alone do not go together, and what to do about it.

    Args:
        tables: the settings as plain mappings and tuples. Parts with another mistake are passed over, so that
            all mistakes of a file can be told at once.
    """
    cameras = rows(tables, "camera")
    yield from camera_contradictions(cameras)
    yield from zone_contradictions(rows(tables, "zone"), [row.get("id") for row in cameras], _least_area(tables))
    house = tables.get("house")
    house = house if isinstance(house, Mapping) else {}
    yield from house_contradictions(house)
    yield from schedule_contradictions(rows(tables, "schedule"), house)
    yield from holiday_contradictions(rows(tables, "holiday"))
    yield from access_contradictions(tables)


def _least_area(tables: Mapping[str, Any]) -> Any:
    motion = tables.get("motion")
    default = MotionSettings.model_fields["min_area"].default
    return motion.get("min_area", default) if isinstance(motion, Mapping) else default
