"""What each camera has learned, in a file that is checked before it is believed."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import struct
import zlib
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from pisecurity.adapters.state.files import TEMPORARY, explained, make_folder, write_whole
from pisecurity.core.types import Plane
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.core.vision.planes import SMALLEST
from pisecurity.core.vision.scale import KEPT, ROWS, Measured, People

log = logging.getLogger(__name__)
_Value = TypeVar("_Value")

FOLDER = "scenes"
ENDING, PEOPLE_ENDING = ".scene", ".people"
MAGIC = b"pisecurity scene"
VERSION = 1
MOST_BYTES = 4 * 2**20
"""A file that is larger is none of ours."""
MOST_PEOPLE_BYTES = 2**16
MOST_PIXELS = 2 * 2**20
"""In all planes together; a camera of 640x480 has 0.46 million."""
HEADER = struct.Struct("<16sHHHHHdfffB32s")
"""Magic and version; height and width of the coarse plane and of the fine one; when it was saved, seconds since 1970;
``known_s``, ``sigma``, ``raw_sigma``; length of ``hidden``, and ``hidden``."""
_DIGEST_BYTES = 32


class SceneFiles:
    """Fulfils SceneStore: ``scenes/<camera>.scene`` and ``.people`` in the state folder, one of each a camera.

    The scene is a header, the planes packed with zlib, and the SHA-256 of both: a card that fails gives other bytes,
    not none. People are a text.
    """

    def __init__(self, folder: Path, cameras: Collection[str]) -> None:
        """Remove what a crash left half written, and what is of none of *cameras*: each is a picture of the place.

        Only for the holder of the StateLock: the half of another process may still be growing.

        Args:
            folder: the state folder.
            cameras: ids of those there are.

        Raises:
            StoreError: something cannot be removed.
        """
        self._root = folder / FOLDER
        for path in self._root.glob("*"):
            if path.suffix == TEMPORARY or (path.suffix in (ENDING, PEOPLE_ENDING) and path.stem not in cameras):
                _delete(path)
                log.info("old file of a learned scene removed file=%s", path)

    def load(self, camera: str) -> tuple[LearnedScene, datetime] | None:
        """Return what was kept and when, UTC; None when there is none, or none that can be used: the log says why."""
        return _read(self._path(camera, ENDING), unpacked)

    def save(self, camera: str, scene: LearnedScene, at: datetime) -> int:
        """Write or replace what was kept; return its bytes, which survive a power cut.

        Raises:
            StoreError: it was not written; what was kept before still is.
        """
        return self._write(self._path(camera, ENDING), packed(scene, at))

    def delete(self, camera: str) -> None:
        """Remove the scene that was kept, if one is. Raises StoreError."""
        _delete(self._path(camera, ENDING))

    def load_people(self, camera: str) -> People | None:
        """Return who was measured; None when there is nobody, or none that can be used: the log says why."""
        return _read(self._path(camera, PEOPLE_ENDING), people_in)

    def save_people(self, camera: str, people: People) -> None:
        """Write or replace who was measured. Raises StoreError: what was kept before still is."""
        content = json.dumps({"version": VERSION, "bands": people}).encode()
        self._write(self._path(camera, PEOPLE_ENDING), content)

    def delete_people(self, camera: str) -> None:
        """Remove who was measured, if anybody is. Raises StoreError."""
        _delete(self._path(camera, PEOPLE_ENDING))

    def _write(self, path: Path, content: bytes) -> int:
        try:
            make_folder(self._root)
            write_whole(path, content)
        except OSError as error:
            raise explained(path, error) from error
        return len(content)

    def _path(self, camera: str, ending: str) -> Path:
        return self._root / f"{camera}{ending}"


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise explained(path, error) from error


def _read(path: Path, parsed: Callable[[bytes], _Value]) -> _Value | None:
    """Return what is in the file, None when there is none that can be used: the log says why."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        return parsed(content)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = str(error.strerror)
    except ValueError as error:
        reason = str(error)
    log.warning("what was learned is not used file=%s reason=%s", path, reason)
    return None


def people_in(content: bytes) -> People:
    """Return who was measured, from the bytes of a file. Raises ValueError: it is none that can be used."""
    try:
        kept = json.loads(content[:MOST_PEOPLE_BYTES])
        version, bands = kept["version"], kept["bands"]
        people = tuple(tuple(Measured(int(person), float(height)) for person, height in band) for band in bands)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError("it is damaged") from error
    if version != VERSION:
        raise ValueError(f"it has version {version}, and this program reads {VERSION}")
    plausible = all(0 < one.height <= 1 and abs(one.person) < 2**62 for band in people for one in band)
    if len(people) != ROWS or not plausible or any(len(band) > KEPT for band in people):
        raise ValueError("it holds numbers that cannot be")
    return people


def packed(scene: LearnedScene, at: datetime) -> bytes:
    """Return *scene*, saved at *at*, as the bytes of a file."""
    header = HEADER.pack(
        MAGIC,
        VERSION,
        *scene.coarse.shape,
        *scene.fine.shape,
        at.timestamp(),
        scene.known_s,
        scene.sigma,
        scene.raw_sigma,
        len(scene.hidden),
        scene.hidden,
    )
    planes = b"".join(plane.tobytes() for plane in (scene.coarse, scene.restless, scene.fine))
    # Level 1: the noise in the planes packs no better for longer trying.
    content = header + zlib.compress(planes, 1)
    return content + hashlib.sha256(content).digest()


def unpacked(content: bytes) -> tuple[LearnedScene, datetime]:
    """Return the scene in *content* and when it was saved, UTC. Raises ValueError: it is none that can be used."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MB")
    if len(content) < HEADER.size + _DIGEST_BYTES:
        raise ValueError("it is cut off")
    magic, version, *shapes, at_s, known_s, sigma, raw_sigma, marked, mark = HEADER.unpack_from(content)
    if magic != MAGIC:
        raise ValueError("it holds something else")
    if version != VERSION:
        raise ValueError(f"it has version {version}, and this program reads {VERSION}")
    body, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        raise ValueError("it is damaged")
    if marked not in (0, len(mark)) or not all(
        math.isfinite(value) and value >= 0 for value in (known_s, sigma, raw_sigma)
    ):
        raise ValueError("it holds numbers that cannot be")
    coarse, restless, fine = _planes(body[HEADER.size :], (shapes[0], shapes[1]), (shapes[2], shapes[3]))
    return LearnedScene(coarse, fine, restless, known_s, sigma, raw_sigma, mark[:marked]), _moment(at_s)


def _planes(packed_planes: bytes, coarse: tuple[int, int], fine: tuple[int, int]) -> tuple[Plane, Plane, Plane]:
    sizes = [math.prod(shape) for shape in (coarse, coarse, fine)]
    if min(*coarse, *fine) < SMALLEST or sum(sizes) > MOST_PIXELS:
        raise ValueError(f"its planes have impossible sizes, {coarse} and {fine}")
    unpacker = zlib.decompressobj()
    try:
        # Never more than fits: a small file may unpack to gigabytes.
        pixels = unpacker.decompress(packed_planes, sum(sizes) + 1)
    except zlib.error as error:
        raise ValueError("its planes cannot be unpacked") from error
    if len(pixels) != sum(sizes):
        raise ValueError("its planes are not as large as it says")
    first, second, third = np.split(np.frombuffer(pixels, np.uint8), [sizes[0], sizes[0] + sizes[1]])
    return first.reshape(coarse), second.reshape(coarse), third.reshape(fine)


def _moment(at_s: float) -> datetime:
    try:
        return datetime.fromtimestamp(at_s, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("it was saved at a time that cannot be") from error
