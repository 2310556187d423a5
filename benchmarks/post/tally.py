"""Which alerts arrived: each once, more than once, or never."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from pisecurity.adapters.mail.message import message_id
from pisecurity.core.types import BETTER, FIRST, AlertKind, Outcome

REPLY_S = 1.0
"""So long after a mail was taken its "yes" may still be on its way, or not yet on disk."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the server took."""

    at_s: float
    """Seconds since 1970 by the server's clock."""
    message_id: str
    to: tuple[str, ...]
    subject: str
    text: str
    size: int
    """Bytes on the wire."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the outbox at the end."""

    alert_id: str
    kind: str
    at: datetime
    """When it happened."""
    recipient: str
    outcome: str
    subject: str = ""
    step: int = FIRST


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the alerts; an alert for two recipients counts twice."""

    alerts: int
    alone: int
    """Came in a mail of their own."""
    in_digest: int
    """Came in a line of a digest."""
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    repeated: tuple[str, ...]
    """Came twice with the same Message-ID, because the server's "yes" was cut off."""
    early: tuple[str, ...]
    """Alerts whose better picture came before the first one, or without it."""
    mails: int


def tally(
    rows: Sequence[Row], mails: Sequence[Mail], cuts_s: Sequence[float] = (), zone: tzinfo | None = None
) -> Tally:
    """Count what arrived of *rows*.

    Args:
        rows: the whole outbox. What is not accepted there counts as lost, also if a mail came.
        mails: all that the server took.
        cuts_s: when the sender was killed or the server went away, by the clock of Mail.at_s.
        zone: of the times in a digest, which lists an alert by time of day and subject; None is the machine's.
    """
    digests = {message_id(row.alert_id) for row in rows if row.kind == AlertKind.DIGEST}
    taken: Mapping[tuple[str, str], list[float]] = _by_recipient(mails)
    alone = in_digest = 0
    lost: list[str] = []
    doubled: list[str] = []
    repeated: list[str] = []
    alerts = [row for row in rows if row.kind != AlertKind.DIGEST and row.step == FIRST]
    for row in alerts:
        times = taken.get((message_id(row.alert_id), row.recipient), [])
        listed = sum(_lists(mail, row, zone) for mail in mails if mail.message_id in digests)
        alone += bool(times)
        in_digest += not times and listed > 0
        if row.outcome != Outcome.ACCEPTED or not (times or listed):
            lost.append(row.alert_id)
        if listed + bool(times) > 1:
            doubled.append(row.alert_id)
    for (sent, _), times in sorted(taken.items()):
        if len(times) > 1:
            explained = all(_is_cut(first_s, cuts_s) for first_s in times[:-1])
            (repeated if explained else doubled).append(sent)
    early = [row.alert_id for row in alerts if _is_early(taken, row)]
    return Tally(len(alerts), alone, in_digest, tuple(lost), tuple(doubled), tuple(repeated), tuple(early), len(mails))


def _by_recipient(mails: Sequence[Mail]) -> dict[tuple[str, str], list[float]]:
    taken = defaultdict(list)
    for mail in sorted(mails, key=lambda mail: mail.at_s):
        for recipient in mail.to:
            taken[mail.message_id, recipient].append(mail.at_s)
    return dict(taken)


def _lists(mail: Mail, row: Row, zone: tzinfo | None) -> bool:
    """Return whether a line of the digest *mail* is about *row*; the subject has lost the name of the house there."""
    time = f"{row.at.astimezone(zone):%H:%M:%S}"
    told = [line.removeprefix(time).strip() for line in mail.text.splitlines() if line.startswith(time)]
    return row.recipient in mail.to and any(row.subject.endswith(line) for line in told)


def _is_early(taken: Mapping[tuple[str, str], list[float]], row: Row) -> bool:
    better = taken.get((message_id(row.alert_id, BETTER), row.recipient), [])
    first = taken.get((message_id(row.alert_id), row.recipient), [])
    return bool(better) and (not first or better[0] < first[0])


def _is_cut(taken_s: float, cuts_s: Sequence[float]) -> bool:
    return any(taken_s - REPLY_S <= cut_s <= taken_s + REPLY_S for cut_s in cuts_s)


def row(alert_id: str, kind: str, at_us: int, recipient: str, outcome: str, subject: str, step: int) -> Row:
    """Return a row as QUERY reads it."""
    return Row(alert_id, kind, datetime.fromtimestamp(at_us / 1e6, UTC), recipient, outcome, subject, step)


QUERY = "SELECT alert_id, kind, at_us, recipient, outcome, subject, step FROM deliveries ORDER BY id"
