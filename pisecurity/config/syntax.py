"""The text of config.toml to tables, or where it is no TOML, in the owner's words."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from pisecurity.errors import ConfigError

MAX_BYTES = 256 * 1024
MAX_NESTING = 16
"""Brackets open at once, and parts of a dotted key: tomllib recurses over the one and is quadratic in the other."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TIME_WITHOUT_SECONDS = re.compile(r"=\s*\d\d?:\d\d\s*(?:#.*)?$")
_NO_TIME = re.compile(r"=\s*\d+:\d+:\d+\s*(?:#.*)?$")
_DECIMAL_COMMA = re.compile(r"=\s*[+-]?\d+,\d+\s*(?:#.*)?$")

_SYNTAX = {
    "Expected '=' after a key": "a key is followed by = and a value, such as port = 8080",
    "Expected newline or end of document": "one key and one value a line; a text stands in quotes",
    "Invalid value": 'a value is missing or lacks its quotes: a text is written "Home", a switch true or false',
    "Invalid statement": "a line is a table such as [mail], or a key, = and a value",
    "Invalid initial character for a key part": "a key is made of letters, digits, _ and -",
    "Cannot overwrite a value": "this key stands twice in its table; keep one of the two lines",
    "Cannot declare": "this table stands twice; put its keys under one heading",
    "Cannot mutate immutable namespace": "this table is complete already; put all its keys in one place",
    "Expected ']' at the end of a table declaration": "the name of a table ends with ], such as [mail]",
    "Expected ']]' at the end of an array declaration": "the name of a list of tables ends with ]], such as [[camera]]",
    "Unclosed array": "this list is not closed; add ]",
    "Unclosed inline table": "this table on one line is not closed; add }",
    "Unterminated string": "this text is not closed; add its quote",
    "Unescaped '\\' in a string": "between double quotes \\ is written \\\\; single quotes take it as it is",
    "Illegal character": "this character cannot stand here; a text ends with its quote on the same line",
    "Invalid date or datetime": "there is no such date or time of day",
}


def tables_in(text: str, source: str) -> dict[str, Any]:
    """Return the tables of the TOML *text*, with tuples in place of lists, because strict models take those.

    Args:
        source: what the mistake is said to be in.

    Raises:
        ConfigError: it is too large, or no TOML; the message names the first place, because TOML is lost after it.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise too_large(source)
    _refuse_deep_nesting(text, source)
    try:
        return {key: _with_tuples(value) for key, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        raise report(source, [_syntax_sentence(str(error), text)], 1) from None
    except ValueError:  # Python refuses to convert thousands of digits
        raise report(source, ["a number has too many digits"], 1) from None


def too_large(source: str) -> ConfigError:
    """Return the error of a file of more than MAX_BYTES."""
    return ConfigError(f"{source}: larger than {MAX_BYTES // 1024} kB, so this is no configuration of pisecurity")


def _refuse_deep_nesting(text: str, source: str) -> None:
    """Strings are not looked into: MAX_NESTING brackets or dots in one of them are no setting either."""
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("#")[0].replace(" ", "").replace("\t", "")
        for part in re.split(r"([\[{,=\]}])", code):
            depth = max(0, depth + (part in ("[", "{")) - (part in ("]", "}")))
            if depth > MAX_NESTING or part.count(".") > MAX_NESTING:
                raise report(source, [f"line {number}: nested too deeply; no setting needs this many levels"], 1)


def _syntax_sentence(message: str, text: str) -> str:
    place = _PLACE.search(message)
    line, column = place.groups() if place else (None, None)
    problem = message[: place.start()] if place else message
    words = next((fix for start, fix in _SYNTAX.items() if problem.startswith(start)), problem)
    if line is None:
        return f"at the end of the file: {words}"
    wrong = text.replace("\r\n", "\n").split("\n")[int(line) - 1]
    if _TIME_WITHOUT_SECONDS.search(wrong):
        words = "a time of day is written with seconds, such as 22:30:00"
    elif _NO_TIME.search(wrong):
        words = "a time of day is from 00:00:00 to 23:59:59, with two digits for each part"
    elif _DECIMAL_COMMA.search(wrong):
        words = "a number is written with a point, such as 0.5"
    return f"line {line}, column {column}: {words}"


def report(source: str, mistakes: list[str], count: int) -> ConfigError:
    """Return the error that tells of these *mistakes* in *source*, *count* in all."""
    lines = [f"{source}: {count} mistake{'s' if count > 1 else ''}", *mistakes]
    if count > len(mistakes):
        lines.append(f"and {count - len(mistakes)} more")
    return ConfigError("\n  ".join(lines))


def _with_tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value
