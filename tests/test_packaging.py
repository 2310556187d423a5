"""What a fresh machine gets: the wheel, the locks, and the commands that set everything up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

import pisecurity

ROOT = Path(__file__).parent.parent
LOCKS = tuple(sorted((ROOT / "requirements").glob("*.txt")))
PIN = re.compile(r"^([a-z0-9-]+)==([^ ]+)(?: ; (.+?))? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)


def run(*command: str | Path, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    # The tests themselves run under make, whose settings must not reach the make that is tested.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        command,
        cwd=cwd,
        env=inherited | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def pins(lock: Path) -> dict[tuple[str, str], str]:
    """Return the version by ``(name, marker)``."""
    found = PIN.findall(lock.read_text(encoding="utf-8"))
    return {(name, marker): pinned for name, pinned, marker in found}


def names(requirements: Sequence[str]) -> set[str]:
    return {re.split(r"[<>=]", requirement)[0] for requirement in requirements}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("pisecurity-*-py3-none-any.whl")
    return path


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_wheel_has_the_page_the_migrations_the_letters_and_the_example(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = set(archive.namelist())
    assert {f"pisecurity/_web/{name}" for name in files_below(ROOT / "web")} <= members
    migrations = files_below(ROOT / "pisecurity" / "adapters" / "store" / "migrations")
    assert migrations
    assert {f"pisecurity/adapters/store/migrations/{name}" for name in migrations} <= members
    assert {f"pisecurity/adapters/lettering{end}" for end in (".npz", "-LICENSE.txt")} <= members
    assert any(member.endswith(".data/data/share/pisecurity/config.example.toml") for member in members)
    assert not [member for member in members if member.startswith(("tests/", "benchmarks/"))]


def test_installed_wheel_finds_its_page_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    installed = run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel
    )
    assert installed.returncode == 0, installed.stderr
    code = "from pisecurity.web.assets import assets; print(assets())"
    found = run(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(target))
    assert found.stdout.strip() == str(target / "pisecurity" / "_web"), found.stderr


def test_installed_version_is_the_one_in_the_source() -> None:
    assert version("pisecurity") == pisecurity.__version__


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    without_pins = PIN.sub("", text)
    assert pins(lock)
    assert [line for line in without_pins.splitlines() if not line.startswith("    #")] == []
    assert not re.search(r"https?:|file:|--index|--find|\bgit\+| @ ", text)


def test_smaller_environments_are_part_of_larger_ones() -> None:
    runtime, demo, dev = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("runtime", "demo", "dev"))
    assert runtime.items() < demo.items() < dev.items()


def test_lock_of_picamera2_replaces_nothing_of_the_environment_it_is_added_to() -> None:
    added, there = ({name for name, _ in pins(ROOT / "requirements" / f"{lock}.txt")} for lock in ("picamera2", "dev"))
    assert "picamera2" in added
    assert not added & there


def test_locks_cover_what_the_project_asks_for_and_the_daemon_has_no_tools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime, demo = ({name for name, _ in pins(ROOT / "requirements" / f"{lock}.txt")} for lock in ("runtime", "demo"))
    assert names(project["dependencies"]) <= runtime
    assert names(project["optional-dependencies"]["demo"]) <= demo
    assert not {"aiosmtpd", "pytest", "torch"} & runtime


def test_make_help_lists_the_two_commands() -> None:
    listed = run("make").stdout
    assert "make demo" in listed
    assert "make test" in listed


@pytest.mark.parametrize("python", ["/nonexistent/python3", "/bin/false"])
def test_make_refuses_a_python_that_is_too_old_in_one_line(python: str) -> None:
    result = run("make", "demo", f"PYTHON={python}")
    assert result.returncode != 0
    said, *rest = result.stderr.splitlines()
    assert said == f"{python} is not Python 3.11 or newer; name one that is: make PYTHON=/usr/bin/python3.11 ..."
    assert all(line.startswith("make: ***") for line in rest)


def test_make_test_refuses_a_folder_of_clips_that_is_not_there() -> None:
    ready = f".venv-dev/ready-{sys.version_info.major}.{sys.version_info.minor}"
    result = run(
        "make", f"PYTHON={sys.executable}", f"--assume-old={ready}", "test", PISECURITY_RECORDED="/nonexistent/clips"
    )
    assert result.returncode != 0
    assert "PISECURITY_RECORDED=/nonexistent/clips is no folder" in result.stderr


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with the few programs that tests/setup/debian.sh itself calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in ("bash", "env", "mktemp", "rm", "tail"):
        found = shutil.which(program)
        assert found
        (folder / program).symlink_to(found)
    return folder


def install(path: Path, *wanted: str) -> subprocess.CompletedProcess[str]:
    return run(ROOT / "tests" / "setup" / "debian.sh", *wanted, PATH=str(path))


def test_debian_packages_that_are_there_are_not_installed_again(bare_path: Path) -> None:
    result = install(bare_path, "bash=some-package", f"{ROOT}/pyproject.toml=another")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_missing_debian_packages_are_named_where_there_is_no_apt(bare_path: Path) -> None:
    result = install(bare_path, "no-such-browser=browser", "/no/such/font=fonts-some")
    assert result.returncode == 1
    assert result.stderr.startswith("Missing: browser fonts-some. This is not Debian")


def test_what_to_type_is_said_when_apt_fails(bare_path: Path) -> None:
    for program in ("apt-get", "sudo"):
        script = bare_path / program
        script.write_text("#!/bin/sh\necho 'E: no network' >&2\nexit 100\n", encoding="ascii")
        script.chmod(0o755)
    result = install(bare_path, "no-such-browser=browser")
    assert result.returncode == 1
    assert "E: no network" in result.stderr
    assert "Install them and try again: sudo apt-get install browser" in result.stderr


def test_an_apt_that_is_busy_is_waited_for(bare_path: Path, tmp_path: Path) -> None:
    """Debian's own updates hold the lists for a minute or two, and apt-get update does not wait for that."""
    tries = tmp_path / "tries"
    scripts = {
        "apt-get": f'echo "$*" >>{tries}\n[ "$(wc -l <{tries})" -gt 2 ] && exit 0\n'
        "echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 9' >&2\nexit 100",
        "sleep": "exit 0",
        "sudo": 'shift\nexec "$@"',
    }
    for program, script in scripts.items():
        (bare_path / program).write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        (bare_path / program).chmod(0o755)
    for program in ("sh", "wc"):
        (bare_path / program).symlink_to(shutil.which(program) or "")
    result = install(bare_path, "no-such-browser=browser")
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split()[2] for line in tries.read_text().splitlines()] == ["update"] * 3 + ["install"]


def test_ci_fails_without_the_recorded_clips(tmp_path: Path) -> None:
    (tmp_path / "checkout" / ".ci").mkdir(parents=True)
    script = shutil.copy(ROOT / ".ci" / "run", tmp_path / "checkout" / ".ci" / "run")
    result = run("bash", script, cwd=tmp_path)
    assert result.returncode == 1
    assert f"{tmp_path}/shared/data/videos/manifest.json is missing" in result.stderr


def test_a_set_up_without_internet_says_so(tmp_path: Path) -> None:
    nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    ran = subprocess.run(
        [ROOT / "tests" / "setup" / "venv.sh", sys.executable, tmp_path / "venv", "requirements/demo.txt"],
        env=plain | nowhere, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    last = f"{tmp_path}/venv is not set up. It takes everything from PyPI: is the internet there? Then try again."
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (1, last)
    assert ran.stdout.splitlines() == [
        f"Setting up {tmp_path}/venv: once, about half a minute, some minutes on a Pi or a slow line",
        f"{tmp_path}/venv: making a Python environment that touches nothing else",
        f"{tmp_path}/venv: installing the packages of requirements/build.txt",
    ]


def test_a_set_up_names_each_package_as_it_comes(tmp_path: Path) -> None:
    venv = tmp_path / "venv" / "bin"
    venv.mkdir(parents=True)
    said = (
        "Collecting astral==3.2 (from -r x)",
        "Processing /w/av-18.1.0-cp311-any.whl (from -r x)",
        "Installing collected packages: av",
    )
    python = tmp_path / "python"
    # Stands for Python and, in the folder that it sets up, for pip.
    python.write_text('#!/bin/sh\n[ "$2" = pip ] || exit 0\n' + "".join(f"echo '{line}'\n" for line in said))
    python.chmod(0o755)
    shutil.copy(python, venv / "python")
    ran = run(ROOT / "tests" / "setup" / "venv.sh", python, tmp_path / "venv", "requirements/demo.txt")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[3:6] == ["  astral 3.2", "  av 18.1.0", "  putting them in place"]
