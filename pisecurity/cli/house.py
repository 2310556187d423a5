"""What the commands know of the house from its files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from pisecurity import config
from pisecurity.adapters.machine.timezone import house_zone
from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.store.sqlite import FILE_NAME as DATABASE
from pisecurity.cli.parser import given_config
from pisecurity.errors import ConfigError

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


def is_of_a_demo(state: Path, config_file: Path) -> bool:
    """Return whether *config_file* is not there because a demo lives in *state*: an alarm keeps a copy of its own."""
    own = state / "config.toml"
    if config_file != own or is_there(own) or is_there(state / config.GOOD_COPY):
        return False
    return is_there(state / DATABASE)
