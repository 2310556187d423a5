"""Fixtures that tests of one worker share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from tests.fakes import FakeClock
from tests.rigs.outbox import Build, House
from tests.rigs.respond import Fixture


@pytest.fixture
def build(store: SqliteStore, tmp_path: Path, clock: FakeClock) -> Build:
    """Builds a house around a mailer, for the tests of deliver."""
    return lambda mailer: House(store, tmp_path, clock, mailer)


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Respond looks at an empty queue again soon: the clock of its tests stands still meanwhile."""
    monkeypatch.setattr("pisecurity.runtime.alerts.respond.GET_TIMEOUT_S", 0.01)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Fixture]:
    """Respond and what is around it."""
    fixture = Fixture(tmp_path)
    yield fixture
    fixture.store.close()
