"""What the mutants of a module are, and that tests notice them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.mutation.__main__ import FOLDER, HEAD, Hunted, main, page
from tests.mutation.hunt import ROOT, Hunt, Watch, load
from tests.mutation.mutants import mutants

SOURCE = '''
"""A module."""
import json
from enum import StrEnum

LIMIT = 3


class Kind(StrEnum):
    """Its members may be called anything."""

    ONE = "one"


def allowed(count: int, kind: "Kind", names: list[str]) -> bool:
    """Return whether it is."""
    if not names:
        return False
    some = [name for name in names if name != "x"]
    return count + 1 < LIMIT and kind is Kind.ONE or kind is Kind.TWO
'''


BOTH = "count + 1 < LIMIT and kind is Kind.ONE"


def test_one_thing_is_wrong_in_each_and_each_has_a_name() -> None:
    assert [mutant.name for mutant in mutants(SOURCE)] == [
        "LIMIT: LIMIT = 3 -> pass",
        "LIMIT: 3 -> 4",
        "allowed: if not names -> if not not names",
        "allowed: not names -> names",
        "allowed: False -> True",
        "allowed: some = [name for name in names if name != 'x'] -> pass",
        "allowed: if name != 'x' -> if True",
        "allowed: name != 'x' -> name == 'x'",
        "allowed: 'x' -> 'xXX'",
        "allowed: return count + 1 < LIMIT and kind is Kind.ONE or kind is Kind.TWO -> return None",
        "allowed: " + BOTH + " or kind is Kind.TWO -> (" + BOTH + ") and kind is Kind.TWO",
        "allowed: count + 1 < LIMIT and kind is Kind.ONE -> count + 1 < LIMIT or kind is Kind.ONE",
        "allowed: count + 1 < LIMIT -> count + 1 <= LIMIT",
        "allowed: count + 1 -> count - 1",
        "allowed: 1 -> 2",
        "allowed: kind is Kind.ONE -> kind is not Kind.ONE",
        "allowed: Kind.ONE -> Kind.TWO",
        "allowed: kind is Kind.TWO -> kind is not Kind.TWO",
        "allowed: Kind.TWO -> Kind.ONE",
    ]


def test_the_mutants_of_a_file_have_names_of_their_own_and_compile() -> None:
    source = (ROOT / FOLDER / "digest.py").read_text()
    found = list(mutants(source))
    assert len({mutant.name for mutant in found}) == len(found) > 20
    for mutant in found:
        compile(mutant.tree, "digest.py", "exec")
        assert ast.unparse(mutant.tree) != ast.unparse(ast.parse(source))


def test_a_mutant_is_killed_and_so_is_one_that_never_ends() -> None:
    hunt = Hunt(FOLDER / "digest.py")
    assert hunt.survives(ast.parse(hunt.source))
    assert not hunt.survives(ast.parse(hunt.source.replace("LEAST = 4", "LEAST = 5")))
    hunt.limit_s = 1.0
    assert not hunt.survives(ast.parse(hunt.source + "\nwhile True: pass"))


def test_what_imports_the_mutant_is_not_loaded_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"x_mutant": "", "x_user": "import x_mutant", "x_users_user": "import x_user", "x_other": ""}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    load(["x_users_user", "x_user", "x_other", "x_mutant"], without="x_mutant")
    assert [name for name in sys.modules if name.startswith("x_")] == ["x_other"]
    monkeypatch.delitem(sys.modules, "x_other")


def test_the_test_that_kills_most_in_the_least_time_goes_first() -> None:
    tests: list[Any] = [SimpleNamespace(nodeid=name) for name in ("slow", "quick", "keen")]
    Watch({"slow": 3.0, "quick": 0.1, "keen": 1.0}, {"keen": 19, "slow": 20}).pytest_collection_modifyitems(tests)
    assert [test.nodeid for test in tests] == ["keen", "quick", "slow"]


def test_the_page_keeps_the_files_that_were_not_looked_at() -> None:
    one = Hunted("rules.py", 10, ((3, "a -> b"), (4, "c -> d")), 1.0)
    first = page("", [one], {"rules.py": {"a -> b": "It is the same."}})
    assert first == (
        f"{HEAD}\n## rules.py\n\n8 of 10 are killed, 80.0%. These are not:\n\n"
        "- `a -> b`\n  It is the same.\n- `c -> d`\n  nobody knows why\n"
    )
    both = page(first, [Hunted("digest.py", 5, (), 1.0)], {})
    assert both == first.replace("\n## rules.py", "\n## digest.py\n\n5 of 5 are killed, 100.0%.\n\n## rules.py")


def test_a_file_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["rule.py"])
    assert "rule.py: no such file; choose from digest.py, " in capsys.readouterr().err
