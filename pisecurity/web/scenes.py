"""What a camera has learned of its scene: shown, and forgotten."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from pisecurity.errors import ArmedError
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
    scenes, looks = _scenes(camera), parts().first_looks
    if not looks.acquire(blocking=False):
        abort(503, "Too many wait for a picture; try again in a moment.")
    try:
        jpeg = scenes.picture(camera)
    finally:
        looks.release()
    if jpeg is None:
        abort(
            404,
            "There is no picture: the camera is lost or has just begun, or the background is one of OpenCV's.",
        )
    answer = Response(jpeg, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/<camera>/forget")
def forget(camera: str) -> BaseResponse:
    """Have *camera* learn its scene anew."""
    try:
        _scenes(camera).forget(camera, by=peer_name(request.remote_addr), how="page")
    except ArmedError as error:
        abort(409, f"{error}.")
    return redirect(url_for("scenes.learned", camera=camera, forgotten=""), 303)


def _scenes(camera: str) -> Scenes:
    ours = parts()
    if ours.scenes is None or camera not in ours.scenes.cameras:
        abort(404, "There is no such camera.")
    return ours.scenes
