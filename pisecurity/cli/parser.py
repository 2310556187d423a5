"""Commands, their options and their help."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from pisecurity import __version__
from pisecurity.adapters.state.files import is_there
from pisecurity.core.audit import AuditHead
from pisecurity.core.audit import read as read_head
from pisecurity.errors import PiSecurityError

INSTALLED_STATE = Path("/var/lib/pisecurity")
"""Where the installed service keeps its state (systemd/pisecurity.service)."""
DEMO_STATE = Path(".demo")
DEMO_PORT = 8080


_PLAINLY: Mapping[str, str] = {
    r"^the following arguments are required: (.*)$": r"\1 is missing",
    r"^argument (\S+): expected one argument$": r"\1 needs a value",
    r"^argument (\S+): not allowed with argument (\S+)$": r"\1 cannot stand beside \2",
    r"^argument (?:(-\S+)|\S+): invalid choice: (.*) \(choose from (.*)\)$": r"\1 \2: choose from \3",
    r"^argument (?=-)|^ ": "",
}
"""What argparse says, and how it is told: each replaced by the next."""


class UsageError(PiSecurityError):
    """The command line cannot be understood; the message ends with the fix."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the program."""

    name: str
    handler: str
    """``module:function`` in pisecurity.cli; the function takes the parsed arguments and returns the exit code."""
    summary: str
    example: str
    add_options: Callable[[argparse.ArgumentParser], None]


class Parser(argparse.ArgumentParser):
    """Raises UsageError with one line and a hint, where argparse prints its usage and exits with 2.

    Options may stand before, between and behind what has no name.
    """

    _mixes = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuse here what nobody knows: argparse has the parser of the program say so, which knows no option of it."""
        words = sys.argv[1:] if args is None else list(args)
        if self._subparsers is not None and words and words[0].startswith("-"):
            option = words[0].partition("=")[0]
            if option not in self._option_string_actions:
                self.error(f"{option} stands before the command; write it behind, as in 'pisecurity status --json'")
        if self._mixes:  # Python 3.11 comes back here twice: for the options, then for the rest
            return super().parse_known_args(words, namespace)
        if self._subparsers is None:
            self._mixes = True
            try:
                parsed, unknown = self.parse_known_intermixed_args(words, namespace)
            finally:
                self._mixes = False
        else:
            parsed, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(self._not_understood(unknown[0]))
        return parsed, unknown

    def _not_understood(self, word: str) -> str:
        """Return what is wrong with *word*, and the option that it may have been meant to be."""
        name = word.partition("=")[0]
        if not name.startswith("-"):
            return f"{word} is one argument too many"
        near = get_close_matches(name, self._option_string_actions, 1)
        return f"there is no option {name}" + (f", did you mean {near[0]}?" if near else "")

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        wrong = re.match(r"argument COMMAND: invalid choice: '(.*?)' \(", message)
        if wrong:
            near = get_close_matches(wrong[1], [command.name for command in COMMANDS], 1)
            fix = f"did you mean {near[0]}?" if near else "see 'pisecurity --help'"
            raise UsageError(f"there is no command {wrong[1]}; {fix}")
        if message == "the following arguments are required: COMMAND":
            message = f"give a command: {', '.join(command.name for command in COMMANDS)}"
        if "invalid choice" in message:  # which Python puts in quotes differs from version to version
            message = message.replace("'", "")
        for said, told in _PLAINLY.items():
            message = re.sub(said, told, message)
        raise UsageError(f"{message}; see '{self.prog} --help'")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help or version; argparse would not say that it was not taken."""
        (file or sys.stderr).write(message)


def build_parser(environment: Mapping[str, str] = os.environ) -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="pisecurity",
        description="A home alarm for a Raspberry Pi and its camera.",
        epilog="pisecurity COMMAND --help shows the options of a command and an example.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"pisecurity {__version__}")
    # Every command has these, so that a bug report finds the state folder.
    parser.set_defaults(state=default_state(environment), config=None)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for command in COMMANDS:
        below = subparsers.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[:1].upper()}{command.summary[1:]}.",
            epilog=f"example:\n  {command.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_options(below)
        below.set_defaults(handler=command.handler)
    return parser


def default_state(environment: Mapping[str, str], installed: Path = INSTALLED_STATE) -> Path:
    """Return the state folder: systemd's, else the user's own if it is in use, else that of the installed service."""
    given = environment.get("STATE_DIRECTORY", "").split(":")[0]
    own = Path(environment.get("HOME", "~")).expanduser() / ".local/state/pisecurity"
    if given:
        return Path(given)
    in_use = any(is_there(own / name) for name in ("config.toml", "pisecurity.db"))
    return installed if installed.is_dir() and not in_use else own


def _number(kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    """Return an argparse type for a number in a range."""

    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is no number from {low:.9g} to {high:.9g}")
        return value

    return convert


def _state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="folder of configuration, events and pictures (default: $STATE_DIRECTORY, else "
        f"~/.local/state/pisecurity, else {INSTALLED_STATE} of the installed service)",
    )


def _state_and_config(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="configuration file (default: config.toml in the state folder)",
    )


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "part",
        nargs="?",
        choices=("camera", "mail"),
        metavar="camera|mail",
        help="only the cameras, measured and pictured; only the mail account, step by step, without sending",
    )
    _state_and_config(parser)
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", default=Path(), help="folder for the pictures (default: this one)"
    )


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state", type=Path, metavar="DIR", default=DEMO_STATE, help="folder of the demo (default: ./.demo)"
    )
    _port(parser, f"{DEMO_PORT}, or the next free one")
    parser.add_argument("--verbose", action="store_true", help="also log what happens")


def _port(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--port",
        type=_number(int, 1, 65535),
        metavar="N",
        help=f"port of the page on this machine (default: {default})",
    )


def _json(parser: argparse._ActionsContainer, what: str) -> None:
    parser.add_argument("--json", action="store_true", help=what)


def _status(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    _json(parser, "print what the daemon says as one JSON object")


def _arm(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    parser.add_argument("--mode", choices=("away", "home", "night"), default="away", help="default: away")
    parser.add_argument("--anyway", action="store_true", help="arm though something does not work; it is recorded")


def _test_alert(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--daily", action="store_true", help="send the daily mail now instead")
    which.add_argument("--night", action="store_true", help="send what each camera sees now, with a verdict, instead")


def _forget(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    parser.add_argument("camera", metavar="CAMERA", help="id or name of the camera, as in config.toml")


def _people(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True, title="actions")

    def action(name: str, summary: str) -> argparse.ArgumentParser:
        below = actions.add_parser(name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.")
        _state(below)
        return below

    def of_somebody(name: str, summary: str) -> argparse.ArgumentParser:
        below = action(name, summary)
        below.add_argument("name", metavar="NAME")
        return below

    def choose(below: argparse.ArgumentParser) -> None:
        below.add_argument("--choose", action="store_true", help="type a code of your own, instead of being given one")

    action("list", "list who may switch the alarm")
    add = of_somebody("add", "add somebody and issue a code")
    add.add_argument("--role", metavar="ROLE", help="guest (may arm only), user or admin; default: user")
    add.add_argument("--days", metavar="DAYS", help="days of the week on which the code works, such as tue,fri")
    add.add_argument("--from", metavar="HH:MM", help="time of day from which on it works")
    add.add_argument("--until", metavar="HH:MM", help="time of day until which it works")
    choose(add)
    choose(of_somebody("code", "issue another code; the old one ends"))
    of_somebody("duress", "issue another duress code: it disarms, and calls for help in silence")
    of_somebody("phone", "issue a code with which a phone is approved once")
    action("phones", "list the approved phones")
    action("revoke", "take the approval of a phone back").add_argument("phone", metavar="PHONE", help="its number")
    of_somebody("remove", "remove somebody, with code and phones")
    action("duress-log", "show what happened since somebody was made to disarm")


def _events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("audit", "verify"),
        metavar="audit|verify",
        help="the record of who armed and disarmed, row by row; whether it is as it was written, with exit code 2 "
        "where it is not",
    )
    parser.add_argument(
        "head", nargs="?", type=_head, metavar="HEAD", help="row to find in it, as the newest daily mail names it"
    )
    _listed(parser)


def _head(text: str) -> AuditHead:
    """Return the row of the record that *text* names."""
    try:
        return read_head(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _listed(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    parser.add_argument(
        "--limit", type=_number(int, 1, 100_000), default=20, metavar="N", help="how many at most (default: 20)"
    )
    _json(parser, "print one JSON object a line")


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings; - reads YUV4MPEG2 from stdin")
    output = parser.add_mutually_exclusive_group()
    _json(output, "print one JSON object an event")
    output.add_argument("--ledger", action="store_true", help="also list what moved and was not told, and why")
    output.add_argument(
        "--frames",
        action="store_true",
        help="print one JSON object a frame, boxes in pixels of the recording, and a summary; its CPU time differs "
        "from run to run, all else never does",
    )
    parser.add_argument(
        "--annotate", type=Path, metavar="OUT.mp4", help="write the clip with boxes, tracks and reasons drawn in"
    )
    parser.add_argument(
        "--fps",
        type=_number(float, 2, 30),
        metavar="N",
        help="frames analysed a second (default: 10, or that of the configured camera; stdin: all)",
    )
    parser.add_argument(
        "--speed", type=_number(int, 1, 1000), default=1, metavar="N", help="analyse only every Nth of these frames"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="take motion and zones from this configuration")
    parser.add_argument(
        "--camera",
        metavar="CAMERA",
        help="id or name of the one whose zones count (default: the first camera of the configuration)",
    )


def _label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "clips", nargs="+", type=Path, metavar="CLIP", help="recordings, or folders of some; labels go beside them"
    )
    _port(parser, "a free one")
    parser.add_argument("--open", action="store_true", help="open the page in the browser of this machine")


COMMANDS: Sequence[Command] = (
    Command(
        "run", "daemon:run", "watch, raise alarms and show the page, until stopped",
        "pisecurity run --state /srv/alarm", _state_and_config,
    ),
    Command(
        "demo", "demo:demo", "try it out: a drawn scene as camera, a mailbox of its own, the page on this machine",
        "pisecurity demo --port 8081", _demo,
    ),
    Command(
        "check", "inspect:check", "read the configuration and say all that is wrong with it",
        "pisecurity check --config new.toml", _state_and_config,
    ),
    Command(
        "doctor", "doctor:doctor", "try each part - camera, mail, disk, page - and name the fix for what is wrong",
        "sudo pisecurity doctor mail", _doctor,
    ),
    Command(
        "replay", "replay:replay", "show what a recording would have raised",
        "pisecurity replay garden.mp4 --config config.toml --annotate seen.mp4", _replay,
    ),
    Command(
        "label", "label:label", "mark what is in a recording, to measure on your own evenings",
        "pisecurity label evening.mp4", _label,
    ),
    Command(
        "status", "remote:status", "say what the alarm does and what is wrong",
        "pisecurity status", _status,
    ),
    Command(
        "arm", "remote:arm", "arm the alarm of the running daemon",
        "pisecurity arm --mode night", _arm,
    ),
    Command(
        "disarm", "remote:disarm", "disarm the alarm of the running daemon",
        "pisecurity disarm", _state,
    ),
    Command(
        "events", "inspect:events", "list what was seen, newest first, or the record of who switched",
        "pisecurity events --limit 5", _events,
    ),
    Command(
        "ledger", "inspect:ledger", "list what moved and was not told, and why, newest first",
        "pisecurity ledger --limit 50", _listed,
    ),
    Command(
        "test-alert", "remote:test_alert", "send a test alert the way an alarm would go",
        "pisecurity test-alert --daily", _test_alert,
    ),
    Command(
        "forget", "remote:forget", "have a camera of the running daemon learn its scene anew",
        "pisecurity forget garden", _forget,
    ),
    Command(
        "people", "people:people", "say who may switch the alarm, with codes and approved phones",
        "sudo pisecurity people add Carla --days tue --from 09:00 --until 12:00", _people,
    ),
)  # fmt: skip


def given_config(args: Any) -> Path:
    """Return the configuration file that *args* name, else the one of the state folder."""
    config: Path | None = args.config
    state: Path = args.state
    return config or state / "config.toml"
