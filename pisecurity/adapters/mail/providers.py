"""What the large mail providers want of a login that a program makes."""

from __future__ import annotations

from collections.abc import Mapping

_GOOGLE = (
    "Google takes only an app password: switch on 2-Step Verification at myaccount.google.com, make one at "
    "myaccount.google.com/apppasswords, and store its 16 letters without the spaces"
)
_APPLE = (
    "Apple takes only an app-specific password: make one at account.apple.com, Sign-In and Security, and store it with "
    "its hyphens"
)
_YAHOO = "Yahoo takes only an app password: make one in the account's security settings in the browser, and store it"
_GMX = (
    "allow POP3 and IMAP in the settings of the mailbox in the browser, where they are off at first and after long "
    "disuse; then check mail.user and the stored password"
)
_ANY = (
    "check mail.user and the stored password; many providers want an app password made for this, not the one of the "
    "account"
)
_ADVICE: Mapping[str, str] = {
    "gmail.com": _GOOGLE,
    "googlemail.com": _GOOGLE,
    "mail.me.com": _APPLE,
    "icloud.com": _APPLE,
    "mail.yahoo.com": _YAHOO,
    "aol.com": _YAHOO,
    "gmx.net": _GMX,
    "gmx.com": _GMX,
    "web.de": _GMX,
}
"""By the end of the server's name."""
_MICROSOFT = ("outlook.com", "hotmail.com", "live.com", "office365.com")
_NO_PASSWORD = "5.7.139"  # noqa: S105 (the status with which Microsoft refuses passwords altogether)


def advice(host: str) -> str:
    """Return what to do when the server *host* refuses a login."""
    return next((text for end, text in _ADVICE.items() if _belongs(host, end)), _ANY)


def takes_no_password(host: str, said: str) -> bool:
    """Return whether a refusal by *host*, in the words *said*, is of passwords as such: Microsoft wants OAuth."""
    return _NO_PASSWORD in said or any(_belongs(host, end) for end in _MICROSOFT)


def _belongs(host: str, end: str) -> bool:
    return f".{host.lower().removesuffix('.')}".endswith(f".{end}")
