"""Estimates false mails of an armed week in three homes, and counts missed intruders among drawn passes of a person.

Minutes of the week and passes are drawn as the detector reads them, 320x240 brightness. What is drawn, and how a week
is sampled: docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import cv2

from benchmarks.figures import RESULTS, check_writable, machine, whole_number
from benchmarks.ruler.detectors import DETECTORS, OURS, Maker, matching
from benchmarks.ruler.estimate import missed_share
from benchmarks.ruler.homes import HOMES, Home
from benchmarks.ruler.passes import Seen, is_seen, passes, walked
from benchmarks.ruler.week import Week, at_home, summary, watch

SCENES: Final = 1000
PASSES: Final = 300


@dataclass(frozen=True, slots=True)
class Missed:
    """One detector on the drawn passes."""

    detector: str
    passes: int
    missed: int
    most: float
    """Upper limit of the missed share, at 95 %."""
    which: list[dict[str, Any]]
    """The missed ones."""
    by: dict[str, dict[str, str]]
    """By place, light, weather and manner: missed of all."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write JSON. Returns 0, or 2 where the arguments are wrong."""
    args = parsed(arguments)
    try:
        makers = {name: DETECTORS[name] for name in matching(list(DETECTORS), args.detectors)}
        homes = [HOMES[name] for name in matching(list(HOMES), args.homes)] if args.scenes else []
        check_writable(args.out)
    except ValueError as error:
        print(f"benchmarks.weeks: {error}", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    began_s = time.process_time()
    weeks = [week(home, name, make, args.scenes, args.seed) for home in homes for name, make in makers.items()]
    missed = [intruders(name, make, args.passes, args.seed) for name, make in makers.items()] if args.passes else []
    print(as_text(weeks, missed))
    kept = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "settings": {"scenes": args.scenes, "passes": args.passes, "seed": args.seed},
        "weeks": [asdict(each) for each in weeks],
        "passes": [asdict(each) for each in missed],
        "cpu_s": round(time.process_time() - began_s, 1),
    }
    args.out.write_text(json.dumps(kept, indent=1) + "\n")
    return 0


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line, with its defaults."""
    parser = argparse.ArgumentParser(prog="benchmarks.weeks", description=__doc__)
    parser.add_argument("--detectors", nargs="+", default=[OURS], metavar="NAME", help=f"of: {', '.join(DETECTORS)}")
    parser.add_argument("--homes", nargs="+", default=["*"], metavar="NAME", help=f"of: {', '.join(HOMES)}")
    parser.add_argument(
        "--scenes",
        type=whole_number,
        default=SCENES,
        help="minutes drawn a home, about; at least two of each kind (default: %(default)s)",
    )
    parser.add_argument("--passes", type=whole_number, default=PASSES, help="of a person (default: %(default)s)")
    parser.add_argument(
        "--seed", type=whole_number, default=1, help="0 to tune, 1 and up to report (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, default=RESULTS / "weeks.json", help="(default: %(default)s)")
    return parser.parse_args(arguments)


def week(home: Home, name: str, make: Maker, scenes: int, seed: int) -> Week:
    """Draw a home's week and look at it with a detector."""
    minutes = home.minutes(scenes, seed)
    began_s = time.process_time()
    make = at_home(home, make)
    watched = []
    for number, minute in enumerate(minutes, start=1):
        watched.append(watch(home, minute, make))
        if number % 100 == 0:
            _tell(f"{home.name}, {name}: {number}/{len(minutes)} minutes, {time.process_time() - began_s:.0f} s")
    return summary(home.name, name, watched)


def intruders(name: str, make: Maker, count: int, seed: int) -> Missed:
    """Draw so many passes and look at them with a detector."""
    seen: list[Seen] = []
    drawn = [walk for walk in passes(count, seed) if is_seen(walk)]
    numbers = sorted(walk.number for walk in drawn)[:count]
    for walk in drawn:
        if walk.number in numbers:
            seen.append(walked(walk, make, seed))
            if len(seen) % 50 == 0:
                _tell(f"passes, {name}: {len(seen)}, {sum(one.missed for one in seen)} missed")
    seen.sort(key=lambda one: one.walk.number)
    missed = [each for each in seen if each.missed]
    most = missed_share(len(missed), len(seen)).high
    return Missed(name, len(seen), len(missed), most, [_told(each) for each in missed], _by(seen))


def _told(seen: Seen) -> dict[str, Any]:
    walk = seen.walk
    return {
        "number": walk.number,
        "place": walk.place,
        "light": walk.light,
        "weather": walk.weather,
        "manner": walk.manner,
        "way": walk.way,
        "speed": round(walk.speed, 2),
        "in_view_s": round(seen.found.in_view_s, 1),
    }


def _by(seen: Sequence[Seen]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for what in ("place", "light", "weather", "manner"):
        all_: Counter[str] = Counter(getattr(each.walk, what) for each in seen)
        gone: Counter[str] = Counter(getattr(each.walk, what) for each in seen if each.missed)
        found[what] = {key: f"{gone[key]} of {count}" for key, count in sorted(all_.items())}
    return found


def as_text(weeks: Sequence[Week], missed: Sequence[Missed]) -> str:
    """Return the tables."""
    lines = [
        f"{'home':18}{'detector':12}{'scenes':>7}{'false':>7}{'mails a week':>14}{'limits':>16}{'finest':>8}  about"
    ]
    for each in weeks:
        of = each.false_mails
        about = ", ".join(f"{key} {value:.0f}" for key, value in list(each.about.items())[:4])
        lines.append(
            f"{each.home:18}{each.detector:12}{each.scenes:7}{each.false_scenes:7}{of.value:14.1f}"
            f"{f'{of.low:.1f} to {of.high:.1f}':>16}{each.finest:8.0f}  {about}"
        )
    for one in missed:
        lines.append(f"\n{one.detector}: {one.missed} of {one.passes} passes missed, at most {one.most:.1%}")
        lines += [
            f"  by {what}: {', '.join(f'{key} {value}' for key, value in by.items())}" for what, by in one.by.items()
        ]
    return "\n".join(lines)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
