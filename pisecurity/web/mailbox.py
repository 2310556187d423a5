"""The demo's mailbox: what arrived at the embedded mail server. These routes exist in the demo only."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from pisecurity.ports import Mailbox, ReceivedMail
from pisecurity.web.parts import parts

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")

MAIL_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
"""A mail is foreign text: it may bring its own look and show its picture, and nothing else.

``allow-same-origin`` gives no rights without scripts, which stay forbidden; it lets the picture load and the page
measure how tall the mail is.
"""


@blueprint.get("")
def mails() -> str:
    """List the mails, newest first."""
    return render_template("mailbox.html", mails=_mailbox().mails())


@blueprint.get("/<int:number>")
def mail(number: int) -> str:
    """Show one mail as a mail program would."""
    return render_template("mail.html", mail=_mail(number))


@blueprint.get("/<int:number>/html")
def html(number: int) -> Response:
    """Send the HTML part alone, for the frame in which it is shown."""
    found = _mail(number)
    if not found.html:
        abort(404, "This mail has no HTML part.")
    answer = Response(found.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    return answer


@blueprint.get("/<int:number>/picture")
def picture(number: int) -> Response:
    """Send the picture that came with the mail."""
    found = _mail(number)
    if found.jpeg is None:
        abort(404, "This mail has no picture.")
    return Response(found.jpeg, mimetype="image/jpeg")


def _mailbox() -> Mailbox:
    mailbox = parts().mailbox
    if mailbox is None:
        abort(404)
    return mailbox


def _mail(number: int) -> ReceivedMail:
    found = _mailbox().mail(number)
    if found is None:
        abort(404, "There is no such mail.")
    return found
