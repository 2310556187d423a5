"""Drawn situations as clips: encoded once, true, and drawn anew when the stage changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.ruler import drawn as module
from benchmarks.ruler.clip import BACKGROUND, MOVING, SHADOW, UNSCORED
from benchmarks.ruler.drawn import DrawnClip, drawn
from pisecurity.adapters.cameras.stage import Scene, View
from pisecurity.adapters.cameras.stage.situations import SITUATIONS

SIZE = (96, 72)
SHORT = replace(SITUATIONS["day_clean"], length_s=12.0)


@pytest.fixture
def clip(tmp_path: Path) -> DrawnClip:
    return DrawnClip(SHORT, 1, tmp_path, SIZE)


def test_the_clip_shows_what_the_scene_draws_after_a_real_codec(clip: DrawnClip) -> None:
    scene = Scene(SHORT.script(1, View(*SIZE)), 1, *SIZE)
    shots = [(shot.luma.copy(), shot.present, shot.mask) for shot in clip.shots()]
    assert len(shots) == clip.frames == 120
    for number in (0, 85, 100):
        luma, present, mask = shots[number]
        rendered = scene.render(number / clip.fps)
        assert 0 < np.abs(luma.astype(int) - rendered.luma).mean() < 6
        assert present is not None
        assert [thing.box.x for thing in present] == pytest.approx([thing.box.x for thing in rendered.truth], abs=1e-5)
        assert mask is None or np.array_equal(mask == MOVING, rendered.mask() == 255)
    assert any(mask is not None for _, _, mask in shots)


def test_what_is_an_object_only_is_not_to_be_found_and_its_pixels_are_not_scored(tmp_path: Path) -> None:
    balloon = DrawnClip(replace(SITUATIONS["balloon_only"], length_s=3.0), 1, tmp_path, SIZE)
    assert all(shot.present == () and shot.mask is None for shot in balloon.shots())
    mask = cv2.imencode(".png", np.array([[0, 50, 200, 220, 240, 255]], np.uint8))[1]
    scored = module._mask(mask)
    assert scored is not None
    assert scored.tolist() == [[BACKGROUND, SHADOW, UNSCORED[0], MOVING, MOVING, MOVING]]


def test_a_damaged_clip_is_named_and_drawn_anew_the_next_time(clip: DrawnClip) -> None:
    whole = clip.file.read_bytes()
    clip.file.write_bytes(whole[:100])
    with pytest.raises(ValueError, match="day_clean: what was drawn of it is damaged"):
        list(clip.shots())
    assert len(list(clip.shots())) == clip.frames
    clip.file.unlink()
    assert len(list(clip.shots())) == clip.frames


def test_it_is_drawn_once_and_replayed_the_same(clip: DrawnClip) -> None:
    first = [shot.luma.tobytes() for shot in clip.shots()]
    written = clip.file.stat().st_mtime_ns
    assert [shot.luma.tobytes() for shot in clip.shots()] == first
    assert clip.file.stat().st_mtime_ns == written


def test_what_another_stage_drew_is_not_replayed(clip: DrawnClip, monkeypatch: pytest.MonkeyPatch) -> None:
    before = clip.file
    monkeypatch.setattr(module, "_stage_version", lambda: "another")
    assert clip.file != before


def test_situations_are_chosen_by_name_or_pattern(tmp_path: Path) -> None:
    assert [clip.name for clip in drawn(1, ["rain_*"], tmp_path)] == ["rain_only", "rain_night_only", "rain_person"]
    assert len(drawn(1, folder=tmp_path)) == len(SITUATIONS)
