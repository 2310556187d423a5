"""The marks of one recording in the manifest of its folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pisecurity.adapters import labels
from pisecurity.adapters.labels import Interval, Recording
from pisecurity.core.marks import Mark, MarkKind, Marks, in_order
from pisecurity.errors import StoreError

FIELDS: Final = {MarkKind.EVENT: "events", MarkKind.NUISANCE: "nuisance", MarkKind.IGNORE: "ignore"}


class ManifestMarks:
    """Fulfils MarkStore. What the manifest says besides stays: other recordings, boxes, notes, unknown fields."""

    def __init__(self, clip: Path, size: tuple[int, int], fps: float) -> None:
        """*size*, in pixels, and *fps* are those of *clip*. Nothing is read yet."""
        self._folder, self._file = clip.parent, clip.name
        self._size, self._fps = size, fps
        self._known: dict[str, Any] | None = None

    @property
    def frames(self) -> int | None:
        """How many frames the recording has by the manifest; None where it has no entry."""
        return None if self._known is None else self._known["frames"]

    def load(self) -> Marks:
        """Return what the manifest says now. Raises StoreError."""
        entry = labels.entry(self._folder, self._file)
        marks = () if entry is None else _marks(labels.parsed(self._folder, entry))
        self._known = entry
        return marks

    def save(self, marks: Marks, frames: int) -> None:
        """Put *marks* into the manifest, whole or not at all. Raises StoreError."""
        if labels.entry(self._folder, self._file) != self._known:
            raise StoreError(
                f"{self._folder / labels.MANIFEST}: what it says of {self._file} was changed by another program; "
                "reload the page to go on from there"
            )
        width, height = self._size
        measured = {"w": width, "h": height, "frames": frames}
        if self._known is None:
            recording = Recording(file=self._file, fps=self._fps, **measured)
        else:
            recording = labels.parsed(self._folder, self._known)
        intervals = {field: _intervals(marks, kind) for kind, field in FIELDS.items()}
        labels.put(self._folder, recording.model_copy(update={**measured, **intervals}))
        self._known = labels.entry(self._folder, self._file)


def _marks(recording: Recording) -> Marks:
    return in_order(
        Mark(kind, each.label, each.start_frame, each.end_frame, each.clear_from, each)
        for kind, field in FIELDS.items()
        for each in getattr(recording, field)
    )


def _intervals(marks: Iterable[Mark], kind: MarkKind) -> tuple[Interval, ...]:
    return tuple(_interval(mark) for mark in marks if mark.kind is kind)


def _interval(mark: Mark) -> Interval:
    if isinstance(mark.kept, Interval):
        return mark.kept.model_copy(update={"clear_from": mark.clear_from})
    return Interval(
        start_frame=mark.start_frame, end_frame=mark.end_frame, label=mark.label, clear_from=mark.clear_from
    )
