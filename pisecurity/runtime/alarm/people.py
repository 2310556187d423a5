"""Whether somebody at the page may switch the alarm: by a code, by an approved phone, or because anybody may."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, tzinfo

from pisecurity.core.alarm.people import Person, Role, Verdict, Window, is_complete, is_open, may_order
from pisecurity.core.types import Mode
from pisecurity.errors import SecretError, StoreError
from pisecurity.ports import Clock, Phone
from pisecurity.runtime.alarm.register import Register, plain
from pisecurity.runtime.alarm.throttle import Throttle
from pisecurity.runtime.health import Health
from pisecurity.settings import AccessSettings

log = logging.getLogger(__name__)

STRANGER = Person("", windows=(Window(frozenset(), time(0), time(1)),))
"""Whose code is nobody's: at no hour may they order anything."""


def source_of(phone: Phone) -> str:
    """Return what the wrong codes typed on the approved *phone* are counted under."""
    return f"phone {phone.number}"


CODE = "code"
FAULT, NOBODY = "people", "people-nobody"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether somebody may order what he asked for."""

    verdict: Verdict
    person: str = ""
    """Name; empty where nobody is known, and where anybody may switch."""
    how: str = ""
    """ADMITTED: ``code``, ``phone``, or ``page`` where anybody may switch."""
    duress: bool = False
    """The code was the one that means: I am being threatened."""
    wait_s: float = 0.0
    """Seconds until the next code is looked at."""

    @property
    def coded(self) -> bool:
        """Whether it is a code that admits him, and not his phone."""
        return self.how == CODE


class People:
    """Asked by every page before it switches the alarm. Any thread; one at a time is answered.

    An approved phone is never locked out by what others try: its own wrong codes alone make it wait, and where it
    needs no code nothing does.
    """

    def __init__(
        self,
        settings: AccessSettings,
        register: Register,
        throttle: Throttle,
        clock: Clock,
        zone: tzinfo,
        health: Health,
        present: Callable[[], Mode],
        on_refused: Callable[[str, bool], object] = lambda name, duress: None,
    ) -> None:
        """*zone*: of the house, in which the windows of people are. *present* says what mode it has.

        *on_refused* is called with the name of somebody whose code was right and disarmed nothing, and whether it is
        the one for duress.
        """
        self._on_refused = on_refused
        self._settings, self.register, self._throttle = settings, register, throttle
        self._clock, self._zone, self._health = clock, zone, health
        self._present = present
        self._lock = threading.Lock()

    def start(self) -> None:
        """Take up what was kept. Raises StoreError."""
        with self._lock:
            self.register.start()
            self._throttle.start()
        self._look_at_key()

    def take_up_late(self) -> None:
        """Take up what was kept where nothing of it could be read at the start."""
        with self._lock:
            # Whoever is known is known better than by a disk that has lost rows since.
            if not self.register.known.people:
                try:
                    self.register.start()
                except StoreError as error:
                    log.warning("people are not taken up reason=%s", error)

    def apply(self, settings: AccessSettings) -> None:
        """Use *settings* from now on."""
        self._settings = settings

    @property
    def settings(self) -> AccessSettings:
        """The settings in force."""
        return self._settings

    @property
    def alone(self) -> threading.Lock:
        """Held by whoever uses the register."""
        return self._lock

    def admit(self, wanted: Mode, *, code: str | None, device: str | None, source: str) -> Admission:
        """Return whether somebody may order *wanted*.

        Args:
            code: as it was typed; None or empty where none was.
            device: token of the phone, from its cookie.
            source: address of the peer.
        """
        if self._settings.disarm == "anyone":
            return Admission(Verdict.ADMITTED, how="page")
        if not code:
            return self._by_phone(wanted, device)
        with self._lock:
            try:
                phone = self.register.of_phone(device)
                return self._by_code(wanted, code, source if phone is None else source_of(phone[1]), phone)
            except SecretError as error:
                self._unchecked(error)
                return Admission(Verdict.WRONG)

    def admit_change(self, *, code: str | None, device: str | None, source: str) -> Admission:
        """Return whether somebody may change something else than the mode: whoever may disarm; arguments as for admit.

        A duress code is as good for that as the other one, and calls for help.
        """
        admission = self.admit(Mode.DISARMED, code=code, device=device, source=source)
        if admission.verdict is Verdict.ADMITTED and admission.coded:
            self._on_refused(admission.person, admission.duress)
        return admission

    def approve(self, code: str, *, label: str, source: str) -> str | None:
        """Return a new token for the phone whose owner typed the one-time *code*; None: it is wrong, or has to wait.

        Args:
            label: what the phone calls itself.
            source: address of the peer.

        Raises:
            StoreError, SecretError: it could not be kept.
        """
        with self._lock:
            # Of 40 bits: what others try finds none, and must not keep anybody from approving a phone.
            if self._throttle.wait_s(source, alone=True) > 0:
                return None
            token = self.register.approve(code, label)
            if token is None:
                self._throttle.failed(source)
            else:
                self._throttle.passed(source)
            return token

    def approval_wait_s(self, source: str) -> float:
        """Return the seconds until a one-time code from *source* is looked at."""
        with self._lock:
            return self._throttle.wait_s(source, alone=True)

    def phone(self, device: str | None) -> str | None:
        """Return the name of the person whose approved phone has the token *device*; None where it is none.

        It waits for nobody who stores something: each open page asks all the time.
        """
        found = self.register.of_phone(device)
        return None if found is None else found[0].name

    def look(self) -> None:
        """Show as faults, where codes are asked, that none can be checked, and that nobody may disarm at any hour.

        Any thread.
        """
        self._look_at_key()
        asked, people = self._settings.disarm != "anyone", self.register.known.people
        if asked and not any(person.role is not Role.GUEST and not person.windows for person in people):
            self._health.report(
                NOBODY, f'access.disarm = "{self._settings.disarm}", and nobody is known who may disarm at any hour: '
                "run 'sudo pisecurity people add NAME'",
            )  # fmt: skip
        else:
            self._health.clear(NOBODY)

    def _look_at_key(self) -> None:
        try:
            if self._settings.disarm != "anyone" and self.register.known.codes:
                self.register.see_key()
        except SecretError as error:
            self._unchecked(error)
        else:
            self._health.clear(FAULT)

    def _by_phone(self, wanted: Mode, device: str | None) -> Admission:
        found = self.register.of_phone(device)
        if found is None or self._settings.disarm == "code":
            return Admission(Verdict.WRONG)
        return self._known(wanted, found[0], "phone")

    def _unchecked(self, error: SecretError) -> None:
        text = f"no code can be checked, and what disarms is 'sudo pisecurity disarm': {error}"
        if self._settings.disarm == "phones":
            text = f"no code can be checked, and what disarms is an approved phone or 'sudo pisecurity disarm': {error}"
        self._health.report(FAULT, text)

    def _by_code(self, wanted: Mode, code: str, source: str, phone: object) -> Admission:
        alone = phone is not None
        wait_s = self._throttle.wait_s(source, alone=alone)
        if wait_s > 0:
            return Admission(Verdict.WAIT, wait_s=wait_s)
        if not is_complete(plain(code)):
            return Admission(Verdict.WRONG)  # nobody's code, so nothing was tried: a tap too early costs nothing
        # Nobody's code goes the way of one at the wrong hour: how long it takes tells neither from the other.
        person, duress = self.register.of_code(code) or (STRANGER, False)
        if not is_open(person.windows, self._clock.now(), self._zone):
            if wanted is Mode.DISARMED:
                self._on_refused(person.name, duress)
            self._throttle.failed(source, alone=alone)
            return Admission(Verdict.WRONG, wait_s=self._throttle.wait_s(source, alone=alone))
        admission = self._known(wanted, person, CODE, duress=duress and wanted is Mode.DISARMED)
        if admission.verdict is Verdict.ADMITTED and not alone:
            self._throttle.passed(source)
        return admission

    def _known(self, wanted: Mode, person: Person, how: str, *, duress: bool = False) -> Admission:
        if not is_open(person.windows, self._clock.now(), self._zone):
            return Admission(Verdict.WRONG)
        if not may_order(person.role, wanted, self._present()):
            return Admission(Verdict.FORBIDDEN, person.name, how)
        return Admission(Verdict.ADMITTED, person.name, how, duress)
