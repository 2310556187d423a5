"""Fixtures that tests of several folders share, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from pisecurity.adapters.store import SqliteStore
from tests.fakes import FakeClock
from tests.rigs.smtp import Authority, SmtpServer

# How long one example takes is a matter of the machine and of what else it does, not a promise.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStore]:
    """A real store whose time is *clock*."""
    store = SqliteStore(tmp_path, clock)
    yield store
    store.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def server(authority: Authority) -> Iterator[SmtpServer]:
    """A mail server that takes everything."""
    with SmtpServer(authority) as running:
        yield running
