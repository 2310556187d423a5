"""doctor on real parts: a drawn camera, files, ports, and a mail server that is not there."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from pisecurity.adapters.state.secrets import Secrets
from pisecurity.adapters.store import SqliteStore
from pisecurity.app import NO_MAIL
from pisecurity.config import GOOD_COPY
from pisecurity.core.types import Mode
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.settings import AlarmSettings
from tests.cli.commands import CLIPS, Shell
from tests.fakes import FakeClock
from tests.rigs.daemon import free_port
from tests.rigs.smtp import PASSWORD, USER, Authority, FaultySmtp, SmtpServer
from tests.rigs.user import open_folder, ordinary_user


def configure(state: Path, *, port: int, more: str = "") -> None:
    camera = f'[[camera]]\nid = "front"\nkind = "file"\npath = "{CLIPS / "garden_quiet.mp4"}"\n'
    web = f'[web]\naddress = "127.0.0.1"\nport = {port}\n'
    (state / "config.toml").write_text(camera + web + more)


def findings(out: str) -> dict[str, tuple[str, str]]:
    """Return what was said of each part: ``ok`` or ``FAULT``, and the words."""
    rows = [line for line in out.splitlines() if line.startswith(("ok ", "FAULT "))]
    return {row[7:19].strip(): (row.split()[0], row[20:]) for row in rows}


def test_a_good_installation_is_well(shell: Shell, tmp_path: Path) -> None:
    port = free_port()
    with SmtpServer(Authority(tmp_path)) as server:
        configure(tmp_path, port=port, more=account(server))
        Secrets(tmp_path).set_mail_password(PASSWORD)
        ran = shell("doctor", "--state", tmp_path)
    found = findings(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "all is well"
    assert [how for how, _ in found.values()] == ["ok"] * 13
    assert found["versions"][1].startswith("pisecurity ")
    assert found["config"][1] == f"{tmp_path}/config.toml is good"
    assert found["state folder"][1] == f"{tmp_path} can be written"
    assert found["daemon"][1] == "does not run on this state folder"
    assert found["zones"][1] == "none"
    assert found["camera front"][1] == "gives pictures: file garden_quiet.mp4, h264 320x240, 10 frames/s"
    assert f"localhost:{server.port}" in found["mail"][1]
    assert found["page"][1] == f"port {port} of 127.0.0.1 is free"


def account(server: SmtpServer | FaultySmtp, **changes: object) -> str:
    mail = server.settings(**changes)
    return (
        f'[mail]\nhost = "{mail.host}"\nport = {mail.port}\nsecurity = "{mail.security}"\nuser = "{mail.user}"\n'
        f'sender = "{mail.sender}"\nto = ["anna@example.org"]\nca_file = "{mail.ca_file}"\n'
    )


def test_doctor_mail_goes_each_step_and_sends_nothing(shell: Shell, tmp_path: Path) -> None:
    with SmtpServer(Authority(tmp_path)) as server:
        configure(tmp_path, port=free_port(), more=account(server))
        Secrets(tmp_path).set_mail_password(PASSWORD)
        ran = shell("doctor", "mail", "--state", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "all is well"
    assert list(findings(ran.out)) == [
        "config", "settings", "password", "name", "connection", "greeting", "hello", "TLS", "certificate", "login",
        "sender", "recipient an", "size",
    ]  # fmt: skip
    assert all(re.search(r"\((\d+ ms|\d+\.\d s)\)$", line) for line in ran.out.splitlines()[1:-1]), "each is timed"
    assert server.accepted == []


def test_doctor_mail_names_the_fault_and_what_was_not_tried(shell: Shell, tmp_path: Path) -> None:
    with FaultySmtp({"AUTH": [f"535 no {PASSWORD}"]}, features=["AUTH PLAIN"]) as server:
        configure(tmp_path, port=free_port(), more=account(server, user=USER))
        Secrets(tmp_path).set_mail_password(PASSWORD)
        ran = shell("doctor", "mail", "--state", tmp_path)
    assert ran.code == 1
    assert "refuses the login of alarm@example.org (535 no ...)" in findings(ran.out)["login"][1]
    assert ran.out.splitlines()[-2:] == ["-      not tried    sender, recipient anna@example.org, size", "1 fault"]
    assert PASSWORD not in ran.out + ran.err


def test_doctor_mail_without_an_account_says_what_to_do(shell: Shell, tmp_path: Path) -> None:
    configure(tmp_path, port=free_port())
    ran = shell("doctor", "mail", "--state", tmp_path)
    assert (ran.code, findings(ran.out)["settings"]) == (1, ("FAULT", NO_MAIL))
    (tmp_path / "config.toml").write_text("[motoin]\n")
    ran = shell("doctor", "mail", "--state", tmp_path)
    assert (ran.code, list(findings(ran.out))) == (1, ["config"])


def test_a_camera_that_watches_nothing_is_a_fault(shell: Shell, tmp_path: Path) -> None:
    zone = '[[zone]]\nname = "n"\ncamera = "front"\nkind = "privacy"\npoints = [[0, 0], [1, 0], [1, 1], [0, {}]]\n'
    configure(tmp_path, port=free_port(), more=zone.format(0.5))
    ran = shell("doctor", "--state", tmp_path)
    assert findings(ran.out)["zones"] == ("ok", "1; each camera has something to watch in each armed mode")
    configure(tmp_path, port=free_port(), more=zone.format(1))
    ran = shell("doctor", "--state", tmp_path)
    how, text = findings(ran.out)["zones"]
    assert how == "FAULT"
    assert text.startswith("camera front: nothing is watched: ")
    assert findings(ran.out)["camera front"][0] == "ok"
    room = zone.format(1).replace("privacy", "ignore") + 'modes = ["home"]\n'
    configure(tmp_path, port=free_port(), more=room)
    assert findings(shell("doctor", "--state", tmp_path).out)["zones"][0] == "FAULT", "no camera watches armed home"
    configure(tmp_path, port=free_port(), more=f'{room}[[camera]]\nid = "back"\nkind = "stage"\n')
    how, text = findings(shell("doctor", "--state", tmp_path).out)["zones"]
    assert how == "ok"
    assert text.startswith("1; armed home, nothing is watched by camera front: ")


def test_an_alarm_that_can_reach_nobody_is_a_fault(shell: Shell, tmp_path: Path) -> None:
    configure(tmp_path, port=free_port())
    ran = shell("doctor", "--state", tmp_path)
    assert ran.code == 1
    assert findings(ran.out)["mail"] == ("FAULT", NO_MAIL)


def test_every_fault_is_named_with_its_fix(shell: Shell, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        nobody = free_port()
        mail = (
            f'[mail]\nhost = "127.0.0.1"\nport = {nobody}\nsecurity = "plain"\nsender = "a@b.org"\nto = ["a@b.org"]\n'
        )
        broken = '[[camera]]\nid = "back"\nkind = "file"\npath = "/gone.mp4"\n'
        configure(tmp_path, port=taken.getsockname()[1], more=mail + broken)
        ran = shell("doctor", "--state", tmp_path)
    found = findings(ran.out)
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == "3 faults"
    assert found["camera front"][0] == "ok"
    assert found["camera back"] == ("FAULT", "/gone.mp4: no such file; give the path of a recording")
    assert found["mail"][0] == "FAULT"
    assert f"127.0.0.1:{nobody}" in found["mail"][1]
    assert found["page"][0] == "FAULT"


def test_a_camera_is_called_as_the_owner_does(shell: Shell, tmp_path: Path) -> None:
    back = '[[camera]]\nid = "back"\nname = "Cellar"\nkind = "file"\npath = "/gone.mp4"\n'
    configure(tmp_path, port=free_port(), more=back)
    ran = shell("doctor", "--state", tmp_path)
    assert "FAULT  camera Cellar /gone.mp4: no such file; give the path of a recording\n" in ran.out


def test_with_a_wrong_configuration_the_rest_is_still_examined(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[motoin]\n")
    ran = shell("doctor", "--state", tmp_path)
    found = findings(ran.out)
    assert ran.code == 1
    assert found["config"] == ("FAULT", f"{tmp_path}/config.toml: 2 mistakes")
    assert "  motoin: unknown; did you mean [motion]?" in ran.out
    assert found["disk"][0] == "ok"
    assert "page" not in found


def test_a_demo_is_well_without_a_settings_file(shell: Shell, tmp_path: Path) -> None:
    SqliteStore(tmp_path, FakeClock()).close()
    ran = shell("doctor", "--state", tmp_path)
    assert findings(ran.out)["config"] == ("ok", "none: a demo lives here, which has settings of its own")
    assert ran.code == 0
    (tmp_path / GOOD_COPY).touch()
    lost = findings(shell("doctor", "--state", tmp_path).out)["config"]
    assert lost[0] == "FAULT" and "not found" in lost[1], "an alarm that lost its settings"


def test_a_folder_of_somebody_else_is_a_fault(shell: Shell) -> None:
    with open_folder() as folder:
        configure(folder, port=free_port())
        folder.chmod(0o555)
        with ordinary_user():
            ran = shell("doctor", "--state", folder)
    assert ran.code == 1
    assert "run doctor as the user of the service" in findings(ran.out)["state folder"][1]


def test_a_folder_closed_to_this_user_is_a_fault_and_no_bug(shell: Shell) -> None:
    with open_folder() as above:
        folder = above / "pisecurity"
        folder.mkdir()
        configure(folder, port=free_port())
        SqliteStore(folder, FakeClock()).close()
        folder.chmod(0o700 if os.geteuid() == 0 else 0)
        with ordinary_user():
            ran = shell("doctor", "--state", folder)
        folder.chmod(0o700)
    found = findings(ran.out)
    assert (ran.code, ran.err) == (1, "")
    assert "with sudo" in found["config"][1]
    assert "run doctor as the user of the service" in found["state folder"][1]
    assert found["disk"][0] == "ok"
    assert found["audit log"] == ("FAULT", f"{folder}/pisecurity.db: this user may not read it; use sudo")
    assert found["daemon"][0] == "FAULT" and "use sudo" in found["daemon"][1]


def test_a_state_folder_that_run_will_make_is_no_fault(shell: Shell, tmp_path: Path) -> None:
    configure(tmp_path, port=free_port())
    ran = shell("doctor", "--state", tmp_path / "a" / "b", "--config", tmp_path / "config.toml")
    found = findings(ran.out)
    assert found["state folder"] == ("ok", f"{tmp_path}/a/b is not there yet; 'pisecurity run' makes it")
    assert [part for part, (how, _) in found.items() if how == "FAULT"] == ["mail"]
    assert not (tmp_path / "a").exists()


def test_a_state_folder_that_run_cannot_make_is_a_fault(shell: Shell) -> None:
    with open_folder() as above:
        configure(above, port=free_port())
        above.chmod(0o555)
        with ordinary_user():
            ran = shell("doctor", "--state", above / "gone", "--config", above / "config.toml")
        above.chmod(0o755)
    how, text = findings(ran.out)["state folder"]
    assert how == "FAULT"
    assert text.startswith(f"{above}/gone: cannot be written (Permission denied); run doctor as the user")


def test_s56_a_changed_audit_log_is_named(shell: Shell, tmp_path: Path) -> None:
    configure(tmp_path, port=free_port())
    store = SqliteStore(tmp_path, FakeClock())
    panel = Panel(store, FakeClock(), AlarmSettings(), lambda change: None)
    panel.start()
    panel.switch(Mode.HOME, by="Anna", how="page")
    store.close()
    how, text = findings(shell("doctor", "--state", tmp_path).out)["audit log"]
    assert how == "ok" and re.fullmatch(r"unbroken, 2 rows, the last 2-[0-9a-f]{16}", text)
    database = sqlite3.connect(tmp_path / "pisecurity.db")
    with database:
        database.execute("UPDATE audit SET by = 'Ben' WHERE by = 'Anna'")
    database.close()
    how, text = findings(shell("doctor", "--state", tmp_path).out)["audit log"]
    assert how == "FAULT" and "was changed from outside" in text


def test_r33_rows_of_the_audit_log_that_damage_has_cost_are_counted(shell: Shell, tmp_path: Path) -> None:
    configure(tmp_path, port=free_port())
    with closing(SqliteStore(tmp_path, FakeClock())) as store:
        panel = Panel(store, FakeClock(), AlarmSettings(), lambda change: None)
        panel.start()
        panel.switch(Mode.HOME, by="Anna", how="page")
    (tmp_path / "pisecurity.db").write_text("my diary\n" * 1000)
    SqliteStore(tmp_path, FakeClock()).close()
    told = findings(shell("doctor", "--state", tmp_path).out)["audit log"]
    assert re.fullmatch(
        r"unbroken, 3 rows, the last 3-[0-9a-f]{16}; 2 row\(s\) were lost when the database was damaged", told[1]
    )
    assert told[0] == "ok"
