"""One event from the first thing that counts until nothing has counted for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pisecurity.core.types import ARMED_MODES, Box, Event, Mode, Phase, Track, TrackState

_BETTER = 2.0
"""How many times as good a view must be to be worth a new picture."""
_BETTER_AFTER_S = 0.4
"""Soon enough for the first mail to show who came in, not only what first crossed the edge."""
_MOST_IMPROVED = 4
_CUT_OFF = 0.5
"""Worth of a view that touches the edge of the picture."""


@dataclass(slots=True)
class _Open:
    """The event that is open, as it grows."""

    told: Event
    """As it was emitted last."""
    view: float
    told_s: float
    last_s: float
    zones: frozenset[str]
    score: float
    modes: frozenset[Mode]
    """Those of this event and of the events that it followed without a gap."""
    reached: frozenset[str]
    """The same of the zones; empty where there are none."""
    ids: set[int]
    """The same of the tracks."""
    improved: int = 0

    def is_new_to(self, tracks: Sequence[Track]) -> bool:
        """Return whether one of *tracks* is where nothing of this event has been."""
        return not (_modes(tracks) <= self.modes and _zones(tracks) <= self.reached)

    def event(self, phase: Phase) -> Event:
        return replace(self.told, phase=phase, last_s=self.last_s, zones=self.zones, score=self.score)


class EventKeeper:
    """Turns tracks into events of one camera."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._number = 0
        self._open: _Open | None = None
        self.counting: frozenset[Mode] = frozenset()
        """Modes in which what was seen last of the open event counts, moving or standing; empty where nothing was."""

    def note(
        self,
        tracks: Sequence[Track],
        entering: Mapping[int, frozenset[Mode]],
        now_s: float,
        at: datetime,
        gap_s: float,
    ) -> tuple[Event, ...]:
        """Return the events that opened, improved or ended with this frame.

        What comes to where it counts in a further mode, or into a further zone, is another event: whether it is told
        of is decided as an event opens, and a tree that moves all day must not keep a thief elsewhere from being told
        of. Until the gap there is one such event for each mode and zone at most, so that somebody who walks to and fro
        over the edge of two zones opens no more.

        Args:
            tracks: those seen in this frame; candidates are left out of account.
            entering: modes in which each track, by its id, has been in an entry zone.
            now_s: when the frame was taken, monotonic seconds.
            at: the same as UTC, for the label.
            gap_s: seconds without anything that counts until the event is over.
        """
        counting = [track for track in tracks if track.state is not TrackState.CANDIDATE]
        events = self._note(counting, entering, now_s, at, gap_s)
        self.counting = frozenset() if self._open is None else _modes(counting)
        return events

    def _note(
        self,
        counting: Sequence[Track],
        entering: Mapping[int, frozenset[Mode]],
        now_s: float,
        at: datetime,
        gap_s: float,
    ) -> tuple[Event, ...]:
        confirmed = [track for track in counting if track.state is TrackState.CONFIRMED]
        ended: tuple[Event, ...] = ()
        before: _Open | None = None
        if self._open is not None and now_s - self._open.last_s > gap_s:
            ended = self.finish()
        if self._open is not None and self._open.is_new_to(confirmed):
            before, ended = self._open, self.finish()
        if self._open is not None:
            return self._go_on(self._open, counting, now_s) if counting else ()
        return ended + (self._begin(confirmed, entering, now_s, at, before) if confirmed else ())

    def finish(self) -> tuple[Event, ...]:
        """End the open event, if there is one."""
        if self._open is None:
            return ()
        event, self._open = self._open.event(Phase.ENDED), None
        return (event,)

    def _begin(
        self,
        counting: Sequence[Track],
        entering: Mapping[int, frozenset[Mode]],
        now_s: float,
        at: datetime,
        before: _Open | None,
    ) -> tuple[Event, ...]:
        best = max(counting, key=_view)
        new = [track for track in counting if before is None or before.is_new_to([track])]
        self._number += 1
        event = Event(
            camera=self._camera, number=self._number, phase=Phase.OPENED, opened_s=now_s, opened_at=at, last_s=now_s,
            box=best.box, boxes=tuple(track.box for track in counting), zones=_zones(counting),
            # Whoever appears elsewhere at the same time did not just come home.
            entry=ARMED_MODES.intersection(*(_came_in(track, entering, before) for track in new)),
            score=best.score, reason=best.reason, modes=_modes(counting), objection=_objection(counting),
        )  # fmt: skip
        known = _Open(
            event, _view(best), now_s, now_s, event.zones, event.score, event.modes, event.zones, _ids(counting)
        )
        if before is not None:
            known.modes |= before.modes
            known.reached |= before.reached
            known.ids |= before.ids
        self._open = known
        return (event,)

    def _go_on(self, known: _Open, counting: Sequence[Track], now_s: float) -> tuple[Event, ...]:
        best = max(counting, key=_view)
        known.last_s = now_s
        known.ids |= _ids(counting)
        known.zones |= _zones(counting)
        known.score = max(known.score, best.score)
        better = _view(best) >= _BETTER * known.view and now_s - known.told_s >= _BETTER_AFTER_S
        if not better or known.improved >= _MOST_IMPROVED:
            return ()
        known.improved += 1
        known.view, known.told_s = _view(best), now_s
        known.told = replace(
            known.event(Phase.IMPROVED),
            box=best.box,
            boxes=tuple(track.box for track in counting),
            reason=f"view {best.box.area:.3f}, at least {_BETTER:g} times as good as before; {best.reason}",
        )
        return (known.told,)


def _view(track: Track) -> float:
    """Return how well *track* can be seen: share of the picture, half of it when cut off by the picture's edge."""
    return track.box.area * (_CUT_OFF if _touches_edge(track.box) else 1.0)


def _touches_edge(box: Box) -> bool:
    margin = 0.005
    return box.x <= margin or box.y <= margin or box.x + box.w >= 1 - margin or box.y + box.h >= 1 - margin


def _modes(tracks: Sequence[Track]) -> frozenset[Mode]:
    return frozenset().union(*(track.modes for track in tracks))


def _objection(tracks: Sequence[Track]) -> str:
    """Return which zones keep *tracks* from counting in the modes in which none of them counts."""
    return "" if _modes(tracks) == ARMED_MODES else "; ".join(sorted({track.objection for track in tracks} - {""}))


def _came_in(track: Track, entering: Mapping[int, frozenset[Mode]], before: _Open | None) -> frozenset[Mode]:
    """Return the modes in which *track* came in by an entry zone, and did not count elsewhere before."""
    modes = entering.get(track.id, frozenset())
    return modes - before.modes if before is not None and track.id in before.ids else modes


def _ids(tracks: Sequence[Track]) -> set[int]:
    return {track.id for track in tracks}


def _zones(tracks: Sequence[Track]) -> frozenset[str]:
    return frozenset().union(*(track.zones for track in tracks))
