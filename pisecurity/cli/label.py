"""Labelling recordings on a page of this machine, until the owner is done."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from pisecurity.adapters.cameras.numbered import NumberedRecording
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.jpeg import SimpleJpegEncoder
from pisecurity.adapters.recordings.labels import MANIFEST
from pisecurity.adapters.recordings.manifest_marks import ManifestMarks
from pisecurity.errors import CameraError, NetworkError, PiSecurityError, StoreError
from pisecurity.ports import MarkStore, NumberedFrames
from pisecurity.runtime.labelling import Labelling
from pisecurity.runtime.worker import Worker
from pisecurity.web.label import create_label_app
from pisecurity.web.server import PageServer, bind

LOOPBACK: Final = IPv4Address("127.0.0.1")
RECORDINGS: Final = frozenset(
    f".{ending}"
    for ending in (
        *("264", "265", "3gp", "asf", "avi", "flv", "h264", "h265", "hevc", "m2ts", "m4v", "mjpeg", "mjpg", "mkv"),
        *("mov", "mp4", "mpeg", "mpg", "mts", "ts", "webm", "wmv", "y4m"),
    )
)
"""Endings by which recordings are found in a folder; a file that is named may have any."""


def label(args: argparse.Namespace) -> int:
    """Serve the page until the owner is done; a recording that cannot be labelled is named, and the others go on."""
    clips, mistakes = _openable(args.clips)
    for mistake in mistakes[: None if clips else -1]:
        print(f"pisecurity: {mistake}", file=sys.stderr)
    if not clips:
        raise mistakes[-1]
    clock, done = SystemClock(), threading.Event()
    labelling = Labelling(clips, clock)
    crashed: list[Exception] = []

    def on_crash(_name: str, error: Exception | None) -> None:
        if error is not None:
            crashed.append(error)
        done.set()

    server = _server(labelling, done, clock, args.port)
    counter = Worker("count", labelling.work, clock, on_crash)
    _, port = server.start()
    address = f"http://{LOOPBACK}:{port}"
    print(f"Open {address} to label {_counted(len(clips))}. Done there, or Ctrl-C, ends it.", flush=True)
    counter.start()
    if args.open:
        # A browser in the terminal would keep this thread from serving it.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    try:
        server.work(done, lambda: None)
    finally:
        counter.stop()
    for error in crashed:
        raise error
    return 1 if mistakes else 0


def _server(labelling: Labelling, done: threading.Event, clock: SystemClock, port: int | None) -> PageServer:
    try:
        sockets = bind((LOOPBACK,), port or 0)
    except NetworkError as error:
        raise NetworkError(f"{error}; this page has no settings: leave --port out, and it takes a free one") from error
    return PageServer(create_label_app(labelling, done, clock), sockets)


def _openable(named: Sequence[Path]) -> tuple[list[tuple[NumberedFrames, MarkStore]], list[PiSecurityError]]:
    """Return the recordings of *named* that can be labelled, each once, and why the others cannot."""
    encoder = SimpleJpegEncoder()
    clips: dict[Path, tuple[NumberedFrames, MarkStore]] = {}
    mistakes: list[PiSecurityError] = []
    for each in named:
        try:
            for path in _recordings(each):
                # Labels are kept by folder and name, whichever way leads there.
                place = Path(os.path.realpath(path.parent), path.name)
                if place in clips:
                    continue
                try:
                    clips[place] = _clip(path, encoder)
                except PiSecurityError as error:
                    mistakes.append(error)
        except PiSecurityError as error:
            mistakes.append(error)
    return list(clips.values()), mistakes


def _recordings(named: Path) -> Iterator[Path]:
    """Yield *named* itself, or the recordings of a folder by name. Raises CameraError."""
    try:
        if not named.is_dir():
            yield named
            return
        found = sorted(path for path in named.iterdir() if path.suffix.lower() in RECORDINGS and path.is_file())
    except OSError as error:
        raise CameraError(f"{named}: cannot be read ({error.strerror}); name a folder of your own") from error
    if not found:
        raise CameraError(f"{named}: has no recording in it; name one, or a folder with some")
    yield from found


def _clip(path: Path, encoder: SimpleJpegEncoder) -> tuple[NumberedFrames, MarkStore]:
    """Return the recording in *path* and its marks. Raises CameraError, StoreError."""
    recording = NumberedRecording(path, encoder)
    marks = ManifestMarks(path, recording.size, recording.fps)
    marks.load()
    if not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True):
        raise StoreError(
            f"{path.parent}: this user may not write there, where {MANIFEST} belongs; "
            "copy the recordings to a folder of your own"
        )
    return recording, marks


def _counted(clips: int) -> str:
    return "1 recording" if clips == 1 else f"{clips} recordings"
