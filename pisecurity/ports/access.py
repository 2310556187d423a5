"""Who may order, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pisecurity.core.alarm.people import Person
from pisecurity.core.types import Instant, Outcome


@dataclass(frozen=True, slots=True)
class Code:
    """A code of somebody; what is kept of it is its digest, as hex."""

    person: str
    """Key of the person."""
    duress: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A one-time code with which somebody may approve a phone for a while."""

    person: str
    digest: str
    since: Instant


@dataclass(frozen=True, slots=True)
class Phone:
    """An approved phone; what is kept of its token is the digest, as hex."""

    person: str
    label: str
    """What it calls itself, one line."""
    digest: str
    approved_at: datetime
    number: int = 0
    """By which the owner names it, never given twice; given by the store."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is kept about people."""

    people: tuple[Person, ...] = ()
    codes: tuple[Code, ...] = ()
    approvals: tuple[Approval, ...] = ()
    phones: tuple[Phone, ...] = ()
    key_digest: str = ""
    """By it the key of the codes is known again; empty where that is not kept."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong codes of one source, or of all together."""

    source: str
    """Empty: all together."""
    count: int
    last: Instant
    told: Instant | None = None
    """When the owner was told last."""


@dataclass(frozen=True, slots=True)
class HiddenEntry:
    """Something of which nobody in the house may know while it goes on."""

    at: datetime
    """UTC."""
    text: str
    camera: str = ""
    """Id of the camera at which something moved; empty where it is no movement."""
    recipient: str = ""
    outcome: Outcome | None = None
    """What became of the mail to *recipient*; None where there was none."""
    detail: str = ""
    picture: str = ""
    """Event whose pictures are kept."""


class PeopleStore(Protocol):
    """People, their codes and phones, over restarts. Every method raises StoreError, and nothing is changed then."""

    def load_people(self) -> Known: ...

    def keep_key_digest(self, digest: str) -> None:
        """Replace what the key of the codes is known again by."""
        ...

    def add_person(self, person: Person, code: Code) -> None:
        """Add *person* with a first code."""
        ...

    def remove_person(self, key: str) -> None:
        """Remove the person with codes, phones and approvals."""
        ...

    def set_code(self, code: Code) -> None:
        """Replace that code of that person; the one for duress is another than the ordinary one."""
        ...

    def set_approval(self, approval: Approval) -> None:
        """Replace the approval that this person may have open."""
        ...

    def add_phone(self, phone: Phone) -> Phone:
        """Add *phone*, end the approval of its person, and return it with its number."""
        ...

    def remove_phone(self, number: int) -> None: ...

    def load_failures(self) -> Sequence[Failures]:
        """Return those of each source, the one that failed last at the end."""
        ...

    def save_failures(self, *failures: Failures) -> None:
        """Replace what is kept of these sources, in one transaction."""
        ...

    def forget_failures(self, source: str) -> None: ...
