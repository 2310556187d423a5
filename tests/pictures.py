"""Makes the pictures of the README from the running demo: ``make pictures``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.rigs.daemon import CHECKOUT, DaemonProcess, free_port, running, wait_for

PICTURES = CHECKOUT / "docs" / "pictures"
PHONE: ViewportSize = {"width": 390, "height": 844}
READING: ViewportSize = {"width": 560, "height": 760}


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
    """Take the page armed, then the first mail."""
    address = f"http://127.0.0.1:{daemon.port}"
    page = browser.new_page(viewport=PHONE, device_scale_factor=2)
    page.goto(address)
    page.get_by_role("button", name="Away").click()
    wait_for("armed", lambda: daemon.state()["state"] == "armed_away")
    page.get_by_text("Armed away").first.wait_for()
    page.screenshot(path=PICTURES / "page.jpg", type="jpeg", quality=85)

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


if __name__ == "__main__":
    main()
