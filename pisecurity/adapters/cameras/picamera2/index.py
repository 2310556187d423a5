"""The number of a frame: a gap is a frame that was lost."""

from __future__ import annotations


class FrameIndex:
    """Counts up from 0, by the driver's number and by time, whichever says that more were lost.

    The driver's number alone is not enough: on a Pi 4 and older it is counted behind the sensor, so that what is
    lost before, by a bad cable or for want of a buffer, leaves no gap in it.
    """

    def __init__(self) -> None:
        self._index = -1
        self._sequence: int | None = None
        self._taken_s = self._frame_s = 0.0

    def next(self, sequence: int, taken_s: float, frame_s: float | None) -> int:
        """Return the index of the frame with the driver's number *sequence*.

        Args:
            taken_s: monotonic seconds.
            frame_s: how long the sensor took from frame to frame, None where it does not say.
        """
        step = 1
        if self._sequence is not None:
            # While the rate changes, one of the two still has the other length.
            longest_s = max(frame_s or 0.0, self._frame_s)
            by_time = round((taken_s - self._taken_s) / longest_s) if longest_s else 0
            step = max(1, sequence - self._sequence, by_time)
        elif self._index >= 0:
            # The stream was started anew. What was missed is unknown; that there is a gap is not.
            step = 2
        self._sequence, self._taken_s, self._frame_s = sequence, taken_s, frame_s or 0.0
        self._index += step
        return self._index

    def begin_anew(self) -> None:
        """The stream is started anew, and the driver's numbers with it."""
        self._sequence = None
