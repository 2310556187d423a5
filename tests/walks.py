"""Takes many walks of inputs by chance over the alarm: ``make walks``."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.rigs.panel_walks import PanelWalk
from tests.rigs.store_walks import StoreWalk
from tests.rigs.walks import CoreWalk, Walk, walk

KINDS: dict[str, Callable[[int], Walk]] = {
    "the values": CoreWalk,
    "the panel and its audit log": PanelWalk,
    "the panel, the database and its second copy": StoreWalk,
}
AT_ONCE = 20
"""Walks that a process is given."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk, and say how many there were and how long they took; the first thing that does not hold ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walks", type=int, default=10_000, help="how many, over each of what is walked over")
    parser.add_argument("--steps", type=int, default=200, help="inputs of each")
    parser.add_argument("--seed", type=int, default=0, help="of the first walk")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that walk")
    parser.add_argument("--over", choices=KINDS, help="walk over this alone")
    args = parser.parse_args(arguments)
    seeds = range(args.seed, args.seed + args.walks)
    for over in [args.over] if args.over else KINDS:
        started, used = time.monotonic(), _processor_s()
        blocks = [seeds[first : first + AT_ONCE] for first in range(0, len(seeds), AT_ONCE)]
        for taken in _taken(partial(take, over, args.steps), blocks, args.jobs):
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{taken} of {args.walks} over {over} ")
        took_s, cpu_s = time.monotonic() - started, _processor_s() - used
        sys.stdout.write(
            f"{args.walks} walks of {args.steps} inputs over {over}: every invariant held, {took_s:.0f} s, "
            f"{cpu_s:.0f} s of processor\n"
        )
        sys.stdout.flush()
    return 0


def take(over: str, steps: int, seeds: Sequence[int]) -> int:
    """Take the walks of *seeds*; return how many. Raises AssertionError: something does not hold."""
    logging.disable(logging.WARNING)  # that a disk fails now and then is what is tried
    for seed in seeds:
        walk(KINDS[over], seed, steps)
    return len(seeds)


def _taken(taking: Callable[[Sequence[int]], int], blocks: Sequence[Sequence[int]], jobs: int) -> Iterator[int]:
    """Yield how many walks were taken up to now."""
    number = 0
    if jobs == 1:
        for block in blocks:
            number += taking(block)
            yield number
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            for taken in pool.map(taking, blocks):
                number += taken
                yield number
        except AssertionError:
            pool.shutdown(cancel_futures=True)
            raise


def _processor_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main())
