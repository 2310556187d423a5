"""What a mail server does wrong, as what, where and the fix: the same words from every part that talks to it."""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl

from pisecurity.errors import MailError
from pisecurity.settings import MailSettings

STEP_S = 10.0
"""Longest silence of the server; only its verdict on the whole mail may take as long as the deadline leaves."""
MAX_WORDS = 200
"""Characters of a server's answer that are kept."""
TOO_BIG = 552
LOGIN_WANTED = (530, 534, 535)
LATER_THOUGH_FIVE = (TOO_BIG, *LOGIN_WANTED)
"""Sent to a recipient, 552 is a full mailbox or too many recipients: both pass (RFC 5321, 4.5.3.1.10). A login that is
wanted is the account's fault and not the recipient's."""
_PASSING = re.compile(r"\s*5\.(2\.2|3\.[12]|4\.5)\b")
"""Mailbox full, server full or closed, too many mails today (RFC 3463, section 3), though the code says never."""


def where(settings: MailSettings) -> str:
    """Return what the server of *settings* is called in every message."""
    return f"mail server {settings.host}:{settings.port}"


def timed_out(settings: MailSettings, what: str) -> MailError:
    """Return that the server did not do *what*."""
    return MailError(
        f"{where(settings)} did not {what}: check mail.host, mail.port (465 for tls, 587 for starttls) and the internet"
    )


def explained(error: OSError, settings: MailSettings) -> MailError:
    """Return *error* of smtplib, ssl or socket as what, where and the fix."""
    # smtplib makes "closed" of any trouble with the connection and keeps the trouble as the context.
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
    match cause:
        case smtplib.SMTPResponseException():
            return _answered(cause, settings)
        case TimeoutError():
            return timed_out(settings, f"answer within {STEP_S:g} s")
        case ssl.SSLCertVerificationError():
            text = (
                f"shows a certificate that cannot be trusted ({cause.verify_message}), so nothing was sent to it: "
                "check mail.host, or set mail.ca_file"
            )
        case ssl.SSLError():
            text = (
                f"does not speak TLS as expected ({cause.reason}): "
                'port 465 goes with mail.security = "tls", port 587 with "starttls"'
            )
        case socket.gaierror():
            text = f"has a name that is not found ({cause.strerror}): check mail.host and the internet"
        case ConnectionRefusedError():
            text = "refuses the connection: check mail.host and mail.port"
        case OSError(strerror=str(reason)):
            text = f"cannot be reached ({reason}): check the network"
        case _:
            text = "closed the connection in mid-conversation: that mostly passes"
    return MailError(f"{where(settings)} {text}")


def _answered(answer: smtplib.SMTPResponseException, settings: MailSettings) -> MailError:
    code, said = answer.smtp_code, words(answer.smtp_code, answer.smtp_error)
    # 552 after DATA is about the mail, unless it says that it is about a mailbox.
    too_large = code == TOO_BIG and not _passes(answer.smtp_error)
    if isinstance(answer, smtplib.SMTPDataError) and (too_large or is_final(code, answer.smtp_error)):
        return MailError(f"{where(settings)} takes this mail from nobody ({said})", permanent=True)
    if isinstance(answer, smtplib.SMTPSenderRefused):
        return MailError(
            f"{where(settings)} takes no mail from {settings.sender} ({said}): check mail.sender and mail.user",
            rejected_login=code in LOGIN_WANTED,
        )
    return MailError(f"{where(settings)} answers {said}: that may pass, else check mail.host and mail.port")


def refused_login(answer: smtplib.SMTPResponseException, settings: MailSettings, password: str) -> MailError:
    """Return why the server does not let ``mail.user`` in; *password* is taken out of its words."""
    said = without(settings.user, password, words(answer.smtp_code, answer.smtp_error))
    return MailError(
        f"{where(settings)} refuses the login of {settings.user} ({said}): check mail.user and the stored password; "
        "many providers want an app password made for this, not the one of the account",
        rejected_login=answer.smtp_code >= 500,
    )


def is_final(code: int, answer: bytes | str) -> bool:
    """Return whether the same mail would be refused tomorrow as well."""
    return code >= 500 and code not in LATER_THOUGH_FIVE and not _passes(answer)


def _passes(answer: bytes | str) -> bool:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return bool(_PASSING.match(text))


def words(code: int, answer: bytes | str) -> str:
    """Return a server's answer as one printable line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    line = " ".join(f"{code} {text}".split())
    return "".join(letter for letter in line if letter.isprintable())[:MAX_WORDS]


def without(user: str, password: str, text: str) -> str:
    """Return *text* with the password taken out in each form in which it was sent."""
    plain = f"\0{user}\0{password}"
    for secret in (base64.b64encode(plain.encode()).decode(), base64.b64encode(password.encode()).decode(), password):
        text = text.replace(secret, "...")
    return text
