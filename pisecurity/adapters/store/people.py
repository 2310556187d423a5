"""People with their codes and phones, and who tried wrong codes."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import time

from pisecurity.adapters.store.codec import Column, bind, bind_instant, instant, moment
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.alarm.people import Person, Role, Window
from pisecurity.core.types import Instant
from pisecurity.errors import StoreError
from pisecurity.ports import Approval, Code, Failures, Known, Phone
from pisecurity.settings import WEEKDAYS

log = logging.getLogger(__name__)

_ADD_PERSON = "INSERT INTO people (key, name, role, windows) VALUES (:key, :name, :role, :windows)"
_KEEP_KEY_DIGEST = "INSERT OR REPLACE INTO code_key (one, digest) VALUES (1, :digest)"
_SET_CODE = "INSERT OR REPLACE INTO codes (person, duress, digest) VALUES (:person, :duress, :digest)"
_SET_APPROVAL = """
INSERT OR REPLACE INTO approvals (person, digest, since_boot_id, since_boot_s)
VALUES (:person, :digest, :since_boot_id, :since_boot_s)
"""
_ADD_PHONE = """
INSERT INTO phones (number, person, label, digest, approved_us)
VALUES (:number, :person, :label, :digest, :approved_us)
"""
_SAVE_FAILURES = """
INSERT OR REPLACE INTO wrong_codes (source, count, last_boot_id, last_boot_s, told_boot_id, told_boot_s)
VALUES (:source, :count, :last_boot_id, :last_boot_s, :told_boot_id, :told_boot_s)
"""


class LastKnown:
    """Who was known last: a database that is damaged may give them no more, or give back who was removed."""

    def __init__(self) -> None:
        self.value: Known | None = None
        """None: nothing could be read yet."""

    def put_into(self, connection: sqlite3.Connection) -> None:
        """Have the database of *connection*, in a transaction of that, hold them and nobody else."""
        known = self.value
        if known is None or _known_in(connection) == known:
            return
        connection.execute("DELETE FROM people")  # and with them codes, approvals and phones
        connection.execute("DELETE FROM code_key")
        for person in known.people:
            _insert_person(connection, person)
        for code in known.codes:
            _put_code(connection, code)
        for approval in known.approvals:
            _put_approval(connection, approval)
        for phone in known.phones:
            _insert_phone(connection, phone, phone.number)
        if known.key_digest:
            connection.execute(_KEEP_KEY_DIGEST, bind(digest=known.key_digest))


class PeopleTable(Table):
    """Fulfils PeopleStore. People are changed by one thread at a time."""

    _last_known: LastKnown

    @steady
    def load_people(self) -> Known:
        """Return all that is kept about people; a row that nobody could use is left out. Raises StoreError."""
        with self._database.read() as connection:
            known = _known_in(connection)
        if self._database.whole or known.people:  # in memory that was begun empty, nobody means: not known
            self._last_known.value = known
        return known

    @steady
    def keep_key_digest(self, digest: str) -> None:
        """Replace what the key of the codes is known again by. Raises StoreError."""
        with self._changing() as connection:
            connection.execute(_KEEP_KEY_DIGEST, bind(digest=digest))

    @steady
    def add_person(self, person: Person, code: Code) -> None:
        """Add *person* with a first code. Raises StoreError: also where somebody has this key."""
        with self._changing() as connection:
            _insert_person(connection, person)
            _put_code(connection, code)

    @steady
    def remove_person(self, key: str) -> None:
        """Remove the person with codes, phones and approvals. Raises StoreError."""
        with self._changing() as connection:
            connection.execute("DELETE FROM people WHERE key = :key", bind(key=key))

    @steady
    def set_code(self, code: Code) -> None:
        """Replace that code of that person; the one for duress is another than the ordinary one. Raises StoreError."""
        with self._changing() as connection:
            _put_code(connection, code)

    @steady
    def set_approval(self, approval: Approval) -> None:
        """Replace the approval that this person may have open. Raises StoreError."""
        with self._changing() as connection:
            _put_approval(connection, approval)

    @steady
    def add_phone(self, phone: Phone) -> Phone:
        """Add *phone*, end the approval of its person, and return it with its number. Raises StoreError."""
        with self._changing() as connection:
            number = _insert_phone(connection, phone, None)
            connection.execute("DELETE FROM approvals WHERE person = :person", bind(person=phone.person))
            return _phone(connection.execute("SELECT * FROM phones WHERE number = ?", (number,)).fetchone())

    @steady
    def remove_phone(self, number: int) -> None:
        """Remove the phone of this number, if there is one. Raises StoreError."""
        with self._changing() as connection:
            connection.execute("DELETE FROM phones WHERE number = :number", bind(number=number))

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for a change. Raises StoreError: also where those who were kept cannot be read now."""
        if not self._database.whole:
            raise StoreError("people cannot be changed while the disk fails, because those it has cannot be read")
        with ExitStack() as failed:
            failed.callback(setattr, self._last_known, "value", self._last_known.value)
            with self._database.write() as connection:
                yield connection
                # Before another thread may begin anew in memory, with those who were known last.
                self._last_known.value = _known_in(connection)
            failed.pop_all()
        try:
            # From a log whose end is damaged whoever was removed, or a code that was changed, would come back.
            self._database.empty_log()
        except StoreError as error:
            log.warning("a change of people is in the log of the database alone reason=%s", error)

    @steady
    def load_failures(self) -> tuple[Failures, ...]:
        """Return the wrong codes of each source, the one that failed last at the end. Raises StoreError."""
        with self._database.read() as connection:
            return tuple(_failures(row) for row in _all(connection, "wrong_codes"))

    @steady
    def save_failures(self, *failures: Failures) -> None:
        """Replace what is kept of these sources, in one transaction. Raises StoreError."""
        with self._database.write() as connection:
            for each in failures:
                values = bind(source=each.source, count=each.count) | bind_instant("last", each.last)
                connection.execute(_SAVE_FAILURES, values | bind_instant("told", each.told))

    @steady
    def forget_failures(self, source: str) -> None:
        """Remove what is kept of *source*. Raises StoreError."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM wrong_codes WHERE source = :source", bind(source=source))


def _known_in(connection: sqlite3.Connection) -> Known:
    people = tuple(_people(_all(connection, "people")))
    keys = {person.key for person in people}
    key = connection.execute("SELECT digest FROM code_key").fetchone()

    def of_somebody(table: str) -> Iterator[sqlite3.Row]:
        return (row for row in _all(connection, table) if row["person"] in keys)

    return Known(
        people,
        tuple(Code(row["person"], bool(row["duress"]), row["digest"]) for row in of_somebody("codes")),
        tuple(_approval(row) for row in of_somebody("approvals")),
        tuple(_phone(row) for row in of_somebody("phones")),
        key["digest"] if key else "",
    )


def _insert_person(connection: sqlite3.Connection, person: Person) -> None:
    values = bind(key=person.key, name=person.name, role=person.role, windows=_windows_as_json(person))
    connection.execute(_ADD_PERSON, values)


def _put_code(connection: sqlite3.Connection, code: Code) -> None:
    connection.execute(_SET_CODE, bind(person=code.person, duress=code.duress, digest=code.digest))


def _put_approval(connection: sqlite3.Connection, approval: Approval) -> None:
    values = bind(person=approval.person, digest=approval.digest) | bind_instant("since", approval.since)
    connection.execute(_SET_APPROVAL, values)


def _insert_phone(connection: sqlite3.Connection, phone: Phone, number: int | None) -> int | None:
    """Add *phone* with this number, None: the next one; return the number."""
    values = bind(number=number, person=phone.person, label=phone.label, digest=phone.digest)
    return connection.execute(_ADD_PHONE, values | bind(approved_us=phone.approved_at)).lastrowid


def _people(rows: Iterable[sqlite3.Row]) -> Iterator[Person]:
    for row in rows:
        try:
            yield person_in(row)
        except (ValueError, TypeError) as error:
            log.warning("stored person skipped number=%s reason=%s", row["number"], error)


def person_in(row: sqlite3.Row | Mapping[str, Column]) -> Person:
    """Return the person in the columns of the table. Raises ValueError."""
    windows = tuple(
        Window(frozenset(day for day in WEEKDAYS if day in days), time.fromisoformat(begins), time.fromisoformat(until))
        for days, begins, until in json.loads(str(row["windows"]))
    )
    return Person(str(row["name"]), Role(str(row["role"])), windows)


def _windows_as_json(person: Person) -> str:
    return json.dumps(
        [(sorted(one.days), one.begins.isoformat(), one.until.isoformat()) for one in person.windows],
        separators=(",", ":"),
    )


def _all(connection: sqlite3.Connection, table: str) -> sqlite3.Cursor:
    return connection.execute(f"SELECT * FROM {table} ORDER BY number")  # noqa: S608 -- our own names


def _approval(row: sqlite3.Row) -> Approval:
    return Approval(row["person"], row["digest"], Instant(row["since_boot_id"], row["since_boot_s"]))


def _phone(row: sqlite3.Row) -> Phone:
    return Phone(row["person"], row["label"], row["digest"], moment(row["approved_us"]), row["number"])


def _failures(row: sqlite3.Row) -> Failures:
    return Failures(row["source"], row["count"], Instant(row["last_boot_id"], row["last_boot_s"]), instant(row, "told"))
