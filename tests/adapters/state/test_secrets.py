from __future__ import annotations

import os
import stat
import traceback
from pathlib import Path

import pytest

from pisecurity.adapters.state.secrets import Secrets
from pisecurity.errors import SecretError

PASSWORD = "correct horse bättery staple "


def stored(folder: Path, raw: bytes, mode: int = 0o600) -> Path:
    file = folder / "secrets" / "mail-password"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_bytes(raw)
    file.chmod(mode)
    return file


def test_no_password_stored_is_none(tmp_path: Path) -> None:
    assert Secrets(tmp_path, {}).mail_password() is None


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_trailing_line_break_is_dropped_and_nothing_else(tmp_path: Path, end: str) -> None:
    stored(tmp_path, (PASSWORD + end).encode())
    assert Secrets(tmp_path, {}).mail_password() == PASSWORD


def test_password_set_is_the_password_read_and_only_the_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Secrets(tmp_path, {}).set_mail_password(PASSWORD)
    finally:
        os.umask(before)
    file = tmp_path / "secrets" / "mail-password"
    assert Secrets(tmp_path, {}).mail_password() == PASSWORD
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in file.parent.iterdir()] == ["mail-password"]


def test_changed_password_counts_at_once_and_closes_an_open_file(tmp_path: Path) -> None:
    stored(tmp_path, b"old", mode=0o644)
    secrets = Secrets(tmp_path, {})
    secrets.set_mail_password("new")
    assert secrets.mail_password() == "new"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_s41_file_that_others_can_reach_is_refused_with_the_command_that_closes_it(tmp_path: Path, mode: int) -> None:
    file = stored(tmp_path, PASSWORD.encode(), mode)
    with pytest.raises(SecretError, match=f"chmod 600 {file}"):
        Secrets(tmp_path, {}).mail_password()


def test_systemd_credential_comes_first(tmp_path: Path) -> None:
    stored(tmp_path, b"from the file")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    secrets = Secrets(tmp_path, {"CREDENTIALS_DIRECTORY": str(credentials)})
    assert secrets.mail_password() == "from the file"
    (credentials / "mail-password").write_bytes(b"from systemd\n")
    (credentials / "mail-password").chmod(0o440)  # an access list of systemd looks like this
    assert secrets.mail_password() == "from systemd"


@pytest.mark.parametrize("raw", [b"", b"\n", b"two\nlines", b"not utf-8 \xff", b"x" * 5000, b"bell\a"])
def test_s41_file_without_a_usable_password_is_told_without_its_content(tmp_path: Path, raw: bytes) -> None:
    stored(tmp_path, raw)
    with pytest.raises(SecretError, match="mail password") as caught:
        Secrets(tmp_path, {}).mail_password()
    told = "".join(traceback.format_exception(caught.value))
    assert "utf-8 " not in told
    assert "lines" not in told.partition("SecretError")[2]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("password", ["", "two\nlines", "x" * 5000])
def test_unusable_password_is_not_stored(tmp_path: Path, password: str) -> None:
    with pytest.raises(SecretError):
        Secrets(tmp_path, {}).set_mail_password(password)
    assert Secrets(tmp_path, {}).mail_password() is None


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a file in the way")
    with pytest.raises(SecretError, match="cannot be written"):
        Secrets(tmp_path, {}).set_mail_password("secret")


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets" / "mail-password").mkdir(parents=True)
    with pytest.raises(SecretError, match="cannot be read"):
        Secrets(tmp_path, {}).mail_password()


def test_r14_a_password_that_cannot_be_read_any_more_is_the_last_one_that_could(tmp_path: Path) -> None:
    file = stored(tmp_path, b"secret\n")
    secrets = Secrets(tmp_path, {})
    assert secrets.mail_password() == "secret"
    file.unlink()
    assert secrets.mail_password() == "secret"
    file.mkdir()
    assert secrets.mail_password() == "secret"
    file.rmdir()
    stored(tmp_path, b"changed\n")
    assert secrets.mail_password() == "changed"
