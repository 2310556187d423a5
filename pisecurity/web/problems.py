"""Problem pages: what went wrong and what to do, without a stack, a path or a version."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from pisecurity.errors import StoreError
from pisecurity.web.ready import NotReadyError, not_ready

log = logging.getLogger(__name__)

_TEXTS = {
    400: ("That was not understood", "The request was not one this page makes. Go back and try again."),
    403: ("Not from here", "A change is taken from this page itself only."),
    404: ("Nothing here", "There is no such page. It may have been deleted, or the address is mistyped."),
    405: ("Not this way", "This address is read with GET or changed with POST, not the other way."),
    409: ("Not now", "The alarm is in a state in which this cannot be done."),
    413: ("Too much", "The request was larger than anything this page sends."),
    415: ("Not in this form", "The request came in a form this page does not read."),
    500: ("Something broke", "That is a mistake in pisecurity. The alarm goes on; the log says what happened."),
    503: ("Not stored", "The state could not be stored."),
}


def register(app: Flask) -> None:
    """Answer every failure of *app* with a plain page, or with ``{"problem": ...}`` under ``/api/``."""
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(StoreError, _store_problem)
    app.register_error_handler(NotReadyError, not_ready)


def _http_problem(error: HTTPException) -> Response:
    code = error.code or 500
    title, text = _TEXTS.get(code, (HTTPStatus(code).phrase, "The request could not be answered."))
    said_here = code < 500 and error.description != type(error).description
    answer = _problem(code, title, str(error.description) if said_here else text)
    allowed = getattr(error, "valid_methods", None)
    if code == HTTPStatus.METHOD_NOT_ALLOWED and allowed:
        answer.headers["Allow"] = ", ".join(sorted(set(allowed) - {"OPTIONS"}))
    return answer


def _store_problem(error: StoreError) -> Response:
    log.error("page not answered path=%s reason=%s", request.path, error)
    if request.method == "POST":
        return _problem(503, "Not switched", f"The state could not be stored: {error}. Nothing has changed.")
    return _problem(503, "Not readable", f"What is stored could not be read: {error}.")


def _problem(code: int, title: str, text: str) -> Response:
    if request.path.startswith("/api/"):
        answer = jsonify(problem=text)
    else:
        answer = Response(render_template("problem.html", code=code, title=title, text=text), mimetype="text/html")
    answer.status_code = code
    return answer
