"""Labelled recordings: a folder of clips and what somebody saw in them, in its ``manifest.json``.

Frames count from 0 and intervals include both ends. The fields of the file are those of ``Recording``, one object for
each clip in its list ``videos``.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Final

import cv2
import numpy as np
from pydantic import AllowInfNan, BaseModel, ConfigDict, Field, Strict, ValidationError
from pydantic_core import ErrorDetails

from pisecurity.adapters.state.files import alone_in, write_whole
from pisecurity.core.types import Box, Plane
from pisecurity.errors import StoreError

MANIFEST: Final = "manifest.json"
VERSION: Final = 1
INTERVALS: Final = ("events", "nuisance", "ignore")
"""Fields of a recording that are lists of intervals."""
ROUNDING: Final = 0.001
"""By so much a box may reach over the edge of the picture."""

Text = Annotated[str, Strict()]
Whole = Annotated[int, Strict(), Field(ge=0)]
Number = Annotated[float, Strict(), AllowInfNan(False)]

_FIXES = {
    "missing": "is missing; add it",
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "float_type": "give a number",
    "finite_number": "give a number",
    "string_type": "give a text",
    "string_too_short": "give a text that is not empty",
    "tuple_type": "give a list",
    "model_type": "give an object with its fields in braces",
}


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Interval(_Value):
    """Frames in which something, or for certain nothing, is in view."""

    start_frame: Whole
    end_frame: Whole
    label: Text = ""
    """What is in view, such as ``person``, ``animal`` or ``vehicle``; of a nuisance what moves there, such as trees."""
    clear_from: Whole | None = None
    """From which frame on the thing of an event is plain to see; None: from the start."""
    note: Text | None = None
    boxes: tuple[tuple[Number, Number, Number, Number], ...] | None = None
    """Of an event, one per frame: x, y, w, h in shares of the picture, without the cast shadow; None: not known."""

    def overlaps(self, other: Interval) -> bool:
        """Return whether both have a frame."""
        return self.start_frame <= other.end_frame and other.start_frame <= self.end_frame


class Region(_Value):
    """A part of the picture in which every detection is false, such as a flag."""

    polygon: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=3)]
    """Corners, in pixels of the recording."""
    label: Text = ""


class Masks(_Value):
    """Where the masks of a recording are: one PNG per known frame, named by its number."""

    folder: Text


class Recording(_Value):
    """One clip and what is in it."""

    file: Annotated[Text, Field(min_length=1)]
    """Relative to the folder of the manifest."""
    w: Annotated[Whole, Field(gt=0)]
    h: Annotated[Whole, Field(gt=0)]
    fps: Annotated[Number, Field(gt=0)]
    frames: Annotated[Whole, Field(gt=0)]
    shows: Text | None = None
    category: Text | None = None
    source: Any = None
    licence: Text | None = None
    warmup: tuple[Whole, Whole] | None = None
    """First and last frame in which a detector may learn: alarms in them are not scored."""
    events: tuple[Interval, ...] = ()
    """Something that matters is in view."""
    nuisance: tuple[Interval, ...] = ()
    """Nothing that matters is in view: every alarm is false."""
    ignore: tuple[Interval, ...] = ()
    nuisance_regions: tuple[Region, ...] = ()
    masks: Masks | None = None
    """None: those in ``masks/NAME``, if there are any, with the name of the clip without its ending."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording that can be measured on."""

    recording: Recording
    clip: Path
    masks: Mapping[int, Path]
    """By frame number; only readable ones."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A folder of labelled recordings."""

    recordings: tuple[Labelled, ...]
    """Those without a mistake in their labels: half a truth would give wrong figures."""
    problems: tuple[str, ...]
    """One line each: what, where, and the fix."""


def read(folder: Path) -> Manifest:
    """Return the labelled recordings of *folder* and every mistake; it never raises because of what it finds there.

    A recording with a mistake is left out, an unreadable mask alone; the rest is whole. Unknown fields are passed over.
    """
    try:
        entries = _document(folder / MANIFEST)["videos"]
    except StoreError as error:
        return Manifest((), (str(error),))
    found: list[Labelled] = []
    problems: list[str] = []
    for number, entry in enumerate(entries):
        read_one, mistakes = _labelled(folder, entry, number)
        if read_one is not None and any(read_one.recording.file == other.recording.file for other in found):
            mistakes.append(f"{_shown(read_one.recording.file)}: stands here twice; keep one of the two entries")
        elif read_one is not None:
            found.append(read_one)
        problems += [f"{folder / MANIFEST}: {mistake}" for mistake in mistakes]
    return Manifest(tuple(found), tuple(problems))


def write(folder: Path, recordings: Sequence[Recording], notes: Sequence[str] = ()) -> None:
    """Make *recordings* the manifest of *folder*, whole or not at all.

    Raises:
        StoreError: the disk did not take it.
    """
    _save(folder, {"version": VERSION, "notes": list(notes), "videos": [_dumped(each) for each in recordings]})


def put(folder: Path, entry: Mapping[str, Any], known: Mapping[str, Any] | None) -> None:
    """Put *entry* into the manifest of *folder*, if what stands there about its file still is *known*.

    The entries of other files and all fields beside them stay as they are.

    Args:
        entry: a recording as it is to stand there, fields that are not known here included.
        known: what ``entry`` returned, or what was put last; None: nothing stands there about that file.

    Raises:
        StoreError: another program has changed it, a field of *entry* cannot be read, the manifest is broken, or the
            disk did not take it. Nothing has changed.
    """
    file = parsed(folder, entry).file
    try:
        # All recordings of a folder are in one file: nobody may write it between the look at it and its replacement.
        with alone_in(folder):
            _exchange(folder, file, entry, known)
    except OSError as error:
        raise _unwritten(folder, error) from error


def _exchange(folder: Path, file: str, entry: Mapping[str, Any], known: Mapping[str, Any] | None) -> None:
    document = _document_or_new(folder)
    entries: list[Any] = document["videos"]
    place = _place(entries, file)
    if (None if place is None else entries[place]) != known:
        raise StoreError(
            f"{folder / MANIFEST}: what it says of {file} was changed by another program; "
            "reload the page to go on from there"
        )
    if place is None:
        entries.append(entry)
    else:
        entries[place] = entry
    _save(folder, document)


def entry(folder: Path, file: str) -> dict[str, Any] | None:
    """Return what stands in the manifest of *folder* about *file*, as it stands there; None where nothing does.

    Raises:
        StoreError: the manifest is broken.
    """
    entries: list[Any] = _document_or_new(folder)["videos"]
    place = _place(entries, file)
    return None if place is None else entries[place]


def parsed(folder: Path, entry: Mapping[str, Any]) -> Recording:
    """Return the recording of an *entry* in the manifest of *folder*; its intervals may still contradict each other.

    Raises:
        StoreError: a field of it cannot be read; the message names the first.
    """
    recording, mistakes = _validated(entry, 0)
    if recording is None:
        raise StoreError(f"{folder / MANIFEST}: {mistakes[0]}")
    return recording


def _document(path: Path) -> dict[str, Any]:
    """Return the manifest in *path* as it stands there, with its list of videos. Raises StoreError."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise StoreError(f"{path}: not found; name a folder with recordings and their manifest") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check who owns it") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise StoreError(f"{path}: {place}: no JSON ({error.msg}); correct it there or restore a copy") from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: no JSON; restore a copy") from error
    if not isinstance(document, dict) or not isinstance(document.get("videos"), list):
        raise StoreError(f'{path}: no manifest of recordings; it is an object with a list of them under "videos"')
    if document.get("version", VERSION) != VERSION:
        version = json.dumps(document["version"])[:40]
        raise StoreError(f"{path}: has version {version}, not {VERSION}; use a program that knows it")
    return document


def _document_or_new(folder: Path) -> dict[str, Any]:
    """Return the manifest of *folder* as it stands there, one without recordings where there is none."""
    path = folder / MANIFEST
    return _document(path) if path.exists() else {"version": VERSION, "videos": []}


def _place(entries: Sequence[Any], file: str) -> int | None:
    """Return where among *entries* the first one about *file* stands."""
    places = (place for place, each in enumerate(entries) if isinstance(each, dict) and each.get("file") == file)
    return next(places, None)


def _save(folder: Path, document: Mapping[str, Any]) -> None:
    try:
        write_whole(folder / MANIFEST, (json.dumps(document, indent=1) + "\n").encode())
    except OSError as error:
        raise _unwritten(folder, error) from error


def _unwritten(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"{folder / MANIFEST}: cannot be written ({error.strerror}); choose another folder")


def _dumped(recording: Recording) -> dict[str, Any]:
    return recording.model_dump(mode="json", exclude_none=True)


def _labelled(folder: Path, entry: object, number: int) -> tuple[Labelled | None, list[str]]:
    """Return the recording, None when it has mistakes, and these; *entry* is as it stands in the manifest."""
    recording, mistakes = _validated(entry, number)
    if recording is None:
        return None, mistakes
    where = _shown(recording.file)
    mistakes = list(_mistakes(recording))
    clip = folder / recording.file
    if not _is_there(clip, stat.S_ISREG):
        mistakes.append(f"is not in {folder}; put the clip there or delete its entry")
    if mistakes:
        return None, [f"{where}: {mistake}" for mistake in mistakes]
    masks, unreadable = _masks(folder, recording)
    return Labelled(recording, clip, masks), [f"{where}: {mistake}" for mistake in unreadable]


def _validated(entry: object, number: int) -> tuple[Recording | None, list[str]]:
    """Return the recording, None when a field of it cannot be read, and what is wrong with which."""
    try:
        return Recording.model_validate(entry), []
    except ValidationError as error:
        name = entry.get("file") if isinstance(entry, dict) else None
        where = _shown(name) if isinstance(name, str) and name else f"videos[{number}]"
        return None, [f"{where}{_sentence(details)}" for details in error.errors(include_url=False)]


def _sentence(details: ErrorDetails) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in details["loc"])
    # What is wrong about a whole entry has no place in it.
    place = f": {place.lstrip('.')}" if place else ""
    fix = _FIXES.get(details["type"], details["msg"][:1].lower() + details["msg"][1:])
    if details["type"] == "missing":
        return f"{place} {fix}"
    return f"{place} = {json.dumps(details['input'])[:60]}: {fix}"


def _mistakes(recording: Recording) -> Iterator[str]:
    last = recording.frames - 1
    if recording.warmup is not None and not recording.warmup[0] <= recording.warmup[1] <= last:
        yield f"warmup = {list(recording.warmup)}: give its first and last frame, 0 to {last}"
    for kind in INTERVALS:
        for number, interval in enumerate(getattr(recording, kind)):
            yield from (f"{kind}[{number}]{mistake}" for mistake in _interval_mistakes(interval, last))
    for (i, one), (j, other) in combinations(enumerate(recording.events), 2):
        if one.label == other.label and one.overlaps(other):
            yield f"events[{i}] and events[{j}] overlap and are both {one.label!r}; make them one, or end one earlier"
    for i, event in enumerate(recording.events):
        for j, nuisance in enumerate(recording.nuisance):
            if event.overlaps(nuisance):
                yield f"events[{i}] and nuisance[{j}] overlap: is something in view there, or not? end one earlier"


def _interval_mistakes(interval: Interval, last: int) -> Iterator[str]:
    start, end = interval.start_frame, interval.end_frame
    if end < start:
        yield f" ends at frame {end}, before it starts at {start}; exchange the two"
        return
    if end > last:
        yield f".end_frame = {end}: the clip ends with frame {last}; give that or less"
    if interval.clear_from is not None and not start <= interval.clear_from <= end:
        yield f".clear_from = {interval.clear_from}: give a frame of the event, {start} to {end}"
    if interval.boxes is None:
        return
    if len(interval.boxes) != end - start + 1:
        yield f".boxes has {len(interval.boxes)} for {end - start + 1} frames; give one for each frame"
    for number, box in enumerate(interval.boxes):
        if not _in_picture(Box(*box)):
            yield f".boxes[{number}] = {list(box)}: give x, y, w, h in shares of the picture, 0 to 1"


def _in_picture(box: Box) -> bool:
    far = 1 + ROUNDING
    return box.x >= 0 and box.y >= 0 and box.w > 0 and box.h > 0 and box.x + box.w <= far and box.y + box.h <= far


def _masks(folder: Path, recording: Recording) -> tuple[dict[int, Path], list[str]]:
    """Return the readable masks by frame number, and what is wrong with the others."""
    place = folder / (recording.masks.folder if recording.masks else Path("masks") / Path(recording.file).stem)
    if recording.masks is not None and not _is_there(place, stat.S_ISDIR):
        return {}, [f"masks.folder = {_shown(recording.masks.folder)}: there is no such folder; correct its name"]
    masks: dict[int, Path] = {}
    problems: list[str] = []
    for path in sorted(place.glob("*.png")):
        name = _shown(path.name)
        if not (path.stem.isascii() and path.stem.isdigit()) or int(path.stem) >= recording.frames:
            problems.append(f"mask {name}: no frame of the clip; name it by a number of 0 to {recording.frames - 1}")
        elif read_mask(path) is None:
            problems.append(f"mask {name}: cannot be read; make it anew as a grey PNG, or delete it")
        else:
            masks[int(path.stem)] = path
    return masks, problems


def read_mask(path: Path) -> Plane | None:
    """Return the (H, W) mask in *path*; None when it cannot be read."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        mask = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if content.size else None
    except (OSError, cv2.error):
        return None
    return None if mask is None else np.asarray(mask, np.uint8)


def _is_there(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Return whether *path* is of that kind; a name that no file can have is not."""
    try:
        return is_kind(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _shown(name: str) -> str:
    """Return *name* on one line."""
    return name if name.isprintable() else repr(name)
