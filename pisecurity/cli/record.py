"""events audit: who armed and disarmed, row by row."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from datetime import tzinfo

from pisecurity import config
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.audit import Entry
from pisecurity.adapters.timezone import house_zone
from pisecurity.cli.parser import given_config
from pisecurity.cli.words import local
from pisecurity.core.audit import shown
from pisecurity.errors import ConfigError

_ROW = "{:<19}  {:<24}  {:<16}  {:<12}  {}"


def record(args: argparse.Namespace) -> int:
    """List the record, newest first; the daemon may run meanwhile."""
    with closing(SqliteStore(args.state, SystemClock(), read_only=True)) as store:
        entries = store.audit_entries(args.limit)
    if args.json:
        for entry in entries:
            print(json.dumps(_as_json(entry)))
    elif entries:
        zone = _zone(args)
        print(_ROW.format("when", "row", "who", "how", "what").rstrip())
        print("\n".join(_as_row(entry, zone) for entry in entries))
    else:
        print("empty: nothing was switched yet")
    return 0


def _zone(args: argparse.Namespace) -> tzinfo:
    """Return the zone of the house, or the machine's where the configuration cannot be read: a copy may have none."""
    try:
        return house_zone(config.load(given_config(args)).house.timezone)
    except ConfigError:
        return house_zone("")


def _as_row(entry: Entry, zone: tzinfo) -> str:
    when = "no readable time" if entry.at is None else local(entry.at, zone)
    said = (when, str(shown(entry.number, entry.hash)), entry.by, entry.how, entry.note)
    return _ROW.format(*map(_plain, said))


def _plain(text: str) -> str:
    """Return *text* on one line, without what moves the cursor of a terminal: whoever writes on the card writes it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at and entry.at.isoformat(),
        "mode": entry.mode,
        "by": entry.by,
        "how": entry.how,
        "note": entry.note,
        "hash": entry.hash,
    }
