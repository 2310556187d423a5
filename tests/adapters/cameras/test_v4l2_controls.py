"""What a USB camera need not have never keeps it from opening, whatever its driver says."""

from __future__ import annotations

import ctypes
import errno
import os
from functools import partial

import pytest

from pisecurity.adapters.cameras.v4l2 import api
from pisecurity.adapters.cameras.v4l2.device import Device

DISLIKED = (errno.EINVAL, errno.ENOTTY, errno.EBUSY, errno.EACCES, errno.EPIPE, errno.EIO, errno.ERANGE, errno.EPROTO)
"""What drivers say of a control, the camera itself being well."""
GONE = (errno.ENODEV, errno.ENXIO, errno.ESHUTDOWN)


class Driver(Device):
    """A device whose driver answers each request as it is told here."""

    def __init__(self, flags: int = 0, **answers: int) -> None:
        """*flags*: of every control. *answers*: the error of each request by its name; none is a yes."""
        self._flags = flags
        self._answers = {getattr(api, name): number for name, number in answers.items()}
        self.told: dict[int, int] = {}

    def _ask(self, request: int, argument: ctypes.Structure | ctypes.c_int) -> None:
        if number := self._answers.get(request, 0):
            raise OSError(number, os.strerror(number))
        if isinstance(argument, api.ControlDescription):
            argument.flags = self._flags
        if isinstance(argument, api.Control):
            self.told[argument.id] = argument.value


def test_a_camera_with_the_controls_is_told() -> None:
    driver = Driver()
    assert driver.keep_rate_in_the_dark() is True
    assert (driver.suit_mains(50), driver.told[api.CID_POWER_LINE_FREQUENCY]) == (True, 1)
    assert (driver.suit_mains(60), driver.told[api.CID_POWER_LINE_FREQUENCY]) == (True, 2)
    assert driver.told[api.CID_EXPOSURE_DYNAMIC_FRAMERATE] == 0


@pytest.mark.parametrize("number", DISLIKED, ids=errno.errorcode.get)
def test_a_driver_that_does_not_tell_of_a_control_has_none(number: int) -> None:
    driver = Driver(QUERYCTRL=number)
    assert (driver.keep_rate_in_the_dark(), driver.suit_mains(50)) == (None, False)
    assert driver.told == {}


def test_a_control_that_is_switched_off_is_none() -> None:
    driver = Driver(flags=api.CTRL_FLAG_DISABLED)
    assert (driver.keep_rate_in_the_dark(), driver.suit_mains(50), driver.told) == (None, False, {})


@pytest.mark.parametrize("number", DISLIKED, ids=errno.errorcode.get)
def test_a_control_that_is_refused_is_not_obeyed(number: int) -> None:
    driver = Driver(S_CTRL=number)
    assert (driver.keep_rate_in_the_dark(), driver.suit_mains(50)) == (False, False)


@pytest.mark.parametrize("request_name", ["QUERYCTRL", "S_CTRL"])
@pytest.mark.parametrize("number", GONE, ids=errno.errorcode.get)
def test_a_camera_that_is_gone_meanwhile_is_no_camera_without_a_control(request_name: str, number: int) -> None:
    for answers in ({request_name: number}, {request_name: errno.EIO, "QUERYCAP": number}):
        driver = Driver(**answers)
        for told in (driver.keep_rate_in_the_dark, partial(driver.suit_mains, 50)):
            with pytest.raises(OSError, match=".") as raised:
                told()
            assert raised.value.errno == number
