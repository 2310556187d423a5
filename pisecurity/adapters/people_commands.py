"""What ``pisecurity people`` asks of the daemon."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import time
from typing import Any

from pisecurity.adapters.control import Handler, user_name
from pisecurity.core.alarm.people import Person, Role, Window
from pisecurity.errors import ControlError, InputError
from pisecurity.ports import HiddenEntry
from pisecurity.runtime.alarm.people import People
from pisecurity.runtime.house import House
from pisecurity.settings import WEEKDAYS

MOST_ENTRIES = 200
_HERE_ALONE = ("http://127.", "http://[::1]")
_MAY = {Role.GUEST: "may arm only", Role.USER: "may arm and disarm", Role.ADMIN: "may arm and disarm, and is admin"}


class PeopleCommands:
    """Answers ``people``; each answer is lines to print. A code is in no other answer than the one that issues it."""

    def __init__(
        self,
        people: People,
        hidden: Callable[[int], Sequence[HiddenEntry]],
        page: Callable[[], str],
        house: House,
        masters: Collection[str] | None = None,
    ) -> None:
        """
        Args:
            hidden: returns what happened after somebody was made to disarm, newest first; of so many.
            page: returns the address of the page, empty where it is not known.
            house: whose clock and cameras they are.
            masters: names of the users who may ask; None: root and who this process runs as. Whoever else may use
                the other commands would learn who was made to disarm, and could try which codes are taken.
        """
        self._masters = frozenset((user_name(0), user_name(os.geteuid())) if masters is None else masters)
        self._people, self._hidden, self._page, self._house = people, hidden, page, house
        self._actions: Mapping[str, Callable[[Mapping[str, Any], str], list[str]]] = {
            "list": self._list,
            "add": self._add,
            "code": self._code,
            "duress": self._duress,
            "phone": self._phone,
            "phones": self._phones,
            "revoke": self._revoke,
            "remove": self._remove,
            "duress-log": self._duress_log,
        }

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by the name of their command."""
        return {"people": self._answer}

    def _answer(self, request: Mapping[str, Any], by: str) -> Mapping[str, Any]:
        action = self._actions.get(str(request.get("action")))
        if action is None:
            raise ControlError(f"people does one of {', '.join(self._actions)}")
        if by not in self._masters:
            raise ControlError(f"people is for root alone, and not for {by}; run it with sudo")
        with self._people.alone:
            lines = action(request, by)
        self._people.look()
        return {"lines": lines}

    def _list(self, request: Mapping[str, Any], by: str) -> list[str]:
        known = self._people.register.known
        phones = {person.key: sum(phone.person == person.key for phone in known.phones) for person in known.people}
        lines = [f"{_described(person)}; phones {phones[person.key]}" for person in known.people]
        return [*(lines or ["nobody yet; add the first with: pisecurity people add NAME"]), *self._remark()]

    def _add(self, request: Mapping[str, Any], by: str) -> list[str]:
        person = Person(" ".join(_text(request, "name").split()), _role(request), _windows(request))
        code = self._people.register.add(person, request.get("code"), by)
        return [_described(person), *_issued(request, code), *self._remark()]

    def _code(self, request: Mapping[str, Any], by: str) -> list[str]:
        return _issued(request, self._people.register.new_code(_text(request, "name"), request.get("code"), by))

    def _duress(self, request: Mapping[str, Any], by: str) -> list[str]:
        access = self._people.settings
        if access.disarm == "anyone":
            fix = 'so there is no duress code; set it to "code" or "phones"'
            raise InputError(f'access.disarm = "anyone": no code is asked, {fix}')
        if not access.duress_to:
            raise InputError("access.duress_to = []: nobody would hear of it; name somebody who lives elsewhere")
        code = self._people.register.new_code(_text(request, "name"), None, by, duress=True)
        return [*_issued(request, code), "it disarms like the other one, and tells access.duress_to in silence"]

    def _phone(self, request: Mapping[str, Any], by: str) -> list[str]:
        code = self._people.register.new_approval(_text(request, "name"), by)
        page = (self._page() or "the page of the alarm").rstrip("/")
        lines = [f"type {code} on the phone at {page}/phone within 30 minutes; it works once"]
        if page.startswith(_HERE_ALONE):
            lines.append('no phone can open that page, only this machine can; set web.address = "auto" for phones')
        return lines

    def _phones(self, request: Mapping[str, Any], by: str) -> list[str]:
        names = {person.key: person.name for person in self._people.register.known.people}
        return [
            f"{phone.number}: {names[phone.person]}, {phone.label}, approved "
            f"{phone.approved_at.astimezone(self._house.zone):%Y-%m-%d %H:%M}"
            for phone in self._people.register.known.phones
        ] or ["no phone is approved; approve one with: pisecurity people phone NAME"]

    def _revoke(self, request: Mapping[str, Any], by: str) -> list[str]:
        given = _text(request, "phone")
        if not (given.isascii() and given.isdigit() and len(given) < 10):
            raise InputError(f"phone = {given!r}: give its number; see: pisecurity people phones")
        phone = self._people.register.revoke(int(given), by)
        return [f"phone {phone.number} ({phone.label}) is no longer approved"]

    def _remove(self, request: Mapping[str, Any], by: str) -> list[str]:
        person = self._people.register.remove(_text(request, "name"), by)
        return [f"{person.name} is removed, with code and phones"]

    def _duress_log(self, request: Mapping[str, Any], by: str) -> list[str]:
        return [self._entry(entry) for entry in self._hidden(MOST_ENTRIES)] or ["nobody was made to disarm"]

    def _entry(self, entry: HiddenEntry) -> str:
        where = f"movement at {self._house.cameras.get(entry.camera, entry.camera)}: " if entry.camera else ""
        line = f"{entry.at.astimezone(self._house.zone):%Y-%m-%d %H:%M:%S}  {where}{entry.text}"
        if entry.outcome is not None:
            line += f"; {entry.recipient}: {entry.outcome} {entry.detail}".rstrip()
        return f"{line}; picture {entry.picture}" if entry.picture else line

    def _remark(self) -> list[str]:
        if self._people.settings.disarm != "anyone":
            return []
        return ['remark: access.disarm = "anyone", so the page asks nobody for a code, and there is no duress code']


def _described(person: Person) -> str:
    """Return who may do what and when."""
    when = "".join(f", {_span(window)}" for window in person.windows)
    return f"{person.name} {_MAY[person.role]}{when}"


def _span(window: Window) -> str:
    days = " ".join(day for day in WEEKDAYS if day in window.days)
    if window.begins == window.until:
        return days
    until = f"{window.until:%H:%M}" if window.until != time(0) else "24:00"
    over = " of the day after" if time(0) < window.until < window.begins else ""
    return f"{days} {window.begins:%H:%M} to {until}{over}"


def _issued(request: Mapping[str, Any], code: str) -> list[str]:
    """Return the code that was issued, once; one that was chosen is not repeated."""
    return ["the code is the one you chose"] if request.get("code") is not None else [f"code {code}; it is shown once"]


def _text(request: Mapping[str, Any], key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{key} is missing; see: pisecurity people --help")
    return value


def _role(request: Mapping[str, Any]) -> Role:
    given = request.get("role") or Role.USER
    if given not in set(Role):
        raise InputError(f"role = {given!r}: give one of {', '.join(Role)}")
    return Role(given)


def _windows(request: Mapping[str, Any]) -> tuple[Window, ...]:
    days, begins, until = (request.get(key) for key in ("days", "from", "until"))
    if not (days or begins or until):
        return ()
    if begins and begins == until:
        raise InputError(f"until = {until!r}: it begins then; give another time, or leave both out for the whole day")
    return (Window(_days(days), _time("from", begins), _time("until", until)),)


def _days(given: Any) -> frozenset[Any]:
    names = [name for name in str(given or "").lower().replace(",", " ").split() if name] or list(WEEKDAYS)
    for name in names:
        if name not in WEEKDAYS:
            raise InputError(f"days = {given!r}: give some of {', '.join(WEEKDAYS)}")
    return frozenset(names)


def _time(key: str, given: Any) -> time:
    if not given:
        return time(0)
    try:
        at = time.fromisoformat(str(given))
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None or at.microsecond:
        raise InputError(f"{key} = {given!r}: give a time of day such as 09:00")
    return at
