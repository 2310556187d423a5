"""A replayed clip with everything drawn in that the detector had to say."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.colours import to_bgr
from pisecurity.adapters.lettering import Lettering
from pisecurity.adapters.recordings.clips import ClipWriter
from pisecurity.core.types import Frame, TrackState
from pisecurity.core.vision.pipeline import Step

COLOURS = {
    TrackState.CANDIDATE: (200, 200, 200),
    TrackState.CONFIRMED: (60, 90, 255),
    TrackState.HOLDING: (60, 200, 255),
}
"""BGR."""
WHITE = (255, 255, 255)


class Annotator:
    """Writes the frames of a replay as an MP4 with boxes, track numbers, states and reasons."""

    def __init__(self, path: Path, width: int, height: int, fps: float) -> None:
        """Begin the clip, which is at *path* once it is whole. Raises StoreError."""
        self._size = (width, height)
        self._letters = max(8, round(height / 50))
        self._line = max(1, round(height / 540))
        self._lettering = Lettering()
        self._clip = ClipWriter(path, width, height, fps, aside=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._clip.close()
        else:
            self._clip.discard()

    def write(self, frame: Frame, step: Step) -> None:
        """Append *frame*; a frame of another size, after a change in mid-stream, is scaled to the first one's."""
        image = to_bgr(frame.picture())
        if image.shape[1::-1] != self._size:
            image = np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        for track in step.tracks:
            x, y, w, h = track.box.pixels(*self._size)
            cv2.rectangle(image, (x, y), (x + w - 1, y + h - 1), COLOURS[track.state], self._line)
            self._text(image, f"#{track.id}", x, y - self._letters // 2, COLOURS[track.state])
        self._legend(image, frame, step)
        self._clip.write(image, frame.taken_s)

    def _legend(self, image: NDArray[np.uint8], frame: Frame, step: Step) -> None:
        """Write from the bottom up: the frame, and what is known of each track, those that count lowest."""
        unsettled = ", scene unsettled" if step.motion.unsettled else ""
        lines = [(f"frame {frame.index}, moving {step.motion.score:.2%}{unsettled}", WHITE)]
        tracks = sorted(step.tracks, key=lambda track: (track.state is TrackState.CANDIDATE, track.id))
        lines += [(f"#{one.id} {one.state} {one.score:.2f}: {one.reason}", COLOURS[one.state]) for one in tracks]
        height = self._letters * 9 // 5
        for number, (text, colour) in enumerate(lines[: self._size[1] // 2 // height]):
            self._text(image, text, 4, self._size[1] - height // 2 - number * height, colour)

    def _text(self, image: NDArray[np.uint8], text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
        """Write one line on a darkened ground, moved to where it can be read and cut where it is too long."""
        size = self._letters
        edge = size // 3
        text = self._lettering.cut(text, size, self._size[0] - 2 * edge)
        width = self._lettering.width(text, size) + 2 * edge
        x = max(0, min(x, self._size[0] - width))
        y = max(size + edge, min(y, self._size[1] - edge - 1))
        ground = image[y - size - edge : y + edge + 1, x : x + width]
        ground //= 3
        self._lettering.draw(image, text, (x + edge, y), size, colour)
