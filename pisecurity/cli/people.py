"""People, their codes and phones: asked of the running daemon."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass

from pisecurity.cli.remote import ask
from pisecurity.core.alarm.people import code_fault
from pisecurity.errors import InputError

_SENT = ("name", "role", "days", "from", "until", "phone")


def people(args: argparse.Namespace) -> int:
    """Have the daemon list or change who may switch the alarm."""
    given = {key: str(value) for key in _SENT if (value := getattr(args, key, None)) is not None}
    if getattr(args, "choose", False):
        given["code"] = _chosen()
    print("\n".join(ask(args, "people", action=args.action, **given)["lines"]))
    return 0


def _chosen() -> str:
    """Return the code that somebody types at this console, twice and unseen."""
    if not sys.stdin.isatty():
        raise InputError("--choose: a code is typed at a terminal only; leave it out, and a code is issued")
    code = _typed("Code (6 to 12 digits, not shown): ")
    if fault := code_fault(code):
        raise InputError(f"code: {fault}")
    if _typed("Once more: ") != code:
        raise InputError("code: the two differ; start again")
    return code


def _typed(prompt: str) -> str:
    try:
        return getpass(prompt)
    except EOFError:  # Ctrl-D, or a terminal that was closed
        raise InputError("code: none was typed, and nothing is changed; start again") from None
