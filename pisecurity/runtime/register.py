"""The people of the house with their codes and phones: found by what they give, and changed by the owner."""

from __future__ import annotations

import hmac
import logging
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from pisecurity.core.alarm.people import LEAST_DIGITS, TOO_EASY, Person, Role, code_fault, key_of, name_fault
from pisecurity.errors import InputError, SecretError, StoreError
from pisecurity.ports import Approval, Clock, Code, Known, PeopleStore, Phone

log = logging.getLogger(__name__)

APPROVAL_S = 1800.0
"""So long a one-time code for a phone can be typed."""
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of a one-time code: without those that look like another. Source: Douglas Crockford, Base 32."""
_LOOKS_LIKE = str.maketrans("OIL", "011")
_APPROVAL_LETTERS = 8
"""Of five bits each."""
_TOKEN_BYTES = 32
_MOST_GIVEN = 64
"""Letters of what somebody gives as a code; longer ones are wrong without being read."""
_MOST_LABEL = 60
_CODE, _TOKEN, _APPROVAL = "code", "phone", "approval"
_T = TypeVar("_T", Code, Phone, Approval)

Record = Callable[[str, str, str], object]
"""``record(what, by, how)`` keeps a change on the audit log, or raises StoreError."""


class Register:
    """What is known about people, in memory and on disk. For one thread at a time.

    Codes and tokens are kept as HMAC-SHA-256 with a key that is outside of the database: whoever gets hold of
    that alone cannot try all codes on it. What somebody gives is compared with every row there is.
    """

    def __init__(
        self,
        store: PeopleStore,
        pepper: Callable[[bool], bytes],
        clock: Clock,
        record: Record,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """*pepper* returns the key of 256 bits or raises SecretError; with True it makes one if there is none."""
        self._store, self._pepper, self._clock, self._record = store, pepper, clock, record
        self._random = random_bytes
        self.known = Known()
        self._people: dict[str, Person] = {}
        """By their keys: looking one up takes the same time for each."""

    def start(self) -> None:
        """Take up what was kept. Raises StoreError."""
        self.known = self._store.load_people()
        self._people = {person.key: person for person in self.known.people}

    # What somebody gives.

    def of_code(self, given: str) -> tuple[Person, bool] | None:
        """Return whose code was *given*, and whether it is the one for duress. Raises SecretError."""
        code = self._match(self.known.codes, _CODE, plain(given)) if self.known.codes else None
        return None if code is None else (self._people[code.person], code.duress)

    def of_phone(self, token: str | None) -> tuple[Person, Phone] | None:
        """Return the approved phone with this *token*, and whose it is. Raises SecretError."""
        known = self.known  # one look: another thread may be changing it
        phone = self._match(known.phones, _TOKEN, token or "") if known.phones else None
        return None if phone is None else (next(each for each in known.people if each.key == phone.person), phone)

    def approve(self, given: str, label: str) -> str | None:
        """Approve a phone with the one-time code *given*, and return its token; None where that is none that counts.

        Raises:
            StoreError, SecretError: it is not approved.
        """
        typed, open_now = plain(given).upper().translate(_LOOKS_LIKE), self.known.approvals
        approval = self._match(open_now, _APPROVAL, typed) if open_now else None
        if approval is None or not self._counts(approval):
            return None
        token = self._random(_TOKEN_BYTES).hex()
        person = self._people[approval.person]
        phone = Phone(person.key, _one_line(label) or "phone", self._digest(_TOKEN, token), self._clock.now())
        with self._recorded(f"phone {phone.label!r} approved", person.name, "page"):
            self._store.add_phone(phone)
        self.start()
        return token

    # What the owner changes. Each raises InputError, StoreError or SecretError, and nothing is changed then.

    def add(self, person: Person, chosen: str | None, by: str) -> str:
        """Add *person*; return the code, which is the one *chosen* or else a new one."""
        if fault := name_fault(person.name):
            raise InputError(f"name = {person.name!r}: {fault}")
        if same := self._people.get(person.key):
            raise InputError(f"name = {person.name!r}: {same.name!r} is there already; give another name")
        code = self._code(chosen, None)
        with self._recorded(f"person {person.name!r} added as {person.role}", by, "cli"):
            self._store.add_person(person, Code(person.key, duress=False, digest=self._digest(_CODE, code)))
        self.start()
        return code

    def new_code(self, name: str, chosen: str | None, by: str, *, duress: bool = False) -> str:
        """Give the person called *name* another code, or another one for *duress*; return it."""
        person = self.person(name)
        if duress and person.role is Role.GUEST:
            raise InputError(f"name = {name!r}: a guest cannot disarm, so a duress code would be of no use")
        code = self._code(chosen, None if duress else person.key)
        # The same for both: the record is read in the house, and by whoever stands beside the owner.
        with self._recorded(f"code of {person.name!r} changed", by, "cli"):
            self._store.set_code(Code(person.key, duress, self._digest(_CODE, code)))
        self.start()
        return code

    def new_approval(self, name: str, by: str) -> str:
        """Return a one-time code with which the person called *name* approves a phone within 30 minutes."""
        person = self.person(name)
        code = "".join(_LETTERS[byte % len(_LETTERS)] for byte in self._random(_APPROVAL_LETTERS))
        with self._recorded(f"code for a phone of {person.name!r} issued", by, "cli"):
            self._store.set_approval(Approval(person.key, self._digest(_APPROVAL, code), self._clock.instant()))
        self.start()
        return f"{code[:4]}-{code[4:]}"

    def remove(self, name: str, by: str) -> Person:
        """Remove the person called *name*, with codes and phones."""
        person = self.person(name)
        with self._recorded(f"person {person.name!r} removed", by, "cli"):
            self._store.remove_person(person.key)
        self.start()
        return person

    def revoke(self, number: int, by: str) -> Phone:
        """Take the approval of a phone back."""
        phone = next((each for each in self.known.phones if each.number == number), None)
        if phone is None:
            raise InputError(f"phone = {number}: there is none of this number; see: pisecurity people phones")
        with self._recorded(f"phone {phone.label!r} of {self._people[phone.person].name!r} revoked", by, "cli"):
            self._store.remove_phone(number)
        self.start()
        return phone

    @contextmanager
    def _recorded(self, what: str, by: str, how: str) -> Iterator[None]:
        """Record a change before it is made, so that none is without its row, and after it where it was not made."""
        self._record(what, by, how)
        try:
            yield
        except (StoreError, SecretError):
            with suppress(StoreError):
                self._record(f"not done: {what}", by, how)
            raise

    def person(self, name: str) -> Person:
        """Return the person called *name*. Raises InputError."""
        found = self._people.get(key_of(name))
        if found is None:
            names = ", ".join(each.name for each in self.known.people) or "nobody yet: pisecurity people add NAME"
            raise InputError(f"name = {name!r}: there is nobody of this name; there is {names}")
        return found

    def _code(self, chosen: str | None, of: str | None) -> str:
        """Return *chosen* or a new code, which nobody has; *of* may have it: the one it replaces."""
        if chosen is None:
            while True:
                code = "".join(str(byte % 10) for byte in self._random(LEAST_DIGITS * 4) if byte < 250)[:LEAST_DIGITS]
                if not code_fault(code) and self._taken(code) is None:
                    return code
        taken = self._taken(chosen)
        mine = taken is not None and taken.person == of and not taken.duress
        if fault := code_fault(chosen) or ("" if taken is None or mine else TOO_EASY):
            raise InputError(f"code: {fault}")
        return chosen

    def _taken(self, code: str) -> Code | None:
        return self._match(self.known.codes, _CODE, code)

    def _counts(self, approval: Approval) -> bool:
        age_s = self._clock.instant().seconds_since(approval.since)
        return age_s is not None and age_s < APPROVAL_S

    def _match(self, rows: Iterable[_T], kind: str, given: str) -> _T | None:
        """Return the row of *given*, having compared all of them: how long it takes tells nothing."""
        digest, found = self._digest(kind, given), None
        for row in rows:
            same = hmac.compare_digest(row.digest, digest)
            found = row if same else found
        return found

    def see_key(self) -> bytes:
        """Return the key of all codes, which is made with the first one. Raises SecretError: also where it is lost."""
        # Another one in its place would leave what is kept, duress codes above all, worth nothing without a word.
        return self._pepper(not (self.known.codes or self.known.phones))

    def _digest(self, kind: str, text: str) -> str:
        return hmac.digest(self.see_key(), f"{kind}:{text}".encode("utf-8", "replace"), "sha256").hex()


def plain(given: str) -> str:
    """Return what somebody typed without spaces and hyphens, its digits as ASCII; empty where it is too long."""
    if len(given) > _MOST_GIVEN:
        return ""
    letters = (letter for letter in given if not letter.isspace() and letter != "-")
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in letters)


def _one_line(label: str) -> str:
    kept = "".join(letter if letter.isprintable() else " " for letter in label[: _MOST_LABEL * 4])
    return " ".join(kept.split())[:_MOST_LABEL]
