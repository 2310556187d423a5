"""Which clips are measured on: those of the tests, a folder of recordings, and drawn situations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.ruler.clip import Clip
from benchmarks.ruler.detectors import matching
from benchmarks.ruler.drawn import drawn
from benchmarks.ruler.programs import CHECKOUT
from benchmarks.ruler.recorded import Recordings, recordings

COMMITTED: Final = CHECKOUT / "tests" / "clips"


@dataclass(frozen=True, slots=True)
class Choice:
    """The clips to play, in order."""

    clips: tuple[Clip, ...]
    films: tuple[Clip, ...]
    """Those of them that whole programs look at, which takes as long as the clips are."""
    folders: tuple[Recordings, ...]
    twice: tuple[str, ...] = ()
    """What was left out because of its name, one line each."""

    def problems(self) -> list[str]:
        """Return what is wrong with the recordings as far as they were played, one line each."""
        return [*self.twice, *(problem for folder in self.folders for problem in folder.problems)]


def chosen(
    patterns: Sequence[str], for_programs: Sequence[str], recorded: Path | None, seed: int, *, alone: bool = False
) -> Choice:
    """Return the clips whose names fit *patterns*.

    Args:
        for_programs: patterns over all names, for whole programs; none of them: what is committed and recorded.
        recorded: a folder of labelled recordings; None: there is none.
        seed: of the drawn situations.
        alone: leave out all that is not in *recorded*.

    Raises:
        ValueError: *recorded* is no folder, or has nothing to measure on *alone*, or a pattern fits no clip.
    """
    if recorded is not None and not recorded.is_dir():
        raise ValueError(f"{recorded}: is no folder; name one of labelled recordings")
    looked_in = (recorded,) if alone else (COMMITTED, recorded)
    folders = tuple(recordings(folder) for folder in looked_in if folder is not None)
    every = [*(clip for folder in folders for clip in folder.clips), *(() if alone else situations(seed))]
    if not every:
        raise ValueError(f"{recorded}: no labelled recording is in it; mark some with: pisecurity label {recorded}")
    clips, twice = _by_name(every)
    filmed = [clip for clip in clips if any(clip in folder.clips for folder in folders)]
    wanted = fitting(clips, patterns)
    films = fitting(clips, for_programs) if for_programs else filmed
    return Choice(tuple(wanted), tuple(clip for clip in films if clip in wanted), folders, twice)


def _by_name(clips: Sequence[Clip]) -> tuple[list[Clip], tuple[str, ...]]:
    """Return the clips without those that have the name of an earlier one, and a line on each of these."""
    kept: dict[str, Clip] = {}
    twice = []
    for clip in clips:
        if clip.name in kept:
            twice.append(f"{clip.name}: two clips have this name, and the second one is left out; rename it")
        else:
            kept[clip.name] = clip
    return list(kept.values()), tuple(twice)


def fitting(clips: Sequence[Clip], patterns: Sequence[str]) -> list[Clip]:
    """Return those of *clips* whose names fit one of *patterns*. Raises ValueError: a pattern fits none."""
    names = matching([clip.name for clip in clips], patterns)
    return [clip for clip in clips if clip.name in names]


def situations(seed: int) -> Sequence[Clip]:
    """Return all drawn situations of *seed*; each is drawn only when it is played."""
    return drawn(seed)
