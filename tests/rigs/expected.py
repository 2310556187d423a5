"""What the alarm must do, told again in plain words and numbers: nothing here looks at the table of the alarm."""

from __future__ import annotations

from dataclasses import dataclass

from pisecurity.core.alarm.states import delays
from pisecurity.core.types import AlarmState, Mode
from pisecurity.settings import AlarmSettings

DISARMED, ARMING, PENDING, TRIGGERED = (
    AlarmState.DISARMED,
    AlarmState.ARMING,
    AlarmState.PENDING,
    AlarmState.TRIGGERED,
)


@dataclass
class Expected:
    """The alarm as a person would keep account of it."""

    settings: AlarmSettings
    mode: Mode = Mode.DISARMED
    state: AlarmState = DISARMED
    ends_s: float | None = None
    """When what counts down is over, in seconds since boot."""

    def order(self, mode: Mode, now_s: float) -> None:
        """Take an order; the mode that it has changes nothing, and no order to arm ends an alarm."""
        if mode is self.mode:
            return
        began_s = now_s
        if self.state is ARMING and self.ends_s is not None:  # as its delay is set now
            began_s = min(now_s, self.ends_s - delays(self.settings, self.mode).exit_delay_s)
        self.mode = mode
        if mode is Mode.DISARMED:
            self.state, self.ends_s = DISARMED, None
        elif self.state not in (PENDING, TRIGGERED):
            self._leave(began_s, now_s)

    def notice(self, now_s: float, *, entry: bool) -> None:
        """Somebody is seen: the alarm, or the entry delay before it; more of it lets an alarm last longer."""
        if self.state is TRIGGERED:
            self.ends_s = now_s + self.settings.trigger_time_s
        elif self.state not in (DISARMED, ARMING, PENDING):
            delay_s = delays(self.settings, self.mode).entry_delay_s if entry else 0
            self.state = PENDING if delay_s else TRIGGERED
            self.ends_s = now_s + (delay_s or self.settings.trigger_time_s)

    def wait(self, now_s: float) -> None:
        """Time passes: who leaves has left, the entry delay becomes the alarm, the alarm ends armed as before."""
        while self.ends_s is not None and now_s >= self.ends_s:
            if self.state is PENDING:
                self.state, self.ends_s = TRIGGERED, self.ends_s + self.settings.trigger_time_s
            else:
                self.state, self.ends_s = AlarmState(self.mode), None

    def reboot(self, now_s: float) -> None:
        """The power was cut: leaving begins anew, an entry delay is over, an alarm lasts its time anew."""
        if self.state is ARMING:
            self._leave(now_s, now_s)
        elif self.state in (PENDING, TRIGGERED):
            self.state, self.ends_s = TRIGGERED, now_s + self.settings.trigger_time_s

    def _leave(self, began_s: float, now_s: float) -> None:
        over_s = began_s + delays(self.settings, self.mode).exit_delay_s
        leaving = over_s > now_s
        self.state, self.ends_s = (ARMING, over_s) if leaving else (AlarmState(self.mode), None)
