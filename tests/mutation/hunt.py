"""Runs the tests of a module against its mutants, each in a process of its own."""

from __future__ import annotations

import ast
import gc
import json
import os
import select
import signal
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).parents[2]
OURS = ("pisecurity", "tests")
LONGEST_S = 600.0
"""So long the tests of one mutant may take, by the clock: for what waits without counting."""
LONGEST_START_S = 2.0
"""Seconds of the processor that loading a mutant and its tests may take, once what they need is loaded."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the tests said of one mutant."""

    passed: bool
    took_s: Mapping[str, float] = field(default_factory=dict)
    """How long each test took that ended, by its name; the last one failed where not all passed."""
    loaded: tuple[str, ...] = ()
    """Modules there were at the end."""


class Hunt:
    """One module and the tests that should kill its mutants.

    A process is forked for each mutant. What the tests need is loaded once, before; the mutant, what imports it, and
    the tests are loaded in the child. The tests that killed most so far for the least time go first, so that a slow
    one runs only against what the quick ones let pass.
    """

    def __init__(self, file: Path) -> None:
        """*file*: of the package, relative to the checkout."""
        self.source = (ROOT / file).read_text()
        self._file = file
        self._module = ".".join(file.with_suffix("").parts)
        folder = ROOT / "tests" / file.relative_to("pisecurity").parent
        self.tests = tuple(sorted(str(path) for path in folder.glob(f"test_{file.stem}*.py")))
        self.limit_s = LONGEST_S
        """Seconds of the processor that loading a mutant and its tests may take."""
        self._took_s: Mapping[str, float] = {}
        self._kills: Counter[str] = Counter()

    def measure(self) -> float:
        """Run the tests on the module as it is, and load what they needed; return how long they take.

        Raises:
            AssertionError: there are none, or they fail.
        """
        assert self.tests, f"{self._file}: there is no test_{Path(self._file).stem} in its folder of tests"
        for _ in range(2):  # the second time just as each mutant is run, or all might be killed by the limits alone
            run = self._run(ast.parse(self.source))
            assert run.passed, f"{self._file}: its tests fail without any mutant"
            load(run.loaded, self._module)
            self._took_s, self.limit_s = run.took_s, LONGEST_START_S
        gc.freeze()  # or each child copies what its collector touches
        return sum(self._took_s.values())

    def survives(self, tree: ast.Module) -> bool:
        """Return whether all tests pass with *tree* in the place of the module; one that takes too long does not."""
        run = self._run(tree)
        if not run.passed and run.took_s:
            self._kills[[*run.took_s][-1]] += 1
        return run.passed

    def _run(self, tree: ast.Module) -> Run:
        done, told = os.pipe()
        with tempfile.TemporaryFile("w+") as report:
            child = os.fork()
            if child == 0:
                os.close(done)
                os._exit(self._tested(tree, report.fileno()))
            os.close(told)
            try:
                if not select.select([done], [], [], LONGEST_S)[0]:
                    os.kill(child, signal.SIGKILL)
            finally:
                os.close(done)
                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            report.seek(0)
            took_s, loaded = json.loads(report.read() or "[{}, []]")
        return Run(code == 0, took_s, tuple(loaded))

    def _tested(self, tree: ast.Module, report: int) -> int:
        """Run the tests and write to *report* what they took and loaded; return what pytest says."""
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        _allow(self.limit_s)
        if self._module in sys.modules:  # among other tests, which hold on to what they have loaded
            for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
                del sys.modules[name]
        sys.meta_path.insert(0, _Instead(self._module, tree, str(ROOT / self._file)))
        # That one example fails is enough: it need not be the smallest.
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", deadline=None, derandomize=True, database=None, phases=phases)
        settings.load_profile("mutants")
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # loading a browser takes longer than the tests
        watch = Watch(self._took_s, self._kills)
        alone = ("--noconftest", "-c", os.devnull, "-p", "no:cacheprovider", "-x", "-q", "-W", "ignore")
        terse = ("--assert=plain", "--tb=no")  # nobody reads how one differs from the other
        code = int(pytest.main([*alone, *terse, f"--rootdir={ROOT}", *self.tests], plugins=[watch]))
        os.write(report, json.dumps([watch.took_s, [*sys.modules]]).encode())
        return code


def load(names: Iterable[str], without: str) -> None:
    """Load each module of *names* that can be loaded while there is none named *without*."""
    missing = _Missing(without)
    sys.meta_path.insert(0, missing)
    try:
        for name in names:
            with suppress(ImportError):
                import_module(name)
    finally:
        sys.meta_path.remove(missing)


def _allow(seconds: float) -> None:
    """End this process when it has used so many *seconds* of the processor from now on."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


class Watch:
    """Puts tests into their order, lets none go on for ever, and notes how long each takes."""

    def __init__(self, measured_s: Mapping[str, float], kills: Mapping[str, int]) -> None:
        self._measured_s, self._kills = measured_s, kills
        self.took_s: dict[str, float] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self._measured_s.get(item.nodeid, 0.0) / (1 + self._kills.get(item.nodeid, 0)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        _allow(10 * self._measured_s.get(item.nodeid, LONGEST_S) + 1)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.took_s[report.nodeid] = self.took_s.get(report.nodeid, 0.0) + report.duration


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


class _Missing(MetaPathFinder):
    """Makes as if one module did not exist."""

    def __init__(self, module: str) -> None:
        self._module = module

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None) -> None:
        if fullname == self._module:
            raise ModuleNotFoundError(f"{fullname} is another one for each mutant", name=fullname)
