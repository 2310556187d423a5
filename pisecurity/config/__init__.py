"""TOML text to Settings, or every mistake at once with key, value and fix."""

from __future__ import annotations

import ast
import inspect
import json
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from pisecurity.config.syntax import MAX_BYTES, report, tables_in, too_large
from pisecurity.errors import ConfigError
from pisecurity.settings import KeyPath, Settings, Table, contradictions

GOOD_COPY = "config.good.toml"
"""Name under which the daemon keeps the last good configuration in its state folder."""
MAX_SHOWN = 100
"""Mistakes told at once; a file with more is not a configuration."""

_SECRET = re.compile(r"pass|secret|token|credential|api.?key", re.IGNORECASE)
_UNSHOWN = re.compile(r"ping.?url", re.IGNORECASE)
"""What is kept in this file and yet for nobody else to read."""
_LOGIN_IN_URL = re.compile(r"://[^/\s]*@")
_SHARE = re.compile(r"shares? of the (?:picture(?:'s diagonal)?|view)", re.IGNORECASE)
_CLAUSE = re.compile(r"[.;:] ")
_KINDS = re.compile(r"^(?:file|stage|picamera2|v4l2)(?:, v4l2)?: ")
"""Begins the meaning of a setting that only some kinds of camera have."""
_MOST_MEANING = 110
_SPELT_ALIKE = 0.8
"""Share of the letters that a misspelt city has in common with the one that is meant."""
"""Letters of a meaning that explains each value it allows; a longer one is left to the guide."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")

Doubts = Callable[[Mapping[str, Any]], Iterable[tuple[KeyPath, str]]]
"""Looks for more mistakes in the tables, of which parts may be wrong already; each with its key and the fix."""


def load(path: Path, doubts: Doubts = lambda tables: ()) -> Settings:
    """Read the configuration file *path*.

    Raises:
        ConfigError: it cannot be read, or has mistakes; the message names all of them.
    """
    return parse(read(path), str(path), doubts)


def read(path: Path) -> str:
    """Return the text of the configuration file *path*, of which no more than MAX_BYTES are ever read.

    Raises:
        ConfigError: missing, unreadable, not a plain file, too large or not UTF-8.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError(f"{path}: not a file; name the configuration file itself, such as config.toml")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"{path}: not found; copy config.example.toml there, or name another with --config") from None
    except PermissionError:
        raise ConfigError(f"{path}: this user may not read it; run as the user of the service or with sudo") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    if len(data) > MAX_BYTES:
        raise too_large(str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8; save the file as UTF-8 text") from None


def parse(text: str, source: str, doubts: Doubts = lambda tables: ()) -> Settings:
    """Return the settings in the TOML *text*.

    Args:
        text: at most MAX_BYTES as UTF-8.
        source: what the mistakes are said to be in, such as the path of the file.
        doubts: looks for mistakes that only this machine shows. The daemon has none: it starts all the same.

    Raises:
        ConfigError: all mistakes at once, each with key, value and fix; a secret is never repeated.
    """
    data = tables_in(text, source)
    found: list[ErrorDetails] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        found = [details for details in error.errors(include_url=False) if _adds_something(details)]
    crossed = [*contradictions(data), *_unknown_timezone(data), *doubts(data)]
    # How to write what is to be left out is no help.
    found = [details for details in found if details["loc"] not in {path for path, _ in crossed}]
    if settings is not None and not crossed:
        return settings
    shown = list(dict.fromkeys(_sentence(details) for details in found[:MAX_SHOWN]))
    count = len(found) - len(found[:MAX_SHOWN]) + len(shown) + len(crossed)
    shown += [f"{_assignment(path, _at(data, path))}: {fix}" for path, fix in crossed[: MAX_SHOWN - len(shown)]]
    raise report(source, shown, count)


def meaning(table: type[BaseModel], key: str) -> str:
    """Return the docstring of the setting *key* of *table* on one line, or nothing when it has none."""
    named = (_docstrings(parent).get(key) for parent in table.__mro__ if issubclass(parent, Table))
    return next((text for text in named if text), "")


def table_of(annotation: Any) -> type[BaseModel] | None:
    """Return the table that a field with this *annotation* holds, one or several times, or None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((table for part in get_args(annotation) if (table := table_of(part))), None)


def written(value: Any, *, exactly: bool = False) -> str:
    """Return *value* as it is written in TOML, control characters escaped; 3.0 without its point unless *exactly*."""
    text = "a table"
    match value:
        case bool():
            text = str(value).lower()
        case int() if value.bit_length() > 64:
            text = "a very large number"
        case int() | float():
            text = str(value) if exactly else str(value).removesuffix(".0")
        case date() | time():
            text = value.isoformat()
        case str():
            letters = json.dumps(value, ensure_ascii=False)
            text = "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in letters)
        case tuple():
            text = f"[{', '.join(written(item, exactly=exactly) for item in value)}]"
    return text


@cache
def _docstrings(table: type[BaseModel]) -> Mapping[str, str]:
    try:
        (body,) = (node.body for node in ast.parse(inspect.getsource(table)).body if isinstance(node, ast.ClassDef))
    except OSError:  # installed without its source: the messages then do without the meaning
        return {}
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _adds_something(details: ErrorDetails) -> bool:
    """Contradictions are looked for separately, and a list with a wrong item also counts as too short."""
    if details["type"] == "too_short":
        shortest: int = details["ctx"]["min_length"]
        return len(details["input"]) < shortest
    return details["type"] != "contradiction"


def _unknown_timezone(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    house = data.get("house")
    name = house.get("timezone") if isinstance(house, Mapping) else None
    if not isinstance(name, str) or not name:
        return
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = _near_timezone(name)
        fix = (
            f"did you mean {near}?"
            if near
            else ("give one such as Europe/Berlin, of those that 'timedatectl list-timezones' lists, or leave it empty")
        )
        yield ("house", "timezone"), f"no such time zone; {fix}"


def _near_timezone(name: str) -> str | None:
    """Return the zone that *name* is a misspelling of, None where it is of none.

    Only the city is compared: Munich is spelt like Zurich where both begin with "Europe/", and is no zone at all.
    """
    cities: dict[str, list[str]] = {}
    for zone in sorted(available_timezones()):
        cities.setdefault(_city(zone), []).append(zone)
    near = get_close_matches(_city(name), cities, 1, _SPELT_ALIKE)
    return get_close_matches(name, cities[near[0]], 1, 0)[0] if near else None


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].casefold()


def _sentence(details: ErrorDetails) -> str:
    path, kind, value = details["loc"], details["type"], details["input"]
    table, key = _owner(path)
    if kind == "extra_forbidden":
        return f"{_dotted(path)}: {_unknown(table, str(path[-1]), path)}"
    if kind == "missing":
        if isinstance(path[-1], str):
            return f"{_dotted(path)}: {_missing(table, path[-1])}"
        path = path[:-1]  # a corner with one number: the pair is wrong, not the number that is not there
    if kind not in _BUILTIN_KINDS:
        reason = details.get("ctx", {}).get("error", details["msg"])
        return f"{_assignment(path, value)}: {reason}"
    if key and (wrong := _wrong_brackets(path, table, key, value)):
        return f"{_dotted(path)}: {wrong}"
    if expected := _expected(path, table, key, value):
        return f"{_assignment(path, value)}: give {expected}"
    return f"{_assignment(path, value)}: {details['msg'][:1].lower()}{details['msg'][1:]}"


_BUILTIN_KINDS = frozenset(get_args(ErrorType)) - {"value_error", "assertion_error"}


def _owner(path: KeyPath) -> tuple[type[BaseModel], str]:
    """Return the table that holds the last named key of *path*, and that key."""
    table: type[BaseModel] = Settings
    names = [part for part in path if isinstance(part, str)]
    for name in names[:-1]:
        field = table.model_fields.get(name)
        table = (field and table_of(field.annotation)) or table
    return table, names[-1] if names else ""


def _unknown(table: type[BaseModel], key: str, path: KeyPath) -> str:
    if _SECRET.search(key):
        return "unknown; secrets are never kept in this file, docs/guide.md says where they go"
    if near := get_close_matches(key.lower(), table.model_fields, 1, 0.7):
        return f"unknown; did you mean {heading(near[0]) if table is Settings else near[0]}?"
    elsewhere: dict[str, str] = {}
    for where, other in tables():
        if other is not table:
            elsewhere = {**dict.fromkeys(other.model_fields, where), **elsewhere}
    if near := get_close_matches(key.lower(), elsewhere, 1, 0.8):
        return f"unknown here; did you mean {near[0]} in {elsewhere[near[0]]}?"
    known = [heading(name) for name in Settings.model_fields] if table is Settings else list(table.model_fields)
    where = "this file" if table is Settings else heading(_plain(path[:-1]))
    return f"unknown; {where} takes {', '.join(known)}"


def _plain(path: KeyPath) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def heading(name: str) -> str:
    """Return the heading of the table *name*, such as ``alarm.away``, in TOML: ``[[camera]]`` where several may be."""
    table: type[BaseModel] = Settings
    several = False
    for part in name.split("."):
        annotation = table.model_fields[part].annotation
        several = getattr(annotation, "__origin__", None) is tuple
        table = table_of(annotation) or table
    return f"[[{name}]]" if several else f"[{name}]"


def tables(parent: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the heading and model of every table of config.toml, in the order of the settings."""
    for key, field in parent.model_fields.items():
        if table := table_of(field.annotation):
            yield heading(prefix + key), table
            yield from tables(table, f"{prefix}{key}.")


def _missing(table: type[BaseModel], key: str) -> str:
    inner = table_of(table.model_fields[key].annotation)
    if inner is None:
        explained = _in_brackets(meaning(table, key), get_args(table.model_fields[key].annotation))
        return f"missing; add a line such as {key} = {_example(table, key)}{explained}"
    required = [name for name, field in inner.model_fields.items() if field.is_required()]
    lines = [heading(key), *(f"{name} = {_example(inner, name)}" for name in required)]
    return "\n      ".join(["missing; add these lines:", *lines])


def _wrong_brackets(path: KeyPath, table: type[BaseModel], key: str, value: Any) -> str:
    """Return what to write when a table stands where a list of tables should, or the other way round."""
    inner = table_of(table.model_fields[key].annotation)
    if inner is None:
        return ""
    name = heading(_plain(path))
    if value == ():
        return _missing(table, key)
    if name.startswith("[["):
        too_many = isinstance(value, tuple)
        return "" if too_many else f"write {name} with two brackets on each side, and its keys below it"
    return f"write {name} with one bracket on each side, and its keys below it"


def _example(table: type[BaseModel], key: str) -> str:
    """Return a value of the setting in TOML: its default where that says something, else the example."""
    field = table.model_fields[key]
    default = None if field.is_required() else field.default
    if default in (None, "", (), 0):
        default = field.examples[0] if field.examples else None
    return "" if default is None else written(default)


def _expected(path: KeyPath, table: type[BaseModel], key: str, value: Any) -> str:
    """Return in words what the setting takes in place of *value*, or nothing where that cannot be put in words."""
    node, text, whole = _schema_node(path), meaning(table, key), key == path[-1]
    if "enum" in node or "const" in node:
        choices = node.get("enum", [node.get("const")])
        *others, last = (written(choice) for choice in choices)
        words = f"{', '.join(others)} or {last}" if others else last
        return f"{words}{_slip(value, choices)}{_in_brackets(text, choices) if whole else ''}"
    words = _kind_words(node, key, text)
    if not words:
        return ""
    words += _slip(value, node.get("type"))
    example = _example(table, key) if whole else "[0.25, 0.5]" if "prefixItems" in node else ""
    such_as = f", such as {example}" if example else ""
    told = not whole or _SHARE.search(words) or node.get("format") == "time"
    return f"{words}{such_as}{'' if told else _in_brackets(text)}"


def _slip(value: Any, wanted: Any) -> str:
    """Return how *value* has to be written otherwise to be what is *wanted*: one of a list, or a type of JSON."""
    one_of = wanted if isinstance(wanted, list) else []
    if isinstance(value, tuple) and wanted != "array":
        return " without brackets"
    if isinstance(value, str) and value not in one_of and value.casefold() in one_of:
        return " in small letters"
    numbers = wanted in ("number", "integer", "boolean") or any(isinstance(choice, int) for choice in one_of)
    if isinstance(value, str) and numbers:
        return " without quotes"
    return " without a point" if isinstance(value, float) and wanted == "integer" else ""


def _number_words(node: Mapping[str, Any], key: str, text: str) -> str:
    share = _SHARE.search(text)
    noun = "a whole number" if node["type"] == "integer" else "a number"
    if share:
        noun = f"a {share.group().lower().replace('shares', 'share')}"
    elif key.endswith("_s"):
        noun = "seconds"
    low, above, high = node.get("minimum"), node.get("exclusiveMinimum"), node.get("maximum")
    if above is not None and high is not None:
        return f"{noun} above {above:g} and at most {_plain_number(high)}"
    if low is not None and high is not None:
        return f"{noun} from {_plain_number(low)} to {_plain_number(high)}"
    return noun


def _plain_number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _text_words(node: Mapping[str, Any]) -> str:
    low, high = node.get("minLength"), node.get("maxLength")
    if low and high:
        return f"a text in quotes of {low} to {high} characters"
    return f"a text in quotes of at most {high} characters" if high else "a text in quotes"


def _list_words(node: Mapping[str, Any]) -> str:
    if "prefixItems" in node:
        return f"a list of {len(node['prefixItems'])} numbers"
    low, high = node.get("minItems", 0), node.get("maxItems")
    return f"a list in brackets with {low} to {high} entries" if high else "a list in brackets"


def _kind_words(node: Mapping[str, Any], key: str, text: str) -> str:
    if node.get("format") == "time":
        return "a time of day with seconds and without quotes"
    match node.get("type"):
        case "number" | "integer":
            return _number_words(node, key, text)
        case "string":
            return _text_words(node)
        case "array":
            return _list_words(node)
        case "boolean":
            return "true or false"
    return ""


def _schema_node(path: KeyPath) -> Mapping[str, Any]:
    schema = _schema()
    node: Mapping[str, Any] = schema
    for part in path:
        node = _resolved(schema, node)
        if isinstance(part, str):
            node = node.get("properties", {}).get(part, {})
        elif part < len(node.get("prefixItems", ())):
            node = node["prefixItems"][part]
        else:
            node = node.get("items", {})
    return _resolved(schema, node)


def _resolved(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and take the table of a table that may be left out."""
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            node = choice
    if "$ref" in node:
        resolved: Mapping[str, Any] = schema["$defs"][node["$ref"].rpartition("/")[2]]
        return resolved
    return node


@cache
def _schema() -> Mapping[str, Any]:
    return Settings.model_json_schema()


def _in_brackets(text: str, choices: Sequence[Any] = ()) -> str:
    """Return the first clause of the meaning *text*; all of it where it explains each of the *choices* and is short."""
    text = text.rstrip(".")
    if _CLAUSE.split(text)[0] in choices:
        return f" ({text})" if len(text) <= _MOST_MEANING else ""
    first = _CLAUSE.split(_KINDS.sub("", text))[0]
    return f" ({first[:1].lower()}{first[1:]})" if first else ""


def _assignment(path: KeyPath, value: Any) -> str:
    """Return ``key = value``, without the value where it may be a secret or is a whole table."""
    secret = any(isinstance(part, str) and (_SECRET.search(part) or _UNSHOWN.search(part)) for part in path)
    if secret or value is None or isinstance(value, Mapping) or not path:
        return _dotted(path)
    if isinstance(value, tuple) and any(isinstance(item, Mapping) for item in value):
        return _dotted(path)
    text = _LOGIN_IN_URL.sub("://...@", written(value, exactly=True))
    return f"{_dotted(path)} = {text if len(text) <= 60 else text[:57] + '...'}"


def _dotted(path: KeyPath) -> str:
    """Return *path* as the owner counts: ``camera[1].fps`` is in the first camera."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if _BARE_KEY.fullmatch(part) else f".{json.dumps(part[:40])}"
    return text.removeprefix(".") or "this file"


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        if isinstance(data, Mapping) and isinstance(part, str):
            data = data.get(part)
        elif isinstance(data, tuple) and isinstance(part, int):
            data = data[part]
    return data
