"""What the page's scripts poll. Every answer is short: nothing here ever streams."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from pisecurity.runtime.live import LivePicture
from pisecurity.web import view
from pisecurity.web.admission import NotAdmittedError, switch_mode
from pisecurity.web.home import Home, gather
from pisecurity.web.parts import Parts, parts
from pisecurity.web.ready import shown

blueprint = Blueprint("api", __name__)

FIRST_PICTURE_S = 1.5
"""The first look only wakes a camera up; a plain <img> is answered when its picture is there, or after this time."""
_STEP_S = 0.1


@blueprint.get("/api/state")
def state() -> Response:
    """Return all that the home page shows as JSON."""
    return jsonify(as_json(gather(parts())))


@blueprint.post("/api/mode")
def switch() -> Response:
    """Switch to ``{"mode": ..., "code": ...}``; the answer is the new state, stored already.

    No code is needed where none is asked. A refusal is ``{"problem": ..., "wait_s": ...}``: 401 without a code that
    is valid now, 403 for whoever may arm alone, 429 for *wait_s* seconds after wrong codes. With 409 something stands
    against arming; ``"anyway"`` with the keys of what was listed arms in spite of that, and ``true`` in spite
    of whatever there is.
    """
    if not request.is_json:
        abort(415, "Send the mode as application/json.")
    body: Any = request.get_json()
    order: dict[str, Any] = body if isinstance(body, dict) else {}
    ours = parts()
    try:
        status = switch_mode(ours, order.get("mode"), order.get("code"), anyway=shown(order.get("anyway")))
    except NotAdmittedError as refusal:
        return refusal.answer(jsonify(problem=refusal.text, wait_s=refusal.wait_s))
    return jsonify(as_json(gather(ours, status)))


@blueprint.get("/frame/<camera>.jpg")
def frame(camera: str) -> Response:
    """Send the newest picture of *camera*, or 304 when it has none newer than ``?after=N``.

    ``X-Frame-Number`` is the N to ask with next, ``X-Frame-Age`` the seconds since it was taken.
    """
    ours = parts()
    if camera not in ours.live.cameras:
        abort(404, "There is no such camera.")
    after = request.args.get("after", type=int)
    newest = ours.live.latest(camera, after) if after is not None else _first_picture(ours, camera)
    if newest is None:
        if after is None:
            abort(404, "This camera has no new picture.")
        return Response(status=304)
    answer = Response(newest.jpeg, mimetype="image/jpeg")
    answer.headers["X-Frame-Number"] = str(newest.number)
    answer.headers["X-Frame-Age"] = f"{max(0.0, ours.clock.monotonic() - newest.taken_s):.2f}"
    return answer


def as_json(home: Home) -> dict[str, object]:
    """Return *home* as the scripts read it."""
    return {
        "state": home.banner.state,
        "mode": home.banner.mode,
        "word": home.banner.word,
        "line": home.banner.line,
        "blind": home.banner.blind,
        "countdown_s": home.banner.countdown_s,
        "code_for": home.asked.code,
        "never": home.asked.never,
        "sequence": home.banner.sequence,
        "readiness": home.readiness,
        "faults": [
            {"key": fault.key, "text": fault.text, "since": fault.since_at.isoformat()} for fault in home.faults
        ],
        "cameras": [{"id": camera.id, "age_s": camera.age_s, "fault": camera.fault} for camera in home.cameras],
        "events": [asdict(event) for event in home.events],
        "notes": home.notes,
        "mail_fault": home.mail_fault,
        "schedule": _schedule(home),
        "newest_mail": home.newest_mail,
        "stale_s": view.STALE_S,
    }


def _schedule(home: Home) -> dict[str, object] | None:
    return {"line": home.schedule_line, **home.schedule.as_plain()} if home.schedule else None


def _first_picture(ours: Parts, camera: str) -> LivePicture | None:
    """Return a picture that may be called live, waiting for it where the camera films; None when there is none."""
    newest = _fresh_picture(ours, camera)
    age_s = ours.live.age_s(camera)
    films = age_s is not None and age_s <= view.STALE_S
    if newest is not None or not films or not ours.first_looks.acquire(blocking=False):
        return newest
    try:
        deadline_s, never = ours.clock.monotonic() + FIRST_PICTURE_S, threading.Event()
        while newest is None and ours.clock.monotonic() < deadline_s:
            ours.clock.wait(never, _STEP_S)
            newest = _fresh_picture(ours, camera)
        return newest
    finally:
        ours.first_looks.release()


def _fresh_picture(ours: Parts, camera: str) -> LivePicture | None:
    newest = ours.live.latest(camera, 0)
    return newest if newest is None or ours.clock.monotonic() - newest.taken_s <= view.STALE_S else None
