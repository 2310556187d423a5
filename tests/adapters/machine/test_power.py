"""What the kernel says about heat and voltage, read from a folder that stands for /sys."""

from __future__ import annotations

from pathlib import Path

import pytest

from pisecurity.adapters.machine.power import Power, SysfsPower

PI = {
    "class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "class/thermal/thermal_zone0/temp": "51540\n",
    "class/hwmon/hwmon0/name": "cpu_thermal\n",
    "class/hwmon/hwmon1/name": "rpi_volt\n",
    "class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
}
THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"


def sysfs(root: Path, **changed: str) -> SysfsPower:
    for name, text in {**PI, **changed}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return SysfsPower(root)


def test_a_pi_tells_its_temperature_and_that_its_supply_suffices(tmp_path: Path) -> None:
    assert sysfs(tmp_path).read() == Power(51.54, too_low=False)


def test_r46_a_weak_supply_is_told_by_its_monitor(tmp_path: Path) -> None:
    assert sysfs(tmp_path, **{"class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"}).read().too_low is True


@pytest.mark.parametrize(
    ("bits", "too_low"), [("0\n", False), ("50005\n", True), ("0x50000\n", False), ("80008\n", False)]
)
def test_r46_the_firmware_tells_it_as_well_and_what_is_past_does_not_count(
    tmp_path: Path, bits: str, too_low: bool
) -> None:
    power = sysfs(tmp_path, **{"class/hwmon/hwmon1/name": "other\n", THROTTLED: bits}).read()
    assert power.too_low is too_low


@pytest.mark.parametrize("broken", ["", "warm\n"])
def test_what_cannot_be_read_is_not_known(tmp_path: Path, broken: str) -> None:
    files = ("class/thermal/thermal_zone0/temp", "class/hwmon/hwmon1/in0_lcrit_alarm", THROTTLED)
    assert sysfs(tmp_path, **dict.fromkeys(files, broken)).read() == Power()


def test_a_machine_that_is_no_pi_tells_nothing(tmp_path: Path) -> None:
    assert (
        sysfs(
            tmp_path, **{"class/thermal/thermal_zone0/type": "x86_pkg_temp\n", "class/hwmon/hwmon1/name": "nct"}
        ).read()
        == Power()
    )
    assert SysfsPower(tmp_path / "nothing").read() == Power()
