"""run and demo."""

from __future__ import annotations

import argparse

from pisecurity import app
from pisecurity.cli.parser import given_config


def run(args: argparse.Namespace) -> int:
    """Run the daemon until it is stopped."""
    return app.run_daemon(args.state, given_config(args))


def demo(args: argparse.Namespace) -> int:
    """Run the daemon on a drawn scene, with an embedded mailbox."""
    return app.run_demo(args.state, args.port)
