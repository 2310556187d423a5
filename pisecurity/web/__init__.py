"""The page on the home network: ask the panel, show the store."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from flask import Flask

from pisecurity.ports import Clock, EventQuery, Mailbox, Pictures
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alarm.people import People
from pisecurity.runtime.alarm.readiness import Readiness
from pisecurity.runtime.alarm.timetable import Timetable
from pisecurity.runtime.health import Health
from pisecurity.runtime.life.mail_check import MailCheck
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.scenes import Scenes
from pisecurity.web import api, codes, pages, problems
from pisecurity.web import mail_check as mail_check_pages
from pisecurity.web import mailbox as mailbox_pages
from pisecurity.web import scenes as scene_pages
from pisecurity.web.access import AccessPolicy, Guard
from pisecurity.web.assets import assets
from pisecurity.web.parts import EXTENSION, Parts
from pisecurity.web.view import short_time

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AccessPolicy", "create_app"]

MAX_BODY_BYTES = 512
"""The largest thing a browser sends is a mode and a code; a body this short cannot nest deep enough to harm."""


def create_app(
    *,
    panel: Panel,
    people: People,
    store: EventQuery,
    pictures: Pictures,
    health: Health,
    live: LiveView,
    access: AccessPolicy,
    clock: Clock,
    zone: tzinfo = UTC,
    house: str = "Home",
    labels: Mapping[str, str] | None = None,
    mailbox: Mailbox | None = None,
    scenes: Scenes | None = None,
    mail_check: MailCheck | None = None,
    readiness: Readiness | None = None,
    timetable: Timetable | None = None,
) -> Flask:
    """Return the page as a WSGI application.

    Args:
        people: who may switch the alarm.
        access: who may use it; enforced in front of every route.
        clock: for ages and for "today".
        zone: zone of the labels.
        house: name of the house.
        labels: what people call the cameras, by id.
        mailbox: the demo's; its pages exist only with it.
        scenes: what the cameras have learned; the pages that show it exist only with it.
        mail_check: tries the mail account; its page exists only with it.
        readiness: what stands against arming; without it nothing does.
        timetable: the schedule, of which the page says what comes next.
    """
    folder = assets()
    app = Flask(__name__, static_folder=str(folder / "static"), template_folder=str(folder / "templates"))
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, DEBUG=False)  # whatever FLASK_DEBUG says
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    parts = Parts(
        panel, people, store, pictures, health, live, clock, zone, house, dict(labels or {}), mailbox, scenes,
        mail_check, readiness, timetable,
    )  # fmt: skip
    app.extensions[EXTENSION] = parts
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(codes.blueprint)
    if mailbox is not None:
        app.register_blueprint(mailbox_pages.blueprint)
    if scenes is not None:
        app.register_blueprint(scene_pages.blueprint)
    if mail_check is not None:
        app.register_blueprint(mail_check_pages.blueprint)
    problems.register(app)
    app.context_processor(
        lambda: {
            "house": parts.house,
            "has_mailbox": parts.mailbox is not None,
            "has_scenes": scenes is not None,
            "has_mail_check": mail_check is not None,
        }
    )
    app.add_template_filter(lambda at: short_time(at, clock.now(), zone), "short_time")
    app.wsgi_app = Guard(app.wsgi_app, access, clock)  # type: ignore[method-assign]
    return app
