"""The marks of one recording in the manifest of its folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pisecurity.adapters.recordings import labels
from pisecurity.core.marks import Mark, MarkKind, Marks, in_order

FIELDS: Final = {MarkKind.EVENT: "events", MarkKind.NUISANCE: "nuisance", MarkKind.IGNORE: "ignore"}


class ManifestMarks:
    """Fulfils MarkStore. What the manifest says besides stays: other recordings, boxes, notes, unknown fields.

    What is known of an interval besides its mark comes back with a mark of the same kind, label and frames, until
    somebody else changes the recording's entry.
    """

    def __init__(self, clip: Path, size: tuple[int, int], fps: float) -> None:
        """*size*, in pixels, and *fps* are those of *clip*. Nothing is read yet."""
        self._folder, self._file = clip.parent, clip.name
        self._size, self._fps = size, fps
        self._known: dict[str, Any] | None = None
        self._marks: Marks = ()
        self._intervals: Mapping[Mark, list[dict[str, Any]]] = {}

    @property
    def marks(self) -> Marks:
        """Those loaded or saved last."""
        return self._marks

    @property
    def frames(self) -> int | None:
        """How many frames the recording has by the manifest; None where it has no entry."""
        return None if self._known is None else self._known["frames"]

    def load(self) -> bool:
        """Read what the manifest says now; return whether that was changed by others. Raises StoreError."""
        entry = labels.entry(self._folder, self._file)
        if entry == self._known:
            return False
        found = [] if entry is None else list(self._found(entry))
        intervals = defaultdict(list)
        for mark, interval in found:
            intervals[_plain(mark)].append(interval)
        self._known, self._intervals = entry, intervals
        self._marks = in_order(mark for mark, _ in found)
        return True

    def save(self, marks: Marks, frames: int) -> None:
        """Put *marks* into the manifest, whole or not at all. Raises StoreError."""
        width, height = self._size
        before = self._known or {"file": self._file, "fps": self._fps}
        entry = before | {"w": width, "h": height, "frames": frames} | self._as_intervals(marks)
        labels.put(self._folder, entry, self._known)
        self._known, self._marks = entry, marks

    def _found(self, entry: Mapping[str, Any]) -> Iterator[tuple[Mark, dict[str, Any]]]:
        """Yield the marks of *entry*, each with its interval as it stands there. Raises StoreError."""
        recording = labels.parsed(self._folder, entry)
        for kind, field in FIELDS.items():
            for each, interval in zip(getattr(recording, field), entry.get(field, ()), strict=True):
                yield Mark(kind, each.label, each.start_frame, each.end_frame, each.clear_from), interval

    def _as_intervals(self, marks: Marks) -> dict[str, list[dict[str, Any]]]:
        """Return the intervals of *marks* by the field they stand in."""
        fields: dict[str, list[dict[str, Any]]] = {field: [] for field in FIELDS.values()}
        left = {mark: iter(intervals) for mark, intervals in self._intervals.items()}
        for mark in marks:
            interval = next(left.get(_plain(mark), iter(())), None)
            fields[FIELDS[mark.kind]].append(_interval(mark, interval))
        return fields


def _plain(mark: Mark) -> Mark:
    """Return what tells *mark* from others, whatever is said of it."""
    return replace(mark, clear_from=None)


def _interval(mark: Mark, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return *mark* as it is to stand in the manifest, where its interval is *known*, if there is one."""
    interval = dict(known or {"start_frame": mark.start_frame, "end_frame": mark.end_frame, "label": mark.label})
    interval.pop("clear_from", None)
    return interval if mark.clear_from is None else interval | {"clear_from": mark.clear_from}
