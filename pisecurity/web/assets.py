"""Where the templates and static files lie."""

from __future__ import annotations

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
