"""Looks whether the tests of the alarm notice when one thing of it is wrong: ``make mutants``.

Each mutant is a copy of a module in which one thing is wrong: a comparison, a number, a word, a state of the table, an
operator, a condition, a return, a statement that is gone. A mutant is killed when the module's own tests fail. What
survives is written to docs/mutants.md with the reason that reasons.toml gives; without a reason the command fails.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.hunt import ROOT, Hunt
from tests.mutation.mutants import mutants

FOLDER = Path("pisecurity/core/alarm")
REASONS = Path(__file__).with_name("reasons.toml")
PAGE = ROOT / "docs" / "mutants.md"
BAR = 0.9
UNKNOWN = "nobody knows why"
HEAD = """# Mutants of the alarm

    make mutants

makes copies of each file of `core/alarm` in which one thing is wrong, and runs the file's own tests on each:
a comparison turned or moved by one, a number one higher, a word misspelt, another state of the table, *and* for *or*, a
condition turned round, nothing returned, a statement gone. The tests kill a mutant when one of them fails, or takes
more than ten times as long as it should. At least 90 % must be killed, and why each of the others survives must be
known: `tests/mutation/reasons.toml` says it, and this page is written by the command.

Most mutants take a fifth of a second, those that survive as long as all the tests of their file; the whole takes about
five minutes of one core. `make mutants ARGS=states.py` looks at one file, and leaves the rest of the page as it is.
"""


@dataclass(frozen=True, slots=True)
class Hunted:
    """What became of the mutants of one file."""

    file: str
    made: int
    survivors: tuple[tuple[int, str], ...]
    """Line and name of each."""
    took_s: float

    @property
    def share(self) -> float:
        """Killed, of those made."""
        return 1 - len(self.survivors) / self.made if self.made else 1.0


def hunt(file: Path, only: str) -> Hunted:
    """Run the tests on each mutant of *file* whose name has *only* in it."""
    hunted, started = Hunt(file), time.monotonic()
    print(f"{file.name}: its tests take {hunted.measure():.1f} s", file=sys.stderr)
    made, survivors = 0, []
    for mutant in mutants(hunted.source):
        if only not in mutant.name:
            continue
        made += 1
        if hunted.survives(mutant.tree):
            survivors.append((mutant.line, mutant.name))
            print(f"  survived, line {mutant.line}: {mutant.name}", file=sys.stderr)
    return Hunted(file.name, made, tuple(survivors), time.monotonic() - started)


def reasons() -> dict[str, dict[str, str]]:
    """Return why a mutant may survive, by file and name."""
    return {file: dict(rows) for file, rows in tomllib.loads(REASONS.read_text()).items()}


def page(before: str, found: Sequence[Hunted], why: Mapping[str, Mapping[str, str]]) -> str:
    """Return the page *before* with what was *found*; files that were not looked at now stay in it as they were."""
    sections = {part.partition("\n")[0]: part for part in before.split("\n## ")[1:]}
    for one in found:
        killed = one.made - len(one.survivors)
        rows = "".join(f"- `{name}`\n  {why.get(one.file, {}).get(name, UNKNOWN)}\n" for _, name in one.survivors)
        said = f"{killed} of {one.made} are killed, {one.share:.1%}." + (" These are not:\n\n" if rows else "\n")
        sections[one.file] = f"{one.file}\n\n{said}{rows}"
    return HEAD + "".join(f"\n## {sections[name].rstrip()}\n" for name in sorted(sections))


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt, print, write the page; return 0 when enough are killed and each survivor has its reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = sorted(path.name for path in (ROOT / FOLDER).glob("*.py") if path.stem != "__init__")
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of {FOLDER}: {', '.join(known)}; all unless named")
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants whose name has this; writes no page")
    args = parser.parse_args(arguments)
    if unknown := set(args.files) - set(known):
        parser.error(f"{', '.join(sorted(unknown))}: no such file; choose from {', '.join(known)}")
    why, good = reasons(), True
    for name in args.files or known:
        one = hunt(FOLDER / name, args.only)
        good = _judge(one, why.get(one.file, {}), whole=not args.only) and good
        if not args.only:  # file by file, so that who stops it keeps what is known
            PAGE.write_text(page(PAGE.read_text() if PAGE.exists() else "", [one], why))
    return 0 if good else 1


def _judge(one: Hunted, why: Mapping[str, str], *, whole: bool) -> bool:
    """Print how *one* stands; return whether that is good."""
    killed = one.made - len(one.survivors)
    print(f"{one.file}: {killed} of {one.made} killed ({one.share:.1%}) in {one.took_s:.0f} s")
    names = {name for _, name in one.survivors}
    for line, name in one.survivors:
        if name not in why:
            print(f"  line {line} survives, kill it or say why in {REASONS.name}: {name}")
    gone = set(why) - names if whole else set()
    for name in sorted(gone):
        print(f"  is killed or not made any more, take it out of {REASONS.name}: {name}")
    return one.share >= BAR and not names - set(why) and not gone


if __name__ == "__main__":
    sys.exit(main())
