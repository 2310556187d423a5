"""What a camera has learned is kept while armed, taken up at the start, shown when asked and forgotten at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from pisecurity.core.types import Frame
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.core.vision.scale import People
from pisecurity.errors import StoreError
from pisecurity.runtime.scenes import SAVE_EVERY_S, SceneKeeper, SceneWriter, Unshown
from pisecurity.settings import MotionSettings
from tests.core.vision.drawn import film, yard
from tests.fakes import START, FakeClock


class MemoryScenes:
    """Fulfils SceneStore in memory, and can be full."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[LearnedScene, datetime]] = {}
        self.people: dict[str, People] = {}
        self.full = False
        self.saves = self.deletes = 0

    def load(self, camera: str) -> tuple[LearnedScene, datetime] | None:
        return self.kept.get(camera)

    def save(self, camera: str, scene: LearnedScene, at: datetime) -> int:
        if self.full:
            raise StoreError("front.scene: No space left on device; see that the disk has space")
        self.saves += 1
        self.kept[camera] = scene, at
        return 1000

    def delete(self, camera: str) -> None:
        self.deletes += 1
        self.kept.pop(camera, None)

    def load_people(self, camera: str) -> People | None:
        return self.people.get(camera)

    def save_people(self, camera: str, people: People) -> None:
        if self.full:
            raise StoreError("front.people: No space left on device; see that the disk has space")
        self.people[camera] = people

    def delete_people(self, camera: str) -> None:
        if self.full:
            raise StoreError("front.people: Input/output error; see that the disk has space")
        self.people.pop(camera, None)


class AnsweringClock(FakeClock):
    """A clock that lets the camera step while somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self.meanwhile()
        return super().wait(stop, seconds)


class Place:
    """A keeper with its pipeline, its writer and a store."""

    def __init__(self, store: MemoryScenes | None = None, clock: AnsweringClock | None = None) -> None:
        self.store, self.clock, self.armed = store or MemoryScenes(), clock or AnsweringClock(), True
        self.pipeline = Pipeline("front", MotionSettings(), ())
        self.keeper = SceneKeeper("front", self.pipeline, self.store, self.clock, lambda: self.armed)
        self.number = 0

    def watch(self, seconds: float = 4, scene: np.ndarray[tuple[int, int], np.dtype[np.float32]] | None = None) -> None:
        """Let the camera see *scene* for so long; what it leaves behind is written every second."""
        for each in film(seconds, scene=scene):
            self.see(each)
            if self.number % 10 == 0:
                self.keeper.write()
        self.keeper.write()

    def see(self, each: Frame) -> None:
        self.clock.advance(0.1)
        self.number += 1
        self.pipeline.step(replace(each, taken_s=self.clock.monotonic()))
        self.keeper.stepped()

    def restarted(self) -> Place:
        return Place(self.store, self.clock)


def test_it_is_kept_as_soon_as_the_scene_is_known_and_then_every_ten_minutes() -> None:
    place = Place()
    place.watch(8)
    assert place.store.saves == 1
    place.clock.advance(SAVE_EVERY_S - 20)
    place.watch(4)
    assert place.store.saves == 1
    place.clock.advance(20)
    place.watch(2)
    assert place.store.saves == 2


def test_disarmed_nothing_is_kept_and_armed_it_is() -> None:
    place = Place()
    place.armed = False
    place.watch(6)
    place.keeper.ended()
    place.keeper.write()
    assert place.store.kept == {}
    place.armed = True
    place.watch(2)
    assert place.store.saves == 1


def test_a_clean_stop_keeps_what_is_known_by_then() -> None:
    place = Place()
    place.watch(6)
    place.clock.advance(60)
    place.keeper.ended()
    place.keeper.write()
    assert place.store.kept["front"][1] == place.clock.now()


def test_after_a_restart_the_scene_is_taken_up_and_the_file_stays(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    before = Place()
    before.watch(6)
    after = before.restarted()
    after.keeper.restore()
    after.watch(1)
    assert after.pipeline.beginnings == 0
    assert after.store.kept
    assert "learned scene taken up camera=front" in caplog.messages


def test_after_a_restart_before_another_scene_the_file_is_removed_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    before = Place()
    before.watch(6)
    after = before.restarted()
    after.keeper.restore()
    after.watch(1, yard(seed=9))
    assert after.store.kept == {}
    assert any("not taken up camera=front reason=only" in message for message in caplog.messages)


def test_what_is_older_than_a_day_is_not_offered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    before = Place()
    before.watch(6)
    before.clock.set_wall(START + timedelta(hours=30))
    after = before.restarted()
    after.keeper.restore()
    after.watch(1)
    assert after.pipeline.beginnings == 1
    assert "learned scene too old camera=front age_h=30" in caplog.messages


def test_forgotten_the_file_goes_at_once_and_the_scene_begins_anew() -> None:
    place = Place()
    place.watch(6)
    place.keeper.forget()
    place.keeper.write()
    assert place.store.kept == {}
    place.watch(1)
    assert place.pipeline.beginnings == 2


def test_forgotten_on_a_camera_without_frames_it_is_not_kept_at_the_stop_either() -> None:
    place = Place()
    place.watch(6)
    place.keeper.forget()
    place.keeper.ended()
    place.keeper.write()
    assert place.store.kept == {}


def test_it_is_shown_as_it_is_now() -> None:
    place = Place()
    place.watch(6)
    place.clock.meanwhile = lambda: place.see(next(iter(film(0.1))))
    scene = place.keeper.show()
    assert isinstance(scene, LearnedScene)
    assert scene.fine.shape == (240, 320)


def test_what_cannot_be_shown_says_why() -> None:
    place = Place()
    assert place.keeper.show() is Unshown.SILENT
    place.clock.meanwhile = lambda: place.see(next(iter(film(0.1))))
    assert place.keeper.show() is Unshown.BEGINNING
    place.pipeline.apply(MotionSettings(background="mog2"), ())
    assert place.keeper.show() is Unshown.FOREIGN


def test_a_full_disk_is_a_line_in_the_log_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    place = Place()
    place.store.full = True
    place.watch(6)
    reason = "front.scene: No space left on device; see that the disk has space"
    assert caplog.messages == [f"what was learned is not kept camera=front reason={reason}"]


def test_the_writer_writes_what_is_left_behind_after_it_was_told_to_stop() -> None:
    place, stop = Place(), threading.Event()
    for each in film(4):
        place.see(each)
    stop.set()
    beats: list[int] = []
    SceneWriter((place.keeper,), place.clock).work(stop, lambda: beats.append(1))
    assert place.store.saves == 1
    assert beats


def measure(place: Place) -> None:
    """Let six people have walked by, near and far."""
    for person in range(1, 7):
        for feet in (0.5, 0.7, 0.9):
            place.pipeline.scale.note(person, feet, feet - 0.2)


def test_how_tall_people_are_is_kept_over_a_restart_though_nothing_is_armed() -> None:
    place = Place()
    place.armed = False
    place.watch(1)
    measure(place)
    place.keeper.ended()
    place.keeper.write()
    assert place.store.kept == {}
    again = Place(place.store)
    again.keeper.restore()
    assert again.pipeline.scale.height(0.6) == pytest.approx(0.4, rel=0.1)


def test_how_tall_people_are_is_forgotten_with_the_scene() -> None:
    place = Place()
    place.watch(1)
    measure(place)
    place.keeper.ended()
    place.keeper.write()
    place.keeper.forget()
    place.watch(1)
    assert place.store.people == {}
    assert place.pipeline.scale.height(0.6) is None


def test_people_who_are_known_already_are_not_written_again() -> None:
    place = Place()
    measure(place)
    place.keeper.ended()
    place.keeper.write()
    place.store.people.clear()
    place.keeper.ended()
    place.keeper.write()
    assert place.store.people == {}


def test_nobody_is_written_down_where_nobody_walked() -> None:
    place = Place()
    place.watch(1)
    place.keeper.ended()
    place.keeper.write()
    assert place.store.people == {}


def test_what_was_forgotten_goes_once_the_disk_takes_it() -> None:
    place = Place()
    measure(place)
    place.keeper.ended()
    place.keeper.write()
    place.store.full = True
    place.keeper.forget()
    place.keeper.write()
    assert place.store.people != {}
    place.store.full = False
    place.keeper.write()
    assert place.store.people == {}


def test_people_put_on_top_by_the_camera_while_somebody_has_them_forgotten_go_as_well() -> None:
    place = Place()
    place.watch(1)
    measure(place)
    place.keeper.forget()
    place.keeper._keep_people(place.clock.monotonic())
    place.watch(1)
    assert place.store.people == {}


def test_people_measured_where_the_camera_no_longer_looks_are_gone_from_the_disk_as_well() -> None:
    place = Place()
    place.watch()
    measure(place)
    place.keeper.ended()
    place.keeper.write()
    turned = Place(place.store, place.clock)
    turned.keeper.restore()
    turned.watch(2, scene=yard(seed=9)[:, ::-1].copy())
    assert turned.pipeline.scale.height(0.6) is None
    assert turned.store.people == {}


def test_people_are_known_at_the_same_place_after_other_privacy_zones_or_another_day() -> None:
    place = Place()
    place.watch()
    measure(place)
    place.keeper.ended()
    place.keeper.write()
    scene, at = place.store.kept["front"]
    place.store.kept["front"] = replace(scene, hidden=b"x" * 32), at
    again = Place(place.store, place.clock)
    again.keeper.restore()
    again.watch(2)
    assert again.pipeline.scale.height(0.6) == pytest.approx(0.4, rel=0.1)
