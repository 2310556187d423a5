"""The ``[access]`` table: who may switch the alarm from the page, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from pisecurity.settings.mail import MailAddress
from pisecurity.settings.table import KeyPath, Table


class AccessSettings(Table):
    """The ``[access]`` table; people and their codes are no settings: see pisecurity people."""

    disarm: Literal["anyone", "code", "phones"] = "anyone"
    """Who may switch the alarm on the page: anyone in the house network, whoever knows a code, or phones that were
    approved once, and with a code elsewhere."""
    duress_to: tuple[MailAddress, ...] = Field((), max_length=5)
    """Addresses that hear of it when somebody disarms with a duress code; nobody who may be at home. Needs codes."""
    tell_disarmed: tuple[MailAddress, ...] = Field((), max_length=20)
    """Addresses that get a mail about who disarmed, and when."""


def access_contradictions(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield where ``[access]`` does not go together with ``[mail]``; as ``contradictions``."""
    access, mail = _table(tables, "access"), _table(tables, "mail")
    for key in ("duress_to", "tell_disarmed"):
        if _addresses(access, key) and tables.get("mail") is None:
            yield ("access", key), "there is no mail account that could mail there; add a [mail] table"
    duress_to = _addresses(access, "duress_to")
    mailboxes = {_mailbox(one): one for one in sorted(duress_to)}
    for name, table, key in (
        ("mail", mail, "to"), ("mail", mail, "second_to"), ("mail", mail, "sender"), ("mail", mail, "user"),
        ("access", access, "tell_disarmed"),
    ):  # fmt: skip
        if both := {mailboxes[one] for one in map(_mailbox, _addresses(table, key)) if one in mailboxes}:
            fix = "give one whose mails nobody at home can see, and take it out of the other"
            yield ("access", "duress_to"), f"{min(both)} is in {name}.{key} too; {fix}"
    if duress_to and access.get("disarm", "anyone") == "anyone":
        fix = 'set that to "code" or "phones", or leave this empty'
        text = f'with access.disarm = "anyone" no code is asked, so nobody can give a duress code; {fix}'
        yield ("access", "duress_to"), text


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = tables.get(name)
    return found if isinstance(found, Mapping) else {}


def _addresses(table: Mapping[str, Any], key: str) -> frozenset[str]:
    """Return the addresses in *table*, in one spelling."""
    found = table.get(key)
    listed = found if isinstance(found, tuple | list) else (found,)
    return frozenset(one.casefold() for one in listed if isinstance(one, str))


def _mailbox(address: str) -> str:
    """Return where mail to *address* arrives: ``anna+alarm@`` is in the mailbox of ``anna@`` at most providers."""
    name, _, domain = address.rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"
