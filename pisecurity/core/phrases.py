"""What is wrong, in the owner's language.

Whatever notices a fault says so in English, in its own words: the page, the log and the commands show them as they are,
and what a mail server or the kernel said stands among them. A mail looks the sentence up by its English form, the gaps
in it left open, and fills the same gaps into that of the language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

_ONE_WORD = "address"
"""Gap that takes no spaces; any other takes what stands there."""


class Phrases:
    """The sentences of one language by their English ones."""

    def __init__(self, english: Mapping[str, str], other: Mapping[str, str]) -> None:
        """Both by the same keys, with the same gaps such as ``{camera}``; what *other* lacks stays English."""
        known = [_Phrase(text, other[key]) for key, text in english.items() if key in other]
        # The one with most letters first: another one may be no more than a frame around its gaps.
        self._phrases = tuple(sorted(known, key=lambda phrase: -phrase.letters))

    def translate(self, text: str) -> str:
        """Return *text* in the language, or the parts of it that are known; the rest is as it was."""
        for phrase in self._phrases:
            if (values := phrase.values(text)) is not None:
                return phrase.other.format(**{name: self.translate(value) for name, value in values.items()})
        # Before a colon mostly stands a file or an address, in brackets at the end what somebody else said.
        head, colon, tail = text.partition(": ")
        if colon and (told := self.translate(tail)) != tail:
            return f"{head}{colon}{told}"
        said, bracket, rest = text.rpartition(" (")
        return f"{self.translate(said)}{bracket}{rest}" if bracket and text.endswith(")") else text


class _Phrase:
    """A sentence in English and in another language."""

    def __init__(self, english: str, other: str) -> None:
        self.other = other
        parts = tuple(Formatter().parse(english))
        self._literals = tuple(literal for literal, _, _, _ in parts if literal)
        self._pattern = "".join(
            re.escape(literal) + (f"(?P<{name}>{_wildcard(name)})" if name else "") for literal, name, _, _ in parts
        )

    @property
    def letters(self) -> int:
        """How many letters are not in gaps."""
        return sum(map(len, self._literals))

    def values(self, text: str) -> Mapping[str, str] | None:
        """Return what stands in the gaps if *text* is this sentence, else None."""
        if not all(literal in text for literal in self._literals):
            return None
        found = re.fullmatch(self._pattern, text, re.DOTALL)
        return None if found is None else found.groupdict()


def _wildcard(name: str) -> str:
    return r"\S+" if name == _ONE_WORD else ".+?"
