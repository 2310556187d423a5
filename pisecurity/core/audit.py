"""What is kept of the audit log outside the machine, to compare it with: number and hash of its newest row."""

from __future__ import annotations

import re
from dataclasses import dataclass

LETTERS = 16
"""Of a hash that are shown: 64 bits. Fewer could be met by chance by somebody who writes the log anew and tries notes
until the beginning fits."""
LEAST_LETTERS = 12
_SHOWN = re.compile(r"(?:(\d{1,15})-)?([0-9a-f]{1,64})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuditHead:
    """A row of the audit log as a mail shows it: ``128-4f3a9c1e07b2ffff``."""

    number: int | None
    """None: not known; 1 is the first row."""
    letters: str
    """The beginning of its hash, LEAST_LETTERS to 64 hexadecimal digits in lower case."""

    def __str__(self) -> str:
        return self.letters if self.number is None else f"{self.number}-{self.letters}"


def shown(number: int, full: str) -> AuditHead:
    """Return the row *number* with the hash *full* as it is shown."""
    return AuditHead(number, full[:LETTERS])


def read(text: str) -> AuditHead:
    """Return the row that somebody types.

    Raises:
        ValueError: it is none; the message says what one looks like.
    """
    parts = _SHOWN.fullmatch(text.strip())
    if parts is None or (parts[1] and int(parts[1]) == 0):
        raise ValueError(f"{text} names no row; give what the daily mail gives, such as 128-4f3a9c1e07b2ffff")
    if len(parts[2]) < LEAST_LETTERS:
        raise ValueError(f"{text} is too short to compare; at least {LEAST_LETTERS} letters of the hash are needed")
    return AuditHead(int(parts[1]) if parts[1] else None, parts[2].lower())
