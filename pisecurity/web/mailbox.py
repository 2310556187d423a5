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
    """List the conversations, that with the newest mail first."""
    found = _mailbox().mails()
    conversations: dict[str, list[ReceivedMail]] = {}
    for each in found:
        conversations.setdefault(each.conversation, []).append(each)
    newest = found[0].number if found else 0
    return render_template("mailbox.html", conversations=tuple(conversations.values()), newest=newest)


@blueprint.get("/<int:number>")
def mail(number: int) -> str:
    """Show one mail as a mail program would, with links to the others of its conversation."""
    found = _mail(number)
    together = [each for each in _mailbox().mails() if each.conversation == found.conversation]
    return render_template("mail.html", mail=found, together=together[::-1])


@blueprint.get("/<int:number>/html")
def html(number: int) -> Response:
    """Send the HTML part alone, for the frame in which it is shown."""
    found = _mail(number)
    if not found.html:
        abort(404, "This mail has no HTML part.")
    answer = Response(found.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    return answer


@blueprint.get("/<int:number>/picture/<int:place>")
def picture(number: int, place: int) -> Response:
    """Send a picture that came with the mail; they are counted from 1."""
    pictures = _mail(number).pictures
    if not 1 <= place <= len(pictures):
        abort(404, "This mail has no such picture.")
    return Response(pictures[place - 1], mimetype="image/jpeg")


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
