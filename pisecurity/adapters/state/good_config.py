"""The settings the daemon starts with: those of the file, or the last good ones where it has mistakes."""

from __future__ import annotations

import logging
from pathlib import Path

from pisecurity import config
from pisecurity.adapters.state.files import write_whole
from pisecurity.errors import ConfigError
from pisecurity.settings import Settings

log = logging.getLogger(__name__)


def load_settings(config_file: Path, good_copy: Path) -> tuple[Settings, str]:
    """Return the settings and the mistakes that keep those of *config_file* out of force, empty when there are none.

    With a mistake the copy of the last good configuration is used: an alarm must not stay off after a power cut
    because of a slip of the pen weeks before.

    Raises:
        ConfigError: there are mistakes and no good copy.
    """
    try:
        text = config.read(config_file)
        settings = config.parse(text, str(config_file))
    except ConfigError as error:
        try:
            return config.load(good_copy), str(error)
        except ConfigError:  # there is none yet, or a newer version is stricter
            raise error from None
    keep_good(text, good_copy)
    return settings, ""


def keep_good(text: str, good_copy: Path) -> None:
    """Keep the *text* of a good configuration; a full disk only costs the copy."""
    try:
        if not good_copy.exists() or good_copy.read_bytes() != text.encode():
            write_whole(good_copy, text.encode())
    except OSError as error:
        log.warning("no copy of the configuration kept file=%s reason=%s", good_copy, error)
