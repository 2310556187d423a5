"""A mail in ever smaller forms, for servers that take no large ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pisecurity.adapters.mail.trouble import TOO_BIG
from pisecurity.core.types import Notification

SMALLER_PX, SMALL_PX = 640, 320
"""Longer side of the pictures that go instead of those in full size, and of the one that is left after that."""
_STATUS = re.compile(r"\s*5\.(2\.3|3\.4)\b")
"""Longer than the mailbox, or the server, takes (RFC 3463, sections 3.3 and 3.4), whatever the code before it."""
_DAILY = re.compile(r"\s*5\.4\.5\b")
"""Too many mails today: a smaller one would be one more."""
_WORDS = re.compile(r"too (large|big)\b|\bsize\b.{0,40}\bexceed|\bexceed\w*\b.{0,40}\bsize\b", re.IGNORECASE)

Shrink = Callable[[bytes, int], bytes]
"""From a JPEG file and the most pixels its longer side may have to a smaller file; ValueError where that cannot be."""


def is_too_large(code: int, answer: bytes | str) -> bool:
    """Return whether a server that refuses a mail may take a smaller one."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if code < 500 or _DAILY.match(text):
        return False
    return code == TOO_BIG or bool(_STATUS.match(text) or _WORDS.search(text))


def size_limit(features: Mapping[str, str]) -> int | None:
    """Return the most bytes a mail may have by the *features* of EHLO; None where the server names no limit."""
    named = features.get("size", "").strip()
    return int(named) or None if named.isascii() and named.isdigit() else None


def forms(
    notification: Notification, shrink: Shrink, catalogue: Mapping[str, str]
) -> Iterator[tuple[Notification, str]]:
    """Yield *notification*, then with smaller pictures, with one small picture and with none.

    Each comes with a remark on what is missing, empty for the first. A picture that cannot be made smaller is left out.
    """
    yield notification, ""
    pictures = notification.pictures
    if not pictures:
        return
    count = "one" if len(pictures) == 1 else "many"
    smaller = _shrunk(pictures, SMALLER_PX, shrink)
    if smaller:
        yield replace(notification, pictures=smaller), catalogue[f"mail.smaller.{count}"]
        remark = catalogue["mail.smaller.one" if count == "one" else "mail.one_small"]
        yield replace(notification, pictures=_shrunk(smaller[:1], SMALL_PX, shrink)), remark
    yield replace(notification, pictures=()), catalogue[f"mail.without.{count}"]


def _shrunk(pictures: Sequence[bytes], longest: int, shrink: Shrink) -> tuple[bytes, ...]:
    made = []
    for jpeg in pictures:
        try:
            made.append(min(shrink(jpeg, longest), jpeg, key=len))
        except ValueError:
            continue
    return tuple(made)


class Letter:
    """A mail as bytes, in the largest form that has not been found too large."""

    def __init__(self, forms: Iterator[bytes], shrunk: int = 0) -> None:
        """Take the first of *forms*, of which there is at least one, or the one after *shrunk* others or the last.

        The rest are made when they are needed.
        """
        self._forms = forms
        self.raw = next(forms)
        self.shrunk = 0
        """How often it was made smaller."""
        self.offered = False
        """Whether a server was asked to take it."""
        while self.shrunk < shrunk and self.shrink():
            pass

    def shrink(self, limit: int | None = None) -> bool:
        """Go on to the next form, to one of at most *limit* bytes or the last; return whether there was one."""
        before = self.shrunk
        for raw in self._forms:
            self.raw, self.shrunk = raw, self.shrunk + 1
            if limit is None or len(raw) <= limit:
                break
        return self.shrunk > before
