"""Which frames of a camera are handed on, and which number each gets."""

from __future__ import annotations

from pisecurity.adapters.cameras.timing import Thinner

MORE = 1.1
"""A camera that sends so many times what is asked for is thinned; less is the inaccuracy of its clock."""
MEASURE_S = 2.0
"""So long the rate is measured that a camera really has, whatever it says."""
WRAP = 2**32
"""The kernel counts frames in 32 bits."""


class Order:
    """Thins by time and numbers what is left, so that a gap means frames that were lost and nothing else.

    Numbering by slots of time would show a gap now and then with a camera whose clock runs a little slow, and
    numbering by the camera's own count one after each frame left out on purpose. So the number goes up by one, and
    by more only when the camera's count says that frames are missing: by as many as are missing, or, when the
    camera is thinned, by as many as would have been handed on in that time.
    """

    def __init__(self, fps: float, told_fps: float | None) -> None:
        """
        Args:
            fps: frames a second to hand on.
            told_fps: frames a second the camera says it sends; None when it does not say.
        """
        self._fps = fps
        self._thinner = self._thinner_for(told_fps or fps)
        self._measured: tuple[int, float] | None = None
        self._seen: int | None = None
        self._missing = 0
        self._index = -1
        self._last_s = 0.0

    def takes(self, sequence: int, taken_s: float) -> bool:
        """Note a whole frame, in the order of the camera; return whether it is to be handed on."""
        if self._seen is not None:
            # A camera that does not count, or begins again, has lost nothing that could be known.
            ahead = (sequence - self._seen) % WRAP
            self._missing += ahead - 1 if 0 < ahead < WRAP // 2 else 0
        self._seen = sequence
        self._measure(sequence, taken_s)
        return self._thinner is None or self._thinner.takes(taken_s)

    def loses(self) -> None:
        """Note that a frame that was taken is not handed on after all."""
        self._missing += 1

    def number(self, taken_s: float) -> int:
        """Return the index of the frame that is handed on now."""
        gap = self._missing
        if self._thinner is not None:
            gap = min(gap, max(0, round((taken_s - self._last_s) * self._fps) - 1))
        self._index += 1 + (gap if self._index >= 0 else 0)
        self._missing, self._last_s = 0, taken_s
        return self._index

    def _thinner_for(self, source_fps: float) -> Thinner | None:
        return Thinner(self._fps, source_fps) if source_fps > MORE * self._fps else None

    def _measure(self, sequence: int, taken_s: float) -> None:
        """Begin or end thinning when the camera sends something else than it said."""
        if self._measured is None:
            self._measured = sequence, taken_s
            return
        since, since_s = self._measured
        if taken_s - since_s < MEASURE_S:
            return
        self._measured = sequence, taken_s
        source_fps = ((sequence - since) % WRAP) / (taken_s - since_s)
        if (source_fps > MORE * self._fps) != (self._thinner is not None):
            self._thinner = self._thinner_for(source_fps)
