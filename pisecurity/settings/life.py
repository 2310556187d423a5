"""The ``[life]`` table: who notices when this machine is dead."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from pisecurity.settings.table import Table


class LifeSettings(Table):
    """The ``[life]`` table: who notices when this machine is dead."""

    ping_at_home: bool = False
    """Whether ping_url may be at home, and without TLS there: a cut of the power or the internet may hit both."""
    ping_url: str = Field("", max_length=2048)
    """Address that is asked while all is well, and that raises the alarm when that ends; empty is none."""
    ping_every_s: int = Field(300, ge=60, le=3600)
    """Seconds between two of these questions."""

    @field_validator("ping_url")
    @classmethod
    def _is_an_address_to_ask(cls, url: str, info: ValidationInfo) -> str:
        # No message repeats the value: whoever knows the address can feign that all is well.
        if not url:
            return url
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        if not re.fullmatch(r"[!-~]+", url) or not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", host):
            raise ValueError('give the whole address as the service shows it, such as "https://hc-ping.com/..."')
        if port == 0 or parts.username is not None or parts.fragment:
            raise ValueError("give it without a name, a password and a #, as the service shows it")
        if parts.scheme != "https" and not (parts.scheme == "http" and info.data.get("ping_at_home")):
            raise ValueError("begin it with https://; http:// is only for an address at home, with ping_at_home = true")
        return url
