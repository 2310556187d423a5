"""config.example.toml, made from the settings themselves: ``python -m tests.example_config > config.example.toml``."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from pisecurity.config import heading, meaning, table_of, written
from pisecurity.settings import Settings, is_live

WIDTH = 110
HEAD = """\
Every setting of pisecurity with its default and its meaning. Copy this file to config.toml in the state folder \
(/var/lib/pisecurity for the installed service) and keep what you change; all the rest may be left out, except one \
[[camera]]. Tables that start with a # are optional: remove the # to use them.
After a change: "pisecurity check" names every mistake, "systemctl reload pisecurity" puts it in force.
No password goes in here; docs/guide.md says where the one of the mail account is kept."""


def example() -> str:
    """Return the text of config.example.toml."""
    lines = list(comment(HEAD))
    for name in Settings.model_fields:
        lines += ["", *_table(Settings, name, name, None)]
    return "\n".join(lines) + "\n"


def comment(text: str) -> Iterator[str]:
    """Yield *text* as lines of comments."""
    for paragraph in text.split("\n"):
        yield from textwrap.wrap(paragraph, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _table(parent: type[BaseModel], key: str, path: str, above: Any) -> Iterator[str]:
    """Yield one table; keys before tables in it, because TOML reads a key after a table as part of that table."""
    field = parent.model_fields[key]
    table = table_of(field.annotation)
    assert table is not None
    values = above if above is not None else field.default
    optional = "#" if field.default in (None, ()) else ""
    yield from comment(_introduction(parent, key, path))
    yield f"{optional}{heading(path)}"
    inner = [name for name, one in table.model_fields.items() if table_of(one.annotation)]
    for name in (name for name in table.model_fields if name not in inner):
        yield from comment(meaning(table, name))
        value = _value(table, name, values)
        if value is None:
            yield f"#{name} = {written((table.model_fields[name].examples or [None])[0])}"
        else:
            yield f"{optional}{name} = {written(value)}"
    for name in inner:
        yield ""
        yield from _table(table, name, f"{path}.{name}", table.model_fields[name].default)


def _introduction(parent: type[BaseModel], key: str, path: str) -> str:
    if parent is not Settings:
        return meaning(parent, key)
    table = table_of(parent.model_fields[key].annotation)
    text = " ".join((getattr(table, "__doc__", None) or "").replace("``", "").split())
    return f"{text} Changes count {'at once' if is_live(path) else 'after a restart'}."


def _value(table: type[BaseModel], name: str, values: Any) -> Any:
    if isinstance(values, BaseModel):
        return getattr(values, name)
    field = table.model_fields[name]
    return field.examples[0] if field.is_required() and field.examples else field.default


if __name__ == "__main__":
    sys.stdout.write(example())
