"""Who may switch the alarm here: the cookie of an approved phone, or a code, put before ``People``.

A refusal says what is needed and nothing of what was found: one text for no code, a wrong one and a right one at the
wrong time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, abort, request

from pisecurity.core.alarm.people import Verdict
from pisecurity.core.alarm.readiness import Anyway
from pisecurity.core.types import Mode
from pisecurity.runtime.alarm.panel import PanelStatus
from pisecurity.web.access import peer_name
from pisecurity.web.parts import Parts
from pisecurity.web.ready import bypassed

COOKIE = "pisecurity-phone"
"""Holds the token of an approved phone."""
COOKIE_AGE_S = 400 * 24 * 3600
"""The longest that browsers keep a cookie; each visit starts it anew. Source: RFC 6265bis, 5.5."""

_STATUS = {
    Verdict.WRONG: HTTPStatus.UNAUTHORIZED,
    Verdict.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Verdict.WAIT: HTTPStatus.TOO_MANY_REQUESTS,
}
_TEXTS = {
    Verdict.WRONG: "That is no code that is valid now.",
    Verdict.FORBIDDEN: "Whoever may only arm can do so only while it is disarmed.",
    Verdict.WAIT: "Too many wrong codes: wait a while.",
}


_NO_CHANGE = "Only who may disarm may do this."


class NotAdmittedError(Exception):
    """The alarm is as it was, because of *verdict*; a further try is taken after *wait_s* seconds."""

    def __init__(self, mode: Mode, verdict: Verdict, wait_s: float = 0.0, text: str = "") -> None:
        """*text*: what to say instead of what is said of the mode."""
        self.mode, self.text, self.status = mode, text or _TEXTS[verdict], _STATUS[verdict]
        self.wait_s = math.ceil(wait_s)
        super().__init__(self.text)

    def answer(self, response: Response) -> Response:
        """Return *response* as a refusal."""
        response.status_code = self.status
        if self.wait_s:
            response.headers["Retry-After"] = str(self.wait_s)
        return response


@dataclass(frozen=True, slots=True)
class Asked:
    """What the buttons of the page lead to on the phone that asks."""

    code: tuple[Mode, ...]
    """Modes for which a code is typed in."""
    never: tuple[Mode, ...]
    """Modes that this phone may not order."""
    by_phone: tuple[Mode, ...]
    """Modes that this phone orders without a code because it is approved."""
    person: str | None
    """Whose approved phone it is, None where it is none."""


def device() -> str | None:
    """Return the token of the phone that asks, None where it has none."""
    return request.cookies.get(COOKIE)


def asked(ours: Parts) -> Asked:
    """Return what each mode takes from the phone that asks."""
    token, peer = device(), request.remote_addr or ""
    found = {mode: ours.people.admit(mode, code=None, device=token, source=peer) for mode in Mode}
    return Asked(
        code=tuple(mode for mode in Mode if found[mode].verdict is Verdict.WRONG),
        never=tuple(mode for mode in Mode if found[mode].verdict is Verdict.FORBIDDEN),
        by_phone=tuple(mode for mode in Mode if found[mode].verdict is Verdict.ADMITTED and found[mode].person),
        person=ours.people.phone(token),
    )


def asks_code(ours: Parts) -> bool:
    """Return whether the phone that asks has to give a code to change something else than the mode."""
    found = ours.people.admit(Mode.DISARMED, code=None, device=device(), source=request.remote_addr or "")
    return found.verdict is not Verdict.ADMITTED


def changer(ours: Parts) -> tuple[str, str]:
    """Return who changes something else than the mode by the form that was sent, and how.

    Raises:
        NotAdmittedError: not with this code from this phone now.
    """
    peer, code = request.remote_addr, typed(request.form.get("code"))
    found = ours.people.admit_change(code=code, device=device(), source=peer or "")
    if found.verdict is not Verdict.ADMITTED:
        text = _NO_CHANGE if found.verdict is Verdict.FORBIDDEN else ""
        raise NotAdmittedError(Mode.DISARMED, found.verdict, found.wait_s, text)
    return (found.person, f"page, {found.how}") if found.person else (peer_name(peer), "page")


def known_mode(name: object) -> Mode:
    """Return the mode called *name*. Raises BadRequest."""
    if not isinstance(name, str) or name not in {mode.value for mode in Mode}:
        abort(400, f"The mode is one of {', '.join(mode.value for mode in Mode)}.")
    return Mode(name)


def switch_mode(ours: Parts, name: object, code: object, *, anyway: Anyway) -> PanelStatus:
    """Switch to the mode called *name* in the name of whoever *code* and phone belong to.

    Args:
        anyway: what they go on in spite of.

    Raises:
        BadRequest: there is no such mode, or *code* is no text.
        NotAdmittedError: not with this code from this phone now.
        NotReadyError: something stands against arming, and nobody goes on *anyway*.
        StoreError: it could not be stored; the alarm is as it was.
    """
    mode = known_mode(name)
    if code is not None and not isinstance(code, str):
        abort(400, "The code is a text.")
    peer = request.remote_addr
    admission = ours.people.admit(mode, code=typed(code), device=device(), source=peer or "")
    if admission.verdict is not Verdict.ADMITTED:
        raise NotAdmittedError(mode, admission.verdict, admission.wait_s)
    against = bypassed(ours, mode, anyway=anyway)
    if not admission.person:
        return ours.panel.switch(mode, by=peer_name(peer), how="page", against=against)
    return ours.panel.switch(
        mode,
        by=admission.person,
        how=f"page, {admission.how}",
        against=against,
        coded=admission.coded,
        duress=admission.duress,
    )


def typed(text: str | None) -> str | None:
    """Return what was *typed* into a field, None where that was nothing."""
    return (text or "").strip() or None
