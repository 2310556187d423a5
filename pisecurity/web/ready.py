"""What stands against arming, and the second tap that arms in spite of it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify, render_template, request

from pisecurity.core.alarm import readiness
from pisecurity.core.alarm.readiness import Anyway, Problem
from pisecurity.core.types import Mode
from pisecurity.web.parts import Parts
from pisecurity.web.view import sentence

NAMES = {Mode.AWAY: "Away", Mode.HOME: "Home", Mode.NIGHT: "Night"}
"""What the buttons are called."""


class NotReadyError(Exception):
    """Arming has to be asked for once more; answered by ``not_ready``."""

    def __init__(self, mode: Mode, had: Mode, found: Sequence[Problem]) -> None:
        super().__init__(readiness.in_words(found))
        self.mode, self.found = mode, found
        self.title = "Not armed" if had is Mode.DISARMED else f"Still {had.value.replace('_', ' ')}"
        """What the alarm is, in spite of the tap."""


def bypassed(ours: Parts, mode: Mode, *, anyway: Anyway) -> str:
    """Return for the audit log what stands against arming in *mode*, empty for nothing.

    Raises:
        NotReadyError: something graver does, and nobody goes on *anyway*.
    """
    if ours.readiness is None:
        return ""
    had = ours.panel.status().mode
    found = ours.readiness.against(mode, had)
    if readiness.asks(found, anyway):
        raise NotReadyError(mode, had, found)
    return readiness.on_record(found)


def shown(keys: object) -> Anyway:
    """Return what an order says it goes on in spite of: true, or the *keys* of what the page has shown."""
    if isinstance(keys, list):
        return frozenset(key for key in keys if isinstance(key, str))
    return keys is True


def not_ready(error: NotReadyError) -> Response:
    """Answer with the list and, on the page, the one button that arms anyway."""
    listed = [{"key": problem.key, "text": sentence(problem.text), "graver": problem.graver} for problem in error.found]
    if request.path.startswith("/api/"):
        answer = jsonify(
            problem=f"{error.title}: {len(listed)} problem(s).", title=error.title, mode=error.mode, problems=listed
        )
    else:
        page = render_template(
            "not_ready.html", title=error.title, mode=error.mode.value, name=NAMES[error.mode], problems=listed
        )
        answer = Response(page, mimetype="text/html")
    answer.status_code = 409
    return answer
