"""What the tables share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from pisecurity.adapters.store.database import Database
from pisecurity.errors import StoreError
from pisecurity.ports import Clock

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")
_Of = TypeVar("_Of", bound="Table")


class Table:
    """Methods of one part of the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock


def steady(
    method: Callable[Concatenate[_Of, _Given], _Answer],
) -> Callable[Concatenate[_Of, _Given], _Answer]:
    """Have *method* tried once more, in memory, when the disk fails: an alarm and a disarm must not fail with it."""

    @wraps(method)
    def tried(table: _Of, /, *args: _Given.args, **kwargs: _Given.kwargs) -> _Answer:
        try:
            return method(table, *args, **kwargs)
        except StoreError as error:
            if not table._database.flee(error):  # noqa: SLF001
                raise
            return method(table, *args, **kwargs)

    return tried
