"""What the README and docs say is true of the program: commands, settings, links, examples and messages."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from pisecurity import config, errors
from pisecurity.adapters import control
from pisecurity.adapters.state import disk, last_seen, lock, secrets
from pisecurity.adapters.store import alarm_file, quarantine, sqlite
from pisecurity.cli import main
from pisecurity.cli.parser import COMMANDS, Command, build_parser
from pisecurity.errors import ConfigError
from pisecurity.settings import Settings

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide.md"
TROUBLE = ROOT / "docs" / "troubleshooting.md"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OWNERS_PAGES = (ROOT / "README.md", GUIDE, TROUBLE)

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
MESSAGE = re.compile(r"^- `(.+)`$", re.MULTILINE)
GAP = "…"

MISTAKES = """
[motion]
min_area = 25
min_aera = 0.002
[mail]
host = "smtp.example.org"
password = "x"
to = ["Anna <anna@example.org>"]
[[zone]]
name = "Path"
camera = "garden"
kind = "watch"
points = [[0, 0], [1, 0]]
[[schedule]]
days = ["mon"]
at = "22:30"
mode = "night"
[house]
timezone = "Europe/Berln"
"""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return [body for _, kind, body in FENCE.findall(text_of(page)) if kind == language]


def code_lines(page: Path) -> Iterator[str]:
    """Yield what a reader may type: indented lines and code in running text, but no output in fences."""
    for line in FENCE.sub("", text_of(page)).splitlines():
        if line.startswith("    "):
            yield line.strip()
        elif MESSAGE.match(line):
            continue
        else:
            yield from INLINE.findall(line)


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command in a shell *line*, without a plain ``sudo`` in front."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&")
    lexer.whitespace_split = True
    command: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("|;&"):
            yield command
            command = []
        elif command or word != "sudo":
            command.append(word)


def typed(program: str) -> list[tuple[str, list[str]]]:
    """Return page and arguments of each use of *program* in the owner's pages."""
    found = []
    for page in OWNERS_PAGES:
        for line in code_lines(page):
            if re.search(rf"(^|[ /]){program} ", line):
                found += [
                    (page.name, words[1:]) for words in commands(line) if words and Path(words[0]).name == program
                ]
    return found


@pytest.mark.parametrize(("page", "arguments"), typed("pisecurity"), ids=str)
def test_the_program_takes_every_command_shown(page: str, arguments: list[str]) -> None:
    if "--help" in arguments:
        with pytest.raises(SystemExit, match="^0$"):
            build_parser({}).parse_args(arguments)
    else:
        assert build_parser({}).parse_args(arguments).handler, page


def test_commands_are_found_where_they_are_shown() -> None:
    shown = {arguments[0] for page, arguments in typed("pisecurity") if page == GUIDE.name}
    assert shown == {command.name for command in COMMANDS}
    assert ["replay", "-"] in [arguments for _, arguments in typed("pisecurity")], "behind a pipe too"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_guide_has_a_section_for_each_command(command: Command) -> None:
    assert re.search(rf"^### {command.name}$", text_of(GUIDE), re.MULTILINE)


def test_the_guide_names_every_option_of_replay() -> None:
    section = text_of(GUIDE).split("### replay\n")[1].split("\n## ")[0]
    options = {"--json", "--frames", "--ledger", "--annotate", "--fps", "--speed", "--config", "--camera"}
    assert {option for option in options if f"`{option}" not in section} == set()


def test_make_has_every_target_shown() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    shown = {arguments[0] for _, arguments in typed("make")}
    assert {"demo", "test"} <= shown <= targets


def test_the_service_can_be_reloaded_as_the_guide_says() -> None:
    assert ("guide.md", ["reload", "pisecurity"]) in typed("systemctl")
    assert "\nExecReload=/bin/kill -HUP $MAINPID\n" in text_of(ROOT / "systemd" / "pisecurity.service")


def test_the_guide_names_every_file_of_the_state_folder() -> None:
    section = text_of(GUIDE).split("## Where things are\n")[1].split("\n## ")[0]
    files = (config.GOOD_COPY, control.FILE_NAME, disk.FILE_NAME, last_seen.FILE_NAME, lock.FILE_NAME, sqlite.FILE_NAME)
    names = (*files, secrets.NAME, alarm_file.FILE_NAME, quarantine.FOLDER)
    assert [name for name in (*names, "bug-*.txt", "mailbox/", "pictures/", "scenes/") if name not in section] == []


def keys(table: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Yield every setting, such as ``alarm.away.exit_delay_s``."""
    for name, field in table.model_fields.items():
        inner = config.table_of(field.annotation)
        if inner is None:
            yield prefix + name
        else:
            yield from keys(inner, f"{prefix}{name}.")


def test_the_guide_names_every_setting_and_no_other() -> None:
    tables = "|".join(Settings.model_fields)
    named = {
        word
        for code in INLINE.findall(FENCE.sub("", text_of(GUIDE)))
        if re.fullmatch(rf"(?:{tables})(?:\.\w+)+(?: = .+)?", code)
        for word in [code.partition(" ")[0]]
    }
    assert named == set(keys())


@pytest.mark.parametrize("page", OWNERS_PAGES, ids=lambda page: page.name)
def test_settings_named_in_running_text_exist(page: Path) -> None:
    tables = "|".join(Settings.model_fields)
    named = re.findall(rf"`((?:{tables})\.[a-z_.]+)`", FENCE.sub("", text_of(page)))
    assert set(named) <= set(keys())


def examples() -> list[tuple[str, str]]:
    return [(page.name, block) for page in PAGES for block in blocks(page, "toml")]


@pytest.mark.parametrize(("page", "example"), examples())
def test_every_example_of_settings_is_good(page: str, example: str) -> None:
    camera = "" if "camera" in tomllib.loads(example) else '\n[[camera]]\nid = "front"\nkind = "stage"\n'
    config.parse(example + camera, page)


def test_the_guide_has_an_example_of_every_table() -> None:
    together = [tomllib.loads(block) for block in blocks(GUIDE, "toml")]
    assert {table for example in together for table in example} == set(Settings.model_fields)


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings, made the way the usual Git hosts make them."""
    headings = HEADING.findall(FENCE.sub("", text_of(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links() -> list[tuple[Path, str]]:
    return [(page, link) for page in PAGES for pair in LINK.findall(text_of(page)) for link in pair if link]


@pytest.mark.parametrize(
    ("page", "link"), [(page, link) for page, link in links() if "://" not in link], ids=lambda value: str(value)[-40:]
)
def test_every_link_leads_somewhere(page: Path, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    assert target.is_relative_to(ROOT.resolve())
    assert target.exists(), f"{page.name}: {link}"
    assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def test_links_are_found() -> None:
    assert {("README.md", "docs/guide.md"), ("guide.md", "#zones")} <= {(page.name, link) for page, link in links()}


def template(node: ast.expr, constants: dict[str, str]) -> str | None:
    """Return the text of a string or f-string, with GAP for what is only known when it is printed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = []
    for part in node.values:
        name = part.value.id if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) else ""
        parts.append(str(part.value) if isinstance(part, ast.Constant) else constants.get(name, GAP))
    return "".join(parts)


@cache
def sources() -> tuple[tuple[str, ast.Module, dict[str, str]], ...]:
    """Return path, syntax tree and text constants of each module of the program."""
    found = []
    for path in sorted((ROOT / "pisecurity").rglob("*.py")):
        tree = ast.parse(text_of(path))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            if isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        found.append((path.relative_to(ROOT).as_posix(), tree, constants))
    return tuple(found)


@cache
def texts() -> frozenset[str]:
    """Return every text in the program."""
    return frozenset(
        text
        for _, tree, constants in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and (text := template(node, constants))
    )


def raised() -> Iterator[tuple[str, str]]:
    """Yield place and text of every error the owner may read, where its text stands at the raise."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"UsageError", "ClockError"}
    for path, tree, constants in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if name not in kinds | {"ArgumentTypeError", "report", "_report"}:
                continue
            for argument in node.args:
                text = template(argument, constants)
                if text is not None and len(text.replace(GAP, "")) > 12:
                    yield f"{path}:{node.lineno}", text


def tells_of(message: str, text: str) -> bool:
    """Return whether *text* of the program is what troubleshooting calls *message*: its fragments, in order."""
    at = 0
    for fragment in (part.strip() for part in message.split(GAP)):
        found = text.find(fragment, at)
        if found < 0:
            return False
        at = found + len(fragment)
    return True


@pytest.mark.parametrize("message", MESSAGE.findall(text_of(TROUBLE)))
def test_the_program_prints_every_message_of_troubleshooting(message: str) -> None:
    assert any(tells_of(message, text) for text in texts())


def test_troubleshooting_tells_of_every_error_the_program_raises() -> None:
    told = MESSAGE.findall(text_of(TROUBLE))
    untold = [f"{place}: {text}" for place, text in raised() if not any(tells_of(one, text) for one in told)]
    assert untold == []


def test_each_message_of_troubleshooting_stands_there_once_and_says_something() -> None:
    told = MESSAGE.findall(text_of(TROUBLE))
    assert len(told) > 50
    assert len(told) == len(set(told))
    assert [one for one in told if len(one.replace(GAP, "").strip()) < 12] == []


def test_the_mistakes_in_troubleshooting_are_what_check_prints() -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse(MISTAKES, "bad.toml")
    assert f"pisecurity: {caught.value}\n" in blocks(TROUBLE, "text")


@pytest.mark.parametrize("option", ["--json", "--frames"])
def test_lines_for_programs_in_the_guide_have_the_keys_that_are_printed(
    capfd: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["replay", option, str(ROOT / "tests" / "clips" / "garden_walk.mp4")]) == 0
    printed = {tuple(json.loads(line)) for line in capfd.readouterr().out.splitlines()}
    lines = [line for block in blocks(GUIDE, "text") for line in block.splitlines() if line.startswith("{")]
    assert printed <= {tuple(json.loads(line)) for line in lines}


TREE = re.compile(
    r"^  (?P<indent> *)(?P<name>[a-z0-9_]+)(?:/|\.py)(?P<planned>\*?) +(?P<names>.*(?:\n {12,}.*)*)$", re.MULTILINE
)
LISTED = ("cli", "web", "adapters", "runtime", "ports", "core")


def tree() -> dict[str, set[str]]:
    """Return what the design's tree says lies in each folder of the package; what is not there yet ends with ``*``."""
    drawn = text_of(ROOT / "docs" / "design.md").split("\npisecurity/\n", 1)[1].split("\ntests/", 1)[0]
    found: dict[str, set[str]] = {}
    above = ""
    for line in TREE.finditer(drawn):
        names = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", line["names"])
        folder = f"{above}/{line['name']}" if line["indent"] else line["name"]
        found[folder] = set(re.findall(r"[a-z0-9_]+\*?", names))
        if line["indent"]:
            found[above].add(line["name"] + line["planned"])
        else:
            above = folder
    return found


def is_listed(folder: str) -> bool:
    return folder.partition("/")[0] in LISTED


@pytest.mark.parametrize("folder", sorted(filter(is_listed, tree())))
def test_the_tree_of_the_design_names_each_module_and_marks_what_is_not_there_yet(folder: str) -> None:
    paths = (ROOT / "pisecurity" / folder).glob("*")
    there = {path.stem for path in paths if path.suffix == ".py" or path.is_dir()} - {"__init__", "__pycache__"}
    named = tree()[folder]
    assert {name for name in named if "*" not in name} == there
    assert not {name.rstrip("*") for name in named if "*" in name} & there
