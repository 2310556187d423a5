"""The daemon, and how it logs."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from pisecurity import app
from pisecurity.cli.parser import given_config


def run(args: argparse.Namespace) -> int:
    """Run the daemon until it is stopped."""
    log_to_stderr()
    return app.run_daemon(args.state, given_config(args))


class OneLine(logging.Formatter):
    """Keeps a message on its line: a name from the network cannot forge a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """Return the line with control characters escaped; a traceback is added below it by the caller."""
        text = super().formatMessage(record)
        return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Log what happens, from *level* on, to stderr, for the terminal or the journal, which adds the time by itself."""
    time = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(f"{time}%(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(level)
    # Its every wake-up is none of the owner's business; what the timetable does is logged by the timetable.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # Nor is every step of the camera library: what came of them is logged by the watch.
    logging.getLogger("picamera2").setLevel(logging.WARNING)
    # Nor is every line of the conversation with the demo's mailbox.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
