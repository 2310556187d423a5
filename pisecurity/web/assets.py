"""Where the templates, the static files and the words of mails lie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


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
    catalogue: dict[str, str] = {}
    for each in ("en", language):
        catalogue |= json.loads((assets() / "locales" / f"mail.{each}.json").read_text(encoding="utf-8"))
    return catalogue
