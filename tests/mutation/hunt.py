"""Runs the tests of a module against its mutants, each in a process of its own."""

from __future__ import annotations

import ast
import os
import select
import signal
import sys
import time
import types
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[2]
LOADED = ("pisecurity.core.types", "pisecurity.settings", "zoneinfo")
"""Modules that the tests need and none of which loads one that is mutated."""


class Hunt:
    """One module and the tests that should kill its mutants.

    A process is forked for each mutant: what tests need is loaded once, the mutant and its tests in the child.
    """

    def __init__(self, file: Path) -> None:
        """*file*: of the package, relative to the checkout."""
        for module in LOADED:
            import_module(module)
        self.source = (ROOT / file).read_text()
        self._file = file
        self._module = ".".join(file.with_suffix("").parts)
        folder = ROOT / "tests" / file.relative_to("pisecurity").parent
        self.tests = tuple(sorted(str(path) for path in folder.glob(f"test_{file.stem}*.py")))
        self.limit_s = 120.0

    def measure(self) -> float:
        """Run the tests on the module as it is; return how long they take and allow mutants ten times as much.

        Raises:
            AssertionError: there are none, or they fail.
        """
        assert self.tests, f"{self._file}: there is no {Path(self._file).stem} in its folder of tests"
        started = time.monotonic()
        assert self.survives(ast.parse(self.source)), f"{self._file}: its tests fail without any mutant"
        took_s = time.monotonic() - started
        self.limit_s = 10 * took_s + 5
        return took_s

    def survives(self, tree: ast.Module) -> bool:
        """Return whether all tests pass with *tree* in the place of the module; one that takes too long does not."""
        done, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(done)
            os._exit(self._tested(tree))
        os.close(told)
        try:
            if not select.select([done], [], [], self.limit_s)[0]:
                os.kill(child, signal.SIGKILL)
        finally:
            os.close(done)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return code == 0

    def _tested(self, tree: ast.Module) -> int:
        """Run the tests; return what pytest says."""
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        if self._module in sys.modules:  # among other tests, which hold on to what they have loaded
            for name in [name for name in sys.modules if name.partition(".")[0] in ("pisecurity", "tests")]:
                del sys.modules[name]
        sys.meta_path.insert(0, _Instead(self._module, tree, str(ROOT / self._file)))
        settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
        settings.load_profile("mutants")
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # loading a browser takes longer than the tests
        alone = ("--noconftest", "-c", os.devnull, "-p", "no:cacheprovider", "-x", "-q", "-W", "ignore")
        return int(pytest.main([*alone, f"--rootdir={ROOT}", *self.tests]))


class _Instead(MetaPathFinder, Loader):
    """Gives one module from a syntax tree."""

    def __init__(self, module: str, tree: ast.Module, file: str) -> None:
        self._module, self._tree, self._file = module, tree, file

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self, origin=self._file) if fullname == self._module else None

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = self._file
        exec(compile(self._tree, self._file, "exec"), module.__dict__)
