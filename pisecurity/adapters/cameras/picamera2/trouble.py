"""Why a Pi camera does not work, in words that end the search."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from pisecurity.adapters.machine.raspberry import BOOT_CONFIGS, JOIN_VIDEO, MORE_MEMORY, NO_HEAP, Circumstances


@dataclass(frozen=True, slots=True)
class _Known:
    """A cause, told by the number of the system's error or by words of the library, and what to do."""

    text: str
    phrases: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


KNOWN = (
    _Known(
        "numpy and simplejpeg do not fit together: a numpy from pip hides the one of the system; run "
        "'pip uninstall numpy opencv-python-headless' in our environment",
        ("dtype size changed", "multiarray failed to import"),
    ),
    _Known(
        "{module} is not there for {python}; run 'sudo apt install --no-install-recommends python3-picamera2', and use "
        "an environment that sees the system's packages",
        ("no module named",),
    ),
    _Known(
        "another program is using it{holder}; stop that one, because only one can have the camera",
        ("resource busy",),
        (errno.EBUSY,),
    ),
    _Known(
        f"this user may not use it; {JOIN_VIDEO}",
        ("permission denied",),
        (errno.EACCES, errno.EPERM),
    ),
    _Known(
        "there is too little memory for its pictures{memory}; give a smaller width and height, or " + MORE_MEMORY,
        ("failed to allocate", "cannot allocate memory"),
        (errno.ENOMEM,),
    ),
    _Known(NO_HEAP, ("could not open any dmaheap",)),
)
OTHER = "the camera library says: {words}; 'pisecurity doctor camera' looks for the cause"


def explain(error: BaseException, about: Circumstances | None = None) -> str:
    """Return what *error* of the camera library means and what to do, in one line."""
    about = about or Circumstances()
    causes = tuple(_chain(error))
    words = "; ".join(dict.fromkeys(_words(cause) for cause in causes))
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    module = next((cause.name for cause in causes if isinstance(cause, ImportError) and cause.name), "picamera2")
    known = next(
        (
            each.text
            for each in KNOWN
            if numbers & set(each.numbers) or any(phrase in words.lower() for phrase in each.phrases)
        ),
        OTHER,
    )
    return known.format(
        words=words,
        module=module,
        python=f"Python {sys.version_info[0]}.{sys.version_info[1]}",
        user=about.user,
        holder=f" ({about.holder})" if about.holder else "",
        memory=f" ({about.memory})" if about.memory else "",
        config=f"/{BOOT_CONFIGS[0]}",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
