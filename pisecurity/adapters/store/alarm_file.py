"""The alarm a second time, in a small file of its own: the mode outlives a damaged database."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pisecurity.adapters.state.files import write_whole
from pisecurity.adapters.store.codec import Column, alarm_in, bind, moment
from pisecurity.core.types import Alarm, Alert, AlertKind, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import Address, SilentCall, give_way

log = logging.getLogger(__name__)

FILE_NAME = "mode.json"
VERSION = 1
MOST_BYTES = 2**16
"""A file that is larger is none of ours."""
BLOCK_BYTES = 4096
"""The file is filled up to a multiple of these: its length alone must not tell that somebody was made to disarm."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The alarm as it was stored, with the row of the audit log that says so."""

    alarm: Mapping[str, Column]
    """Columns of the table ``alarm``."""
    row: Mapping[str, Column]
    """Columns of the table ``audit``."""
    previous: str
    """Hash of the audit row before that one."""
    calls: tuple[SilentCall, ...] = ()
    """What the database has not taken yet; from the file, those that reach nobody first, then the oldest."""

    @property
    def number(self) -> int:
        """Number of the audit row."""
        return int(self.row["number"] or 0)

    @property
    def head(self) -> str:
        """Hash of the audit row: what the next one is chained to."""
        return str(self.row["hash"])

    @property
    def value(self) -> Alarm:
        return alarm_in(self.alarm)


class AlarmFile:
    """``mode.json`` in the state folder: a JSON object with the SHA-256 of all else in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last: Kept | None = None
        """What the database took last, as far as this process knows: a disk that fails may not give it again."""
        self._failing = False

    def load(self) -> Kept | None:
        """Return what was kept; None when there is none that can be used: the log says why."""
        try:
            with self.path.open("rb") as file:
                kept = kept_in(file.read(MOST_BYTES + 1))
            self.last = self.last or kept
            return kept
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = str(error.strerror)
        except ValueError as error:
            reason = str(error)
        log.warning("the second copy of the alarm is not used file=%s reason=%s", self.path, reason)
        return None

    def save(self, kept: Kept) -> bool:
        """Put *kept* in the place of what was kept before; return whether that is done and survives a power cut.

        Where it cannot be written, what was kept stays; if it says "disarmed" of an armed house, it is emptied.

        Raises:
            StoreError: it says so, and is still there.
        """
        try:
            write_whole(self.path, content_of(kept))
        except OSError as error:
            log.log(
                logging.DEBUG if self._failing else logging.WARNING,
                "the second copy of the alarm is not written file=%s reason=%s", self.path, error,
            )  # fmt: skip
            self._failing = True
            if kept.value.mode is not Mode.DISARMED:
                self._empty_disarmed()
            return False
        self._failing = False
        return True

    def empty(self) -> None:
        """Keep nothing. That there is a file says still that this is no first start, which is disarmed.

        Raises StoreError: what was kept is still there.
        """
        with suppress(FileNotFoundError), self._explained():
            os.truncate(self.path, 0)

    def _empty_disarmed(self) -> None:
        """Keep nothing if "disarmed" is kept. Raises StoreError: it cannot be read, or is still there."""
        with suppress(FileNotFoundError, ValueError), self._explained():  # nobody is misled by what is damaged
            if kept_in(self.path.read_bytes()).value.mode is Mode.DISARMED:
                self.empty()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(
                f"{self.path}: it cannot be written ({error.strerror}); see 'dmesg' and replace the SD card if it "
                "is worn out",
                disk=True,
            ) from error


def content_of(kept: Kept) -> bytes:
    """Return *kept* as the bytes of a file."""
    body: dict[str, object] = {
        "version": VERSION,
        "alarm": dict(kept.alarm),
        "row": dict(kept.row),
        "previous": kept.previous,
    }
    content = _signed(body)
    size = -(-len(content) // BLOCK_BYTES) * BLOCK_BYTES
    calls = give_way(kept.calls)
    for first in range(len(calls)):  # the first give way: a longer file would tell of them
        with_calls = _signed({**body, "calls": [_call_as_json(call) for call in calls[first:]]})
        if len(with_calls) <= size:
            content = with_calls
            break
    return content.ljust(size)


def kept_in(content: bytes) -> Kept:
    """Return what is in the bytes of a file. Raises ValueError: it is none that can be used."""
    try:
        body = json.loads(content[:MOST_BYTES])
        digest = body.pop("sha256")
        whole = digest == _digest(body)
        calls = tuple(map(_call_in, body.get("calls", ())))
        version, kept = body["version"], Kept(body["alarm"], body["row"], body["previous"], calls)
        known = (kept.value, kept.number, kept.head)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("it is damaged") from error
    if not whole or not all(known[1:]):
        raise ValueError("it is damaged")
    if version != VERSION:
        raise ValueError(f"it has version {version}, and this program reads {VERSION}")
    return kept


def _call_as_json(call: SilentCall) -> Mapping[str, object]:
    alert = call.alert
    values = bind(id=alert.id, at_us=alert.at, subject=alert.subject, text=alert.text, thread=alert.thread)
    return {**values, "to": [(address.channel, address.recipient) for address in call.to]}


def _call_in(values: Mapping[str, Any]) -> SilentCall:
    at, to = moment(values["at_us"]), tuple(Address(channel, recipient) for channel, recipient in values["to"])
    words = str(values["subject"]), str(values["text"])
    return SilentCall(Alert(str(values["id"]), AlertKind.DURESS, at, *words, thread=values["thread"]), to)


def _signed(body: Mapping[str, object]) -> bytes:
    return json.dumps({**body, "sha256": _digest(body)}, indent=1).encode("ascii")


def _digest(body: Mapping[str, object]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
