"""The ``[mail]`` table."""

from __future__ import annotations

import re
from datetime import time
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from pisecurity.settings.table import Table, WallTime

MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?!\.)){0,250}[A-Za-z0-9]"
)


_READ_IN_TWO_WAYS = frozenset("\N{LATIN SMALL LETTER SHARP S}\N{GREEK SMALL LETTER FINAL SIGMA}")
"""Letters that the standard of 2003, the one that Python knows, makes others of."""


def _in_ascii(domain: str) -> str:
    """Return *domain* as mail servers know it, empty where that is not known; ``xn--mller-kva.example`` for a ü."""
    try:
        known = "" if _READ_IN_TWO_WAYS & set(domain) else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return known if re.fullmatch(r"[A-Za-z0-9.-]+", known) else ""


def _mail_address(value: str) -> str:
    if not MAIL_ADDRESS.fullmatch(value):
        if "," in value or ";" in value:
            raise ValueError(
                'give one mail address in each pair of quotes, such as "anna@example.org", "ben@example.org"'
            )
        user, at, domain = value.rpartition("@")
        if at and not user.isascii():
            raise ValueError(
                "give one mail address without letters beyond ASCII before the @, which hardly any mail server takes"
            )
        if at and not domain.isascii():
            known = f", here {user}@{_in_ascii(domain)}" if _in_ascii(domain) else ""
            raise ValueError(f"give one mail address with the domain as mail servers know it, beginning xn--{known}")
        raise ValueError("give one mail address such as anna@example.org, without a name beside it")
    return value


MailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_mail_address)]


def _time_or_off(value: Any) -> Any:
    if value == "off" or (isinstance(value, time) and not value.microsecond and value.tzinfo is None):
        return value
    raise ValueError('give a time of day with seconds and without quotes, such as 08:00:00, or "off"')


DailyAt = Annotated[time | Literal["off"], BeforeValidator(_time_or_off)]


class MailSettings(Table):
    """The ``[mail]`` table; without it alarms are only shown on the page."""

    host: str = Field(min_length=1, max_length=253, examples=["smtp.example.org"])
    """Name of the mail server, such as smtp.example.org."""
    port: int = Field(587, ge=1, le=65535)
    """587 for starttls, 465 for tls."""
    security: Literal["starttls", "tls", "plain"] = "starttls"
    """plain is accepted for a server on this machine only."""
    user: str = Field("", max_length=254)
    """Name to log in with; empty sends without login. The password is not kept here, see docs/guide.md."""
    sender: MailAddress = Field(examples=["alarm@example.org"])
    """Address the mails come from."""
    to: tuple[MailAddress, ...] = Field(min_length=1, max_length=20, examples=[("anna@example.org",)])
    """Addresses that get the mails."""
    second_to: tuple[MailAddress, ...] = Field((), max_length=20)
    """Addresses that get an alarm as well, but only if nobody disarms in time: a neighbour, a friend."""
    second_after_s: float = Field(120, ge=30, le=600)
    """Seconds until then."""
    quiet_from: WallTime = time(0)
    """From this time of day on, what is only good to know waits, such as that a fault is over; alarms never do."""
    quiet_until: WallTime = time(0)
    """Until this time of day, midnight unless you say otherwise; the same as quiet_from is no quiet hours."""
    ca_file: str = Field("", max_length=4096)
    """Certificate of an own authority, for a mail server at home; empty is the system's."""

    daily_at: DailyAt = time(8)
    """Time of day of the daily mail, in the zone of the house; "off" is none."""

    @field_validator("host")
    @classmethod
    def _names_one_host(cls, host: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", host):
            known = f", here {_in_ascii(host)}" if not host.isascii() and _in_ascii(host) else ""
            raise ValueError(
                f"give only the name of the server, such as smtp.example.org{known}; the port has its own key"
            )
        return host

    @field_validator("second_to")
    @classmethod
    def _are_others(cls, second_to: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if both := set(second_to) & set(info.data.get("to", ())):
            raise ValueError(f"{min(both)} is in mail.to already and gets every alarm at once; take it out of one")
        return second_to

    @field_validator("security")
    @classmethod
    def _plain_stays_on_this_machine(cls, security: str, info: ValidationInfo) -> str:
        if security == "plain" and not _is_loopback(info.data.get("host", "")):
            raise ValueError("plain is only for a server on this machine (localhost, 127.0.0.1); use starttls or tls")
        return security


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
