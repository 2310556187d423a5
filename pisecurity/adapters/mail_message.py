"""An alert as a mail: the picture first and large, what and when in one line, the text version equally good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from string import Template

from pisecurity.core.types import FIRST, Alert, AlertKind, Notification
from pisecurity.errors import MailError

DOMAIN = "pisecurity.home.arpa"
"""Right-hand side of our ids; home.arpa is set aside for things at home (RFC 8375)."""
LATE_S = 120
"""A mail that leaves later than this after its alert says so."""
TOO_LARGE = "The picture was too large for the mail server; it is on the page."

_TONES = {
    AlertKind.ALARM: "alarm",
    AlertKind.DURESS: "alarm",
    AlertKind.TAMPER: "alarm",
    AlertKind.ENTRY: "wait",
    AlertKind.FAULT: "wait",
}
_LIGHT = {"alarm": "#b3131b", "wait": "#8a5a00", "calm": "#1b1d21"}

# Mail programs that drop <style> show the light colours written at the elements; the others follow the reader's theme.
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>$subject</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark }
@media (prefers-color-scheme: dark) {
  body, .ground { background: #121316 !important; color: #f1f0ec !important }
  .calm { color: #f1f0ec !important }
  .alarm { color: #ff5a5f !important }
  .wait { color: #ffd166 !important }
  .soft { color: #a3a9b4 !important; border-color: #2c2f36 !important }
}
</style>
</head>
<body style="margin:0;background:#f4f3f0;color:#1b1d21">
<div class="ground" style="background:#f4f3f0;color:#1b1d21;padding:16px;\
font:17px/1.4 Inter,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:720px;margin:0 auto">
$picture<p class="$tone" style="margin:16px 2px 0;font-size:21px;line-height:1.25;font-weight:650;color:$colour">\
$headline</p>
$paragraphs<p class="soft" style="margin:16px 2px 0;padding-top:12px;border-top:1px solid #dfdcd5;font-size:14px;\
color:#5d636d">$house</p>
</div>
</div>
</body>
</html>
""")
_PICTURE = Template("""\
<img src="cid:$cid" alt="$alt" width="720" style="display:block;width:100%;height:auto;border-radius:18px">
""")
_PARAGRAPH = Template("""\
<p style="margin:8px 2px 0">$text</p>
""")


def message_id(alert_id: str, step: int = FIRST) -> str:
    """Return the Message-ID of a step of an alert: the same for every try, so that a mail that came twice is one."""
    return f"<{alert_id}@{DOMAIN}>" if step == FIRST else f"<{alert_id}.{step}@{DOMAIN}>"


def compose(
    notification: Notification,
    *,
    house: str,
    sender: str,
    to: Sequence[str],
    sent_at: datetime,
    zone: tzinfo | None = None,
    remark: str = "",
) -> bytes:
    """Return the whole mail as it goes over the wire, lines ended by CR LF.

    Args:
        notification: what to tell; the alert's text says when it happened and may have several lines, its subject
            only one. Its pictures are shown in the HTML part and stored once, as inline parts that programs also list
            as files.
        house: name shown as the sender and below the text; the headline omits it where the subject
            begins with it in brackets.
        sender, to: plain addresses.
        sent_at: UTC; the Date of the mail, and what a delay is counted to.
        zone: of the times people read; None is the machine's.
        remark: one more paragraph.

    Raises:
        MailError: permanent; a line break or another thing that cannot stand in a header is in one of the values.
    """
    alert = notification.alert
    try:
        message = _head(notification, house, sender, to, sent_at)
        lines = [*alert.text.splitlines(), *_remarks(alert.at, sent_at, zone, remark)]
        message.set_content("\n".join(lines) + "\n", cte="quoted-printable")
        _add_html(message, notification, house, lines, f"{alert.at.astimezone(zone):%Y-%m-%d_%H-%M-%S}")
        return message.as_bytes()
    except (ValueError, MessageError) as error:
        raise MailError(f"alert {alert.id[:32]!r} cannot become a mail: {error}", permanent=True) from error


def _head(notification: Notification, house: str, sender: str, to: Sequence[str], sent_at: datetime) -> EmailMessage:
    alert, step = notification.alert, notification.step
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender, house)
    message["To"] = [_address(recipient) for recipient in to]
    message["Subject"] = alert.subject
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = message_id(alert.id, step)
    answered = _answered(alert, step)
    if answered:
        message["In-Reply-To"] = answered[-1]
        message["References"] = " ".join(answered)
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<alerts.{DOMAIN}>"
    return message


def _answered(alert: Alert, step: int) -> list[str]:
    """Return the ids of the mails before this one in the same conversation, oldest first."""
    first = [] if alert.thread in (None, alert.id) else [message_id(alert.thread)]
    return first if step == FIRST else [*first, message_id(alert.id)]


def _address(plain: str, name: str = "") -> Address:
    user, _, domain = plain.rpartition("@")
    return Address(name, user, domain)


def _add_html(message: EmailMessage, notification: Notification, house: str, lines: Sequence[str], moment: str) -> None:
    """Add the HTML part; *moment* names the files of the pictures."""
    alert, pictures = notification.alert, notification.pictures
    cids = [f"picture{number}.{alert.id}.{notification.step}@{DOMAIN}" for number in range(1, len(pictures) + 1)]
    headline = escape(alert.subject.removeprefix(f"[{house}] "))
    tone = _TONES.get(alert.kind, "calm")
    page = _PAGE.substitute(
        subject=escape(alert.subject),
        picture="".join(_PICTURE.substitute(cid=escape(cid), alt=headline) for cid in cids),
        tone=tone,
        colour=_LIGHT[tone],
        headline=headline,
        paragraphs="".join(_PARAGRAPH.substitute(text=escape(line)) for line in lines if line.strip()),
        house=escape(house),
    )
    part = EmailMessage(policy=SMTP)
    part.set_content(page, subtype="html", cte="quoted-printable")
    del part["MIME-Version"]  # belongs to the whole mail only
    for number, (cid, jpeg) in enumerate(zip(cids, pictures, strict=True), start=1):
        name = f"{moment}.jpg" if number == 1 else f"{moment}_{number}.jpg"
        part.add_related(jpeg, "image", "jpeg", cid=f"<{cid}>", disposition="inline", filename=name)
    message.make_alternative()
    message.attach(part)


def _remarks(at: datetime, sent_at: datetime, zone: tzinfo | None, remark: str) -> list[str]:
    """Return what the text of the alert cannot know: how late the mail is, and *remark*."""
    late_s = (sent_at - at).total_seconds()
    late = f"Delayed by {_duration(late_s)}: happened {_moment(at, zone)}, sent {_moment(sent_at, zone)}."
    remarks = [late] * (late_s > LATE_S) + [remark] * bool(remark)
    return ["", *remarks] if remarks else []


def _moment(at: datetime, zone: tzinfo | None) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M:%S %Z}"


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d"] * (days > 0) + [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0)
    return " ".join(parts[:2])
