from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, sync_playwright

from pisecurity.adapters.clock import SystemClock
from pisecurity.core.types import Outcome
from tests.web.house import NAME, House, filming, served
from tests.web.site import MAIL, REBOUND, Site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                f"--host-resolver-rules=MAP {NAME} 127.0.0.1,MAP {REBOUND} 127.0.0.1",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--disable-quic",
                "--no-sandbox",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def site(browser: Browser) -> Iterator[Site]:
    house = House(SystemClock())
    house.happened(1, Outcome.ACCEPTED, Outcome.ACCEPTED)
    house.happened(2, Outcome.ACCEPTED, Outcome.REFUSED, ago=timedelta(hours=3), zones=("drive",))
    house.happened(3, kind=None, ago=timedelta(hours=30))
    house.post("Garden 7: movement at the front door", MAIL)
    with served(house) as port, filming(house):
        made = Site(house, f"http://{NAME}:{port}", browser)
        yield made
        for context in list(browser.contexts):
            context.close()
