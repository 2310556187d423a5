"""The manifest of labelled recordings: what it says, and how its mistakes are told."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pisecurity.adapters.recordings import labels
from pisecurity.adapters.recordings.labels import Interval, Recording, read, write
from pisecurity.errors import StoreError


def nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from([*Recording.model_fields, *Interval.model_fields, "polygon", "folder"])
    return st.lists(values, max_size=4) | st.dictionaries(keys, values, max_size=4)


EVENT = {"start_frame": 20, "end_frame": 39, "label": "person"}


def entry(**changes: Any) -> dict[str, Any]:
    """Return a recording of 100 frames as it stands in a manifest."""
    return {"file": "yard.mp4", "w": 320, "h": 240, "fps": 12.5, "frames": 100, "events": [EVENT]} | changes


def manifest(folder: Path, *entries: object) -> Path:
    """Write a manifest, and an empty file for each clip that it names; none of them is decoded here."""
    (folder / "manifest.json").write_text(json.dumps({"version": 1, "videos": entries}))
    for each in entries:
        if isinstance(each, dict) and isinstance(each.get("file"), str):
            (folder / each["file"]).touch()
    return folder


def problem(folder: Path) -> str:
    """Return the one problem of *folder*, without the name of the manifest."""
    found = read(folder)
    (line,) = found.problems
    assert found.recordings == ()
    assert "\n" not in line
    return line.removeprefix(f"{folder}/manifest.json: ")


def test_a_recording_is_read_with_its_labels_and_its_masks(tmp_path: Path) -> None:
    masks = tmp_path / "masks" / "yard"
    masks.mkdir(parents=True)
    cv2.imwrite(str(masks / "000025.png"), np.zeros((240, 320), np.uint8))
    found = read(manifest(tmp_path, entry(warmup=[0, 9], nuisance=[{"start_frame": 45, "end_frame": 99}])))
    assert found.problems == ()
    (labelled,) = found.recordings
    assert labelled.clip == tmp_path / "yard.mp4"
    assert labelled.masks == {25: masks / "000025.png"}
    recording = labelled.recording
    assert recording.events == (Interval(start_frame=20, end_frame=39, label="person"),)
    assert (recording.fps, recording.warmup, recording.ignore) == (12.5, (0, 9), ())


def test_unknown_fields_are_passed_over(tmp_path: Path) -> None:
    found = read(manifest(tmp_path, entry(camera="front", events=[EVENT | {"weather": "rain"}])))
    assert found.problems == ()
    assert "camera" not in found.recordings[0].recording.model_dump()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "yard.mp4").touch()
    boxes = tuple((0.1, 0.2, 0.3, 0.4) for _ in range(20))
    event = Interval(start_frame=20, end_frame=39, label="cat", clear_from=22, note="on the wall", boxes=boxes)
    recording = Recording(file="yard.mp4", w=320, h=240, fps=12.5, frames=100, source={"by": "me"}, events=(event,))
    write(tmp_path, [recording], ["my evenings"])
    found = read(tmp_path)
    assert found.problems == ()
    assert [labelled.recording for labelled in found.recordings] == [recording]
    assert json.loads((tmp_path / "manifest.json").read_text())["notes"] == ["my evenings"]


def test_putting_an_entry_leaves_all_others_as_they_are(tmp_path: Path) -> None:
    other, yard = entry(file="other.mp4", frames="broken", camera="back"), entry(camera="front")
    manifest(tmp_path, other, yard)
    fresh, third = entry(events=[EVENT | {"weather": "rain"}]), entry(file="third.mp4")
    labels.put(tmp_path, fresh, yard)
    labels.put(tmp_path, third, None)
    assert json.loads((tmp_path / "manifest.json").read_text())["videos"] == [other, fresh, third]


@pytest.mark.parametrize("known", [None, entry(events=[])])
def test_an_entry_that_was_changed_meanwhile_is_never_written_over(
    tmp_path: Path, known: dict[str, Any] | None
) -> None:
    manifest(tmp_path, entry())
    with pytest.raises(StoreError, match="what it says of yard.mp4 was changed by another program; reload the page"):
        labels.put(tmp_path, entry(frames=50), known)
    assert labels.entry(tmp_path, "yard.mp4") == entry()


def test_an_entry_that_was_deleted_meanwhile_is_not_put_again(tmp_path: Path) -> None:
    manifest(tmp_path)
    with pytest.raises(StoreError, match="was changed by another program"):
        labels.put(tmp_path, entry(frames=50), entry())


def test_an_entry_that_could_not_be_read_again_is_not_put(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="yard.mp4: frames = 0: input should be greater than 0"):
        labels.put(tmp_path, entry(frames=0), None)
    assert list(tmp_path.iterdir()) == []


def test_an_entry_is_found_by_its_file_as_it_stands_there(tmp_path: Path) -> None:
    assert labels.entry(tmp_path, "yard.mp4") is None, "without a manifest"
    yard = entry(camera="front")
    manifest(tmp_path, 7, yard)
    assert labels.entry(tmp_path, "yard.mp4") == yard
    assert labels.entry(tmp_path, "other.mp4") is None


def test_an_entry_whose_fields_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        labels.parsed(tmp_path, entry(frames="100"))
    assert str(refused.value) == f'{tmp_path}/manifest.json: yard.mp4: frames = "100": give a whole number'


def test_putting_an_entry_into_an_empty_folder_makes_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "yard.mp4").touch()
    labels.put(tmp_path, entry(), None)
    labels.put(tmp_path, entry(frames=50), entry())
    (labelled,) = read(tmp_path).recordings
    assert labelled.recording.frames == 50


def test_a_broken_manifest_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"videos": [')
    with pytest.raises(StoreError, match=r"line 1, column 13: no JSON"):
        labels.put(tmp_path, entry(), None)
    assert path.read_text() == '{"videos": ['


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    told = r"cannot be written \(No such file or directory\); choose another folder"
    with pytest.raises(StoreError, match=told):
        write(tmp_path / "gone", [])
    with pytest.raises(StoreError, match=told):
        labels.put(tmp_path / "gone", entry(), None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"videos": [', "line 1, column 13: no JSON (Expecting value); correct it there or restore a copy"),
        ("[" * 100_000, "no JSON; restore a copy"),
        ("\xff", "no JSON; restore a copy"),
        ("[]", 'no manifest of recordings; it is an object with a list of them under "videos"'),
        ('{"version": 1}', 'no manifest of recordings; it is an object with a list of them under "videos"'),
        ('{"version": 2, "videos": []}', "has version 2, not 1; use a program that knows it"),
    ],
)
def test_what_is_no_manifest_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    assert problem(tmp_path) == line


def test_a_missing_manifest_is_one_line(tmp_path: Path) -> None:
    assert problem(tmp_path) == "not found; name a folder with recordings and their manifest"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"frames": "100"}, 'frames = "100": give a whole number'),
        ({"frames": True}, "frames = true: give a whole number"),
        ({"frames": 0}, "frames = 0: input should be greater than 0"),
        ({"fps": float("nan")}, "fps = NaN: give a number"),
        ({"events": {}}, "events = {}: give a list"),
        ({"events": [{"start_frame": 3}]}, "events[0].end_frame is missing; add it"),
        ({"events": [7]}, "events[0] = 7: give an object with its fields in braces"),
        ({"events": [EVENT | {"label": 3}]}, "events[0].label = 3: give a text"),
        (
            {"events": [EVENT | {"end_frame": 100}]},
            "events[0].end_frame = 100: the clip ends with frame 99; give that or less",
        ),
        (
            {"ignore": [{"start_frame": 60, "end_frame": 50}]},
            "ignore[0] ends at frame 50, before it starts at 60; exchange the two",
        ),
        (
            {"events": [EVENT, EVENT | {"start_frame": 39, "end_frame": 60}]},
            "events[0] and events[1] overlap and are both 'person'; make them one, or end one earlier",
        ),
        (
            {"nuisance": [{"start_frame": 39, "end_frame": 60}]},
            "events[0] and nuisance[0] overlap: is something in view there, or not? end one earlier",
        ),
        ({"events": [EVENT | {"clear_from": 50}]}, "events[0].clear_from = 50: give a frame of the event, 20 to 39"),
        (
            {"events": [EVENT | {"boxes": [[0, 0, 1, 1]]}]},
            "events[0].boxes has 1 for 20 frames; give one for each frame",
        ),
        (
            {"events": [EVENT | {"end_frame": 20, "boxes": [[10, 10, 50, 90]]}]},
            "events[0].boxes[0] = [10.0, 10.0, 50.0, 90.0]: give x, y, w, h in shares of the picture, 0 to 1",
        ),
        ({"warmup": [0, 200]}, "warmup = [0, 200]: give its first and last frame, 0 to 99"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_fix(tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    assert problem(manifest(tmp_path, entry(**changes))) == f"yard.mp4: {line}"


def test_a_recording_without_its_clip_is_named(tmp_path: Path) -> None:
    manifest(tmp_path, entry())
    (tmp_path / "yard.mp4").unlink()
    assert problem(tmp_path) == f"yard.mp4: is not in {tmp_path}; put the clip there or delete its entry"


@pytest.mark.parametrize("name", ["n" * 5000, "a\0b", ".", "yard.mp4/inside"])
def test_a_name_that_no_file_can_have_is_a_missing_clip(tmp_path: Path, name: str) -> None:
    (tmp_path / "yard.mp4").touch()
    (tmp_path / "manifest.json").write_text(json.dumps({"videos": [entry(file=name)]}))
    assert "is not in" in problem(tmp_path)


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (7, "videos[0] = 7: give an object with its fields in braces"),
        ({"w": 1, "h": 1, "fps": 1, "frames": 1}, "videos[0]: file is missing; add it"),
    ],
)
def test_an_entry_without_a_name_is_told_by_its_place(tmp_path: Path, broken: object, line: str) -> None:
    assert problem(manifest(tmp_path, broken)) == line


def test_all_mistakes_are_told_and_the_sound_recordings_go_on(tmp_path: Path) -> None:
    broken = entry(file="broken.mp4", w="wide", events=[{"start_frame": 1}])
    found = read(manifest(tmp_path, broken, entry(), entry(file="a\nb.mp4", frames=10), entry()))
    assert [labelled.recording.file for labelled in found.recordings] == ["yard.mp4"]
    assert [line.removeprefix(f"{tmp_path}/manifest.json: ") for line in found.problems] == [
        'broken.mp4: w = "wide": give a whole number',
        "broken.mp4: events[0].end_frame is missing; add it",
        "'a\\nb.mp4': events[0].end_frame = 39: the clip ends with frame 9; give that or less",
        "yard.mp4: stands here twice; keep one of the two entries",
    ]


def test_events_of_different_things_may_overlap(tmp_path: Path) -> None:
    found = read(manifest(tmp_path, entry(events=[EVENT, EVENT | {"label": "animal"}])))
    assert found.problems == ()


def test_a_mask_that_cannot_be_read_is_left_out_alone(tmp_path: Path) -> None:
    folder = tmp_path / "truth"
    folder.mkdir()
    cv2.imwrite(str(folder / "000025.png"), np.zeros((240, 320), np.uint8))
    (folder / "000030.png").write_bytes(b"no picture")
    (folder / "000031.png").touch()
    (folder / "000100.png").write_bytes((folder / "000025.png").read_bytes())
    (folder / "first.png").touch()
    found = read(manifest(tmp_path, entry(masks={"folder": "truth", "count": 5})))
    (labelled,) = found.recordings
    assert list(labelled.masks) == [25]
    assert [line.partition("yard.mp4: ")[2] for line in found.problems] == [
        "mask 000030.png: cannot be read; make it anew as a grey PNG, or delete it",
        "mask 000031.png: cannot be read; make it anew as a grey PNG, or delete it",
        "mask 000100.png: no frame of the clip; name it by a number of 0 to 99",
        "mask first.png: no frame of the clip; name it by a number of 0 to 99",
    ]


def test_a_missing_folder_of_masks_is_named_and_the_recording_goes_on(tmp_path: Path) -> None:
    found = read(manifest(tmp_path, entry(masks={"folder": "truth"})))
    assert [labelled.masks for labelled in found.recordings] == [{}]
    assert found.problems == (
        f"{tmp_path}/manifest.json: yard.mp4: masks.folder = truth: there is no such folder; correct its name",
    )


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.integers(), nested, max_leaves=9)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_whatever_stands_in_a_manifest_is_told_in_whole_lines(tmp_path: Path, value: object) -> None:
    for document in (value, {"version": 1, "videos": value}, {"version": 1, "videos": [value, entry(events=value)]}):
        (tmp_path / "manifest.json").write_text(json.dumps(document))
        assert all("\n" not in line for line in read(tmp_path).problems)


def test_the_manifest_is_private_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == [labels.MANIFEST]
    assert stat.S_IMODE((tmp_path / labels.MANIFEST).stat().st_mode) == 0o600
