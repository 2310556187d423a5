"""From frames to events: how often a detector that alarms in these frames rings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

GAP_S: Final = 2.0
"""A shorter silence does not end an event."""
CAP_S: Final = 10.0
"""An alarm without end is charged once per so many seconds."""
VOTE_S: Final = 0.5
VOTE_SHARE: Final = 0.6
"""The vote: 3 of 5 frames at 10 frames/s."""


def event_count(alarms: Sequence[bool], fps: float) -> int:
    """Return the number of events in *alarms*, one flag per frame."""
    count = 0
    first = last = -math.inf
    for index, alarm in enumerate(alarms):
        if not alarm:
            continue
        if index - last - 1 >= GAP_S * fps or index - first >= CAP_S * fps:
            count += 1
            first = index
        last = index
    return count


def voted(alarms: Sequence[bool], fps: float) -> list[bool]:
    """Return *alarms* without those that most of the half second before them do not share."""
    window = max(1, round(VOTE_S * fps))
    needed = math.ceil(VOTE_SHARE * window)
    return [
        alarm and sum(alarms[max(0, index + 1 - window) : index + 1]) >= needed for index, alarm in enumerate(alarms)
    ]
