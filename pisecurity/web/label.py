"""The page on which recordings are labelled: an application of its own, for this machine alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from pisecurity.core.marks import Mark, MarkKind
from pisecurity.errors import CameraError, MarkError, StoreError
from pisecurity.ports import Clock
from pisecurity.runtime.labelling import Labelling
from pisecurity.web.access import AccessPolicy, Guard
from pisecurity.web.assets import assets

blueprint = Blueprint("label", __name__)

EXTENSION: Final = "pisecurity-label"
MAX_BODY_BYTES: Final = 2048
LONGEST_LABEL: Final = 60
CHOICES: Final = (
    ("person", "Person", "P", MarkKind.EVENT),
    ("animal", "Animal", "A", MarkKind.EVENT),
    ("vehicle", "Vehicle", "V", MarkKind.EVENT),
    ("nuisance", "Nuisance", "N", MarkKind.NUISANCE),
    ("ignore", "Not scored", "X", MarkKind.IGNORE),
)
"""Value, words, key and kind of the buttons that say what is marked."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes share."""

    labelling: Labelling
    done: threading.Event


def create_label_app(labelling: Labelling, done: threading.Event, clock: Clock) -> Flask:
    """Return the page as a WSGI application; it sets *done* when the owner is."""
    folder = assets()
    app = Flask(__name__, static_folder=str(folder / "static"), template_folder=str(folder / "templates"))
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, DEBUG=False)  # whatever FLASK_DEBUG says
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = Desk(labelling, done)
    app.register_blueprint(blueprint)
    app.register_error_handler(
        HTTPException, lambda error: _problem(error.code or 500, error.description or error.name)
    )
    app.register_error_handler(MarkError, lambda error: _problem(409, f"{_capitalised(str(error))}."))
    app.register_error_handler(StoreError, lambda error: _problem(409, f"Not saved: {error}."))
    app.register_error_handler(CameraError, lambda error: _problem(503, f"{error}."))
    app.wsgi_app = Guard(  # type: ignore[method-assign]
        app.wsgi_app, AccessPolicy.build(("127.0.0.1",), (ip_network("127.0.0.0/8"),)), clock
    )
    return app


@blueprint.get("/")
def first() -> BaseResponse:
    """Go to the first recording."""
    return redirect(url_for("label.clip", number=1))


@blueprint.get("/clips/<int:number>")
def clip(number: int) -> str:
    """Show recording *number*, from 1."""
    labelling = _desk().labelling
    _see_that_it_is_there(number)
    names = [labelling.frames(each).name for each in range(len(labelling))]
    return render_template("label.html", number=number, names=names, choices=CHOICES)


@blueprint.get("/clips/<int:number>/frames/<int:frame>.jpg")
def picture(number: int, frame: int) -> Response:
    """Send one frame, or with ``?quick`` the last one up to it that can be had at once.

    ``X-Frame-Number`` is the one that was sent. It is found by its number only, never by a path.
    """
    _see_that_it_is_there(number)
    frames = _desk().labelling.frames(number - 1)
    if "quick" in request.args:
        frame = frames.quick(frame)
    try:
        answer = Response(frames.jpeg(frame), mimetype="image/jpeg")
    except IndexError:
        abort(404, "There is no such frame, or it is not counted yet.")
    answer.headers["X-Frame-Number"] = str(frame)
    return answer


@blueprint.post("/api/clips/<int:number>/open")
def opened(number: int) -> Response:
    """Show this recording from now on; what is kept of it is read anew."""
    _see_that_it_is_there(number)
    _body()
    _desk().labelling.open(number - 1)
    return _state(number)


@blueprint.get("/api/clips/<int:number>")
def state(number: int) -> Response:
    """Return how far it is counted, and its marks."""
    _see_that_it_is_there(number)
    return _state(number)


@blueprint.post("/api/clips/<int:number>/<change>")
def change(number: int, change: str) -> Response:
    """Change the marks; the answer is the new state, kept already."""
    _see_that_it_is_there(number)
    labelling, at = _desk().labelling, number - 1
    changes: dict[str, Callable[[dict[str, Any]], None]] = {
        "add": lambda body: labelling.add(at, _mark(body)),
        "add-the-rest": lambda body: labelling.add_the_rest(at, _label(body)),
        "remove": lambda body: labelling.remove(at, _mark(body)),
        "clear-from": lambda body: labelling.clear_from(at, _mark(body), _whole(body, "frame")),
        "undo": lambda body: labelling.undo(at),
    }
    if change not in changes:
        abort(404)
    changes[change](_body())
    return _state(number)


@blueprint.post("/api/done")
def done() -> Response:
    """End the program behind this page."""
    _body()
    _desk().done.set()
    return jsonify(done=True)


def _desk() -> Desk:
    return cast(Desk, current_app.extensions[EXTENSION])


def _see_that_it_is_there(number: int) -> None:
    if not 1 <= number <= len(_desk().labelling):
        abort(404, "There is no such recording.")


def _state(number: int) -> Response:
    labelling = _desk().labelling
    frames, state = labelling.frames(number - 1), labelling.state(number - 1)
    return jsonify(
        fps=frames.fps,
        count=asdict(state.count),
        marks=[_as_json(mark) for mark in state.marks],
        can_undo=state.can_undo,
        trouble=_capitalised(state.trouble),
    )


def _as_json(mark: Mark) -> dict[str, object]:
    return {
        "kind": mark.kind,
        "label": mark.label,
        "start_frame": mark.start_frame,
        "end_frame": mark.end_frame,
        "clear_from": mark.clear_from,
        "name": mark.name,
    }


def _body() -> dict[str, Any]:
    if not request.is_json:
        abort(415, "Send the change as application/json.")
    try:
        body: Any = request.get_json(silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        abort(400, "Send the change as one object.")
    return body


def _mark(body: dict[str, Any]) -> Mark:
    """Return the mark that *body* describes. Raises BadRequest."""
    kind, label = body.get("kind"), _label(body)
    if kind not in tuple(MarkKind):
        abort(400, f"The kind of a mark is one of {', '.join(MarkKind)}.")
    if kind == MarkKind.EVENT and not label:
        abort(400, "Say what is in view.")
    clear_from = None if body.get("clear_from") is None else _whole(body, "clear_from")
    return Mark(MarkKind(kind), label, _whole(body, "start_frame"), _whole(body, "end_frame"), clear_from)


def _label(body: dict[str, Any]) -> str:
    label = body.get("label")
    if not isinstance(label, str) or len(label) > LONGEST_LABEL or not label.isprintable():
        abort(400, f"A label is a text of at most {LONGEST_LABEL} letters on one line.")
    return label.strip()


def _whole(body: dict[str, Any], key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        abort(400, f"Give {key} as a whole number.")
    return value


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _problem(code: int, text: str) -> Response:
    return Response(text, code, mimetype="text/plain")
