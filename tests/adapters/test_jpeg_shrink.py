from __future__ import annotations

import cv2
import numpy as np
import pytest

from pisecurity.adapters.jpeg import shrink, smaller

WIDE = cv2.resize(np.random.default_rng(1).integers(0, 255, (36, 64, 3), np.uint8), (1280, 720))
LIBRARIES = pytest.mark.parametrize("library", ["simplejpeg", "opencv"])


def encoded(bgr: np.typing.NDArray[np.uint8]) -> bytes:
    done, jpeg = cv2.imencode(".jpg", bgr)
    assert done
    return jpeg.tobytes()


@pytest.fixture(autouse=True)
def _library(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["library"] == "opencv":
        monkeypatch.setattr(smaller, "simplejpeg", None)


@LIBRARIES
@pytest.mark.parametrize("longest", [640, 500, 320, 100, 1])
def test_the_picture_keeps_its_shape_and_its_look(library: str, longest: int) -> None:
    made = shrink(encoded(np.asarray(WIDE, np.uint8)), longest)
    decoded = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape[:2] == (max(1, round(longest * 720 / 1280)), longest)
    assert decoded.mean() == pytest.approx(WIDE.mean(), abs=8)


@LIBRARIES
def test_a_tall_picture_is_measured_by_its_height(library: str) -> None:
    made = shrink(encoded(np.asarray(WIDE.transpose(1, 0, 2), np.uint8)), 640)
    decoded = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape[:2] == (640, 360)


@LIBRARIES
def test_a_small_picture_keeps_its_size(library: str) -> None:
    made = shrink(encoded(np.asarray(WIDE[:100, :160], np.uint8)), 640)
    decoded = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape[:2] == (100, 160)


@LIBRARIES
@pytest.mark.parametrize("broken", [b"", b"no picture", b"\xff\xd8" + bytes(300) + b"\xff\xd9"])
def test_what_is_no_jpeg_is_a_value_error(library: str, broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        shrink(broken, 320)


@pytest.mark.parametrize("library", ["simplejpeg"])
def test_s36_a_picture_that_claims_to_be_enormous_is_not_decoded(library: str) -> None:
    jpeg = bytearray(encoded(np.asarray(WIDE, np.uint8)))
    size = jpeg.index(b"\xff\xc0") + 5
    jpeg[size : size + 4] = (60_000).to_bytes(2, "big") * 2
    with pytest.raises(ValueError, match="larger than any camera's"):
        shrink(bytes(jpeg), 320)
