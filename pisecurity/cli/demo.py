"""The demo: a drawn scene, a mailbox of its own, loopback alone."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from pisecurity.adapters.files import is_there
from pisecurity.adapters.mailbox import DemoMailbox
from pisecurity.app import Daemon, own_folder
from pisecurity.cli.daemon import log_to_stderr
from pisecurity.errors import ConfigError, NetworkError
from pisecurity.settings import (
    AlarmSettings,
    CameraSettings,
    HouseSettings,
    MailSettings,
    ModeSettings,
    Settings,
    WebSettings,
)


def demo(args: argparse.Namespace) -> int:
    """Run the daemon on a drawn scene, with an embedded mailbox."""
    if is_there(args.state / "config.toml"):
        raise ConfigError(f"{args.state}: an installed alarm lives here; give the demo another folder with --state")
    log_to_stderr()
    with ExitStack() as held:
        folder = own_folder(args.state, held)
        mailbox = DemoMailbox()
        settings = demo_settings(args.port, mailbox.start())
        held.callback(mailbox.stop)
        try:
            daemon = Daemon(settings, folder, held, mailbox=mailbox)
        except NetworkError as error:
            raise NetworkError(f"{error}; for the demo: --port 8081") from error
        print(f"Open http://127.0.0.1:{args.port} and press Away. Ctrl-C ends the demo.", flush=True)
        return daemon.run()


def demo_settings(port: int, mail_port: int) -> Settings:
    """Return settings under which a newcomer sees the first alarm mail within half a minute."""
    return Settings(
        house=HouseSettings(name="Demo"),
        camera=(CameraSettings(id="garden", name="Garden", kind="stage"),),
        alarm=AlarmSettings(away=ModeSettings(exit_delay_s=5), trigger_time_s=30, alert_pause_s=60),
        mail=MailSettings(
            host="127.0.0.1", port=mail_port, security="plain", sender="alarm@demo.example", to=("you@demo.example",)
        ),
        web=WebSettings(address="127.0.0.1", port=port),
    )
