"""What moved and did not become an event, and why not: one short row each, and not too many."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pisecurity.core.types import Box, Dismissed, Track, TrackState

MOST_A_PERIOD = 6
PERIOD_S = 60.0
"""Of each minute so many rows are kept, those that came closest to an event; the others are counted. A tree in the wind
would fill the disk."""
WORTH_SCORE = 0.25
"""Half of what a thing that only has to last or to go on is given; noise, flakes and leaves are seldom given more."""
WORTH_TRAVEL = 0.02
"""Share of the diagonal, the default of ``motion.min_travel``: what is where nothing counts is given no score."""
_LEAST_SIGHTINGS = 3
_GONE_S = 1.0
"""The longest time for which the tracker looks for a thing that it lost from sight."""
_LEARNING = "moved while the scene was still being learned, which takes 2.5 s"


@dataclass(slots=True)
class _Candidate:
    """A thing that has not been part of an event so far."""

    track: Track
    """As it was seen last."""
    view: Box
    """Its largest."""
    score: float
    reason: str
    """That of the moment at which it was closest to counting."""
    travel: float
    counted: bool = False
    """Whether it counted, which only happened while the scene was learned."""
    sightings: int = 1

    def see(self, track: Track) -> None:
        if track.box.area > self.view.area:
            self.view = track.box
        if track.score >= self.score:
            self.score, self.reason = track.score, track.reason
        self.track, self.travel = track, max(self.travel, track.travel)
        self.sightings += 1

    @property
    def is_worth_a_row(self) -> bool:
        return self.sightings >= _LEAST_SIGHTINGS and (self.score >= WORTH_SCORE or self.travel >= WORTH_TRAVEL)

    @property
    def closeness(self) -> tuple[float, float]:
        return self.score, self.travel


class Ledger:
    """Follows the tracks of one camera until they are over; says of those that were never told of why."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._candidates: dict[int, _Candidate] = {}
        self._told: dict[int, float] = {}
        """Ids of things that an event told of, and when they were seen last."""
        self._waiting: list[tuple[tuple[float, float], int, Dismissed]] = []
        """A heap of those that came closest to an event in this period, the least close one first."""
        self._left_out = 0
        self._period_began_s: float | None = None
        self._last_s, self._last_at = 0.0, datetime.min.replace(tzinfo=UTC)
        """When the last frame was taken: monotonic, and as a label."""

    def note(self, tracks: Sequence[Track], now_s: float, at: datetime, *, known: bool) -> tuple[Dismissed, ...]:
        """Return the rows of the minute that ended with this frame; usually none.

        Args:
            tracks: those seen in this frame.
            now_s: when it was taken, monotonic seconds.
            at: the same as UTC, for the label.
            known: whether the scene is known, so that what counts is told of.
        """
        self._last_s, self._last_at = now_s, at
        for track in tracks:
            self._see(track, known=known)
        self._dismiss(now_s - _GONE_S)
        if self._period_began_s is None or now_s - self._period_began_s < PERIOD_S:
            return ()
        return self._rows()

    def finish(self) -> tuple[Dismissed, ...]:
        """Return the rows that are left, because no further frame will come."""
        self._dismiss(float("inf"))
        return self._rows()

    def _see(self, track: Track, *, known: bool) -> None:
        counts = track.state is not TrackState.CANDIDATE
        if track.id in self._told or (counts and known):
            self._told[track.id] = track.last_s
            self._candidates.pop(track.id, None)
            return
        candidate = self._candidates.get(track.id)
        if candidate is None:
            candidate = _Candidate(track, track.box, track.score, track.reason, track.travel)
            self._candidates[track.id] = candidate
        else:
            candidate.see(track)
        if counts:
            candidate.counted = True

    def _dismiss(self, unseen_since_s: float) -> None:
        """Take leave of what was last seen before *unseen_since_s*."""
        for number in [each for each, last_s in self._told.items() if last_s < unseen_since_s]:
            del self._told[number]
        for number in [each for each, one in self._candidates.items() if one.track.last_s < unseen_since_s]:
            gone = self._candidates.pop(number)
            if gone.is_worth_a_row:
                self._keep(number, gone, self._row(gone))

    def _keep(self, number: int, gone: _Candidate, row: Dismissed) -> None:
        if self._period_began_s is None:
            self._period_began_s = row.last_s
        heapq.heappush(self._waiting, (gone.closeness, number, row))
        if len(self._waiting) > MOST_A_PERIOD:
            heapq.heappop(self._waiting)
            self._left_out += 1

    def _row(self, gone: _Candidate) -> Dismissed:
        track = gone.track
        return Dismissed(
            camera=self._camera,
            first_s=track.first_s,
            last_s=track.last_s,
            last_at=self._last_at - timedelta(seconds=self._last_s - track.last_s),
            box=gone.view,
            score=gone.score,
            zones=track.zones,
            reason=_LEARNING if gone.counted else gone.reason,
        )

    def _rows(self) -> tuple[Dismissed, ...]:
        """Return what waits in the order in which it was seen last, the number of those left out on the last one."""
        rows = sorted((row for _, _, row in self._waiting), key=lambda row: row.last_s)
        if rows:
            rows[-1] = replace(rows[-1], left_out=self._left_out)
        self._waiting.clear()
        self._left_out, self._period_began_s = 0, None
        return tuple(rows)
