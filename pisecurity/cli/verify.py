"""events verify: whether the record of who armed and disarmed is as it was written."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import datetime, tzinfo

from pisecurity.adapters.store.audit import Examined, Harm, Harmed
from pisecurity.cli.house import BEGUN_EMPTY, folder_of_database, house_of, is_begun_empty, store_of
from pisecurity.cli.words import local
from pisecurity.core.audit import AuditHead, shown
from pisecurity.errors import StoreError

FOUND = 2
"""Exit code where something was done to the record; 1 is that it cannot be looked at."""
_HARMS = {
    Harm.CHANGED: "row {first}, which says {at}, was changed after it was written",
    Harm.MISSING: "{rows} taken out; the next one is of {at}",
    Harm.INSERTED: "{rows} put in later; it says {at}",
    Harm.MOVED: "rows {first} to {last} stand in another order than they were written in; the first is of {at}",
    Harm.REWRITTEN: "row {first} of {at} is not the one that was told: it, or one before it, was written anew",
    Harm.CUT: "{rows} cut off at the end; the last one left is of {at}",
    Harm.LOST: "{rows} taken out, what was told among them; only the next one, of {at}, says that damage did it",
    Harm.UNKNOWN: "no row is the one that was told: it was cut off or written anew, or is mistyped",
}
_TYPED = "make sure that it was copied whole, with its number and a dash before it, from the newest daily mail"
_MAIL = "a mail of that time that says so too"
_BROKEN = frozenset({Harm.CHANGED, Harm.MISSING, Harm.INSERTED, Harm.MOVED})
"""Found where the chain breaks: who chains rows anew can choose where, so that an earlier one may be forged as well."""
_BREAK = "something was done at or before row {first}; it looks as if {said}"
_UP_TO = "trust only the rows up to {told}, which a mail vouches for"
_NONE = "trust no row before that of an older mail is found, as rows up to it then are good"
_EMPTIED = "empty: no row is left of those that a mail told of, or this is the state folder of another alarm"
_OTHERS, _ALL = "; compare the others", "find out what was in it"
_DO = (
    "to do: {trust} with a backup of the state folder and with your mails, and change the "
    "passwords of this machine: who did this could write to its card"
)
_ALONE = (
    "the record alone cannot show that rows were cut off at its end, or that all of it was written anew: give the row "
    "that the newest daily mail gives, as in 'pisecurity events verify 128-4f3a9c1e07b2ffff'"
)


def verify(args: argparse.Namespace) -> int:
    """Compare the record with itself and with what a mail told of it; the daemon may run meanwhile."""
    told: AuditHead | None = args.head
    if is_begun_empty(folder := folder_of_database(args.state)):
        raise StoreError(f"{folder}: {BEGUN_EMPTY}")
    with store_of(args.state) as store:
        found = store.examine_audit(told)
    if args.json:
        print(json.dumps(_as_json(found)))
    else:
        print("\n".join(_lines(found, told, house_of(args).zone)))
    return FOUND if found.harmed else 0


def _lines(found: Examined, told: AuditHead | None, zone: tzinfo) -> Iterator[str]:
    if found.lost:
        yield f"the record itself says that {found.lost} rows were lost when the database was damaged; look for {_MAIL}"
    if found.harmed is None:
        yield from _whole(found, told, zone)
        return
    if not found.rows and found.harmed.how in (Harm.CUT, Harm.UNKNOWN):
        yield _EMPTIED
        yield _DO.format(trust=_ALL)
        return
    yield _said(found.harmed, zone)
    if found.told is not None:
        yield f"row {found.told} is the one that was told, so that no row up to it was changed"
    elif found.harmed.how in (Harm.REWRITTEN, Harm.UNKNOWN, Harm.CUT):
        yield _TYPED
    yield _DO.format(trust=(_UP_TO.format(told=found.told) if found.told else _NONE) + _OTHERS)


def _whole(found: Examined, told: AuditHead | None, zone: tzinfo) -> Iterator[str]:
    if not found.rows:
        yield "empty: nothing was switched yet"
        return
    last = shown(found.rows, found.head)
    yield f"unbroken: {found.rows} rows; the newest, of {_at(found.at, zone)}, is {last}"
    if told is None:
        yield _ALONE
        return
    yield f"row {found.told} is the one that was told: up to it no row was changed, taken out or put in"
    if newer := found.rows - (found.told or 0):
        yield f"{newer} newer rows hang on it; the next daily mail tells of them"


def _said(harmed: Harmed, zone: tzinfo) -> str:
    one = harmed.first == harmed.last
    rows = f"row {harmed.first} was" if one else f"rows {harmed.first} to {harmed.last} were"
    said = _HARMS[harmed.how].format(first=harmed.first, last=harmed.last, rows=rows, at=_at(harmed.at, zone))
    return _BREAK.format(first=harmed.first, said=said) if harmed.how in _BROKEN else said


def _at(moment: datetime | None, zone: tzinfo) -> str:
    return "no readable time" if moment is None else local(moment, zone)


def _as_json(found: Examined) -> dict[str, object]:
    harmed = found.harmed
    return {
        "rows": found.rows,
        "head": found.head,
        "lost": found.lost,
        "told": found.told,
        "harm": harmed and harmed.how,
        "first": harmed and harmed.first,
        "last": harmed and harmed.last,
        "at": harmed and harmed.at and harmed.at.isoformat(),
    }
