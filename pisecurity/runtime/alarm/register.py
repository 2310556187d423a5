"""The people of the house with their codes and phones: found by what they give, and changed by the owner."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
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
_CODE, _TOKEN, _APPROVAL, _KEY = "code", "phone", "approval", "key"
_OTHER_KEY = (
    "secrets/access-pepper: the pepper does not belong to these codes, so no code and no duress code works; put back "
    "the one they were made with, or remove everybody with 'pisecurity people remove NAME' and add them anew"
)
_T = TypeVar("_T", Code, Phone, Approval)

Record = Callable[[str, str, str], object]
"""``record(what, by, how)`` keeps a change on the audit log, or raises StoreError."""


class Register:
    """What is known about people, in memory and on disk. For one thread at a time.

    Codes are kept as HMAC-SHA-256 with a key that is outside of the database: whoever gets hold of that alone cannot
    try all codes on it. Tokens of phones cannot be tried, so they need no key and outlive its loss. What somebody gives
    is compared with every row there is.
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
        self._key: bytes | None = None
        """That of the codes, once it is known to be theirs: no code fails because of a card that breaks later."""

    def start(self) -> None:
        """Take up what was kept. Raises StoreError."""
        self.known = self._store.load_people()
        self._people = {person.key: person for person in self.known.people}

    # What somebody gives.

    def of_code(self, given: str) -> tuple[Person, bool] | None:
        """Return whose code was *given*, and whether it is the one for duress. Raises SecretError."""
        code = self._match(self.known.codes, self._digest(_CODE, plain(given))) if self.known.codes else None
        if code is None:
            return None
        if not self.known.key_digest:
            self._learn_key()
        return self._people[code.person], code.duress

    def of_phone(self, token: str | None) -> tuple[Person, Phone] | None:
        """Return the approved phone with this *token*, and whose it is."""
        known = self.known  # one look: another thread may be changing it
        if not (token and known.phones):
            return None
        phone = self._match(known.phones, _token_digest(token))
        if phone is None:
            with suppress(SecretError):  # approved while tokens were still kept under the key of the codes
                phone = self._match(known.phones, self._digest(_TOKEN, token))
        return None if phone is None else (next(each for each in known.people if each.key == phone.person), phone)

    def approve(self, given: str, label: str) -> str | None:
        """Approve a phone with the one-time code *given*, and return its token; None where that is none that counts.

        Raises:
            StoreError, SecretError: it is not approved.
        """
        typed, open_now = plain(given).upper().translate(_LOOKS_LIKE), self.known.approvals
        approval = self._match(open_now, self._digest(_APPROVAL, typed)) if open_now else None
        if approval is None or not self._counts(approval):
            return None
        token = self._random(_TOKEN_BYTES).hex()
        person = self._people[approval.person]
        phone = Phone(person.key, _one_line(label) or "phone", _token_digest(token), self._clock.now())
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
            self._see_that_the_key_is_kept()
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
            self._see_that_the_key_is_kept()
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
        return self._match(self.known.codes, self._digest(_CODE, code))

    def _counts(self, approval: Approval) -> bool:
        age_s = self._clock.instant().seconds_since(approval.since)
        return age_s is not None and age_s < APPROVAL_S

    def _match(self, rows: Iterable[_T], digest: str) -> _T | None:
        """Return the row with this *digest*, having compared all of them: how long it takes tells nothing."""
        found = None
        for row in rows:
            same = hmac.compare_digest(row.digest, digest)
            found = row if same else found
        return found

    def see_key(self, *, on_disk: bool = False) -> bytes:
        """Return the key of all codes, which is made with the first one.

        Args:
            on_disk: look there, although it is in memory.

        Raises:
            SecretError: it is lost, or another one is in its place, which would leave what is kept, duress codes above
                all, worth nothing without a word.
        """
        if self._key is not None and not on_disk:
            return self._key
        needed = bool(self.known.codes or self.known.approvals)
        key = self._pepper(not needed)
        known_again = hmac.compare_digest(_digest(key, _KEY), self.known.key_digest)
        if needed and self.known.key_digest and not known_again:
            raise SecretError(_OTHER_KEY)
        if known_again or not needed:
            self._key = key
        return key

    def _see_that_the_key_is_kept(self) -> None:
        """See that the key is on the disk and will be known again, before a code is kept under it.

        Where codes are kept under one that has not proven to be theirs, it has to do that first.
        """
        digest = _digest(self.see_key(on_disk=True), _KEY)
        if digest != self.known.key_digest and not self.known.codes:
            self._store.keep_key_digest(digest)

    def _learn_key(self) -> None:
        """Have the key, under which a code was right, known again; a disk that fails has it learned later."""
        digest = self._digest(_KEY)
        with suppress(StoreError):
            self._store.keep_key_digest(digest)
            self.known = replace(self.known, key_digest=digest)

    def _digest(self, kind: str, text: str = "") -> str:
        return _digest(self.see_key(), kind, text)


def _digest(key: bytes, kind: str, text: str = "") -> str:
    return hmac.digest(key, f"{kind}:{text}".encode("utf-8", "replace"), "sha256").hex()


def _token_digest(token: str) -> str:
    """Return what a phone with this *token* is known again by: of 256 random bits it needs no key."""
    return hashlib.sha256(f"{_TOKEN}:{token}".encode("utf-8", "replace")).hexdigest()


def plain(given: str) -> str:
    """Return what somebody typed without spaces and hyphens, its digits as ASCII; empty where it is too long."""
    if len(given) > _MOST_GIVEN:
        return ""
    letters = (letter for letter in given if not letter.isspace() and letter != "-")
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in letters)


def _one_line(label: str) -> str:
    kept = "".join(letter if letter.isprintable() else " " for letter in label[: _MOST_LABEL * 4])
    return " ".join(kept.split())[:_MOST_LABEL]
