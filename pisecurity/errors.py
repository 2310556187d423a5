"""Errors the owner can act on: each message says what, where and the fix in one line."""


class PiSecurityError(Exception):
    """Base of every error that ``main()`` turns into one line on stderr and exit code 1."""


class ConfigError(PiSecurityError):
    """The configuration has mistakes; the message lists all of them, one a line."""


class InputError(PiSecurityError):
    """What somebody typed cannot be taken; the message says key, value and fix. The command ends with 2."""


class CameraError(PiSecurityError):
    """A camera cannot be opened, or was lost; trying again later may help, in this process unless it says otherwise."""

    def __init__(self, message: str, *, needs_new_process: bool = False) -> None:
        super().__init__(message)
        self.needs_new_process = needs_new_process


class EndOfStreamError(CameraError):
    """A recording came to its end; there will be no further frame. ``whole`` is False when it broke off or has gaps."""

    def __init__(self, message: str, *, whole: bool = True) -> None:
        super().__init__(message)
        self.whole = whole


class GpioError(PiSecurityError):
    """A pin of the Pi cannot be used."""


class StoreError(PiSecurityError):
    """The state folder or the database in it did not take or give a value; ``disk`` says that the disk fails.

    ``damaged`` says that the database itself cannot be used any more, ``removed`` that somebody took it away.
    """

    def __init__(self, message: str, *, disk: bool = False, damaged: bool = False, removed: bool = False) -> None:
        super().__init__(message)
        self.disk, self.damaged, self.removed = disk, damaged, removed


class UnknownCameraError(PiSecurityError):
    """No camera has the name that was given; the message lists those there are."""


class MarkError(PiSecurityError):
    """A mark in a recording cannot stand."""


class MailError(PiSecurityError):
    """The mail server did not take a mail.

    ``permanent`` says whether the same mail can never succeed, ``in_doubt`` whether it may have arrived all the same,
    ``recipient`` at whom the server fell silent or hung up, empty where it was at none.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, rejected_login: bool = False, in_doubt: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.rejected_login = rejected_login
        self.in_doubt = in_doubt
        self.recipient = ""


class PingError(PiSecurityError):
    """Whoever is to notice that the alarm lives was not reached; the message never holds the whole address."""


class SecretError(PiSecurityError):
    """A stored secret cannot be used, or others could read it; the message never holds the secret."""


class ControlError(PiSecurityError):
    """The running daemon could not be reached, or refused a command."""


class NoDaemonError(ControlError):
    """No daemon runs on the state folder."""


class NetworkError(PiSecurityError):
    """An address or port cannot be used for the page."""


class AlreadyRunningError(PiSecurityError):
    """Another daemon holds the state folder."""


class WorkerStuckError(PiSecurityError):
    """A worker did not stop in time."""


class ArmedError(PiSecurityError):
    """It is refused while the alarm is not disarmed."""
