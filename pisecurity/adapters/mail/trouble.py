"""What a mail server does wrong, as what, where and the fix: the same words from every part that talks to it."""

from __future__ import annotations

import base64
import errno
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from datetime import datetime

from pisecurity.adapters.clock import installed_at
from pisecurity.adapters.machine.network import has_way_out
from pisecurity.adapters.mail.providers import advice, takes_no_password
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
_FULL = re.compile(r"\s*[45]\.2\.2\b")
_QUOTA = re.compile(r"\s*[45]\.4\.5\b|.*\b(daily|sending) (\w+ )*(limit|quota)\b", re.IGNORECASE | re.DOTALL)
"""The status is Gmail's for more mails than an account may send in a day."""
_RELAY = re.compile(r".*\brelay", re.IGNORECASE | re.DOTALL)
_STRANGER = re.compile(r".*\b(relay|access denied)", re.IGNORECASE | re.DOTALL)
"""Said of who sends, as to one that has not logged in, and not of the recipient: mending the account helps."""
_LOCKED = re.compile(
    r".*\b(too many (\w+ )*(log-?ins?|attempts|fail\w+)|temporarily (locked|blocked|disabled)|account (is )?locked)\b",
    re.IGNORECASE | re.DOTALL,
)
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL says of an answer that is no TLS; which of them depends on its version."""
_OLD_TLS = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION", "NO_PROTOCOLS_AVAILABLE"}
)
_SELF_SIGNED, _NOT_YET_VALID, _EXPIRED = 18, 9, 10
_UNKNOWN_AUTHORITY = (2, 19, 20, 21)
_OTHER_NAME = (62, 64)
"""Results of OpenSSL's X509_verify_cert (x509_vfy.h)."""


class NoConnectionError(TimeoutError):
    """Nobody answered the wish for a connection: another silence than that of a server that is there."""


def where(settings: MailSettings) -> str:
    """Return what the server of *settings* is called in every message."""
    return f"mail server {settings.host}:{settings.port}"


def timed_out(settings: MailSettings, what: str) -> MailError:
    """Return that the server did not do *what*."""
    return MailError(
        f"{where(settings)} did not {what}: check mail.host, mail.port (465 for tls, 587 for starttls) and the internet"
    )


def explained(
    error: OSError, settings: MailSettings, now: datetime, *, is_connected: Callable[[], bool] = has_way_out
) -> MailError:
    """Return *error* of smtplib, ssl or socket as what, where and the fix.

    Args:
        now: what the wall clock says, because a wrong one makes certificates look wrong.
        is_connected: whether this machine is in a network that leads anywhere.
    """
    # smtplib makes "closed" of any trouble with the connection and keeps the trouble as the context.
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
    match cause:
        case smtplib.SMTPResponseException():
            return _answered(cause, settings)
        case NoConnectionError():
            text = (
                f"takes no connection within {STEP_S:g} s: check mail.host and mail.port; a firewall, the router or "
                "your provider may block the port (many block 25)"
            )
        case TimeoutError():
            return timed_out(settings, f"answer within {STEP_S:g} s")
        case ssl.SSLCertVerificationError():
            text = f"{_distrusted(cause, now)}; nothing was sent to it"
        case ssl.SSLError():
            text = _no_tls(cause, settings)
        case OSError(strerror=str(reason)):
            text = _unreached(cause, reason, is_connected)
        case _:
            text = "closed the connection in mid-conversation: that mostly passes"
    return MailError(f"{where(settings)} {text}")


def _unreached(cause: OSError, reason: str, is_connected: Callable[[], bool]) -> str:
    """Return why nothing came of the connection, after the name of the server."""
    unresolved = isinstance(cause, socket.gaierror)
    no_route = cause.errno in {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}
    if (unresolved or no_route) and not is_connected():
        return f"cannot be reached, because this machine is in no network ({reason}): check its cable or Wi-Fi"
    if unresolved and cause.errno == socket.EAI_AGAIN:
        return (
            f"has a name that nobody looks up just now ({reason}): the name server, mostly the router, "
            "does not answer; check the internet"
        )
    if unresolved:
        return f"has a name that is not found ({reason}): check mail.host and the internet"
    if isinstance(cause, ConnectionRefusedError):
        return "refuses the connection: check mail.host and mail.port"
    if isinstance(cause, PermissionError):
        return f"may not be reached from this machine ({reason}): its own firewall forbids it"
    return f"cannot be reached ({reason}): check the network"


def _distrusted(cause: ssl.SSLCertVerificationError, now: datetime) -> str:
    """Return what is wrong with a certificate and the fix, after the name of the server."""
    if cause.verify_code in {_NOT_YET_VALID, _EXPIRED}:
        return f"shows a certificate that {_at_another_time(cause.verify_code, now)}"
    if cause.verify_code == _SELF_SIGNED:
        return (
            "shows a certificate that it has signed itself: a server of your own needs mail.ca_file; at a provider "
            "this is not the provider's server, check mail.host"
        )
    if cause.verify_code in _UNKNOWN_AUTHORITY:
        return (
            f"shows a certificate of an authority that nobody here knows ({cause.verify_message}): a server of your "
            "own needs mail.ca_file; at a provider this is not the provider's server, check mail.host"
        )
    if cause.verify_code in _OTHER_NAME:
        return (
            f"shows a certificate for another name ({cause.verify_message.rstrip('.')}): set mail.host to the name "
            "that the provider tells"
        )
    return f"shows a certificate that cannot be trusted ({cause.verify_message}): check mail.host, or set mail.ca_file"


def _at_another_time(verify_code: int, now: datetime) -> str:
    """Return whether the certificate or the clock of this machine is to blame, after "a certificate that"."""
    clock, installed = f"{now:%Y-%m-%d %H:%M} UTC", installed_at()
    if verify_code == _EXPIRED:
        return (
            "has expired: whoever runs the server has to renew it, unless the clock of this machine is ahead "
            f"(it says {clock})"
        )
    if now < installed:
        return (
            f"counts only later, because the clock of this machine is wrong: it says {clock}, and this program was "
            f"installed on {installed:%Y-%m-%d}; run 'timedatectl'"
        )
    return (
        f"counts only later: is the clock of this machine right? It says {clock}; run 'timedatectl', "
        "else whoever runs the server has to mend it"
    )


def _no_tls(cause: ssl.SSLError, settings: MailSettings) -> str:
    """Return why no TLS came about, after the name of the server."""
    if cause.reason in _OLD_TLS:
        return (
            f"speaks only a TLS that is no longer safe ({cause.reason}), so nothing was sent to it: "
            "it wants an update; at a provider check mail.host"
        )
    if cause.reason in _NO_TLS and settings.security == "tls":
        return (
            f'does not begin with TLS: port {settings.port} is the wrong one for mail.security = "tls"; '
            'set mail.security = "starttls", or port 465'
        )
    return (
        f"does not speak TLS as expected ({cause.reason or 'it closed the connection'}): "
        'port 465 goes with mail.security = "tls", port 587 with "starttls"'
    )


def begins_with_tls(settings: MailSettings) -> MailError:
    """Return that the port is one for ``tls``, though ``starttls`` is set."""
    return MailError(
        f"{where(settings)} says nothing before TLS has begun: port {settings.port} is the wrong one for "
        'mail.security = "starttls"; set mail.security = "tls", or port 587'
    )


def _answered(answer: smtplib.SMTPResponseException, settings: MailSettings) -> MailError:
    code, said = answer.smtp_code, words(answer.smtp_code, answer.smtp_error)
    # 552 after DATA is about the mail, unless it says that it is about a mailbox.
    too_large = code == TOO_BIG and not _passes(answer.smtp_error)
    if isinstance(answer, smtplib.SMTPDataError) and (too_large or is_final(code, answer.smtp_error)):
        return MailError(f"{where(settings)} takes this mail from nobody ({said})", permanent=True)
    if isinstance(answer, smtplib.SMTPConnectError):
        return MailError(f"{where(settings)} {_turned_away(code, said)}")
    if _matches(_QUOTA, answer.smtp_error):
        return MailError(f"{where(settings)} {_no_more_today(said)}")
    if isinstance(answer, smtplib.SMTPSenderRefused) and code >= 500:
        return _refused_sender(code, said, settings)
    return MailError(f"{where(settings)} answers {said}: that may pass, else check mail.host and mail.port")


def _turned_away(code: int, said: str) -> str:
    """Return what it means that a server answers a new connection like this."""
    if code < 0:
        return (
            f"is none that takes mails (it says {said.removeprefix('-1 ')}): check mail.port; "
            "110, 143, 993 and 995 are for reading mails, 465 and 587 for sending"
        )
    if code < 500:
        return f"has no time for this machine now ({said}): that passes, it is tried again"
    return (
        f"turns this machine away ({said}): check mail.host; at port 25 many servers do so with homes, "
        "use 587 or 465 of your provider"
    )


def _no_more_today(said: str) -> str:
    return (
        f"takes no more mails from this account today ({said}): what waits leaves tomorrow; "
        "raise alarm.alert_pause_s, or send from an account that nothing else sends from"
    )


def _refused_sender(code: int, said: str, settings: MailSettings) -> MailError:
    if code in LOGIN_WANTED:
        text = f"takes mails only after a login ({said}): set mail.user and store its password"
    else:
        text = f"takes no mail from {settings.sender} ({said}): check mail.sender and mail.user"
    return MailError(f"{where(settings)} {text}", rejected_login=code in LOGIN_WANTED)


def refused_login(answer: smtplib.SMTPResponseException, settings: MailSettings, password: str) -> MailError:
    """Return why the server does not let ``mail.user`` in; *password* is taken out of its words."""
    said = without(settings.user, password, words(answer.smtp_code, answer.smtp_error))
    locked = _matches(_LOCKED, answer.smtp_error)
    if answer.smtp_code >= 500 and takes_no_password(settings.host, said):
        text = (
            f"takes no password any more, whichever it is ({said}): send from an account of another provider; "
            "mails may still go to this one"
        )
    elif answer.smtp_code < 500 and not locked:
        text = f"cannot log in {settings.user} now ({said}): that mostly passes"
    elif locked:
        text = (
            f"has locked the login of {settings.user} for now ({said}): wait an hour before the next try, "
            f"and meanwhile {advice(settings.host)}"
        )
    else:
        text = f"refuses the login of {settings.user} ({said}): {advice(settings.host)}"
    return MailError(f"{where(settings)} {text}", rejected_login=answer.smtp_code >= 500 or locked)


def refused_recipient(answer: tuple[int, bytes | str], settings: MailSettings, recipient: str) -> MailError:
    """Return why the server takes nothing for *recipient*."""
    code, said = answer[0], words(*answer)
    if code in {452, TOO_BIG} or _matches(_FULL, answer[1]):
        text = f"says that the mailbox of {recipient} is full ({said}): delete something there"
    elif _matches(_QUOTA, answer[1]):
        text = _no_more_today(said)
    elif _matches(_RELAY, answer[1]):
        text = (
            f"passes nothing on to {recipient} ({said}): it does so only for whom it knows; "
            "set mail.user, or the server of your own provider as mail.host"
        )
    elif code < 500:
        text = f"wants to see mails for {recipient} again later ({said}): many do so at first; nothing is to be done"
    else:
        text = f"takes nothing for {recipient} ({said}): check the address in mail.to"
    return MailError(f"{where(settings)} {text}")


def too_small(settings: MailSettings, limit: str, wanted_bytes: int) -> MailError:
    """Return that a mail with a picture does not pass; *limit* is how the server says so."""
    return MailError(
        f"{where(settings)} takes no mail of {wanted_bytes / 1e6:.1f} MB ({limit}): "
        "alarms would arrive without their picture; use an account that takes larger mails"
    )


def is_final(code: int, answer: bytes | str) -> bool:
    """Return whether the same mail would be refused tomorrow as well, even if the settings were mended until then."""
    return code >= 500 and code not in LATER_THOUGH_FIVE and not _passes(answer) and not _matches(_STRANGER, answer)


def _passes(answer: bytes | str) -> bool:
    return _matches(_PASSING, answer)


def _matches(pattern: re.Pattern[str], answer: bytes | str) -> bool:
    return bool(pattern.match(_text(answer)))


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def words(code: int, answer: bytes | str) -> str:
    """Return a server's answer as one printable line."""
    line = " ".join(f"{code} {_text(answer)}".split())
    return "".join(letter for letter in line if letter.isprintable())[:MAX_WORDS]


def without(user: str, password: str, text: str) -> str:
    """Return *text* with the password taken out in each form in which it was sent."""
    if not password:
        return text
    plain = f"\0{user}\0{password}"
    for secret in (base64.b64encode(plain.encode()).decode(), base64.b64encode(password.encode()).decode(), password):
        text = text.replace(secret, "...")
    return text
