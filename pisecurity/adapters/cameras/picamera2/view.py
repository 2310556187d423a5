"""What to ask of a Pi camera so that it shows its whole view: sizes, sensor mode, region, frame times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Size = tuple[int, int]
"""``(width, height)`` in pixels."""
Rectangle = tuple[int, int, int, int]
"""``(x, y, width, height)`` in pixels of the sensor."""

WATCHED_WIDTHS = (384, 256)
"""Multiples of 128, so that the rows of YUV420 need no padding on a Pi 4 (64 bytes) nor on a Pi 5 (128 bytes)."""
BINNINGS = (1, 2, 4)
WHOLE = 0.02
"""A mode may lack so much of the sensor's width or height and still shows all of it: borders for the ISP."""


def watched_size(picture: Size) -> Size:
    """Return the size of the plane that is watched, of the shape of *picture* and not larger."""
    width = next((wide for wide in WATCHED_WIDTHS if wide <= picture[0]), picture[0])
    return width, max(2, 2 * round(width * picture[1] / picture[0] / 2))


def whole_view(modes: Iterable[Size], sensor: Size, picture: Size) -> Size | None:
    """Return the smallest sensor mode that shows the whole view and is not smaller than *picture*.

    Some modes read only the middle of the sensor: 1920x1080 of an imx219 shows a third of its view. The others
    are the sensor binned by 1, 2 or 4. Without one that is large enough the largest of them is returned, and
    None when the sensor has none at all, as a USB camera.

    Args:
        modes: sizes the sensor offers.
        sensor: size of the whole pixel array.
    """
    whole = sorted({mode for mode in modes if any(_covers(mode, sensor, binning) for binning in BINNINGS)})
    if not whole:
        return None
    return next((mode for mode in whole if mode[0] >= picture[0] and mode[1] >= picture[1]), whole[-1])


def _covers(mode: Size, sensor: Size, binning: int) -> bool:
    return all(
        abs(part * binning - all_of_it) <= WHOLE * all_of_it for part, all_of_it in zip(mode, sensor, strict=True)
    )


def crop(region: tuple[float, float, float, float], view: Rectangle, picture: Size) -> Rectangle:
    """Return the part of the sensor to show, of the shape of *picture* so that nothing is stretched.

    Args:
        region: left, top, width and height in shares of the view; grown to the shape of the picture, and moved
            back into the view where that would reach out of it.
        view: the largest part that can be shown.
    """
    left, top, width, height = _middle(view, picture)
    share = max(region[2], region[3])
    x = min(max(region[0] + region[2] / 2 - share / 2, 0.0), 1.0 - share)
    y = min(max(region[1] + region[3] / 2 - share / 2, 0.0), 1.0 - share)
    return round(left + x * width), round(top + y * height), round(share * width), round(share * height)


def _middle(view: Rectangle, picture: Size) -> Rectangle:
    """Return the largest part of *view* of the shape of *picture*, in its middle."""
    x, y, width, height = view
    scale = min(width / picture[0], height / picture[1])
    wide, high = round(picture[0] * scale), round(picture[1] * scale)
    return x + (width - wide) // 2, y + (height - high) // 2, wide, high


def frame_times_us(fps: float, longest_exposure_ms: float, limits_us: Sequence[int]) -> tuple[int, int]:
    """Return the shortest and the longest time between two frames to ask for, in microseconds.

    In the dark a frame may take as long as the longest exposure.

    Args:
        limits_us: what the sensor mode allows, shortest first.
    """
    shortest = max(round(1e6 / fps), limits_us[0])
    return shortest, min(max(shortest, round(longest_exposure_ms * 1000)), max(shortest, limits_us[1]))
