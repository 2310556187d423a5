"""Where the templates, the static files and the words of mails lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pisecurity.core.phrases import Phrases


def assets() -> Path:
    """Return the folder with ``templates`` and ``static``: inside an installed package, or ``web/`` of a checkout.

    Raises:
        FileNotFoundError: neither exists; the installation is not whole.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_web", package.parent / "web"):
        if (folder / "templates").is_dir():
            return folder
    raise FileNotFoundError(f"no web files beside {package}; install pisecurity again")


def load_catalogue(language: str = "en") -> Mapping[str, str]:
    """Return the words of mails in a *language* of ``house.language``; a sentence it lacks is the English one."""
    return {**_words("mail", "en"), **_words("mail", language)}


def load_phrases(language: str) -> Callable[[str], str]:
    """Return what says the English text of a fault in a *language* of ``house.language``."""
    return str if language == "en" else Phrases(_words("faults", "en"), _words("faults", language)).translate


def _words(kind: str, language: str) -> Mapping[str, str]:
    words: dict[str, str] = json.loads((assets() / "locales" / f"{kind}.{language}.json").read_text(encoding="utf-8"))
    return words
