from __future__ import annotations

import pytest

from tests.cli.commands import Shell


@pytest.fixture
def shell(capfd: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capfd)
