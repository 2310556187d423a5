"""What stands against arming, and the second tap that arms in spite of it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify, render_template, request

from pisecurity.core.alarm import readiness
from pisecurity.core.alarm.readiness import Problem
from pisecurity.core.types import Mode
from pisecurity.web.parts import Parts
from pisecurity.web.view import sentence

NAMES = {Mode.AWAY: "Away", Mode.HOME: "Home", Mode.NIGHT: "Night"}
"""What the buttons are called."""


class NotReadyError(Exception):
    """Arming has to be asked for once more; answered by ``not_ready``."""

    def __init__(self, mode: Mode, found: Sequence[Problem]) -> None:
        super().__init__(readiness.in_words(found))
        self.mode, self.found = mode, found


def bypassed(ours: Parts, mode: Mode, *, anyway: bool) -> str:
    """Return for the audit log what stands against arming in *mode*, empty for nothing.

    Raises:
        NotReadyError: something graver does, and nobody has said *anyway*.
    """
    if mode is Mode.DISARMED or ours.readiness is None or ours.panel.status().mode is mode:
        return ""
    found = ours.readiness.problems(mode)
    if readiness.asks(found) and not anyway:
        raise NotReadyError(mode, found)
    return readiness.in_words(found)


def not_ready(error: NotReadyError) -> Response:
    """Answer with the list and, on the page, the one button that arms anyway."""
    listed = [{"text": sentence(problem.text), "graver": problem.graver} for problem in error.found]
    if request.path.startswith("/api/"):
        answer = jsonify(problem=f"Not armed: {len(listed)} problem(s).", mode=error.mode, problems=listed)
    else:
        page = render_template("not_ready.html", mode=error.mode.value, name=NAMES[error.mode], problems=listed)
        answer = Response(page, mimetype="text/html")
    answer.status_code = 409
    return answer
