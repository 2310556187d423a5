"""The commands: one line for the owner's mistakes, a report for ours, and an exit code for scripts."""

from __future__ import annotations

import argparse
import errno
import gc
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import IntEnum
from importlib import import_module
from pathlib import Path
from typing import Any

from pisecurity.cli.parser import build_parser
from pisecurity.errors import InputError, PiSecurityError

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the adapters write themselves they explain themselves; what is left is what a command prints."""


class Exit(IntEnum):
    """What a script can tell from the end of a command."""

    GOOD = 0
    EXPLAINED = 1
    """A mistake of the user, or a fault that one line on stderr explains."""
    MISTYPED = 2
    """Something that was typed cannot be taken; one line on stderr has key, value and fix."""
    BUG = 3
    INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv*, by default that of the process, and return its exit code."""
    state: Path | None = None
    # Without a handler Python prints warnings to stderr, where the one line of a command belongs; run logs.
    logging.getLogger().addHandler(logging.NullHandler())
    # Nothing here multiplies matrices, and the threads that OpenBLAS (in numpy and in OpenCV) starts for it spin
    # before they sleep: a quarter of the CPU time of a start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a terminal of another age lacks letters that a camera's name may have
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            args = build_parser().parse_args(argv)
            state = args.state
            code = _handler(args.handler)(args)
        except SystemExit as end:  # argparse ends --help and --version this way
            code = end.code if isinstance(end.code, int) else Exit.GOOD
        sys.stdout.flush()
        return code
    except PiSecurityError as error:
        print(f"pisecurity: {error}", file=sys.stderr)
        return Exit.MISTYPED if isinstance(error, InputError) else Exit.EXPLAINED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return Exit.GOOD
    except Exception as error:  # noqa: BLE001 - the last chance to keep what is needed to find the bug
        return _unexpected(error, state)


def _unexpected(error: Exception, state: Path | None) -> Exit:
    """Tell what nobody has caught: a full disk behind the output, or a bug, of which a report is written."""
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        _forget_stdout()
        print(f"pisecurity: the output was not taken ({error.strerror}); free some space", file=sys.stderr)
        return Exit.EXPLAINED
    report = _function("report:write_report")(error, state)
    print(f"pisecurity: a bug, sorry: {type(error).__name__}; report {report}", file=sys.stderr)
    return Exit.BUG


def _handler(name: str) -> Callable[[argparse.Namespace], int]:
    """Return the function of a command.

    Only its module is imported: ``replay --help`` and ``status`` need no camera library.
    """
    # What imports make stays to the end: out of the collector's sight it delays neither start, frame nor exit.
    gc.disable()
    handler: Callable[[argparse.Namespace], int] = _function(name)
    gc.freeze()
    gc.enable()
    return handler


def _function(name: str) -> Callable[..., Any]:
    """Return ``module:function`` of this package."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"{__name__}.{module}"), function)
    return found


def _forget_stdout() -> None:
    """Whoever took our output is gone (``| head``) or full: what is still buffered must not fail again at the exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
