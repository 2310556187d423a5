"""Everything that was measured, as one value and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np

from benchmarks.ruler.beside import Beside
from benchmarks.ruler.cost import Cost
from benchmarks.ruler.metrics import Row, summed
from benchmarks.ruler.play import Played


@dataclass(frozen=True, slots=True)
class Measured:
    """One detector over all clips."""

    alarms: Row
    with_candidates: Row | None
    """None: its candidates, if it has any, change nothing."""
    clips: dict[str, Row]
    cpu_ms: tuple[float, float, float]
    """Least, median and most of a clip, a frame."""


@dataclass(frozen=True, slots=True)
class Result:
    """One run. Twice the same run gives the same numbers but CPU times, memory and what the programs made."""

    settings: Mapping[str, Any]
    detectors: Mapping[str, Measured]
    costs: Mapping[str, Mapping[str, Cost]]
    """By the size of the frames, ``640x480``, and by detector."""
    programs: Mapping[str, Beside]
    problems: tuple[str, ...]


def measured(played: Mapping[str, Played]) -> Measured:
    """Return what one detector made of the clips in *played*, which holds one or more."""
    scores = [one.score for one in played.values()]
    alarms, with_candidates = summed(scores), summed(scores, with_candidates=True)
    costs = [one.cpu_ms for one in played.values()]
    return Measured(
        alarms,
        with_candidates if with_candidates != alarms else None,
        {name: summed([one.score]) for name, one in played.items()},
        (min(costs), median(costs), max(costs)),
    )


def as_json(result: Result) -> str:
    """Return *result* with the machine it was measured on."""
    versions = {"Python": platform.python_version(), "OpenCV": cv2.__version__, "numpy": np.__version__}
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"architecture": platform.machine(), "processor": _processor(), "cores": os.cpu_count()},
        "versions": versions | {"PyAV": av.__version__},
        **asdict(result),
    }
    return json.dumps(document, indent=1) + "\n"


def _processor() -> str:
    """Return what the kernel calls it; some machines have no name for it."""
    with Path("/proc/cpuinfo").open() as lines:
        names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
        return next(names, "unknown")
