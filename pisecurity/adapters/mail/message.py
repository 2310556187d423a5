"""An alert as a mail: the picture first and large, what and when in one line, the text version equally good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from string import Template

from pisecurity.core.times import duration, moment
from pisecurity.core.types import BETTER, FIRST, Alert, AlertKind, Notification
from pisecurity.errors import MailError

DOMAIN = "pisecurity.home.arpa"
"""Right-hand side of our ids; home.arpa is set aside for things at home (RFC 8375)."""
LATE_S = 120
"""A mail that leaves later than this after its alert says so."""
REPLY = "Re: "
"""Before the subject of a later step, in every language: Gmail and Outlook keep mails together by References and the
subject, and Gmail knows only few other words for it."""

_TONES = {
    AlertKind.ALARM: "alarm",
    AlertKind.DURESS: "alarm",
    AlertKind.TAMPER: "alarm",
    AlertKind.ENTRY: "wait",
    AlertKind.FAULT: "wait",
    AlertKind.SUMMARY: "alarm",
    AlertKind.DIGEST: "wait",
}
_LIGHT = {"alarm": "#b3131b", "wait": "#8a5a00", "calm": "#1b1d21"}

# Mail programs that drop <style> show the light colours written at the elements; the others follow the reader's theme.
# Outlook for Windows renders with Word: it wants tables, a width as an attribute, and a table of its own for max-width.
_PAGE = Template("""\
<!doctype html>
<html lang="$language">
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
  .picture { background: #22252b !important; color: #f1f0ec !important }
}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:#f4f3f0;color:#1b1d21">
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f4f3f0" \
style="background:#f4f3f0;color:#1b1d21;font:17px/1.4 Inter,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<tr><td align="center" style="padding:16px">
<!--[if mso]><table role="presentation" width="720" cellpadding="0" cellspacing="0"><tr><td><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" \
style="max-width:720px;table-layout:fixed;color:inherit;font:inherit">
<tr><td align="left" style="text-align:start;overflow-wrap:anywhere;word-break:break-word">
$first$step<p class="$tone" dir="auto" style="margin:16px 2px 0;font-size:21px;line-height:1.25;font-weight:650;\
color:$colour">$headline</p>
$paragraphs$others<p class="soft" dir="auto" style="margin:16px 2px 0;padding-top:12px;border-top:1px solid #dfdcd5;\
font-size:14px;color:#5d636d">$house</p>
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
""")
_PICTURE = Template("""\
<img class="picture" src="cid:$cid" alt="$alt" width="720" border="0" style="display:block;width:100%;max-width:720px;\
height:auto;border-radius:18px;background:#e4e1da;color:#1b1d21;font-size:17px;line-height:1.4">
""")
_CAPTIONED = Template("""\
<div style="padding-top:16px">
$picture<p class="soft" dir="auto" style="margin:6px 2px 0;font-size:14px;color:#5d636d">$caption</p>
</div>
""")
_STEP = Template("""\
<p dir="auto" style="margin:16px 2px 0;font-weight:600">$text</p>
""")
_PARAGRAPH = Template("""\
<p dir="auto" style="margin:${above}px 2px 0">$text</p>
""")
LINE_PX, BLOCK_PX = 8, 18
"""Space above a line of the text, and above one that follows an empty line."""


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
    catalogue: Mapping[str, str],
    zone: tzinfo | None = None,
    remark: str = "",
) -> bytes:
    """Return the whole mail as it goes over the wire, lines ended by CR LF.

    Args:
        notification: what to tell; the alert's text says when it happened and may have several lines, its subject
            only one. Its pictures are shown in the HTML part, the first one above the text and the others below it,
            and stored once, as inline parts that programs also list as files.
        house: name shown as the sender and below the text; the headline omits it where the subject
            begins with it in brackets.
        sender, to: plain addresses.
        sent_at: UTC; the Date of the mail, and what a delay is counted to.
        catalogue: sentences by key, as in ``web/locales/mail.en.json``.
        zone: of the times people read; None is the machine's.
        remark: one more paragraph.

    Raises:
        MailError: permanent; a line break or another thing that cannot stand in a header is in one of the values.
    """
    alert = notification.alert
    step = catalogue["mail.better"] if notification.step == BETTER else ""
    remarks = [*_lateness(notification, sent_at, zone, catalogue), *([remark] if remark else [])]
    lines = [*alert.text.splitlines(), *(["", *remarks] if remarks else [])]
    try:
        message = _head(notification, house, sender, to, sent_at)
        text = "\n".join([step, "", *lines] if step else lines)
        message.set_content(f"{text}\n", cte="quoted-printable")
        part = EmailMessage(policy=SMTP)
        part.set_content(_page(notification, house, step, lines, catalogue), subtype="html", cte="quoted-printable")
        del part["MIME-Version"]  # belongs to the whole mail only
        _add_pictures(part, notification, f"{alert.at.astimezone(zone):%Y-%m-%d_%H-%M-%S}")
        message.make_alternative()
        message.attach(part)
        return message.as_bytes()
    except (ValueError, MessageError) as error:
        raise MailError(f"alert {alert.id[:32]!r} cannot become a mail: {error}", permanent=True) from error


def _head(notification: Notification, house: str, sender: str, to: Sequence[str], sent_at: datetime) -> EmailMessage:
    alert, step = notification.alert, notification.step
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender, house)
    message["To"] = [_address(recipient) for recipient in to]
    message["Subject"] = alert.subject if step == FIRST else f"{REPLY}{alert.subject}"
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


def _lateness(
    notification: Notification, sent_at: datetime, zone: tzinfo | None, catalogue: Mapping[str, str]
) -> list[str]:
    """Return how late the mail is, and that the clock was wrong when it happened.

    Of a later step that is said by none: it would look like a second alert.
    """
    if notification.step != FIRST:
        return []
    at = notification.happened_at or notification.alert.at
    happened, sent = (moment(each, zone, catalogue) for each in (at, sent_at))
    said = [catalogue["mail.wrong_clock"].format(happened=happened)] if notification.happened_at else []
    late_s = (sent_at - at).total_seconds()
    if late_s > LATE_S:
        late = duration(late_s, catalogue)
        said.append(catalogue["mail.delayed"].format(duration=late, happened=happened, sent=sent))
    return said


def _page(notification: Notification, house: str, step: str, lines: Sequence[str], catalogue: Mapping[str, str]) -> str:
    """Return the HTML part: the most telling picture, what happened, and the other pictures as a list."""
    alert = notification.alert
    headline = alert.subject.removeprefix(f"[{house}] ")
    tone = _TONES.get(alert.kind, "calm")
    cids, count = _cids(notification), len(notification.pictures)
    captions = [catalogue["mail.picture"].format(number=number, count=count) for number in range(1, count + 1)]
    alts = captions if count != 1 else [catalogue["mail.alt"].format(headline=headline)]
    pictures = [_PICTURE.substitute(cid=escape(cid), alt=escape(alt)) for cid, alt in zip(cids, alts, strict=True)]
    others = zip(pictures[1:], captions[1:], strict=True)
    return _PAGE.substitute(
        language=escape(catalogue["language"]),
        subject=escape(alert.subject),
        first="".join(pictures[:1]),
        step=_STEP.substitute(text=escape(step)) if step else "",
        tone=tone,
        colour=_LIGHT[tone],
        headline=escape(headline),
        paragraphs=_paragraphs(lines),
        others="".join(_CAPTIONED.substitute(picture=one, caption=escape(caption)) for one, caption in others),
        house=escape(house),
    )


def _paragraphs(lines: Sequence[str]) -> str:
    above = [LINE_PX if before.strip() else BLOCK_PX for before in ("-", *lines)]
    pairs = zip(lines, above, strict=False)
    return "".join(_PARAGRAPH.substitute(text=escape(line), above=space) for line, space in pairs if line.strip())


def _cids(notification: Notification) -> list[str]:
    alert, step = notification.alert, notification.step
    return [f"picture{number}.{alert.id}.{step}@{DOMAIN}" for number in range(1, len(notification.pictures) + 1)]


def _add_pictures(part: EmailMessage, notification: Notification, moment_name: str) -> None:
    """Add the pictures to the HTML *part*; *moment_name* begins the names of their files."""
    for number, (cid, jpeg) in enumerate(zip(_cids(notification), notification.pictures, strict=True), start=1):
        name = f"{moment_name}.jpg" if number == 1 else f"{moment_name}_{number}.jpg"
        part.add_related(jpeg, "image", "jpeg", cid=f"<{cid}>", disposition="inline", filename=name)
