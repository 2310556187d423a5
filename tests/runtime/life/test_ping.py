"""Somebody outside hears while the alarm lives, and only then (R-49)."""

from __future__ import annotations

import threading
from datetime import UTC

import pytest

from pisecurity.adapters.ping import HttpPing
from pisecurity.errors import PingError
from pisecurity.runtime.health import Health
from pisecurity.runtime.life import ping
from pisecurity.runtime.life.ping import AGAIN_S, FAULT, MISSES, POWER_CUT_FACT, SILENT, Ping
from pisecurity.settings import LifeSettings
from tests.fakes import FakeClock
from tests.rigs.pings import DeadMan, PingServer

URL = "https://hc-ping.com/4f3a9c1e-secret"
SETTINGS = LifeSettings(ping_url=URL)
NONE = LifeSettings()


class ScriptedPinger:
    def __init__(self, clock: FakeClock) -> None:
        self._clock, self.trouble = clock, ""
        self.where = "hc-ping.com"
        self.pings: list[float] = []

    def ping(self, deadline_s: float) -> None:
        self.pings.append(self._clock.monotonic() - 1000)
        if self.trouble:
            raise PingError(self.trouble)


class Rig:
    def __init__(self, settings: LifeSettings = SETTINGS) -> None:
        self.clock, self.lives = FakeClock(), True
        self.health, self.pinger = Health(self.clock), ScriptedPinger(self.clock)
        self.ping = Ping(lambda life: self.pinger, settings, lambda: self.lives, self.clock, self.health, UTC)

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.ping.look()
            self.clock.advance(1)

    @property
    def faults(self) -> dict[str, str]:
        return {fault.key: fault.text for fault in self.health.faults()}


def test_it_pings_at_once_and_then_at_intervals_and_the_fact_says_when() -> None:
    rig = Rig()
    rig.run(901)
    assert rig.pinger.pings == [0, 300, 600, 900]
    assert rig.health.facts() == {FAULT: "answered at 12:15 by hc-ping.com"}


def test_while_a_loop_hangs_nothing_is_said() -> None:
    rig = Rig()
    rig.run(10)
    rig.lives = False
    rig.run(3600)
    assert rig.pinger.pings == [0]


def test_a_few_misses_are_a_fault_until_one_arrives_and_are_made_up_for_soon() -> None:
    rig = Rig()
    rig.pinger.trouble = "ping: hc-ping.com answers 503; check life.ping_url"
    rig.run(AGAIN_S * (MISSES - 1))
    assert rig.faults == {}, "one that is lost now and then is nothing"
    assert rig.health.facts()[FAULT] == f"missed 2 of the 3 that make a fault: {rig.pinger.trouble}"
    rig.run(2)
    assert rig.faults == {FAULT: f"nobody outside knows that the alarm lives: {rig.pinger.trouble}"}
    rig.pinger.trouble = ""
    rig.run(AGAIN_S)
    assert rig.faults == {}


def test_without_an_address_a_power_cut_is_said_to_be_silent_and_that_is_no_fault() -> None:
    rig = Rig(NONE)
    rig.run(5)
    assert (rig.faults, rig.health.facts()) == ({}, {POWER_CUT_FACT: SILENT})
    rig.ping.apply(SETTINGS)
    rig.run(2)
    assert list(rig.health.facts()) == [FAULT] and len(rig.pinger.pings) == 1


def test_an_address_that_is_taken_away_leaves_no_fault() -> None:
    rig = Rig()
    rig.pinger.trouble = "ping: hc-ping.com answers 503"
    rig.run(300)
    rig.ping.apply(NONE)
    rig.run(300)
    assert (rig.faults, dict(rig.health.facts())) == ({}, {POWER_CUT_FACT: SILENT})


def test_settings_that_did_not_change_ping_no_sooner() -> None:
    rig = Rig()
    rig.run(10)
    rig.ping.apply(LifeSettings(ping_url=URL))
    rig.run(10)
    assert rig.pinger.pings == [0]


class HangingPinger(ScriptedPinger):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.released = threading.Event()

    def ping(self, deadline_s: float) -> None:
        super().ping(deadline_s)
        self.released.wait(30)


def test_r09_a_lookup_that_hangs_is_waited_for_by_the_next_ping_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ping, "POLL_S", 0.001)
    rig = Rig()
    rig.pinger = hanging = HangingPinger(rig.clock)
    rig.ping = Ping(lambda life: hanging, SETTINGS, lambda: True, rig.clock, rig.health, UTC)
    rig.run(1000)
    assert hanging.pings == [0]
    hanging.released.set()


def test_work_beats_and_ends_when_told() -> None:
    rig = Rig()
    stop, beats = threading.Event(), list[int]()

    def beat() -> None:
        beats.append(1)
        if len(beats) == 20:
            stop.set()

    rig.ping.work(stop, beat)
    assert rig.pinger.pings == [1]


@pytest.mark.parametrize("how", ["cable pulled", "loop hangs", "machine dead"])
def test_r49_whoever_waits_outside_tells_the_owner_within_ten_minutes(how: str) -> None:
    clock, alive = FakeClock(), [True]
    service = DeadMan(clock.monotonic)
    with PingServer(heard=service.heard) as server:
        settings = LifeSettings(ping_url=f"http://127.0.0.1:{server.port}/4f3a", ping_at_home=True)
        worker = Ping(HttpPing, settings, lambda: alive[0], clock, Health(clock), UTC)
        runs, cut_s = True, 0.0
        for second in range(2400):
            if second == 1000:
                cut_s = clock.monotonic()
                if how == "cable pulled":
                    server.unplug()
                alive[0] = how != "loop hangs"
                runs = how != "machine dead"
            if runs:
                worker.look()
            service.look()
            clock.advance(1)
    (told_s,) = service.messages
    assert 0 < told_s - cut_s <= 600
