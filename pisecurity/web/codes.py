"""The pages on which a code is typed: the keypad where there is no JavaScript, and the approval of this phone."""

from __future__ import annotations

import logging
import math
import re

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from pisecurity.core.alarm.people import Verdict
from pisecurity.core.alarm.readiness import Anyway
from pisecurity.core.types import Mode
from pisecurity.errors import SecretError, StoreError
from pisecurity.web.admission import (
    COOKIE,
    COOKIE_AGE_S,
    Asked,
    NotAdmittedError,
    asked,
    device,
    known_mode,
    typed,
)
from pisecurity.web.parts import Parts, parts

log = logging.getLogger(__name__)

blueprint = Blueprint("codes", __name__)

ORDERS = {
    Mode.DISARMED: "Disarm",
    Mode.HOME: "Arm home",
    Mode.AWAY: "Arm away",
    Mode.NIGHT: "Arm night",
}
NOT_APPROVED = "This one-time code is not valid now. It is good once and for 30 minutes."
KINDS = ("iPhone", "iPad", "Android", "Windows", "Mac", "Linux")
"""What a browser says of its machine, in the order in which it is looked for: an Android also says Linux."""


@blueprint.get("/code")
def code() -> BaseResponse:
    """Ask for the code that the mode takes; without JavaScript the buttons lead here."""
    mode = known_mode(request.args.get("mode"))
    asks = asked(parts())
    if mode in asks.never:
        abort(403, NotAdmittedError(mode, Verdict.FORBIDDEN).text)
    # An approved phone needs none, and yet a code may be given: it alone can be the one for duress.
    return keypad_page(mode) if mode in (*asks.code, *asks.by_phone) else redirect(url_for("pages.home"), 303)


@blueprint.get("/phone")
def phone() -> Response:
    """Show whose phone this is, and the field for a one-time code."""
    ours = parts()
    return renewed(ours, _phone_page(ours))


@blueprint.post("/phone/approve")
def approve() -> BaseResponse:
    """Take the one-time code for a token of this phone."""
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(415, "Send the code as a form.")
    ours, source = parts(), request.remote_addr or ""
    once, kind = typed(request.form.get("code")) or "", kind_of(request.user_agent.string)
    try:
        token = ours.people.approve(once, label=kind, source=source)
    except (StoreError, SecretError) as error:
        log.error("phone not approved reason=%s", error)
        return make_response(_phone_page(ours, f"This phone could not be approved: {error}."), 503)
    if token is None:
        return _not_approved(ours, math.ceil(ours.people.approval_wait_s(source)))
    answer = redirect(url_for("codes.phone"), 303)
    _keep(answer, token)
    return answer


def keypad_page(mode: Mode, refusal: NotAdmittedError | None = None, *, anyway: Anyway = False) -> Response:
    """Return the page that asks for the code for *mode*, after a *refusal* with what it says; *anyway* goes with it."""
    known = parts().people.phone(device()) is not None
    page = render_template("code.html", mode=mode, order=ORDERS[mode], refusal=refusal, anyway=anyway, known=known)
    shown = make_response(page)
    return refusal.answer(shown) if refusal else shown


def renewed(ours: Parts, page: str) -> Response:
    """Return *page*; where an approved phone asks for it, its cookie lives its whole time from now on."""
    answer, token = make_response(page), device()
    if token is not None and ours.people.phone(token) is not None:
        _keep(answer, token)
    return answer


def kind_of(user_agent: str) -> str:
    """Return what kind of machine the *user_agent* is of, in one of a few words: it is shown and logged."""
    return next((kind for kind in KINDS if re.search(rf"\b{kind}", user_agent)), "phone")


def _not_approved(ours: Parts, wait_s: int) -> Response:
    """Refuse a one-time code; the next one is looked at in *wait_s* seconds."""
    waits = f" After wrong ones the next is taken in {wait_s} s." if wait_s else ""
    answer = make_response(_phone_page(ours, NOT_APPROVED + waits), 401)
    if wait_s:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _phone_page(ours: Parts, problem: str = "") -> str:
    asks = asked(ours)
    one_tap = Mode.DISARMED in asks.by_phone
    anyone = ours.people.settings.disarm == "anyone"
    return render_template(
        "phone.html", person=asks.person, may=_may(asks), one_tap=one_tap, problem=problem, anyone=anyone
    )


def _may(asks: Asked) -> str:
    """Return what an approved phone may."""
    if asks.person is None:
        return ""
    if Mode.DISARMED in asks.never:
        return "It arms with one tap and does not disarm"
    if Mode.DISARMED in asks.code:
        return "It asks for a code like any other, and the wrong codes of others never lock it out"
    return "It arms and disarms with one tap"


def _keep(answer: BaseResponse, token: str) -> None:
    # Not Secure: the page at home is plain http.
    answer.set_cookie(COOKIE, token, max_age=COOKIE_AGE_S, httponly=True, samesite="Strict")
