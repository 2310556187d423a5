"""The ``[motion]`` table."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pisecurity.settings.table import Table


class MotionSettings(Table):
    """The ``[motion]`` table."""

    sensitivity: int = Field(3, ge=1, le=5)
    """How easily something counts: 3 is what the settings below say, 1 is for windy trees, 5 for the dark and far."""
    sensitivity_night: int = Field(0, ge=0, le=5)
    """The same while the picture is dark; 0: as by day."""
    min_contrast: int = Field(6, ge=2, le=64)
    """Least change of brightness that counts, in steps of 255, on top of the noise of the picture; half in the dark."""
    min_area: float = Field(0.00036, gt=0, le=0.5)
    """Smallest moving thing that counts, as a share of the picture."""
    min_travel: float = Field(0.02, gt=0, le=1)
    """Way a thing must go to count, as a share of the picture's diagonal."""
    confirm_s: float = Field(0.3, ge=0, le=5)
    """Seconds a thing must be followed to count; a very small one up to 2.5 times as long, in snow 4 times."""
    pets: Literal["none", "cat", "dog"] = "none"
    """Largest animal of the house. What is no taller and no longer than one is kept and not told, once people who
    walked by have taught the camera how tall a person is; somebody who crawls is told."""
    hold_s: float = Field(60, ge=0, le=3600)
    """Seconds a thing that counts and then stands still keeps its box; then it belongs to the scene."""
    light_share: float = Field(0.3, ge=0.05, le=1)
    """Share of the picture that must change at once to be taken for a change of light or a knocked camera."""
    event_gap_s: float = Field(10, ge=1, le=600)
    """Seconds without anything that counts until an event is over."""
    background: Literal["ours", "mog2", "knn"] = "ours"
    """Who tells what is the scene: pisecurity, or OpenCV's MOG2 or KNN, to compare. Another one begins anew."""
