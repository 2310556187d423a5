"""A day without network, in process: the real store, respond, deliver and mailer, and a clock that is moved by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from benchmarks.post.sink import Sink
from benchmarks.post.tally import Row, Tally, tally
from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.core.types import Phase
from pisecurity.settings import AlarmSettings, ModeSettings
from pisecurity.web.assets import load_catalogue
from tests.fakes import make_event
from tests.rigs.outbox import House
from tests.rigs.respond import Fixture
from tests.rigs.smtp import PASSWORD

DAY_S = 24 * 3600
LOOK_EVERY_S = 15
"""Seconds of the moved clock between two rounds of deliver; the real one looks every second."""
PATIENCE_S = 24 * 3600
"""Longest time after the network is back until nothing waits."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What came out of it."""

    events: int
    tally: Tally
    tries: int
    """Alerts that met the missing network, each time counted."""
    first_s: float
    """From the network's return to the first mail, by the moved clock."""
    empty_s: float
    """The same to the last one."""


def outage_run(folder: Path, events: int, seed: int) -> Outage:
    """Have *events* happen in a day without network, with a power cut in the middle, then bring the network back."""
    dice = random.Random(seed)
    sink = Sink(folder)
    state = folder / "state"
    state.mkdir()
    home = Fixture(state, AlarmSettings(alert_pause_s=0, alerts_per_hour=1000, away=ModeSettings()))
    outbox = _outbox(home, sink)
    home.arm()
    began_s, cut_at = home.clock.monotonic(), events // 2
    for number, at_s in enumerate(sorted(dice.sample(range(60, DAY_S - 60), events))):
        if number == cut_at:
            passed_s = home.clock.monotonic() - began_s
            home.cut_power()
            began_s = home.clock.monotonic() - passed_s
            outbox = _outbox(home, sink)
        _pass(home, outbox, began_s + at_s)
        _happen(home, number)
    _pass(home, outbox, began_s + DAY_S)
    tries = sum(delivery.attempts for delivery in home.store.deliveries(10 * events))
    with sink:
        back_s = home.clock.monotonic()
        first_s = None
        while home.store.waiting() and home.clock.monotonic() < back_s + PATIENCE_S:
            _pass(home, outbox, home.clock.monotonic() + LOOK_EVERY_S)
            if first_s is None and sink.mails():
                first_s = home.clock.monotonic() - back_s
        empty_s = home.clock.monotonic() - back_s
    rows = [
        Row(
            each.alert.id,
            each.alert.kind,
            each.alert.at,
            each.recipient,
            each.outcome,
            each.alert.subject,
            each.step,
        )
        for each in reversed(home.store.deliveries(100 * events))
    ]
    counted = tally(rows, sink.mails(), zone=UTC)
    home.store.close()
    return Outage(events, counted, tries, PATIENCE_S if first_s is None else first_s, empty_s)


def _outbox(home: Fixture, sink: Sink) -> House:
    mailer = SmtpMailer(
        sink.settings(), lambda: PASSWORD, "Home", home.clock, UTC, catalogue=load_catalogue(), shrink=shrink
    )
    return House(home.store, home.folder, home.clock, mailer)


def _pass(home: Fixture, outbox: House, until_s: float) -> None:
    """Let time pass, and the outbox try what is due."""
    while home.clock.monotonic() < until_s:
        outbox.round()
        home.clock.advance(min(LOOK_EVERY_S, until_s - home.clock.monotonic()))


def _happen(home: Fixture, number: int) -> None:
    """Let somebody walk by, and deliver know of it."""
    now_s, event_id = home.clock.monotonic(), f"{number:032x}"
    opened = replace(
        make_event(event_id=event_id, number=number), opened_at=home.clock.now(), opened_s=now_s, last_s=now_s
    )
    home.put(opened)
    home.clock.advance(3)
    home.put(replace(opened, phase=Phase.ENDED, last_s=now_s + 3, picture=None))
