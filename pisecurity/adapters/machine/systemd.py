"""Tells systemd that the daemon is ready, alive, or stopping; silent where there is no systemd."""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)


class Systemd:
    """The sd_notify protocol: one datagram per message to the socket in ``$NOTIFY_SOCKET``.

    Source: sd_notify(3); an address that begins with ``@`` is in the abstract namespace.
    """

    def __init__(self, address: str | None = None) -> None:
        address = os.environ.get("NOTIFY_SOCKET") if address is None else address
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    @property
    def present(self) -> bool:
        """Whether systemd looks after this process, and starts it again when it ends."""
        return bool(self._address)

    def ready(self, status: str) -> None:
        """Say that start-up is done."""
        self._notify(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._notify("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the daemon stops on purpose."""
        self._notify("STOPPING=1\nSTATUS=stopping")

    def _notify(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
                notifier.settimeout(1.0)
                notifier.connect(self._address)
                notifier.sendall(message.encode())
        except OSError as error:
            log.warning("systemd not told message=%r reason=%s", message, error)
