"""What the schedule will do next, and what keeps it from doing it: the line below the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import takewhile
from typing import Any

from pisecurity.core.alarm import states
from pisecurity.core.alarm.schedule import DAYS_FAR, Edge, InForce, Plan, Ruling, edges_after, latest_edge, rule
from pisecurity.core.types import MODES, Alarm, Instant, Mode
from pisecurity.settings import WEEKDAYS

AHEAD_DAYS = 7
"""So many days ahead a holiday is told: whoever plans the week can still set the alarm by hand for it."""
_NAMES = {
    Mode.DISARMED: "disarmed",
    Mode.HOME: "armed home",
    Mode.AWAY: "armed away",
    Mode.NIGHT: "armed night",
}


class Standing(StrEnum):
    """Whose word counts just now."""

    GOES_ON = "goes_on"
    """Nothing stands against the schedule."""
    OVERRULED = "overruled"
    """Somebody ordered another mode, which stands until the next edge."""
    ALARM = "waits_for_alarm"
    """It would disarm, and an alarm or an entry delay is not over."""
    CLOCK = "waits_for_clock"
    """Nobody has set the clock yet."""


_WAITS = {
    Standing.CLOCK: "Schedule waits until the clock is set",
    Standing.ALARM: "Schedule disarms after the alarm",
}


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days to come on which the schedule would switch something, and is off."""

    name: str
    """Of the holiday."""
    first: date
    last: date
    """Of those that are near enough to be looked at."""

    def in_words(self) -> str:
        """Return it as the line below the state has it."""
        day = f"{self.first:%a} {self.first.day} {self.first:%b}"
        return f"off {day} ({self.name})" if self.last == self.first else f"off from {day} ({self.name})"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the schedule will do next."""

    standing: Standing
    next: Edge | None = None
    """The next edge that changes the mode; None where there is none, or it is not known."""
    holiday: str = ""
    """Name of the holiday for which the schedule is off today; empty on other days."""
    coming: DaysOff | None = None
    """The next days off; None where none are near."""

    def as_plain(self, zone: tzinfo = UTC) -> dict[str, Any]:
        """Return it as JSON can say it, the time in *zone*."""
        return {
            "standing": self.standing,
            "mode": self.next and self.next.mode,
            "at": self.next and self.next.at.astimezone(zone).isoformat(),
            "holiday": self.holiday or None,
            "coming": self.coming
            and {
                "holiday": self.coming.name,
                "first": self.coming.first.isoformat(),
                "last": self.coming.last.isoformat(),
            },
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Outlook:
        """Return what ``as_plain`` said. Raises KeyError, ValueError."""
        at = plain["at"]
        edge = Edge(datetime.fromisoformat(at), Mode(plain["mode"])) if at else None
        coming = plain.get("coming")  # a daemon that is older does not tell
        off = coming and DaysOff(
            coming["holiday"], date.fromisoformat(coming["first"]), date.fromisoformat(coming["last"])
        )
        return cls(Standing(plain["standing"]), edge, plain["holiday"] or "", off or None)


def outlook(plan: Plan, alarm: Alarm, now: Instant, wall: datetime, in_force: InForce) -> Outlook | None:
    """Return what the schedule will do next, None where there is none. The clock is set.

    Args:
        alarm: as it is at *now*.
        wall: the wall clock at *now*.
        in_force: since when *plan* is; nothing waits for an edge before that.
    """
    if not plan.entries:
        return None
    edge, standing = latest_edge(plan, wall), Standing.GOES_ON
    if edge is not None and edge.mode is not alarm.mode:
        ruling = rule(edge, alarm, states.state_of(alarm), now, wall, in_force)
        if ruling is Ruling.OVERRULED and alarm.how != states.FIRST_START:
            standing = Standing.OVERRULED
        elif ruling is Ruling.WAIT:
            standing = Standing.ALARM
    holiday = plan.holiday_on(plan.day_of(wall))
    off = holiday.name if holiday and holiday.schedule == "off" else ""
    return Outlook(standing, _next_change(plan, alarm.mode, wall), off, _coming(plan, wall))


def in_words(outlook: Outlook | None, when: Callable[[datetime], str]) -> str:
    """Return *outlook* as one line, empty where there is nothing to say; *when* writes a moment."""
    if outlook is None:
        return ""
    if waits := _WAITS.get(outlook.standing):
        return waits
    now, coming = _now_in_words(outlook, when), outlook.coming.in_words() if outlook.coming else ""
    if not now:
        return coming and f"Schedule {coming}"
    return f"{now}; {coming}" if coming else now


def _now_in_words(outlook: Outlook, when: Callable[[datetime], str]) -> str:
    if outlook.next is None:
        return f"Schedule off ({outlook.holiday})" if outlook.holiday else ""
    moment, mode = when(outlook.next.at), _NAMES[outlook.next.mode]
    if outlook.holiday:
        return f"Schedule off until {moment} ({outlook.holiday})"
    if outlook.standing is Standing.OVERRULED:
        return f"Schedule goes on {moment}: {mode}"
    return f"Next: {mode} {moment} (schedule)"


def _coming(plan: Plan, wall: datetime) -> DaysOff | None:
    """Return the next days off on which an entry would count; those that go on from today are told already."""
    today = plan.day_of(wall)
    days = [today + timedelta(days=ahead) for ahead in range(AHEAD_DAYS + 1)]
    off = {day: found.name for day in days if (found := plan.holiday_on(day)) and found.schedule == "off"}
    first = next((day for day in days[1:] if day in off and day - timedelta(days=1) not in off), None)
    if first is None:
        return None
    stretch = [day for day in days if day >= first]
    stretch = stretch[: next((number for number, day in enumerate(stretch) if day not in off), len(stretch))]
    if not any(WEEKDAYS[day.weekday()] in entry.days for day in stretch for entry in plan.entries):
        return None
    return DaysOff(off[first], first, stretch[-1])


def _next_change(plan: Plan, mode: Mode, wall: datetime) -> Edge | None:
    """Return the next edge to another mode than *mode*."""
    if all(MODES[entry.mode] is mode for entry in plan.entries):
        return None
    # A week may be far off that has one: for as long as a holiday lasts each day may count as a Sunday.
    until = wall + timedelta(days=DAYS_FAR)
    coming = takewhile(lambda edge: edge.at <= until, edges_after(plan, wall))
    return next((edge for edge in coming if edge.mode is not mode), None)
