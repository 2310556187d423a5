"""Every setting: default, range, unit, meaning. Frozen models, no files.

A module a table; ``whole`` joins them and tells which of them do not go together.
"""

from pisecurity.settings.access import AccessSettings
from pisecurity.settings.alarm import AlarmSettings, ModeSettings
from pisecurity.settings.camera import LEAST_FPS, CameraSettings, named_camera
from pisecurity.settings.life import LifeSettings
from pisecurity.settings.mail import MailSettings
from pisecurity.settings.motion import MotionSettings
from pisecurity.settings.schedule import WEEKDAYS, HolidaySettings, ScheduleSettings, SunEvent, Weekday
from pisecurity.settings.table import KeyPath, Table, rows
from pisecurity.settings.web import HOST_NAME, WebSettings
from pisecurity.settings.whole import HouseSettings, Settings, contradictions, is_live
from pisecurity.settings.zone import EVERY_MODE, ArmedMode, ZoneSettings

__all__ = [
    "EVERY_MODE",
    "HOST_NAME",
    "LEAST_FPS",
    "WEEKDAYS",
    "AccessSettings",
    "AlarmSettings",
    "ArmedMode",
    "CameraSettings",
    "HolidaySettings",
    "HouseSettings",
    "KeyPath",
    "LifeSettings",
    "MailSettings",
    "ModeSettings",
    "MotionSettings",
    "ScheduleSettings",
    "Settings",
    "SunEvent",
    "Table",
    "WebSettings",
    "Weekday",
    "ZoneSettings",
    "contradictions",
    "is_live",
    "named_camera",
    "rows",
]
