"""What is kept of a bug: enough to find it, and nothing of the owner's."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pisecurity import __version__
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.state.secrets import Secrets
from pisecurity.errors import PiSecurityError

LIBRARIES = ("numpy", "opencv-python-headless", "av", "pydantic", "flask", "waitress", "apscheduler", "simplejpeg")
KEPT = 5
"""Newest reports kept."""
_LOGIN_IN_URL = re.compile(r"://[^/\s]*@")


def write_report(error: BaseException, state: Path | None) -> Path:
    """Write traceback and versions to a new private file in the state folder, else in the temporary one.

    Values of variables are left out, and the mail password and logins in addresses are blotted out.
    """
    text = "\n".join(
        [
            f"pisecurity {__version__}, Python {platform.python_version()}, {platform.platform()}",
            ", ".join(f"{name} {library_version(name)}" for name in LIBRARIES),
            SystemClock().now().isoformat(timespec="seconds"),
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    if state is not None:
        _forget_old(state)
    descriptor, name = _new_file(state)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write(_without_secrets(text, state))
    return Path(name)


def _new_file(state: Path | None) -> tuple[int, str]:
    if state is not None:
        with suppress(OSError):  # it is somebody else's, or its disk fails
            return tempfile.mkstemp(prefix="bug-", suffix=".txt", dir=state, text=True)
    return tempfile.mkstemp(prefix="bug-", suffix=".txt", text=True)


def _forget_old(folder: Path) -> None:
    """Leave room for one more: systemd starts a crashing daemon again and again, and each time would add a file."""
    with suppress(OSError):  # a report that cannot be removed must not keep the new one from being written
        reports = sorted(folder.glob("bug-*.txt"), key=lambda path: path.stat().st_mtime)
        for path in reports[: max(0, len(reports) - KEPT + 1)]:
            path.unlink()


def library_version(name: str) -> str:
    """Return the installed version of the distribution *name*; from apt a library may have none."""
    try:
        return version(name)
    except PackageNotFoundError:
        module = sys.modules.get({"opencv-python-headless": "cv2"}.get(name, name))
        return str(getattr(module, "__version__", "unknown"))


def _without_secrets(text: str, state: Path | None) -> str:
    text = _LOGIN_IN_URL.sub("://...@", text)
    try:
        password = Secrets(state).mail_password() if state is not None else None
    except PiSecurityError:  # what cannot be read cannot have got into the text
        return text
    return text.replace(password, "...") if password else text
