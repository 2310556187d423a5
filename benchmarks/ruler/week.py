"""False mails of an armed week, estimated from sampled minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from benchmarks.ruler.detectors import Maker, Ours
from benchmarks.ruler.estimate import Estimate, Sampled, mails_per_week
from benchmarks.ruler.homes import Home
from benchmarks.ruler.strata import Minute
from benchmarks.ruler.watching import Mail, first_mail, looks
from pisecurity.adapters.cameras.stage import Scene, View
from pisecurity.core.vision.scale import People
from pisecurity.settings import AlarmSettings, MotionSettings

RUN_IN_S: Final = 10.0
"""Before the minute, for the background to be known."""
MINUTE_S: Final = 60.0
MOVING_IN_S: Final = 45.0
"""For each of those who walk by before the week; within it everybody has left again."""
SIZE: Final = (320, 240)
"""What the detector reads."""
FPS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Watched:
    """One sampled minute and the first mail in it."""

    minute: Minute
    mail: Mail | None

    @property
    def false(self) -> bool:
        return self.mail is not None and not self.mail.person

    @property
    def about(self) -> str:
        """What it cried wolf about: the thing it showed, or else what went on."""
        if self.mail is None or self.mail.person:
            return ""
        if self.mail.about != "nothing":
            return self.mail.about
        stratum = self.minute.stratum
        return stratum.occasion or stratum.weather


@dataclass(frozen=True, slots=True)
class Week:
    """One home, one detector."""

    home: str
    detector: str
    scenes: int
    false_scenes: int
    false_mails: Estimate
    finest: float
    """Upper limit if there had been no false mail at all: less cannot be told from so many scenes."""
    about: dict[str, float]
    """False mails of the week by what they are about, most first."""


def at_home(home: Home, make: Maker) -> Maker:
    """Return *make* as the household of *home* has set it up: ours knows of its animals, and has seen people move in.

    The other detectors have no setting for that.
    """
    if not (isinstance(make, partial) and make.func is Ours):
        return make
    width, height = SIZE
    motion: MotionSettings = make.args[0].model_copy(update={"pets": home.pets})
    people: People = ()
    for number, script in enumerate(home.moving_in(View(width, height))):
        scene = Scene(script, number, width, height, colour=False)
        ours = Ours(motion, width, height, FPS, people)
        for _ in looks(scene, ours, MOVING_IN_S, FPS):
            pass
        people = ours.people
    return partial(Ours, motion, people=people)


def watch(home: Home, minute: Minute, make: Maker) -> Watched:
    """Draw one minute, armed after its run-in, and return the first mail that a detector causes."""
    width, height = SIZE
    script = home.script(minute, View(width, height), armed_s=RUN_IN_S)
    scene = Scene(script, minute.seed, width, height, colour=False)
    detector = make(width, height, FPS)
    played = looks(scene, detector, RUN_IN_S + MINUTE_S, FPS)
    return Watched(minute, first_mail(played, RUN_IN_S))


def summary(home: str, detector: str, watched: Sequence[Watched]) -> Week:
    """Return the estimate for the whole week.

    After a mail the rules are silent for a while (``alarm.alert_pause_s``). Where so many minutes of an hour in some
    weather cause a mail, with the share p, one comes every 1/p minutes and the pause; a mail then counts that much
    less. What lasts for hours silences itself more than this says: the estimate is rather too high.
    """
    pause_min = AlarmSettings().alert_pause_s / 60
    alarming: defaultdict[tuple[object, str], float] = defaultdict(float)
    minutes: defaultdict[tuple[object, str], float] = defaultdict(float)
    for each in watched:
        minutes[_when(each)] += each.minute.weight
        alarming[_when(each)] += each.minute.weight * (each.mail is not None)
    thinned = {when: 1 / (1 + pause_min * alarming[when] / minutes[when]) for when in minutes}
    counted = [(each, each.minute.weight * thinned[_when(each)]) for each in watched]
    about: defaultdict[str, float] = defaultdict(float)
    for each, weight in counted:
        if each.false:
            about[each.about] += weight
    estimate = mails_per_week(Sampled(int(each.false), weight) for each, weight in counted)
    finest = mails_per_week(Sampled(0, each.minute.weight) for each in watched).high
    false = sum(each.false for each in watched)
    return Week(
        home, detector, len(watched), false, estimate, finest, dict(sorted(about.items(), key=lambda pair: -pair[1]))
    )


def _when(each: Watched) -> tuple[object, str]:
    stratum = each.minute.stratum
    return stratum.block, stratum.weather
