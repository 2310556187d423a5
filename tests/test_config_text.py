"""What cannot be read at all: files, syntax, size, and anything a program may come up with."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pisecurity.config import load, parse, written
from pisecurity.config.syntax import MAX_BYTES, MAX_NESTING
from pisecurity.errors import ConfigError
from pisecurity.settings import CameraSettings, MailSettings, Settings
from tests.rigs.user import ordinary_user
from tests.test_config import CAMERA, mistakes


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("port", "at the end of the file: a key is followed by = and a value, such as port = 8080"),
        (
            "port =",
            (
                "at the end of the file: a value is missing or lacks its quotes: "
                'a text is written "Home", a switch true '
                "or false"
            ),
        ),
        (
            "loop = yes",
            (
                'line 1, column 8: a value is missing or lacks its quotes: a text is written "Home", a switch true or '
                "false"
            ),
        ),
        ('[house]\nname = "Home', "at the end of the file: this text is not closed; add its quote"),
        (
            'name = "Ho\nme"',
            ("line 1, column 11: this character cannot stand here; a text ends with its quote on the same line"),
        ),
        (
            'path = "C:\\dir"',
            "line 1, column 13: between double quotes \\ is written \\\\; single quotes take it as it is",
        ),
        ("[house", "at the end of the file: the name of a table ends with ], such as [mail]"),
        ("[[camera]", "line 1, column 9: the name of a list of tables ends with ]], such as [[camera]]"),
        ("[house]\n[house]", "line 2, column 7: this table stands twice; put its keys under one heading"),
        ("a = 1\na = 2", "at the end of the file: this key stands twice in its table; keep one of the two lines"),
        ("a = [1", "at the end of the file: this list is not closed; add ]"),
        ("a = {b = 1", "at the end of the file: this table on one line is not closed; add }"),
        ("at = 22:30", "line 1, column 8: a time of day is written with seconds, such as 22:30:00"),
        (
            "at = 25:30:00",
            "line 1, column 8: a time of day is from 00:00:00 to 23:59:59, with two digits for each part",
        ),
        (
            "at = 7:30:00 # early",
            "line 1, column 7: a time of day is from 00:00:00 to 23:59:59, with two digits for each part",
        ),
        ("a = 1 b = 2", "line 1, column 7: one key and one value a line; a text stands in quotes"),
        ("= 1", "line 1, column 1: a line is a table such as [mail], or a key, = and a value"),
        ("a = 2026-02-30", "line 1, column 5: there is no such date or time of day"),
        (f"a = {'9' * 5000}", "a number has too many digits"),
        ("a = 1\n\0", "line 2, column 1: a line is a table such as [mail], or a key, = and a value"),
    ],
)
def test_a_syntax_error_is_placed_and_explained(text: str, mistake: str) -> None:
    assert mistakes(text) == [mistake]


def test_a_syntax_error_does_not_repeat_the_line() -> None:
    assert "hunter2" not in mistakes('[mail]\npassword = "hunter2')[0]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{b=" * 60_000,
        ".".join("a" * 100_000) + " = 1",
        "[" + " . ".join("a" * 60_000) + "]",
    ],
    ids=["lists", "tables", "dotted key", "dotted heading"],
)
def test_s29_deep_nesting_is_refused_before_it_is_parsed(text: str) -> None:
    assert mistakes("\n" + text) == ["line 2: nested too deeply; no setting needs this many levels"]


def test_nesting_as_deep_as_allowed_is_parsed() -> None:
    (mistake,) = mistakes("a = " + "[" * MAX_NESTING + "]" * MAX_NESTING + "\n" + CAMERA)
    assert mistake.startswith("a: unknown")


def test_s29_a_large_text_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ConfigError, match="config.toml: larger than 256 kB, so this is no configuration of pisecurity"):
        parse("#" * (MAX_BYTES + 1), "config.toml")


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CAMERA, "utf-8-sig")  # as an editor of another system saves it
    assert load(path).camera[0].id == "front"


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value)


def test_mistakes_in_a_file_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    assert refused(path).startswith(f"{path}: 1 mistake\n")


@pytest.mark.parametrize("name", ["gone.toml", "file/config.toml"])
def test_a_missing_file_is_named_with_the_fix(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / name
    assert refused(path) == f"{path}: not found; copy config.example.toml there, or name another with --config"


def test_a_file_of_somebody_else_is_named_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch(0o000)
    with ordinary_user():
        message = refused(path)
    assert message == f"{path}: this user may not read it; run as the user of the service or with sudo"


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: not a file; name the configuration file itself, such as config.toml"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    os.mkfifo(path)
    assert refused(path) == f"{path}: not a file; name the configuration file itself, such as config.toml"


def test_a_file_that_is_not_utf8_is_placed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('[house]\nname = "Müller"\n'.encode("latin-1"))
    assert refused(path) == f"{path}: line 2 is not UTF-8; save the file as UTF-8 text"


def test_s29_a_large_file_is_refused_without_reading_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert refused(path) == f"{path}: larger than 256 kB, so this is no configuration of pisecurity"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.times()
    | st.dates()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
known = st.sampled_from([*Settings.model_fields, *CameraSettings.model_fields, *MailSettings.model_fields, "password"])
tables = st.dictionaries(known | st.text(max_size=8), st.dictionaries(known, values, max_size=4) | values, max_size=6)


def without_nothing(value: object) -> object:
    """TOML has no None."""
    if isinstance(value, dict):
        return {key: without_nothing(item) for key, item in value.items() if item is not None}
    return [without_nothing(item) for item in value if item is not None] if isinstance(value, list) else value


@given(tables)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_toml_gives_settings_or_mistakes(data: dict[str, object]) -> None:
    text = tomlkit.dumps(without_nothing(data))  # type: ignore[arg-type]
    try:
        result = repr(parse(text, "config.toml"))
    except ConfigError as error:
        result = str(error)
    assert re.match(r"Settings\(house=|config\.toml: \d+ mistakes?\n  ", result)


@given(st.text() | st.text("[]{}=.\"'\n#ab1", max_size=40))
@settings(deadline=None)
def test_any_text_gives_mistakes_and_no_traceback(text: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: \d+ mistakes?\n  "):
        parse(text, "config.toml")


scalars = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.times() | st.dates()
)


@given(scalars | st.lists(st.integers(-(2**63), 2**63 - 1)).map(tuple))
@settings(deadline=None)
def test_what_is_shown_as_toml_is_toml(value: object) -> None:
    back = tomllib.loads(f"value = {written(value)}")["value"]
    assert back == (list(value) if isinstance(value, tuple) else value)
