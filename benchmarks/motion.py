"""Measures motion detectors, ours and those that people use, on the same frames with the same truth.

The detectors that run in this process see the frames of the committed clips, of a folder of labelled recordings and
of the drawn situations. Debian's motion, DVR-Scan and our own replay look at files as whole programs. What the
columns mean: benchmarks/ruler.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from benchmarks.figures import check_writable, whole_number
from benchmarks.ruler import beside, chart, result, table
from benchmarks.ruler.choice import COMMITTED, Choice, chosen
from benchmarks.ruler.clip import Clip
from benchmarks.ruler.cost import Cost, costs
from benchmarks.ruler.detectors import DETECTORS, OURS, YARDSTICK, matching
from benchmarks.ruler.dvr_scan import DvrScan
from benchmarks.ruler.motion_program import MotionProgram
from benchmarks.ruler.play import Played, play
from benchmarks.ruler.programs import Program
from benchmarks.ruler.recorded import recordings
from benchmarks.ruler.replay_program import Replay
from pisecurity.errors import PiSecurityError

RESULTS: Final = Path(__file__).parent / "results"
COST_CLIPS: Final = ("garden_walk", "garden_visit")
"""Of the committed ones: a person crosses, 320x240; the same place with 640x480."""
USUAL: Final = (OURS, YARDSTICK, "knn/2")
"""At full size OpenCV's subtractors cost four times as much and find the same."""
PROGRAMS: Final[Sequence[Program]] = (Replay(), MotionProgram(), DvrScan())


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    detectors: tuple[str, ...]
    choice: Choice
    programs: Sequence[Program]
    seed: int
    blocks: int
    """Of frames in the cost runs; 0: none."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write JSON and picture.

    Returns:
        0, or 1 where something was left out and named, or 2 where the arguments are wrong.
    """
    args = parsed(arguments)
    try:
        plan = planned(args)
    except ValueError as error:
        print(f"benchmarks.motion: {error}", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    try:
        found = carried_out(plan)
        args.out.write_text(result.as_json(found))
        picture = chart.drawn(found)
        if picture is not None:
            chart.write(picture, args.picture)
    except (PiSecurityError, OSError) as error:
        print(f"benchmarks.motion: {error}", file=sys.stderr)
        return 1
    print(table.as_text(found))
    for problem in found.problems:
        print(f"benchmarks.motion: {problem}", file=sys.stderr)
    return 1 if found.problems else 0


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line, with its defaults."""
    home = os.environ.get("PISECURITY_RECORDED")
    parser = argparse.ArgumentParser(prog="benchmarks.motion", description=__doc__)
    parser.add_argument(
        "--detectors",
        nargs="+",
        default=list(USUAL),
        metavar="NAME",
        help=f"or globs, of: {', '.join(DETECTORS)} (default: {' '.join(USUAL)})",
    )
    parser.add_argument("--clips", nargs="+", default=["*"], metavar="NAME", help="or globs (default: all)")
    parser.add_argument(
        "--seed",
        type=whole_number,
        default=1,
        help="of the drawn situations: 0 to tune, 1 and up to report (default: 1)",
    )
    parser.add_argument(
        "--recorded",
        type=Path,
        default=Path(home) / "videos" if home else None,
        metavar="FOLDER",
        help="labelled recordings (default: videos in the folder that PISECURITY_RECORDED names, where it is set)",
    )
    parser.add_argument(
        "--own",
        type=Path,
        metavar="FOLDER",
        help="your labelled recordings and nothing else; what comes out is written there",
    )
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="install and run whole programs"
    )
    parser.add_argument(
        "--peer-clips", nargs="+", default=[], metavar="NAME", help="for those (default: the clips that are not drawn)"
    )
    parser.add_argument(
        "--blocks", type=int, default=20, help="of frames in the cost runs; 0: no such run (default: 20)"
    )
    parser.add_argument("--out", type=Path, help=f"(default: {RESULTS / 'motion.json'}, or motion.json of --own)")
    parser.add_argument("--picture", type=Path, help=f"(default: {RESULTS / 'motion.png'}, or motion.png of --own)")
    args = parser.parse_args(arguments)
    results = args.own or RESULTS
    args.out, args.picture = args.out or results / "motion.json", args.picture or results / "motion.png"
    return args


def planned(args: argparse.Namespace) -> Plan:
    """Return what *args* ask for. Raises ValueError: they cannot be met; the message says why, in one line."""
    if args.blocks < 0:
        raise ValueError(f"--blocks {args.blocks}: give 0 or more")
    detectors = matching(list(DETECTORS), args.detectors)
    alone = args.own is not None
    choice = chosen(args.clips, args.peer_clips, args.own or args.recorded, args.seed, alone=alone)
    for path in (args.out, args.picture):
        check_writable(path)
    return Plan(tuple(detectors), choice, PROGRAMS if args.peers else (), args.seed, args.blocks)


def carried_out(plan: Plan) -> result.Result:
    """Measure everything of *plan*."""
    problems: list[str] = []
    played = _played(plan, problems)
    costed = _costed(plan)
    programs = beside.measured(plan.programs, plan.choice.films, _tell, problems.append)
    settings = {
        "detectors": plan.detectors,
        "clips": [clip.name for clip in plan.choice.clips],
        "clips_for_programs": [clip.name for clip in plan.choice.films],
        "seed": plan.seed,
        "blocks": plan.blocks,
    }
    return result.Result(
        settings,
        {
            name: result.measured({clip: of_all[name] for clip, of_all in played.items()})
            for name in plan.detectors
            if played
        },
        costed,
        programs,
        (*plan.choice.problems(), *problems),
    )


def _played(plan: Plan, problems: list[str]) -> dict[str, Mapping[str, Played]]:
    """Return by clip what the detectors made of it; a clip without a frame is left out and named."""
    makers = {name: DETECTORS[name] for name in plan.detectors}
    found: dict[str, Mapping[str, Played]] = {}
    for number, clip in enumerate(plan.choice.clips, start=1):
        _tell(f"{number}/{len(plan.choice.clips)} {clip.name}, {clip.frames} frames")
        try:
            found[clip.name] = play(clip, makers)
        except ValueError as error:
            problems.append(str(error))
    return found


def _costed(plan: Plan) -> dict[str, dict[str, Cost]]:
    """Return by size of the frames what they cost the detectors, and the yardstick in any case."""
    if not plan.blocks:
        return {}
    makers = {name: make for name, make in DETECTORS.items() if name in plan.detectors or name == YARDSTICK}
    found = {}
    for clip in cost_clips():
        size = "x".join(map(str, clip.size))
        _tell(f"cost at {size}")
        found[size] = costs(clip, makers, YARDSTICK, plan.blocks)
    return found


def cost_clips() -> list[Clip]:
    """Return the clips on which the cost is measured."""
    return [clip for clip in recordings(COMMITTED).clips if clip.name in COST_CLIPS]


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
