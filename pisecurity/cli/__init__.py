"""The commands: one line for the owner's mistakes, a report for ours, and an exit code for scripts."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import IntEnum
from importlib import import_module
from pathlib import Path

from pisecurity.cli.parser import build_parser
from pisecurity.cli.report import write_report
from pisecurity.errors import PiSecurityError


class Exit(IntEnum):
    """What a script can tell from the end of a command."""

    GOOD = 0
    EXPLAINED = 1
    """A mistake of the user, or a fault that one line on stderr explains."""
    BUG = 3
    INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv*, by default that of the process, and return its exit code."""
    state: Path | None = None
    # Without a handler Python prints warnings to stderr, where the one line of a command belongs; run logs.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        args = build_parser().parse_args(argv)
        state = args.state
        code = _handler(args.handler)(args)
        sys.stdout.flush()
        return code
    except SystemExit as end:  # argparse ends --help and --version this way
        return end.code if isinstance(end.code, int) else Exit.GOOD
    except PiSecurityError as error:
        print(f"pisecurity: {error}", file=sys.stderr)
        return Exit.EXPLAINED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return Exit.GOOD
    except Exception as error:  # noqa: BLE001 - the last chance to keep what is needed to find the bug
        print(f"pisecurity: a bug, sorry: {type(error).__name__}; report {write_report(error, state)}", file=sys.stderr)
        return Exit.BUG


def _handler(name: str) -> Callable[[argparse.Namespace], int]:
    """Return the function ``module:function`` of this package.

    Only the module of the command is imported: ``replay --help`` and ``status`` need no camera library.
    """
    module, _, function = name.partition(":")
    handler: Callable[[argparse.Namespace], int] = getattr(import_module(f"{__name__}.{module}"), function)
    return handler


def _forget_stdout() -> None:
    """Whoever read our output is gone (``| head``): what is still buffered must not fail again at the exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
