"""The page in real Chromium on a phone's screen, called by a name that is not loopback.

On loopback a browser grants a plain-http page things that a home network's page does not have, so the name is
mapped to the server instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, FloatRect, Page, expect

from pisecurity.core.types import Mode
from pisecurity.web.view import STALE_S
from tests.web.house import House

PATIENCE_MS = 20_000
REBOUND = "rebound.example"
"""A foreign name that somebody has made to lead to the house."""
expect.set_options(timeout=PATIENCE_MS)
MAIL = (
    '<!doctype html><title>Mail</title><body style="margin:0"><img src="picture/1" alt="" width="300"><p>Movement</p>'
)


@dataclass
class Site:
    """A served house and what the browser complained about."""

    house: House
    base: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: str = "/", *, width: int = 360, height: int = 640, **how: Any) -> Page:
        """Open *path* on a phone and wait until it shows what the daemon says."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, **how)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(self.base + path)
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"{kind}: {text}")


def shows_live_picture(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('.view img').src.startsWith('blob:')")


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found


def bring_about(house: House, state: str) -> None:
    match state:
        case "arming":
            house.panel.switch(Mode.AWAY, by="Anna", how="page")
        case "armed_home" | "armed_night":
            house.arm_now(Mode(state))
        case "pending" | "triggered":
            house.arm_now(Mode.AWAY)
            house.intrude(entry=state == "pending")
        case "blind":
            house.arm_now(Mode.AWAY)
            house.late_s = STALE_S + 1
            house.offer()
            house.health.report("camera:front", "camera Front door has sent no picture for 10 s; check its cable")
        case "problem":
            house.health.report("mail", "mail.example.org refused the password")
