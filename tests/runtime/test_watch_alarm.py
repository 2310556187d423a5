"""What the camera's loop does for an alarm that is raised."""

from __future__ import annotations

from pisecurity.core.types import Mode
from pisecurity.runtime.alerts.inbox import Dismissals
from tests.fakes import make_dismissed, make_frame
from tests.runtime.test_watch import Scene


def test_when_the_alarm_is_raised_nobody_in_view_comes_home_and_what_was_no_event_is_kept() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    row = make_dismissed("too fast")
    scene.pipeline.left = (row,)
    scene.watch.begin_anew(raised=True)
    scene.watch.work(scene.stop, scene.on_beat)
    assert scene.pipeline.alarms == 1
    handed = scene.inbox.get(0)
    assert isinstance(handed, Dismissals) and handed.rows == (row,)
    again = Scene([make_frame(0)])
    again.watch.begin_anew()
    again.run()
    assert again.pipeline.alarms == 0, "who leaves by the door as the alarm becomes armed may be in view"


def test_each_picture_in_which_something_of_an_event_is_in_view_is_told() -> None:
    scene = Scene([make_frame(0), make_frame(1), make_frame(2)])
    scene.pipeline.counting = {1: frozenset({Mode.AWAY})}
    scene.run()
    assert scene.moved == [("front", frozenset({Mode.AWAY}))]
