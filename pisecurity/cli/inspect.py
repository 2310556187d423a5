"""Commands that only read files: check, events and ledger."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pisecurity import config
from pisecurity.adapters.cameras.v4l2.find import is_something_else
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.machine.timezone import house_zone
from pisecurity.adapters.state.files import is_there
from pisecurity.cli.house import DEMO, House, house_of, is_of_a_demo, store_of
from pisecurity.cli.parser import given_config
from pisecurity.cli.record import record
from pisecurity.cli.verify import verify
from pisecurity.cli.words import MAY_DISARM, STATES, dismissed_as_json, local, told_with_others
from pisecurity.core.alarm.schedule import Plan
from pisecurity.core.alarm.sky import doubts
from pisecurity.core.types import Dismissed, EventRecord, Outcome
from pisecurity.core.vision.unwatched import unwatched
from pisecurity.settings import KeyPath, Settings, rows

_SECURITY_OF_PORT = {465: "tls", 587: "starttls"}
_ROW = "{:<19}  {:<{width}}  {:>7}  {:>5}  {:<16}  {:<10}  {}"
_LEDGER_ROW = "{:<19}  {:<{width}}  {:>7}  {:>5}  {}"
_LEAST_WIDTH = 10
"""Of the column of the cameras."""


def check(args: argparse.Namespace) -> int:
    """Read the configuration and say what is wrong with it."""
    path = given_config(args)
    if is_of_a_demo(args.state, path):
        print(f"{args.state}: {DEMO}")
        return 0
    settings = config.load(path, _certain_faults)
    cameras = ", ".join(camera.id for camera in settings.camera)
    mails = f"mails to {', '.join(settings.mail.to)}" if settings.mail else "no mails"
    counts = f"zones {len(settings.zone)}; schedule {len(settings.schedule)}"
    print(f"{path}: good; cameras {cameras}; {counts}; {mails}; {MAY_DISARM[settings.access.disarm]}")
    found = unwatched(settings)
    for warning in (*found.faults, *found.warnings, *_doubtful(settings)):
        print(f"warning: {warning}")
    return 0


def _doubtful(settings: Settings) -> Iterator[str]:
    """Yield what may be meant so, and mostly is not."""
    for camera in settings.camera:
        if camera.kind == "file" and not is_there(Path(camera.path)):
            yield f"camera {camera.label}: no such file now: {camera.path}"
    if settings.mail and settings.mail.ca_file and not is_there(Path(settings.mail.ca_file)):
        yield f"mail.ca_file: no such file now: {settings.mail.ca_file}"
    yield from doubts(Plan.of(settings, house_zone(settings.house.timezone)), SystemClock().now())
    usual = settings.mail and _SECURITY_OF_PORT.get(settings.mail.port, settings.mail.security)
    if settings.mail and usual != settings.mail.security:
        yield f'mail.port = {settings.mail.port} mostly goes with mail.security = "{usual}"; see: pisecurity doctor'


def _certain_faults(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield what cannot work on this machine; the daemon starts in spite of it, and shows it as a fault."""
    yield from _no_cameras(tables)
    yield from _wrong_addresses(tables)


def _wrong_addresses(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield addresses that need no network to be known as wrong; names are looked up by doctor alone."""
    page = _address(_text(tables, "web", "address"))
    if page and page.is_global:
        yield ("web", "address"), "the internet can reach it; give auto or an address of the home network"
    life = tables.get("life")
    url, at_home = _text(tables, "life", "ping_url"), isinstance(life, Mapping) and life.get("ping_at_home") is True
    try:
        asked = _address(urlsplit(url).hostname or "")
    except ValueError:  # told already
        return
    if asked and not asked.is_global and not at_home:
        fix = "give one outside, or set life.ping_at_home = true"
        yield ("life", "ping_url"), f"it is at home, where a power cut hits both; {fix}"
    if asked and asked.is_global and at_home and url.startswith("http://"):
        yield ("life", "ping_url"), "it is outside and asked without TLS; begin it with https://"


def _text(tables: Mapping[str, Any], table: str, key: str) -> str:
    """Return the text that stands there, empty where something else does."""
    found = tables.get(table)
    text = found.get(key) if isinstance(found, Mapping) else None
    return text if isinstance(text, str) else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _no_cameras(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for number, row in enumerate(rows(tables, "camera")):
        device = row.get("device")
        if row.get("kind") == "v4l2" and isinstance(device, str) and device and is_something_else(device):
            yield ("camera", number, "device"), "this is no camera; 'pisecurity doctor camera' lists those that are"


def events(args: argparse.Namespace) -> int:
    """List what was seen, newest first, or show or verify the record; the daemon may run meanwhile."""
    if args.what == "verify":
        return verify(args)
    if args.what == "audit":
        return record(args)
    with store_of(args.state) as store:
        records = store.events(args.limit)
    if args.json:
        _list_as_json(map(_as_json, records))
        return 0
    house = house_of(args)
    cells = [_as_row(record, house) for record in records]
    _list(_ROW, ("seen", "camera", "seconds", "score", "alarm was", "mail", "why"), cells, none="no events yet")
    return 0


def ledger(args: argparse.Namespace) -> int:
    """List what moved and was not told, newest first; the daemon may run meanwhile."""
    with store_of(args.state) as store:
        rows = store.dismissed(args.limit)
    if args.json:
        _list_as_json(map(dismissed_as_json, rows))
        return 0
    house = house_of(args)
    cells = [_as_ledger_row(row, house) for row in rows]
    none = "nothing yet; what moves while the alarm is armed and is no event is listed here"
    _list(_LEDGER_ROW, ("seen", "camera", "seconds", "score", "why it was no event"), cells, none=none)
    return 0


def _list_as_json(rows: Iterable[Mapping[str, object]]) -> None:
    for row in rows:
        print(json.dumps(row))


def _list(form: str, heading: Sequence[str], rows: Sequence[Sequence[str]], *, none: str) -> None:
    """Print *rows* under their *heading*, with a second column as wide as need be; *none* where there are none."""
    if not rows:
        print(none)
        return
    width = max(_LEAST_WIDTH, *(len(row[1]) for row in rows))
    print("\n".join(form.format(*row, width=width) for row in (heading, *rows)))


def _as_ledger_row(row: Dismissed, house: House) -> tuple[str, ...]:
    values = f"{row.lasted_s:.1f}", f"{row.score:.2f}"
    return local(row.first_at, house.zone), house.label(row.camera), *values, told_with_others(row)


def _as_row(record: EventRecord, house: House) -> tuple[str, ...]:
    lasted = f"{(record.ended_at - record.opened_at).total_seconds():.1f}" if record.ended_at else "-"
    return (
        local(record.opened_at, house.zone),
        house.label(record.camera),
        lasted,
        f"{record.score:.2f}",
        STATES[record.state],
        _mail(record),
        record.why,
    )


def _mail(record: EventRecord) -> str:
    """Return the worst that became of its mails, because that is what the owner must know, or of what was held back."""
    if record.summed is not None:
        return "summed" if record.summed else "paused"
    outcomes = {delivery.outcome for delivery in record.mails}
    worst = (Outcome.REFUSED, Outcome.LATER, Outcome.WAITING, Outcome.DIGESTED, Outcome.ACCEPTED)
    return next((str(outcome) for outcome in worst if outcome in outcomes), "-")


def _as_json(record: EventRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "camera": record.camera,
        "opened_at": record.opened_at.isoformat(),
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "box": [record.box.x, record.box.y, record.box.w, record.box.h],
        "zones": sorted(record.zones),
        "score": record.score,
        "reason": record.reason,
        "state": record.state,
        "alert": record.kind,
        "why": record.why,
        "deliveries": [
            {"recipient": delivery.recipient, "outcome": delivery.outcome, "detail": delivery.detail}
            for delivery in record.deliveries
        ],
    }
