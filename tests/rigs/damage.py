"""What may have become of a state folder meanwhile: a card wears out, a file is lost or an older one is back."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

DATABASE, LOG, COPY = "pisecurity.db", "pisecurity.db-wal", "mode.json"
PAGE = 4096
Content = Mapping[str, bytes]
Damage = Callable[[Path, random.Random, Content], bool]
"""Does it to a folder of which nothing is open, by chance or with an older content; returns whether it could."""


def _over(path: Path, chance: random.Random, at: int, length: int) -> bool:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(chance.randbytes(length))
    return True


def _remove_database(state: Path) -> bool:
    for name in (DATABASE, LOG, f"{DATABASE}-shm"):
        (state / name).unlink(missing_ok=True)
    return True


def _header(state: Path, chance: random.Random, older: Content) -> bool:
    return _over(state / DATABASE, chance, 0, 100)


def _page(state: Path, chance: random.Random, older: Content) -> bool:
    pages = (state / DATABASE).stat().st_size // PAGE
    return pages > 1 and _over(state / DATABASE, chance, PAGE * chance.randrange(1, pages), PAGE)


def _cut(state: Path, chance: random.Random, older: Content) -> bool:
    path = state / DATABASE
    with path.open("r+b") as file:
        file.truncate(chance.randrange(1, path.stat().st_size))
    return True


def _gone(state: Path, chance: random.Random, older: Content) -> bool:
    return _remove_database(state)


def _empty(state: Path, chance: random.Random, older: Content) -> bool:
    _remove_database(state)
    (state / DATABASE).touch()
    return True


def _log(state: Path, chance: random.Random, older: Content) -> bool:
    path = state / LOG
    size = path.stat().st_size if path.exists() else 0
    return size > PAGE and _over(path, chance, chance.randrange(size - PAGE), PAGE)


def _copy_gone(state: Path, chance: random.Random, older: Content) -> bool:
    (state / COPY).unlink()
    return True


def _copy_garbled(state: Path, chance: random.Random, older: Content) -> bool:
    path = state / COPY
    return path.exists() and _over(path, chance, chance.randrange(200), 100)


def _both_garbled(state: Path, chance: random.Random, older: Content) -> bool:
    return _copy_garbled(state, chance, older) and _header(state, chance, older)


def _gone_and_copy_garbled(state: Path, chance: random.Random, older: Content) -> bool:
    return _copy_garbled(state, chance, older) and _remove_database(state)


def _older_database(state: Path, chance: random.Random, older: Content) -> bool:
    if DATABASE not in older:
        return False
    _remove_database(state)
    for name in (DATABASE, LOG):
        if name in older:
            (state / name).write_bytes(older[name])
    return True


def _older_copy(state: Path, chance: random.Random, older: Content) -> bool:
    if COPY not in older:
        return False
    (state / COPY).write_bytes(older[COPY])
    return True


DAMAGES: Mapping[str, Damage] = {
    "header": _header,
    "page": _page,
    "cut": _cut,
    "gone": _gone,
    "empty": _empty,
    "log": _log,
    "copy gone": _copy_gone,
    "copy garbled": _copy_garbled,
    "header, and the copy garbled": _both_garbled,
    "gone, and the copy garbled": _gone_and_copy_garbled,
    "older database": _older_database,
    "copy older": _older_copy,
}
