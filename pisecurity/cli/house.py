"""What the commands know of the house from its files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from pisecurity import config
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.machine.timezone import house_zone
from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.state.lock import holder_of
from pisecurity.adapters.state.refuge import refuges_of
from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.database import PARTIAL
from pisecurity.adapters.store.sqlite import FILE_NAME as DATABASE
from pisecurity.cli.parser import given_config
from pisecurity.errors import ConfigError

IN_MEMORY = "while the disk fails the alarm has its database in memory; this is read from"
LEFT_IN_MEMORY = (
    "this is read from the disk; what an alarm that ended while its disk failed has left in memory is newer, and the "
    "next one takes it up:"
)
BEGUN_EMPTY = (
    "the record is in memory and was begun empty there, so it cannot be compared now: its older rows are on the disk; "
    "verify it when that takes everything again, or a copy of the state folder, with --state"
)
DEMO = "a demo lives here, which has settings of its own"


@dataclass(frozen=True, slots=True)
class House:
    """How the owner reads times and cameras."""

    zone: tzinfo
    cameras: Mapping[str, str] = field(default_factory=dict)
    """What people call each camera, by its id."""

    def label(self, camera: str) -> str:
        """Return what people call *camera*; its id where it is no longer in the configuration."""
        return self.cameras.get(camera, camera)


def house_of(args: argparse.Namespace) -> House:
    """Return the house, that of the machine's zone where the configuration cannot be read: a copy may have none."""
    try:
        settings = config.load(given_config(args))
    except ConfigError:
        return House(house_zone(""))
    return House(house_zone(settings.house.timezone), {camera.id: camera.label for camera in settings.camera})


@contextmanager
def store_of(state: Path) -> Iterator[SqliteStore]:
    """Lend what is stored in *state* to be read, where the alarm has it now; say so on stderr where that is memory.

    Raises:
        StoreError: it cannot be read.
    """
    folder = folder_of_database(state)
    if (memory := _database_in_memory(state)) is not None:
        print(f"pisecurity: {state}: {IN_MEMORY if memory == folder else LEFT_IN_MEMORY} {memory}", file=sys.stderr)
    with closing(SqliteStore(folder, SystemClock(), read_only=True)) as store:
        yield store


def folder_of_database(state: Path) -> Path:
    """Return where the alarm of the folder *state* has its database: that, or one in memory while the disk fails.

    What an alarm that runs no more has left in memory does not count, unless there is nothing else.
    """
    memory = _database_in_memory(state)
    if memory is None or (holder_of(state) is None and is_there(state / DATABASE)):
        return state
    return memory


def is_begun_empty(folder: Path) -> bool:
    """Return whether the database of *folder* is one in memory without what is on the disk."""
    return is_there(folder / f"{DATABASE}{PARTIAL}")


def _database_in_memory(state: Path) -> Path | None:
    """Return the folder in memory in which an alarm of *state* has or had its database, None where there is none."""
    return next((folder for folder in refuges_of(state) if is_there(folder / DATABASE)), None)


def is_of_a_demo(state: Path, config_file: Path) -> bool:
    """Return whether *config_file* is not there because a demo lives in *state*: an alarm keeps a copy of its own."""
    own = state / "config.toml"
    if config_file != own or is_there(own) or is_there(state / config.GOOD_COPY):
        return False
    return is_there(state / DATABASE)
