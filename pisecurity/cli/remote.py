"""Commands that ask the running daemon."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pisecurity.adapters.control import FILE_NAME, ControlClient
from pisecurity.adapters.state.files import is_there
from pisecurity.cli.house import is_of_a_demo
from pisecurity.cli.parser import DEMO_STATE, given_config
from pisecurity.cli.words import STATES, wall
from pisecurity.core.alarm import outlook
from pisecurity.errors import NoDaemonError


def status(args: argparse.Namespace) -> int:
    """Say what the alarm does, what is wrong, and what is known of its parts."""
    answer = ask(args, "status")
    if args.json:
        print(json.dumps(answer))
        return 0
    _tell(answer)
    for fault in answer["faults"]:
        print(f"fault since {_moment(fault['since'])}: {fault['text']}")
    known = {fault["key"] for fault in answer["faults"]}
    for problem in answer.get("problems", ()):
        if problem["key"] not in known:
            print(_in_line(problem))
    for key, value in answer["facts"].items():
        what, _, camera = key.partition(":")
        print(f"{what} {_called(answer, camera)}: {value}" if camera else f"{key}: {value}")
    return 0


def arm(args: argparse.Namespace) -> int:
    """Arm, and say when it counts and what does not work; with something graver only where that is wanted."""
    answer = ask(args, "arm", mode=args.mode, anyway=args.anyway)
    if "not_armed" in answer:
        mode = answer.get("mode", "disarmed")
        still = "not armed" if mode == "disarmed" else f"still {STATES[mode]}"
        print(f"{still}; 'pisecurity arm --anyway' arms in spite of this:")
        for problem in answer["not_armed"]:
            print(_in_line(problem))
        return 1
    _tell(answer)
    for problem in answer.get("problems", ()):
        print(_in_line(problem))
    return 0


def disarm(args: argparse.Namespace) -> int:
    """Disarm."""
    _tell(ask(args, "disarm"))
    return 0


def test_alert(args: argparse.Namespace) -> int:
    """Have a test alert sent, the daily mail, or one about what the cameras see."""
    command = "daily" if args.daily else "night" if args.night else "test-alert"
    print(ask(args, command)["text"])
    return 0


def forget(args: argparse.Namespace) -> int:
    """Have a camera learn its scene anew."""
    print(ask(args, "forget", camera=args.camera)["text"])
    return 0


def in_words(answer: Mapping[str, Any]) -> str:
    """Return the daemon's *answer* as one line: state, countdown, and who ordered it."""
    state, countdown_s = str(answer["state"]), answer["countdown_s"]
    mode = STATES.get(str(answer["mode"]), str(answer["mode"]))
    text = STATES.get(state, state)
    if state == "arming" and countdown_s is not None:
        text = f"arming: {mode} in {math.ceil(countdown_s)} s"
    elif state == "pending" and countdown_s is not None:
        text = f"{text}: alarm in {math.ceil(countdown_s)} s unless disarmed"
    elif state == "triggered":
        text = f"{text}, {mode}"
    return f"{text}, ordered {_moment(answer['since'])} by {answer['by']} ({answer['how']})"


def _in_line(problem: Mapping[str, Any]) -> str:
    return f"{'problem' if problem['graver'] else 'remark'}: {problem['text']}"


def _tell(answer: Mapping[str, Any]) -> None:
    """Print the state, and what the schedule does next; the daemon that answers may be older and not tell."""
    print(in_words(answer))
    ahead = answer.get("schedule")
    if ahead and (line := outlook.in_words(outlook.Outlook.of_plain(ahead), wall)):
        print(line)


def ask(args: argparse.Namespace, command: str, **arguments: str | bool) -> Mapping[str, Any]:
    """Return what the daemon answers to *command*. Raises NoDaemonError, ControlError, InputError."""
    try:
        return ControlClient(args.state / FILE_NAME).ask(command, **arguments)
    except NoDaemonError as error:
        if args.state == DEMO_STATE or is_of_a_demo(args.state, given_config(args)):
            raise NoDaemonError(f"no demo runs on {args.state}; start it with 'make demo'") from error
        if not is_there(DEMO_STATE / FILE_NAME):
            raise
        raise NoDaemonError(f"no daemon runs on {args.state}; for the demo add: --state {DEMO_STATE}") from error


def _called(answer: Mapping[str, Any], camera: str) -> str:
    """Return what people call *camera*; the daemon that answers may be older and not tell."""
    return str(answer.get("cameras", {}).get(camera, camera))


def _moment(text: str) -> str:
    return wall(datetime.fromisoformat(text))
