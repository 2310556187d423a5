"""Fixtures that tests of the Pi camera share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.cameras.subjects import raspberry_pi
from tests.rigs.standin import Rig


@pytest.fixture
def pi() -> Iterator[Rig]:
    """A Pi 4 with a stand-in camera."""
    with raspberry_pi("vc4") as rig:
        yield rig
