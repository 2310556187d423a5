"""A folder of recordings and the page on which they are labelled, for its tests."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from pisecurity.adapters.cameras.numbered import NumberedRecording
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.jpeg import SimpleJpegEncoder
from pisecurity.adapters.recordings import labels
from pisecurity.adapters.recordings.manifest_marks import ManifestMarks
from pisecurity.runtime.labelling import Labelling
from pisecurity.runtime.worker import Worker
from pisecurity.web.label import create_label_app
from tests.clips.record import CLIPS
from tests.web.house import serving
from tests.web.site import PATIENCE_MS


@dataclass
class Evening:
    """The recordings in *folder*, and what a browser complained about."""

    folder: Path
    names: tuple[str, ...]
    done: threading.Event = field(default_factory=threading.Event)
    complaints: list[str] = field(default_factory=list)
    base: str = ""

    def __post_init__(self) -> None:
        self.clock = SystemClock()
        for name in self.names:
            shutil.copy(CLIPS / name, self.folder)
        clips = []
        for name in self.names:
            recording = NumberedRecording(self.folder / name, SimpleJpegEncoder())
            clips.append((recording, ManifestMarks(recording.path, recording.size, recording.fps)))
        self.labelling = Labelling(clips, self.clock)
        self.app = create_label_app(self.labelling, self.done, self.clock)

    def kept(self, name: str = "") -> labels.Recording:
        """Return what the manifest says of recording *name*, by default the first one."""
        found = labels.read(self.folder)
        assert found.problems == ()
        return next(each.recording for each in found.recordings if each.recording.file == (name or self.names[0]))

    def open(self, browser: Browser, path: str = "/", *, width: int = 360, height: int = 640, **how: object) -> Page:
        """Open *path* and wait until all frames are counted and the first one is shown."""
        page = browser.new_context(viewport={"width": width, "height": height}, **how).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.goto(self.base + path)
        page.wait_for_function("() => / frames, /.test(document.querySelector('#length').textContent)")
        at_frame(page, 0)
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"{kind}: {text}")


def at_frame(page: Page, number: int) -> None:
    """Wait until *page* shows frame *number*."""
    page.wait_for_function(
        "number => document.querySelector('#where').textContent.startsWith(`frame ${number} `)", arg=number
    )


@contextmanager
def evening(folder: Path, *names: str) -> Iterator[Evening]:
    """Serve the page for the committed clips *names*, copied into *folder*, while the block runs."""
    made = Evening(folder, names)
    crashes: list[str] = []
    counter = Worker("count", made.labelling.work, made.clock, lambda name, error: crashes.append(name))
    counter.start()
    try:
        with serving(made.app, made.clock) as port:
            made.base = f"http://127.0.0.1:{port}"
            yield made
    finally:
        counter.stop()
    assert crashes == []
