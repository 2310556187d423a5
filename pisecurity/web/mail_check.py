"""The mail account, tried step by step."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from pisecurity.core.steps import MailStep, StepResult
from pisecurity.errors import MailError
from pisecurity.runtime.life.mail_check import MailCheck, MailCheckState
from pisecurity.web import view
from pisecurity.web.admission import NotAdmittedError, asks_code, changer
from pisecurity.web.parts import Parts, parts

blueprint = Blueprint("mail_check", __name__)


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as the page shows it."""

    name: str
    result: StepResult
    text: str
    took: str
    """How long it took, or that it was not tried."""


@dataclass(frozen=True, slots=True)
class MailPage:
    """What changes on the page of the mail account."""

    verdict: str
    """What came out, in one line; empty while nothing was tried."""
    faults: tuple[str, ...]
    bad: bool
    running: bool
    again_in_s: int
    """Until the button works again; 0 when it does."""
    steps: tuple[StepRow, ...]


def gather(ours: Parts, check: MailCheck) -> MailPage:
    """Return what the page shows now."""
    state = check.state()
    faults = tuple(
        f"{view.sentence(each.name)}: {each.text}" for each in state.steps if each.result is StepResult.FAULT
    )
    bad = bool(faults) or state.broke_off or not state.has_account
    return MailPage(
        _verdict(state, len(faults), ours),
        faults,
        bad,
        state.running,
        math.ceil(state.again_in_s),
        tuple(map(_row, state.steps)),
    )


@blueprint.get("/mail")
def account() -> Response:
    """Show what came out last, and the button."""
    return _page()


@blueprint.get("/api/mail")
def state() -> Response:
    """Return what changes on the page of the mail account as JSON."""
    return jsonify(asdict(gather(parts(), _check())))


@blueprint.post("/mail/check")
def start() -> BaseResponse:
    """Begin to try the mail account."""
    check = _check()
    try:
        by, _ = changer(parts())
        check.start(by)
    except NotAdmittedError as refusal:
        return _page(refusal)
    except MailError as error:
        abort(409, f"{view.sentence(str(error))}.")
    return redirect(url_for("mail_check.account"), 303)


def _page(refusal: NotAdmittedError | None = None) -> Response:
    ours, check = parts(), _check()
    page = make_response(
        render_template(
            "mail_check.html",
            now=gather(ours, check),
            has_account=check.state().has_account,
            asks_code=asks_code(ours),
            refusal=refusal,
        )
    )
    return refusal.answer(page) if refusal else page


def _verdict(state: MailCheckState, faults: int, ours: Parts) -> str:
    if not state.has_account:
        return "There is no mail account: alarms are only shown on this page. Add a [mail] table to config.toml"
    if state.began_at is None:
        return ""
    if state.running:
        return "Trying it"
    if state.broke_off:
        return "It broke off, which is a mistake in pisecurity. The log says what happened"
    at = view.short_time(state.began_at, ours.clock.now(), ours.zone)
    if not faults:
        return f"{at}: all is well. Nothing was sent"
    return f"{at}: {faults} fault{'s' if faults > 1 else ''}"


def _row(step: MailStep) -> StepRow:
    name = view.sentence(step.name)
    if step.result is StepResult.UNTRIED:
        return StepRow(name, step.result, "", "not tried")
    return StepRow(name, step.result, view.sentence(step.text), view.duration(step.took_s))


def _check() -> MailCheck:
    check = parts().mail_check
    if check is None:
        abort(404)
    return check
