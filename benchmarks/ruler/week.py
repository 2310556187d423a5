"""False mails of an armed week, estimated from sampled minutes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.ruler.detectors import Maker
from benchmarks.ruler.estimate import Estimate, Sampled, mails_per_week
from benchmarks.ruler.homes import Home
from benchmarks.ruler.strata import Minute, Stratum
from benchmarks.ruler.watching import Mail, first_mail, looks
from pisecurity.adapters.cameras.stage import Scene, View
from pisecurity.settings import AlarmSettings

RUN_IN_S: Final = 10.0
"""Before the minute, for the background to be known."""
MINUTE_S: Final = 60.0
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
    about: dict[str, float]
    """False mails of the week by what they are about, most first."""


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

    After a mail the rules are silent for a while (``alarm.alert_pause_s``). Where each minute of a stratum causes a
    mail with the share p, one comes every 1/p minutes and the pause; its minutes count that much less.
    """
    pause_min = AlarmSettings().alert_pause_s / 60
    by_stratum: defaultdict[Stratum, list[Watched]] = defaultdict(list)
    for each in watched:
        by_stratum[each.minute.stratum].append(each)
    weights = {
        stratum: 1 / (1 + pause_min * sum(each.mail is not None for each in those) / len(those))
        for stratum, those in by_stratum.items()
    }
    counted = [(each, each.minute.weight * weights[each.minute.stratum]) for each in watched]
    about: Counter[str] = Counter()
    for each, weight in counted:
        if each.false:
            about[each.about] += weight  # type: ignore[assignment]
    estimate = mails_per_week(Sampled(int(each.false), weight) for each, weight in counted)
    return Week(home, detector, len(watched), sum(each.false for each in watched), estimate, dict(about.most_common()))


def total(weeks: Iterable[Week]) -> float:
    """Return the false mails of all homes together, one camera each."""
    return sum(week.false_mails.value for week in weeks)
