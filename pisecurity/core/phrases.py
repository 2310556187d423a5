"""What is wrong, in the owner's language.

Whatever notices a fault says so in English, in its own words: the page, the log and the commands show them as they are,
and what a mail server or the kernel said stands among them. A mail looks the sentence up by its English form, the gaps
in it left open, and fills the same gaps into that of the language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from string import Formatter

LONGEST = 1000
"""Characters of a text that is still told."""
DEEPEST = 8
"""Sentences within each other that are still told."""
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
        """Return *text* in the language, or the parts of it that are known; the rest is as it was.

        Of one longer than ``LONGEST`` characters and of sentences more than ``DEEPEST`` deep nothing is told: what
        a server said stands in it, and that may be made to take for ever.
        """
        return text if len(text) > LONGEST else self._told(text, DEEPEST, {})

    def _told(self, text: str, deep: int, known: dict[tuple[str, int], str]) -> str:
        """Return *text* told to *deep* sentences within each other; *known* keeps what was told before."""
        if deep and (text, deep) not in known:
            known[text, deep] = self._look_up(text, lambda part: self._told(part, deep - 1, known))
        return known.get((text, deep), text)

    def _look_up(self, text: str, tell: Callable[[str], str]) -> str:
        for phrase in self._phrases:
            if (values := phrase.values(text)) is not None:
                return phrase.other.format(**{name: tell(value) for name, value in values.items()})
        # Before a colon mostly stands a file or an address, in brackets at the end what somebody else said.
        head, colon, tail = text.partition(": ")
        if colon and (told := tell(tail)) != tail:
            return f"{head}{colon}{told}"
        said, bracket, rest = text.rpartition(" (")
        return f"{tell(said)}{bracket}{rest}" if bracket and text.endswith(")") else text


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
