"""A mail as a mail program renders it: narrow and wide, light and dark, with its pictures and with pictures blocked."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from pisecurity.adapters.mail.message import compose
from pisecurity.core.types import BETTER, Alert, AlertKind, Notification
from pisecurity.web.assets import load_catalogue

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
GROUND = {"light": "rgb(244, 243, 240)", "dark": "rgb(18, 19, 22)"}
WIDE_TEXT = f"What: It moves.\nWhere: {'Garden' * 40}\n\nWhat to do: Look at the picture.\n"


def page_of_mail(pictures: int, *, blocked: bool) -> str:
    """Return the HTML part, its pictures inside it, or missing where a mail program blocks them."""
    done, jpeg = cv2.imencode(".jpg", np.full((720, 1280, 3), 90, np.uint8))
    assert done
    alert = Alert("a" * 32, AlertKind.ALARM, AT, f"[Home] ALARM: movement at {'Garden' * 15}", WIDE_TEXT)
    raw = compose(
        Notification(alert, BETTER, (jpeg.tobytes(),) * pictures),
        house="Home",
        sender="alarm@example.org",
        to=("anna@example.org",),
        sent_at=AT,
        catalogue=load_catalogue(),
        zone=UTC,
    )
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("html",))
    assert part is not None
    page = str(part.get_content())
    address = "" if blocked else f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}"
    for inside in message.walk():
        if inside["Content-ID"]:
            page = page.replace(f"cid:{inside['Content-ID'].strip('<>')}", address)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.parametrize("blocked", [False, True])
def test_a_mail_fits_its_window_in_either_theme(
    browser: Browser, width: int, scheme: Literal["light", "dark"], blocked: bool
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.set_content(page_of_mail(3, blocked=blocked))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == GROUND[scheme]
    widths = page.evaluate("[...document.images].map(image => image.getBoundingClientRect().width)")
    assert widths == [min(720, width - 32)] * 3
    texts = page.evaluate("[...document.querySelectorAll('p')].map(line => line.getBoundingClientRect().right)")
    assert max(texts) <= width - 16
    page.close()
