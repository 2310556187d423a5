"""Takes many walks of inputs by chance over the alarm: ``make walks``."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence

from tests.rigs.panel_walks import PanelWalk
from tests.rigs.walks import CoreWalk, Walk, walk


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk, and say how many there were and how long they took; the first thing that does not hold ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walks", type=int, default=10_000, help="how many, each over the values and over the panel")
    parser.add_argument("--steps", type=int, default=200, help="inputs of each")
    parser.add_argument("--seed", type=int, default=0, help="of the first walk")
    args = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # that a disk fails now and then is what is tried
    kinds: dict[str, Callable[[int], Walk]] = {"the values": CoreWalk, "the panel and its audit log": PanelWalk}
    for over, kind in kinds.items():
        started, used = time.monotonic(), time.process_time()
        for seed in range(args.seed, args.seed + args.walks):
            walk(kind, seed, args.steps)
        took_s, cpu_s = time.monotonic() - started, time.process_time() - used
        sys.stdout.write(
            f"{args.walks} walks of {args.steps} inputs over {over}: every invariant held, {took_s:.0f} s, "
            f"{cpu_s:.0f} s of processor\n"
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
