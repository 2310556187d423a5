"""The demo: a drawn scene, a mailbox of its own, loopback alone."""

from __future__ import annotations

import argparse
import logging
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path

from pisecurity.adapters.control import FILE_NAME as SOCKET_NAME
from pisecurity.adapters.control import ControlClient
from pisecurity.adapters.mail.mailbox import DemoMailbox
from pisecurity.adapters.state.files import is_there
from pisecurity.app import Daemon, own_folder
from pisecurity.cli.daemon import log_to_stderr
from pisecurity.cli.parser import DEMO_PORT
from pisecurity.errors import AlreadyRunningError, ConfigError, ControlError, NetworkError
from pisecurity.settings import (
    AlarmSettings,
    CameraSettings,
    HouseSettings,
    MailSettings,
    ModeSettings,
    Settings,
    WebSettings,
)
from pisecurity.web.server import bind

LOOPBACK = IPv4Address("127.0.0.1")
PORTS_TRIED = 20
DEMO_ALARM_S = 12.0
"""Somebody walks by every 20 s: between two of them the newcomer sees the alarm end and the house armed again."""


def demo(args: argparse.Namespace) -> int:
    """Run the daemon on a drawn scene, with an embedded mailbox."""
    if is_there(args.state / "config.toml"):
        raise ConfigError(f"{args.state}: an installed alarm lives here; give the demo another folder with --state")
    # The address is the one line that a newcomer needs: it must not scroll away.
    log_to_stderr(logging.INFO if args.verbose else logging.WARNING)
    with ExitStack() as held:
        try:
            folder = own_folder(args.state, held)
        except AlreadyRunningError as error:
            raise AlreadyRunningError(_where_it_runs(args.state, error)) from error
        port = args.port or free_port()
        mailbox = DemoMailbox(folder / "mailbox")
        settings = demo_settings(port, mailbox.start())
        held.callback(mailbox.stop)
        try:
            _see_that_it_is_free(port)
        except NetworkError as error:
            raise NetworkError(
                f"{error}; the demo has no settings: leave --port out, and it takes a free one"
            ) from error
        daemon = Daemon(settings, folder, held, mailbox=mailbox)
        taken = "" if args.port or port == DEMO_PORT else f"Port {DEMO_PORT} is taken. "
        print(f"{taken}Open http://{LOOPBACK}:{port} and press Away. Ctrl-C ends the demo.", flush=True)
        return daemon.run()


def free_port(first: int = DEMO_PORT) -> int:
    """Return *first* or the next port after it that the page can have; *first* where none can be had."""
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        try:
            _see_that_it_is_free(port)
        except NetworkError:
            continue
        return port
    return first  # whoever binds it says why not


def _see_that_it_is_free(port: int) -> None:
    """Raise NetworkError where the page cannot have *port*: without a page nobody sees the demo."""
    for listening in bind((LOOPBACK,), port):
        listening.close()


def _where_it_runs(state: Path, error: AlreadyRunningError) -> str:
    """Return what to do where a demo runs already: its page, if it tells it, is what the newcomer looks for."""
    try:
        page = ControlClient(state / SOCKET_NAME).ask("status")["facts"]["page"]
    except (ControlError, KeyError):
        return str(error)
    return f"{state}: the demo already runs here; open {page}, or give another one another folder with --state"


def demo_settings(port: int, mail_port: int) -> Settings:
    """Return settings under which a newcomer sees the first alarm mail within half a minute."""
    return Settings(
        house=HouseSettings(name="Demo"),
        camera=(CameraSettings(id="garden", name="Garden", kind="stage"),),
        alarm=AlarmSettings(away=ModeSettings(exit_delay_s=5), trigger_time_s=DEMO_ALARM_S, alert_pause_s=60),
        mail=MailSettings(
            host="127.0.0.1", port=mail_port, security="plain", sender="alarm@demo.example", to=("you@demo.example",)
        ),
        web=WebSettings(address=str(LOOPBACK), port=port),
    )
