"""What a camera has learned of its scene: shown, and forgotten."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from pisecurity.runtime.scenes import Scenes
from pisecurity.web.access import peer_name
from pisecurity.web.parts import parts

blueprint = Blueprint("scenes", __name__, url_prefix="/cameras")


@blueprint.get("/<camera>")
def learned(camera: str) -> str:
    """Show where *camera* has learned to look away, and the button that has it forgotten."""
    _scenes(camera)
    return render_template(
        "learned.html", camera=camera, label=parts().label(camera), forgotten="forgotten" in request.args
    )


@blueprint.get("/<camera>/learned.jpg")
def picture(camera: str) -> Response:
    """Send the learned scene, red where it is restless."""
    jpeg = _scenes(camera).picture(camera)
    if jpeg is None:
        abort(404, "This camera knows too little of its scene yet.")
    answer = Response(jpeg, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/<camera>/forget")
def forget(camera: str) -> BaseResponse:
    """Have *camera* learn its scene anew."""
    _scenes(camera).forget(camera, by=peer_name(request.remote_addr), how="page")
    return redirect(url_for("scenes.learned", camera=camera, forgotten=""), 303)


def _scenes(camera: str) -> Scenes:
    ours = parts()
    if ours.scenes is None or camera not in ours.scenes.cameras:
        abort(404, "There is no such camera.")
    return ours.scenes
