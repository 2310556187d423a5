"""What an armed alarm would tell of a drawn scene: whether somebody is found, and what it cries wolf about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.ruler.boxes import any_hits
from benchmarks.ruler.detectors import Detector
from pisecurity.adapters.cameras.stage import Labelled, Scene
from pisecurity.core.types import Box

PERSON: Final = "person"
AROUND_S: Final = 1.0
"""A mail is right when somebody is in view so shortly before or after: it waits for a good picture."""
LEAST_SEEN: Final = 0.15
"""Share of a person that has to be in view."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What the first mail of a scene would have been about. The pause between mails outlasts a scene."""

    at_s: float
    person: bool
    about: str
    """The label of what it shows; ``nothing`` where nothing is."""


@dataclass(frozen=True, slots=True)
class Look:
    """One frame of a scene with what was found in it."""

    t_s: float
    truth: tuple[Labelled, ...]
    boxes: tuple[Box, ...]


def looks(scene: Scene, detector: Detector, length_s: float, fps: float) -> Iterator[Look]:
    """Play a scene from its beginning."""
    for number in range(round(length_s * fps)):
        t_s = number / fps
        shown = scene.render(t_s)
        yield Look(t_s, shown.truth, detector.step(shown.luma, t_s).boxes)


def first_mail(played: Iterator[Look], armed_s: float) -> Mail | None:
    """Return the first mail from *armed_s* on; what has been moving since before counts as well."""
    alarm: Look | None = None
    person_s = -AROUND_S - 1
    for look in played:
        if any(thing.label == PERSON and thing.visible >= LEAST_SEEN for thing in look.truth):
            person_s = look.t_s
        if alarm is None and look.t_s >= armed_s and look.boxes:
            alarm = look
        if alarm is not None and (alarm.t_s - person_s <= AROUND_S or look.t_s - alarm.t_s >= AROUND_S):
            break
    if alarm is None:
        return None
    person = alarm.t_s - person_s <= AROUND_S
    return Mail(alarm.t_s, person, PERSON if person else _about(alarm))


def _about(alarm: Look) -> str:
    for thing in alarm.truth:
        if any_hits(alarm.boxes, thing.box):
            return thing.label
    return "nothing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of somebody who came."""

    after_s: float | None
    """How long after setting out a box first hit them; None: never."""
    in_view_s: float
    """How long they were in view until then."""


def found(played: Iterator[Look], comes_s: float, fps: float) -> Outcome:
    """Return when a box first hits a person who sets out at *comes_s*."""
    in_view = 0
    for look in played:
        people = [thing for thing in look.truth if thing.label == PERSON]
        in_view += any(person.visible >= LEAST_SEEN for person in people)
        if look.t_s >= comes_s and any(any_hits(look.boxes, person.box) for person in people):
            return Outcome(look.t_s - comes_s, in_view / fps)
    return Outcome(None, in_view / fps)
