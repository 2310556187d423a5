"""The mail password and the key of the codes: in files that only the service can read, never in config.toml."""

from __future__ import annotations

import logging
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from pisecurity.adapters.state.files import write_whole
from pisecurity.errors import SecretError

log = logging.getLogger(__name__)

NAME = "mail-password"
PEPPER = "access-pepper"
PEPPER_BYTES = 32
MAX_BYTES = 4096
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Secrets:
    """Secrets in systemd's credentials or in the folder ``secrets`` of the state folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._file, self._pepper_file = folder / "secrets" / NAME, folder / "secrets" / PEPPER
        self._environment = environment
        self._last: str | None = None

    def mail_password(self) -> str | None:
        """Return the password of the mail account, or None where none was stored since the start.

        It is read anew each time, so a changed password counts without a restart. Where it cannot be read any more
        the last one counts: no alarm fails because of a card that breaks. One trailing line break is dropped, because
        editors add it.

        Raises:
            SecretError: others could read the file, it cannot be read, or it is no line of text.
        """
        credentials = self._environment.get("CREDENTIALS_DIRECTORY")
        if credentials:
            # The manager guards this folder by itself; an access list that names the service's user
            # looks like a group permission, so the mode says nothing here.
            raw = _read(Path(credentials) / NAME, private=False)
            if raw is not None:
                return _line(raw, Path(credentials) / NAME)
        try:
            raw = _read(self._file, private=True)
        except SecretError as error:
            if self._last is None or not isinstance(error.__cause__, OSError):
                raise
            log.warning("the last known mail password is used reason=%s", error)
            return self._last
        if raw is not None:
            self._last = _line(raw, self._file)
        return self._last

    def set_mail_password(self, password: str) -> None:
        """Store *password* for good: on return it survives a power cut, and only this user can read it.

        Raises:
            SecretError: it is empty, longer than 4096 bytes or not one line, or the folder cannot be written.
        """
        raw = password.encode()
        _line(raw, self._file)
        _write(self._file, raw + b"\n")

    def pepper(self, make: bool) -> bytes:
        """Return the key under which codes are kept, 256 bits; where there is none, *make* makes one for good.

        Raises:
            SecretError: there is none, it cannot be read or made, is damaged, or others could read it.
        """
        raw = _read(self._pepper_file, private=True)
        if raw is None and not make:
            raise SecretError(
                f"{self._pepper_file}: it is gone, and no code and no duress code works without it; put it back, or "
                "remove everybody with 'pisecurity people remove NAME' and add them anew"
            )
        if raw is None:
            raw = secrets.token_hex(PEPPER_BYTES).encode() + b"\n"
            _write(self._pepper_file, raw)
        return _key(raw, self._pepper_file)


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, content)
    except OSError as error:
        raise SecretError(f"{file}: cannot be written ({error.strerror}); check its folder") from error


def _key(raw: bytes, file: Path) -> bytes:
    try:
        key = bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != PEPPER_BYTES:
        raise SecretError(
            f"{file}: it is damaged; put a copy back, or remove it and then all people, and add them anew"
        )
    return key


def _read(file: Path, *, private: bool) -> bytes | None:
    try:
        with file.open("rb") as source:
            mode = os.fstat(source.fileno()).st_mode
            if private and mode & OTHERS:
                raise SecretError(f"{file}: other users can read it; run: chmod 600 {file}")
            return source.read(MAX_BYTES + 2)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SecretError(f"{file}: cannot be read ({error.strerror}); it must belong to the service's user") from error


def _line(raw: bytes, file: Path) -> str:
    # "from None" and no value in the text: the error must not carry the password into a log.
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise SecretError(f"{file}: the mail password is not UTF-8 text") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or len(raw) > MAX_BYTES or not text.isprintable():
        raise SecretError(f"{file}: the mail password must be one line of 1 to {MAX_BYTES} bytes")
    return text
