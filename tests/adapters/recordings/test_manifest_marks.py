"""The marks of one recording in the manifest of its folder."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pisecurity.adapters.recordings import labels
from pisecurity.adapters.recordings.labels import Interval, Recording
from pisecurity.adapters.recordings.manifest_marks import ManifestMarks
from pisecurity.core.marks import Mark, MarkKind, seen_clearly_from, with_mark
from pisecurity.errors import StoreError

PERSON = Mark(MarkKind.EVENT, "person", 20, 39)
TREES = Mark(MarkKind.NUISANCE, "trees", 0, 15)
DUSK = Mark(MarkKind.IGNORE, "", 90, 99)


def store(folder: Path) -> ManifestMarks:
    (folder / "yard.mp4").touch()
    return ManifestMarks(folder / "yard.mp4", (320, 240), 12.5)


def loaded(folder: Path) -> ManifestMarks:
    marks = store(folder)
    assert marks.load()
    return marks


def only(folder: Path) -> Recording:
    found = labels.read(folder)
    assert found.problems == ()
    (labelled,) = found.recordings
    return labelled.recording


def test_a_folder_without_a_manifest_has_no_marks_and_gets_one(tmp_path: Path) -> None:
    marks = store(tmp_path)
    assert not marks.load()
    assert (marks.marks, marks.frames) == ((), None)
    assert not (tmp_path / labels.MANIFEST).exists(), "looking changes nothing"
    marks.save((TREES, PERSON, DUSK), 100)
    assert marks.frames == 100
    assert only(tmp_path) == Recording(
        file="yard.mp4",
        w=320,
        h=240,
        fps=12.5,
        frames=100,
        events=(Interval(start_frame=20, end_frame=39, label="person"),),
        nuisance=(Interval(start_frame=0, end_frame=15, label="trees"),),
        ignore=(Interval(start_frame=90, end_frame=99),),
    )


def test_what_is_saved_is_loaded_in_the_order_of_frames(tmp_path: Path) -> None:
    clear = Mark(MarkKind.EVENT, "animal", 50, 60, 55)
    marks = store(tmp_path)
    marks.load()
    marks.save((clear, PERSON, TREES), 100)
    assert loaded(tmp_path).marks == (TREES, PERSON, clear)


def write(folder: Path, *entries: dict[str, Any]) -> None:
    (folder / labels.MANIFEST).write_text(json.dumps({"version": 1, "mine": 1, "videos": entries}))


def known(folder: Path) -> dict[str, Any]:
    """Write a manifest with more in it than marks, and return the entry of the recording."""
    boxes = [[0.1, 0.2, 0.3, 0.4]] * 20
    event = {"start_frame": 20, "end_frame": 39, "label": "person", "note": "limps", "boxes": boxes, "weather": "rain"}
    entry = {
        "file": "yard.mp4", "w": 320, "h": 240, "fps": 10, "frames": 100, "warmup": [0, 9], "licence": "mine",
        "camera": "front", "events": [event], "nuisance": [], "ignore": [],
        "nuisance_regions": [{"polygon": [[0, 0], [9, 0], [9, 9]], "label": "flag", "author": "me"}],
        "masks": {"folder": "truth", "tool": "brush"},
    }  # fmt: skip
    other = entry | {"file": "other.mp4", "frames": "many"}
    write(folder, other, entry)
    return entry


def test_everything_else_in_the_manifest_stays(tmp_path: Path) -> None:
    entry = known(tmp_path)
    before = json.loads((tmp_path / labels.MANIFEST).read_text())
    marks = loaded(tmp_path)
    marks.save(with_mark(marks.marks, TREES, 100), 100)
    after = json.loads((tmp_path / labels.MANIFEST).read_text())
    assert after["videos"][0] == before["videos"][0]
    assert after["mine"] == 1
    assert after["videos"][1] == entry | {"nuisance": [{"start_frame": 0, "end_frame": 15, "label": "trees"}]}


def test_a_deleted_event_takes_its_boxes_along_and_brings_them_back_when_that_is_undone(tmp_path: Path) -> None:
    entry = known(tmp_path)
    marks = loaded(tmp_path)
    before = marks.marks
    marks.save((), 100)
    assert only_entry(tmp_path)["events"] == []
    assert not marks.load(), "nobody else has changed anything"
    marks.save(before, 100)
    assert only_entry(tmp_path) == entry


def test_what_is_known_of_an_event_stays_when_only_its_mark_changes(tmp_path: Path) -> None:
    entry = known(tmp_path)
    marks = loaded(tmp_path)
    before = marks.marks
    marks.save(seen_clearly_from(before, PERSON, 25), 100)
    assert only_entry(tmp_path)["events"] == [entry["events"][0] | {"clear_from": 25}]
    marks.save(before, 100)
    assert only_entry(tmp_path) == entry


def test_intervals_of_the_same_frames_keep_what_is_known_of_each(tmp_path: Path) -> None:
    entry = known(tmp_path)
    first = entry["events"][0]
    write(tmp_path, entry | {"events": [first, first | {"note": "runs"}]})
    marks = loaded(tmp_path)
    marks.save(with_mark(marks.marks, TREES, 100), 100)
    assert [event["note"] for event in only_entry(tmp_path)["events"]] == ["limps", "runs"]


def test_what_others_wrote_beside_a_mark_is_read_again_and_kept(tmp_path: Path) -> None:
    entry = known(tmp_path)
    marks = loaded(tmp_path)
    write(tmp_path, entry | {"events": [entry["events"][0] | {"note": "runs"}]})
    before = marks.marks
    assert marks.load(), "no mark shows it"
    assert marks.marks == before
    marks.save(with_mark(marks.marks, TREES, 100), 100)
    assert only_entry(tmp_path)["events"][0]["note"] == "runs"


def test_a_recording_without_frames_is_not_saved(tmp_path: Path) -> None:
    entry = known(tmp_path)
    marks = loaded(tmp_path)
    with pytest.raises(StoreError, match="yard.mp4: frames = 0: input should be greater than 0"):
        marks.save((), 0)
    assert only_entry(tmp_path) == entry
    assert marks.marks == (PERSON,)


def only_entry(folder: Path) -> dict[str, Any]:
    found = labels.entry(folder, "yard.mp4")
    assert found is not None
    return found


def test_size_and_number_of_frames_become_those_of_the_recording(tmp_path: Path) -> None:
    known(tmp_path)
    marks = ManifestMarks(tmp_path / "yard.mp4", (640, 480), 12.5)
    marks.load()
    marks.save(marks.marks, 120)
    entry = only_entry(tmp_path)
    assert (entry["w"], entry["h"], entry["frames"], entry["fps"]) == (640, 480, 120, 10)


def test_what_another_program_wrote_about_the_recording_is_never_written_over(tmp_path: Path) -> None:
    marks = store(tmp_path)
    marks.load()
    known(tmp_path)
    before = (tmp_path / labels.MANIFEST).read_bytes()
    with pytest.raises(StoreError) as refused:
        marks.save((TREES,), 100)
    assert str(refused.value) == (
        f"{tmp_path}/manifest.json: what it says of yard.mp4 was changed by another program; "
        "reload the page to go on from there"
    )
    assert (tmp_path / labels.MANIFEST).read_bytes() == before
    marks.load()
    marks.save(with_mark(marks.marks, TREES, 100), 100)
    assert loaded(tmp_path).marks == (TREES, PERSON)


def test_what_another_program_wrote_about_another_recording_is_kept(tmp_path: Path) -> None:
    marks = store(tmp_path)
    marks.load()
    (tmp_path / "other.mp4").touch()
    labels.write(tmp_path, [Recording(file="other.mp4", w=1, h=1, fps=1, frames=1)])
    marks.save((TREES,), 100)
    assert [each.recording.file for each in labels.read(tmp_path).recordings] == ["other.mp4", "yard.mp4"]


def test_recordings_of_a_folder_that_are_saved_at_once_are_all_kept(tmp_path: Path) -> None:
    stores = [ManifestMarks(tmp_path / f"{number}.mp4", (320, 240), 12.5) for number in range(3)]
    marks = tuple(Mark(MarkKind.EVENT, "person", number, number) for number in range(15))

    def save(to: ManifestMarks) -> None:
        for number in range(len(marks)):
            to.save(marks[: number + 1], 100)

    with ThreadPoolExecutor(len(stores)) as threads:
        list(threads.map(save, stores))
    for to in stores:
        assert not to.load(), "nothing of it was lost"
        assert to.marks == marks


def test_a_broken_manifest_is_one_line_and_stays(tmp_path: Path) -> None:
    (tmp_path / labels.MANIFEST).write_text("{")
    marks = store(tmp_path)
    for use in (marks.load, lambda: marks.save((TREES,), 100)):
        with pytest.raises(StoreError, match="no JSON"):
            use()
    assert (tmp_path / labels.MANIFEST).read_text() == "{"


def test_an_entry_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / labels.MANIFEST).write_text('{"videos": [{"file": "yard.mp4"}]}')
    with pytest.raises(StoreError, match=r"manifest.json: yard.mp4: w is missing; add it"):
        store(tmp_path).load()
