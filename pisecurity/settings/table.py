"""What every table of config.toml has in common."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", value):
        letters = unicodedata.normalize("NFKD", value.casefold()).encode("ascii", "ignore").decode()
        near = re.sub(r"[^a-z0-9]+", "-", letters)[:32].strip("-") or "garden"
        raise ValueError(f'give at most 32 small letters, digits and hyphens, such as "{near}"')
    return value


Slug = Annotated[str, AfterValidator(_slug)]
Share = Annotated[float, Field(ge=0, le=1)]
KeyPath = tuple[str | int, ...]
"""Where a setting stands: ``("camera", 0, "fps")`` is the key fps of the first camera."""


def _on_the_wall(at: time) -> time:
    if at.microsecond or at.tzinfo is not None:
        raise ValueError("give whole seconds by the clock of the house, such as 22:30:00")
    return at


WallTime = Annotated[time, AfterValidator(_on_the_wall)]
"""A time of day by the clock of the house."""


class Table(BaseModel):
    """A table of config.toml: unknown keys are mistakes, and no message repeats a value that may be secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, strict=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _stays_on_one_line(cls, value: Any) -> Any:
        """Refuse control characters: texts end up in mail headers, log lines and file names."""
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text):
                raise PydanticCustomError("one_line", "give a text on one line, without control characters")
        return value


def rows(tables: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the tables of the list *name*, an empty one where something else stands."""
    found = tables.get(name, ())
    return [row if isinstance(row, Mapping) else {} for row in found] if isinstance(found, tuple) else []
