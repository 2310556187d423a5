"""The sheet of situations with our boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import boxes
from pisecurity.core.types import Box
from tests.benchmarks.values import ListedClip, person

SMALL, LARGE, WHOLE = Box(0.1, 0.1, 0.1, 0.2), Box(0.5, 0.3, 0.2, 0.5), Box(0.0, 0.0, 1.0, 1.0)


def test_the_moment_in_which_most_of_somebody_is_seen_is_shown_but_not_one_that_hides_the_place() -> None:
    present = [(person(LARGE),)] * 10 + [(person(SMALL),)] * 60 + [(person(LARGE),)] + [(person(WHOLE),)] * 9
    assert boxes.moment(ListedClip(present)).truth == (LARGE,)


def test_where_nobody_is_a_moment_in_the_middle_is_shown() -> None:
    shown = boxes.moment(ListedClip([()] * 80))
    assert (shown.truth, shown.found.boxes) == ((), ())


def test_a_clip_too_short_to_know_the_scene_is_named() -> None:
    with pytest.raises(ValueError, match=r"^listed: is shorter than 4 s$"):
        boxes.moment(ListedClip([()] * 40))


def test_a_sheet_that_cannot_be_written_is_named_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boxes.main(["--out", str(tmp_path / "missing" / "boxes.jpg")]) == 2
    assert capsys.readouterr().err.startswith("benchmarks.boxes: ")
