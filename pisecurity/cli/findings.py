"""What an examination finds, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pisecurity.errors import PiSecurityError


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part is."""

    part: str
    well: bool
    text: str
    """What was found; of a fault, what, where and the fix."""
    tried: bool = True
    """Whether it was looked at; what was not is no fault."""


def attempt(part: str, examine: Callable[[], str]) -> Finding:
    """Return what *examine* says, or the error it raises, which is a fault."""
    try:
        return Finding(part, well=True, text=examine())
    except PiSecurityError as error:
        # An error of a camera names it, as does its part.
        return Finding(part, well=False, text=str(error).removeprefix(f"{part}: "))


def tell(findings: Iterable[Finding]) -> int:
    """Print each as soon as it is there; return the exit code."""
    faults = 0
    for finding in findings:
        faults += finding.tried and not finding.well
        how = "ok" if finding.well else "FAULT" if finding.tried else "-"
        print(f"{how:<5}  {finding.part:<12} {finding.text}", flush=True)
    print("all is well" if not faults else f"{faults} fault{'s' if faults > 1 else ''}")
    return 1 if faults else 0
