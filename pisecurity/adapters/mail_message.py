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

from pisecurity.core.types import Alert, AlertKind
from pisecurity.errors import MailError

DOMAIN = "pisecurity.home.arpa"
"""Right-hand side of our ids; home.arpa is set aside for things at home (RFC 8375)."""
LATE_S = 120
"""A mail that leaves later than this after its alert says so."""
TOO_LARGE = "The picture was too large for the mail server; it is on the page."

_TONES = {
    AlertKind.ALARM: "alarm",
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


def message_id(alert_id: str) -> str:
    """Return the Message-ID of an alert: the same for every try, so that a mail that came twice shows as one."""
    return f"<{alert_id}@{DOMAIN}>"


def compose(
    alert: Alert,
    *,
    house: str,
    sender: str,
    to: Sequence[str],
    jpeg: bytes | None,
    sent_at: datetime,
    zone: tzinfo | None = None,
    remark: str = "",
) -> bytes:
    """Return the whole mail as it goes over the wire, lines ended by CR LF.

    Args:
        alert: what to tell; its text says when it happened and may have several lines, its subject only one.
        house: name shown as the sender and below the text; the headline omits it where the subject
            begins with it in brackets.
        sender, to: plain addresses.
        jpeg: shown in the HTML part and stored once, as an inline part that programs also list as a file.
        sent_at: UTC; the Date of the mail, and what a delay is counted to.
        zone: of the times people read; None is the machine's.
        remark: one more paragraph.

    Raises:
        MailError: permanent; a line break or another thing that cannot stand in a header is in one of the values.
    """
    try:
        message = _head(alert, house, sender, to, sent_at)
        lines = [*alert.text.splitlines(), *_remarks(alert.at, sent_at, zone, remark)]
        message.set_content("\n".join(lines) + "\n", cte="quoted-printable")
        _add_html(message, alert, house, lines, jpeg, _filename(alert.at, zone))
        return message.as_bytes()
    except (ValueError, MessageError) as error:
        raise MailError(f"alert {alert.id[:32]!r} cannot become a mail: {error}", permanent=True) from error


def _head(alert: Alert, house: str, sender: str, to: Sequence[str], sent_at: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender, house)
    message["To"] = [_address(recipient) for recipient in to]
    message["Subject"] = alert.subject
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = message_id(alert.id)
    if alert.thread is not None and alert.thread != alert.id:
        message["In-Reply-To"] = message_id(alert.thread)
        message["References"] = message_id(alert.thread)
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<alerts.{DOMAIN}>"
    return message


def _address(plain: str, name: str = "") -> Address:
    user, _, domain = plain.rpartition("@")
    return Address(name, user, domain)


def _add_html(
    message: EmailMessage, alert: Alert, house: str, lines: Sequence[str], jpeg: bytes | None, filename: str
) -> None:
    cid = f"picture.{alert.id}@{DOMAIN}"
    headline = escape(alert.subject.removeprefix(f"[{house}] "))
    tone = _TONES.get(alert.kind, "calm")
    page = _PAGE.substitute(
        subject=escape(alert.subject),
        picture="" if jpeg is None else _PICTURE.substitute(cid=escape(cid), alt=headline),
        tone=tone,
        colour=_LIGHT[tone],
        headline=headline,
        paragraphs="".join(_PARAGRAPH.substitute(text=escape(line)) for line in lines if line.strip()),
        house=escape(house),
    )
    part = EmailMessage(policy=SMTP)
    part.set_content(page, subtype="html", cte="quoted-printable")
    del part["MIME-Version"]  # belongs to the whole mail only
    if jpeg is not None:
        part.add_related(jpeg, "image", "jpeg", cid=f"<{cid}>", disposition="inline", filename=filename)
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


def _filename(at: datetime, zone: tzinfo | None) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d_%H-%M-%S}.jpg"
