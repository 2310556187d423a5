"""What a camera sees now and has learned of its scene: shown, and forgotten."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from pisecurity.core.vision.learned import LearnedScene, restless_share
from pisecurity.errors import ArmedError
from pisecurity.runtime.scenes import Scenes, Unshown
from pisecurity.web import view
from pisecurity.web.admission import NotAdmittedError, asks_code, changer
from pisecurity.web.parts import Parts, parts

blueprint = Blueprint("scenes", __name__)

_BUSY = "Too many wait for a picture; try again in a moment."


@dataclass(frozen=True, slots=True)
class CameraPage:
    """What changes on the page of a camera."""

    why: str
    """Why there is no picture of what was learned; empty where there is one."""
    restless: str
    """How much of that picture is red, in words; empty where there is none."""
    sight: tuple[tuple[str, str], ...]
    """What the camera is and sees: name and words of each."""


def gather(ours: Parts, scenes: Scenes, camera: str) -> CameraPage:
    """Return what the page of *camera* shows now."""
    faults = {fault.key: fault.text for fault in ours.health.faults()}
    scene = _look(ours, scenes, camera)
    why = view.unshown(scene, faults.get(f"camera:{camera}"))
    restless = "" if isinstance(scene, Unshown) else view.restless(restless_share(scene))
    return CameraPage(why, restless, view.sight(ours.health.facts(), camera))


@blueprint.get("/cameras/<camera>")
def learned(camera: str) -> Response:
    """Show what *camera* has learned, and the button that has it forgotten."""
    return _page(camera)


@blueprint.get("/api/cameras/<camera>")
def state(camera: str) -> Response:
    """Return what changes on the page of *camera* as JSON."""
    return jsonify(asdict(gather(parts(), _scenes(camera), camera)))


@blueprint.get("/cameras/<camera>/learned.jpg")
def picture(camera: str) -> Response:
    """Send the learned scene, red where it is restless."""
    scenes, looks = _scenes(camera), parts().first_looks
    if not looks.acquire(blocking=False):
        abort(503, _BUSY)
    try:
        jpeg = scenes.picture(camera)
    finally:
        looks.release()
    if isinstance(jpeg, Unshown):
        abort(404, view.unshown(jpeg))
    answer = Response(jpeg, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/cameras/<camera>/forget")
def forget(camera: str) -> BaseResponse:
    """Have *camera* learn its scene anew."""
    scenes = _scenes(camera)
    try:
        by, how = changer(parts())
        scenes.forget(camera, by=by, how=how)
    except NotAdmittedError as refusal:
        return _page(camera, refusal)
    except ArmedError as error:
        abort(409, f"{view.sentence(str(error))}.")
    return redirect(url_for("scenes.learned", camera=camera, forgotten=""), 303)


def _page(camera: str, refusal: NotAdmittedError | None = None) -> Response:
    scenes, ours = _scenes(camera), parts()
    page = make_response(
        render_template(
            "learned.html",
            camera=camera,
            label=ours.label(camera),
            now=gather(ours, scenes, camera),
            forgotten="forgotten" in request.args,
            asks_code=asks_code(ours),
            refusal=refusal,
        )
    )
    return refusal.answer(page) if refusal else page


def _look(ours: Parts, scenes: Scenes, camera: str) -> LearnedScene | Unshown:
    """Return what *camera* has learned; one that is silent is not waited for, or it would hold a thread."""
    age_s = ours.live.age_s(camera)
    if age_s is None or age_s > view.STALE_S:
        return Unshown.SILENT
    if not ours.first_looks.acquire(blocking=False):
        return Unshown.BUSY
    try:
        return scenes.show(camera)
    finally:
        ours.first_looks.release()


def _scenes(camera: str) -> Scenes:
    ours = parts()
    if ours.scenes is None or camera not in ours.scenes.cameras:
        abort(404, "There is no such camera.")
    return ours.scenes
