"""The pages: alarm, events, one event, what was none, and the plain form that switches the mode."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from pisecurity.core.types import AlarmState, EventRecord
from pisecurity.ports import PictureKind
from pisecurity.web import view
from pisecurity.web.admission import NotAdmittedError, switch_mode
from pisecurity.web.codes import keypad_page, renewed
from pisecurity.web.home import gather
from pisecurity.web.parts import Parts, parts
from pisecurity.web.ready import shown

blueprint = Blueprint("pages", __name__)

EVENTS_A_PAGE = 24
LEDGER_ROWS_A_PAGE = 60


@blueprint.get("/")
def home() -> Response:
    """Show the alarm: its state, the three buttons, the live pictures, the last events."""
    ours = parts()
    return renewed(ours, render_template("home.html", home=gather(ours)))


@blueprint.post("/mode")
def switch() -> BaseResponse:
    """Take the mode from a plain form, so that the alarm can be switched without JavaScript."""
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(415, "Send the mode as a form.")
    anyway = shown(request.form.getlist("anyway"))
    try:
        switch_mode(parts(), request.form.get("mode"), request.form.get("code"), anyway=anyway)
    except NotAdmittedError as refusal:
        return keypad_page(refusal.mode, refusal, anyway=anyway)
    return redirect(url_for("pages.home"), 303)


@blueprint.get("/events")
def events() -> str:
    """List the events, newest first, a page at a time."""
    ours = parts()
    before = request.args.get("before")
    if before is not None:
        _event(ours, before)
    records = ours.store.events(EVENTS_A_PAGE + 1, before)
    now = ours.clock.now()
    cards = [view.card(record, ours.label, now, ours.zone) for record in records[:EVENTS_A_PAGE]]
    older = cards[-1].id if len(records) > EVENTS_A_PAGE else None
    return render_template("events.html", cards=cards, older=older, first=before is None)


@blueprint.get("/ledger")
def ledger() -> str:
    """List what moved and was not told, newest first, a page at a time."""
    ours = parts()
    before = request.args.get("before", type=int)
    found = ours.store.dismissed(LEDGER_ROWS_A_PAGE + 1, before)
    now = ours.clock.now()
    rows = [view.ledger_row(row, ours.label, now, ours.zone) for row in found[:LEDGER_ROWS_A_PAGE]]
    older = found[LEDGER_ROWS_A_PAGE - 1].number if len(found) > LEDGER_ROWS_A_PAGE else None
    return render_template("ledger.html", rows=rows, older=older, first=before is None)


@blueprint.get("/events/<event_id>")
def event(event_id: str) -> str:
    """Show one event: its picture, why it was seen, and what became of its mails."""
    ours = parts()
    record = _event(ours, event_id)
    return render_template(
        "event.html",
        event=record,
        card=view.card(record, ours.label, ours.clock.now(), ours.zone),
        camera=ours.label(record.camera),
        reason=view.sentence(record.reason),
        why=view.sentence(record.why),
        heading=view.mailed_sentence(record),
        state_word=state_word(record.state),
        has_picture=ours.pictures.load(record.id, PictureKind.ANNOTATED) is not None,
        has_clean=ours.pictures.load(record.id, PictureKind.CLEAN) is not None,
        alert_words=view.ALERT_WORDS,
        outcome_words=view.OUTCOME_WORDS,
    )


@blueprint.get("/events/<event_id>/<kind>.jpg")
def picture(event_id: str, kind: str) -> Response:
    """Send a picture of an event; it is found by a stored event only, never by a path."""
    ours = parts()
    record = _event(ours, event_id)
    if kind not in {known.value for known in PictureKind}:
        abort(404)
    jpeg = ours.pictures.load(record.id, PictureKind(kind))
    if jpeg is None:
        abort(404, "There is no such picture of this event, or it is no longer kept.")
    return Response(jpeg, mimetype="image/jpeg")


def state_word(state: AlarmState) -> str:
    """Return what the alarm did when an event opened, in the middle of a sentence."""
    return state.value.replace("_", " ")


def _event(ours: Parts, event_id: str) -> EventRecord:
    record = ours.store.event(event_id)
    if record is None:
        abort(404, "There is no such event, or it is no longer kept.")
    return record
