"""Makes the pictures of the README from the running demo: ``make pictures``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.rigs.daemon import CHECKOUT, DaemonProcess, free_port, running, wait_for

PICTURES = CHECKOUT / "docs" / "pictures"
PHONE: ViewportSize = {"width": 390, "height": 844}
READING: ViewportSize = {"width": 560, "height": 760}
DESKTOP: ViewportSize = {"width": 1200, "height": 860}
Scheme = Literal["light", "dark"]
MAILS: tuple[tuple[str, ViewportSize, Scheme], ...] = (
    ("mail-phone-light", PHONE, "light"),
    ("mail-phone-dark", PHONE, "dark"),
    ("mail-desktop-light", DESKTOP, "light"),
    ("mail-desktop-dark", DESKTOP, "dark"),
)
"""The mail alone, as a mail program shows it: file, size and theme."""


def main() -> None:
    """Start the demo, arm it, and photograph the page and the mail."""
    PICTURES.mkdir(exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        arguments = ["demo", "--state", f"{folder}/demo", "--port", str(port)]
        with running(arguments, port, Path(folder) / "log") as daemon:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
            photograph(browser, daemon)
            browser.close()
            daemon.stop()


def photograph(browser: Browser, daemon: DaemonProcess) -> None:
    """Take the page in the first alarm, its mail, and the page armed again with that event on it."""
    address = f"http://127.0.0.1:{daemon.port}"
    page = browser.new_page(viewport=PHONE, device_scale_factor=2)
    page.goto(address)
    # A page that somebody looks at has the mail account proven; until then there is a remark.
    page.wait_for_function("() => !/not proven/.test(document.querySelector('#notes').textContent)")
    arm(page, daemon)

    def newest_mail() -> int:
        found = re.findall(rb'href="/mailbox/(\d+)"', daemon.request("GET", "/mailbox")[1])
        return max(map(int, found), default=0)

    number = wait_for("mail", newest_mail, 60)
    page.wait_for_timeout(1500)
    page.screenshot(path=PICTURES / "alarm.jpg", type="jpeg", quality=85)
    mail = browser.new_page(viewport=READING, device_scale_factor=2)
    mail.goto(f"{address}/mailbox/{number}")
    mail.wait_for_timeout(1000)
    mail.screenshot(path=PICTURES / "mail.jpg", type="jpeg", quality=85)
    for name, size, scheme in MAILS:
        photograph_mail(browser, f"{address}/mailbox/{number}/html", name, size, scheme)
    page.get_by_role("button", name="Disarm").click()
    wait_for("disarmed", lambda: daemon.state()["state"] == "disarmed")
    arm(page, daemon)
    page.get_by_text("mailed").first.wait_for()
    page.wait_for_function("() => [...document.images].every(image => image.complete && image.naturalWidth > 0)")
    page.screenshot(path=PICTURES / "page.jpg", type="jpeg", quality=85)


def arm(page: Page, daemon: DaemonProcess) -> None:
    """Tap *Away*, and wait until the page says that the exit delay is over."""
    page.get_by_role("button", name="Away").click()
    wait_for("armed", lambda: daemon.state()["state"] == "armed_away")
    page.get_by_text("Armed away").first.wait_for()


def photograph_mail(browser: Browser, address: str, name: str, size: ViewportSize, scheme: Scheme) -> None:
    """Take the HTML part of a mail as the reader's theme makes it."""
    page = browser.new_page(viewport=size, device_scale_factor=1, color_scheme=scheme)
    page.goto(address)
    page.wait_for_function("() => [...document.images].every(image => image.complete && image.naturalWidth > 0)")
    page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=85)
    page.close()


if __name__ == "__main__":
    main()
