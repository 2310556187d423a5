"""What commands that only read files know of the house."""

from __future__ import annotations

import argparse
from datetime import tzinfo

from pisecurity import config
from pisecurity.adapters.timezone import house_zone
from pisecurity.cli.parser import given_config
from pisecurity.errors import ConfigError


def zone_of(args: argparse.Namespace) -> tzinfo:
    """Return the zone of the house, or the machine's where the configuration cannot be read: a copy may have none."""
    try:
        return house_zone(config.load(given_config(args)).house.timezone)
    except ConfigError:
        return house_zone("")
