"""Fixtures that tests of several folders share, and what holds for all of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from pisecurity.adapters.store import SqliteStore
from tests.fakes import FakeClock
from tests.rigs.smtp import Authority, SmtpServer
from tests.rigs.turns import Turns

# How long one example takes is a matter of the machine and of what else it does, not a promise.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

# A shell's script that starts the tests in the background makes them ignore Ctrl-C, and so whatever program they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Around everything else, so that waiting for a turn is not counted as the test's own time.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Where several processes share the tests, keep the others still while one runs that is marked as alone."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    assert item.config.cache is not None, "the folder that the processes share"
    with Turns(item.config.cache.mkdir("turns")).turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """A daemon in this process takes away what others may do with files; other tests make some for others."""
    before = os.umask(0o022)
    yield
    os.umask(before)


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
