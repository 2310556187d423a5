"""Run a command under what the unit of the service allows: ``python -m tests.rigs.real_libcamera.sandbox COMMAND...``.

Started as root, it becomes ``nobody`` in the group ``video``. Of the unit it keeps the address families, the system
calls, and that memory is never both written and executed; not the view of the file system, nor the access to devices.
Source: systemd.exec(5); what a group of calls holds is asked of ``systemd-analyze syscall-filter``.
"""

from __future__ import annotations

import errno
import grp
import importlib
import mmap
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

UNIT = Path(__file__).parents[3] / "systemd" / "pisecurity.service"
NOBODY = 65534
FAMILIES = 46
"""AF_MAX of Linux."""
WRITE, EXECUTE = mmap.PROT_WRITE, mmap.PROT_EXEC
SHM_EXEC = 0o100000
ALWAYS = "@default"
"""systemd adds these calls to every list of allowed ones."""
BOUNDED = frozenset({"socket", "mmap", "mprotect", "pkey_mprotect", "shmat"})
"""Calls that are allowed with some arguments only."""


def main(command: list[str]) -> None:
    """Become an ordinary user, load the filter, see that it bites, and run *command* in place of this program."""
    unit = _settings(UNIT.read_text("utf-8"))
    rules = _filter(unit)
    os.setgroups([grp.getgrnam("video").gr_gid])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    rules.load()
    _prove()
    os.execvp(command[0], command)


def _settings(text: str) -> dict[str, list[str]]:
    """Return the values of each key of a unit in their order."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def _calls(groups: str) -> set[str]:
    """Return the names of the calls in *groups*, such as ``@privileged @resources``."""
    found, left = set(), groups.split()
    while left:
        name = left.pop()
        if not name.startswith("@"):
            found.add(name)
            continue
        listed = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True)
        left += re.findall(r"^ +([@\w-]+)$", listed.stdout, re.MULTILINE)
    return found


def _filter(unit: dict[str, list[str]]) -> Any:
    """Return the filter of system calls that systemd would make."""
    seccomp = importlib.import_module("seccomp")  # of Debian's python3-seccomp
    allowed = _calls(ALWAYS)
    for value in unit["SystemCallFilter"]:
        allowed = allowed - _calls(value[1:]) if value.startswith("~") else allowed | _calls(value)
    rules = seccomp.SyscallFilter(seccomp.ERRNO(getattr(errno, unit["SystemCallErrorNumber"][0])))
    for name in sorted(allowed - BOUNDED):
        # Calls of other processors are in the lists as well.
        if seccomp.resolve_syscall(seccomp.Arch(), name) >= 0:
            rules.add_rule(seccomp.ALLOW, name)
    families = {int(getattr(socket, name)) for name in unit["RestrictAddressFamilies"][0].split()}
    for family in range(FAMILIES):
        verdict = seccomp.ALLOW if family in families else seccomp.ERRNO(errno.EAFNOSUPPORT)
        rules.add_rule(verdict, "socket", seccomp.Arg(0, seccomp.EQ, family))
    if unit["MemoryDenyWriteExecute"] == ["yes"]:
        _write_or_execute(seccomp, rules)
    return rules


def _write_or_execute(seccomp: Any, rules: Any) -> None:
    """Allow memory to be written or to be executed, and nothing that was written to be executed later."""

    def allow(name: str, argument: int, mask: int, value: int) -> None:
        rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(argument, seccomp.MASKED_EQ, mask, value))

    for protection in (0, WRITE, EXECUTE):
        allow("mmap", 2, WRITE | EXECUTE, protection)
    for name in ("mprotect", "pkey_mprotect"):
        allow(name, 2, EXECUTE, 0)
    allow("shmat", 2, SHM_EXEC, 0)


def _prove() -> None:
    """Try what is forbidden: a sandbox that does not bite proves nothing."""

    def netlink() -> None:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)

    def written_code() -> None:
        mmap.mmap(-1, mmap.PAGESIZE, prot=WRITE | EXECUTE)

    def root() -> None:
        os.chroot("/")

    for attempt, number in ((netlink, errno.EAFNOSUPPORT), (written_code, errno.EPERM), (root, errno.EPERM)):
        try:
            attempt()
        except OSError as error:
            if error.errno == number:
                continue
        raise SystemExit(f"the sandbox does not bite: {attempt.__name__} is not refused with {errno.errorcode[number]}")
    socket.socket(socket.AF_INET).close()


if __name__ == "__main__":
    main(sys.argv[1:])
