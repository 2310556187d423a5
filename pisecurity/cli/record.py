"""events audit: who armed and disarmed, row by row."""

from __future__ import annotations

import argparse
import json
from datetime import tzinfo

from pisecurity.adapters.store.audit import Entry
from pisecurity.cli.house import house_of, store_of
from pisecurity.cli.words import local
from pisecurity.core.audit import shown

_ROW = "{:<19}  {:<24}  {:<16}  {:<12}  {}"


def record(args: argparse.Namespace) -> int:
    """List the record, newest first; the daemon may run meanwhile."""
    with store_of(args.state) as store:
        entries = store.audit_entries(args.limit)
    if args.json:
        for entry in entries:
            print(json.dumps(_as_json(entry)))
    elif entries:
        zone = house_of(args).zone
        print(_ROW.format("when", "row", "who", "how", "what").rstrip())
        print("\n".join(_as_row(entry, zone) for entry in entries))
    else:
        print("empty: nothing was switched yet")
    return 0


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
