"""The service unit: its words are known to systemd, and its sandbox is as tight as promised."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "systemd" / "pisecurity.service"


def check(unit: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tests" / "setup" / "unit.sh", unit], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Where a changed copy of the unit goes; its name must stay a unit's."""
    return tmp_path / UNIT.name


def test_unit_is_understood_and_exposed_1_5_or_less() -> None:
    result = check(UNIT)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout.split(": ")[1].split()[0]) <= 1.5


@pytest.mark.parametrize(
    ("word", "instead", "said"),
    [
        ("ProtectHome=yes", "ProtectHouse=yes", "ProtectHouse"),
        ("RestartSec=2", "RestartSec=soon", "soon"),
        ("CapabilityBoundingSet=\n", "", "CAP_SYS_ADMIN"),
    ],
)
def test_check_of_the_unit_can_fail(changed: Path, word: str, instead: str, said: str) -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert word in text
    changed.write_text(text.replace(word, instead), encoding="utf-8")
    result = check(changed)
    assert result.returncode == 1
    assert said in result.stderr
