"""What the page for labelling answers over plain HTTP, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pisecurity.adapters.recordings import labels
from tests.web.evening import Evening

BASE = "http://127.0.0.1:8123"
OWN = {"Origin": BASE}
PERSON = {"kind": "event", "label": "person", "start_frame": 52, "end_frame": 97}


@pytest.fixture
def folder(tmp_path: Path) -> Evening:
    made = Evening(tmp_path, ("garden_walk.mp4", "garden_quiet.mp4"))
    for number in (0, 1):
        made.labelling.frames(number).count(lambda: False)
    return made


@pytest.fixture
def client(folder: Evening) -> FlaskClient:
    return folder.app.test_client()


def get(client: FlaskClient, path: str, **how: Any) -> TestResponse:
    return client.get(path, base_url=BASE, **how)


def post(client: FlaskClient, path: str, body: object, **how: Any) -> TestResponse:
    return client.post(path, base_url=BASE, json=body, **({"headers": OWN} | how))


def test_the_first_page_is_the_first_recording(client: FlaskClient) -> None:
    answer = get(client, "/")
    assert (answer.status_code, answer.location) == (302, "/clips/1")
    page = get(client, "/clips/1").text
    assert "garden_walk.mp4" in page and "Next recording: garden_quiet.mp4" in page
    assert get(client, "/clips/2").text.count("Previous recording: garden_walk.mp4") == 1


@pytest.mark.parametrize("path", ["/clips/0", "/clips/3", "/clips/3/frames/0.jpg", "/api/clips/3", "/nothing"])
def test_what_is_not_there_is_404_in_one_line(client: FlaskClient, path: str) -> None:
    answer = get(client, path)
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "\n" not in answer.text.strip()


def test_a_frame_is_a_picture_that_no_cache_keeps(client: FlaskClient) -> None:
    answer = get(client, "/clips/1/frames/80.jpg")
    assert (answer.status_code, answer.mimetype, answer.data[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert get(client, "/clips/1/frames/160.jpg").status_code == 404


def test_marks_are_kept_at_once_and_told(client: FlaskClient, folder: Evening) -> None:
    assert post(client, "/api/clips/1/open", {}).get_json() == {
        "fps": 10.0,
        "count": {"frames": 160, "expected": 160, "whole": True, "trouble": ""},
        "marks": [],
        "can_undo": False,
        "trouble": "",
    }
    state = post(client, "/api/clips/1/add", PERSON).get_json()
    assert state["marks"] == [PERSON | {"clear_from": None, "name": "person"}]
    assert folder.kept().events == (labels.Interval(start_frame=52, end_frame=97, label="person"),)
    state = post(client, "/api/clips/1/clear-from", state["marks"][0] | {"frame": 55}).get_json()
    assert folder.kept().events[0].clear_from == 55
    assert post(client, "/api/clips/1/remove", state["marks"][0]).get_json()["marks"] == []
    post(client, "/api/clips/1/undo", {})
    assert get(client, "/api/clips/1").get_json()["marks"][0]["clear_from"] == 55
    assert folder.kept().frames == 160


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            PERSON | {"end_frame": 51},
            "The end, frame 51, lies before the beginning, frame 52; go on to where it ends, or begin anew.",
        ),
        (PERSON | {"end_frame": 160}, "The recording has frames 0 to 159 so far; mark some of them."),
        (
            PERSON | {"start_frame": 97, "end_frame": 99},
            "Frames 52 to 97 are marked as person already; delete that mark first, or stay outside of it.",
        ),
    ],
)
def test_a_mark_that_cannot_stand_is_refused_in_one_line(
    client: FlaskClient, folder: Evening, body: object, line: str
) -> None:
    post(client, "/api/clips/1/add", PERSON)
    before = (folder.folder / labels.MANIFEST).read_bytes()
    answer = post(client, "/api/clips/1/add", body)
    assert (answer.status_code, answer.text) == (409, line)
    assert (folder.folder / labels.MANIFEST).read_bytes() == before


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        PERSON | {"kind": "mark"},
        PERSON | {"kind": ["event"]},
        PERSON | {"label": " "},
        PERSON | {"label": "x" * 61},
        PERSON | {"label": "a\nb"},
        PERSON | {"label": None},
        PERSON | {"start_frame": "52"},
        PERSON | {"end_frame": True},
        PERSON | {"clear_from": 1.5},
    ],
    ids=str,
)
def test_what_the_page_never_sends_is_refused(client: FlaskClient, folder: Evening, body: object) -> None:
    answer = post(client, "/api/clips/1/add", body)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert not (folder.folder / labels.MANIFEST).exists()


@pytest.mark.parametrize(
    "text", ["{", "", "\xff", "NaN", "[" * 1000 + "]" * 1000], ids=["cut", "empty", "no text", "no number", "deep"]
)
def test_what_is_no_object_is_refused_in_our_words(client: FlaskClient, folder: Evening, text: str) -> None:
    answer = client.post(
        "/api/clips/1/add",
        base_url=BASE,
        data=text.encode("latin-1"),
        content_type="application/json",
        headers=OWN,
    )
    assert (answer.status_code, answer.text) == (400, "Send the change as one object.")
    assert not (folder.folder / labels.MANIFEST).exists()


def test_a_nuisance_needs_no_label(client: FlaskClient, folder: Evening) -> None:
    post(client, "/api/clips/2/add", {"kind": "nuisance", "label": " ", "start_frame": 0, "end_frame": 9})
    assert folder.kept("garden_quiet.mp4").nuisance == (labels.Interval(start_frame=0, end_frame=9),)


def test_the_rest_is_nuisance(client: FlaskClient, folder: Evening) -> None:
    post(client, "/api/clips/1/add", PERSON)
    assert len(post(client, "/api/clips/1/add-the-rest", {"label": "leaves"}).get_json()["marks"]) == 3
    assert [(each.start_frame, each.end_frame) for each in folder.kept().nuisance] == [(0, 41), (108, 159)]
    answer = post(client, "/api/clips/1/add-the-rest", {"label": "leaves"})
    assert (answer.status_code, answer.text[:38]) == (409, "Nothing is left to mark as nuisance; a")


def test_who_looks_for_a_place_gets_a_frame_at_once_and_its_number(client: FlaskClient) -> None:
    answer = get(client, "/clips/1/frames/79.jpg?quick")
    assert (answer.status_code, answer.headers["X-Frame-Number"]) == (200, "60"), "the key frame before it"
    assert get(client, "/clips/1/frames/65.jpg?quick").headers["X-Frame-Number"] == "65", "five frames on"
    assert get(client, "/clips/1/frames/79.jpg").headers["X-Frame-Number"] == "79"
    assert get(client, "/clips/1/frames/79.jpg?quick").headers["X-Frame-Number"] == "79", "kept"


def test_a_manifest_that_was_changed_meanwhile_is_told_and_left(client: FlaskClient, folder: Evening) -> None:
    post(client, "/api/clips/1/open", {})
    manifest = folder.folder / labels.MANIFEST
    manifest.write_text(json.dumps({"videos": [{"file": "garden_walk.mp4", "w": 1, "h": 1, "fps": 1, "frames": 1}]}))
    before = manifest.read_bytes()
    answer = post(client, "/api/clips/1/add", PERSON)
    assert answer.status_code == 409
    assert answer.text.startswith("Not saved: ")
    assert "was changed by another program; reload the page to go on from there" in answer.text
    assert manifest.read_bytes() == before
    post(client, "/api/clips/1/open", {})
    assert post(client, "/api/clips/1/add", PERSON).status_code == 200


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"headers": {}}, 403),
        ({"headers": {"Origin": "http://127.0.0.1:9999"}}, 403),
        ({"headers": {"Origin": "http://evil.example"}}, 403),
        ({"headers": OWN | {"Host": "evil.example"}}, 400),
        ({"environ_base": {"REMOTE_ADDR": "192.168.1.30"}}, 403),
    ],
)
def test_nothing_but_the_page_itself_on_this_machine_changes_anything(
    client: FlaskClient, folder: Evening, how: dict[str, Any], code: int
) -> None:
    for path, body in (("/api/clips/1/add", PERSON), ("/api/done", {})):
        assert post(client, path, body, **how).status_code == code
    assert not folder.done.is_set()
    assert not (folder.folder / labels.MANIFEST).exists()


def test_a_plain_form_changes_nothing(client: FlaskClient, folder: Evening) -> None:
    for path in ("/api/clips/1/undo", "/api/clips/1/open", "/api/done"):
        assert client.post(path, base_url=BASE, data={"x": "y"}, headers=OWN).status_code == 415
    assert not folder.done.is_set()


def test_strangers_see_no_frame(client: FlaskClient) -> None:
    assert get(client, "/clips/1/frames/0.jpg", environ_base={"REMOTE_ADDR": "192.168.1.30"}).status_code == 403
    assert get(client, "/clips/1/frames/0.jpg", headers={"Host": "evil.example"}).status_code == 400


def test_done_ends_it(client: FlaskClient, folder: Evening) -> None:
    assert post(client, "/api/done", {}).get_json() == {"done": True}
    assert folder.done.is_set()


def test_a_recording_that_is_gone_is_one_line(client: FlaskClient, folder: Evening) -> None:
    (folder.folder / "garden_walk.mp4").unlink()
    answer = get(client, "/clips/1/frames/3.jpg")
    assert answer.status_code == 503
    assert answer.text.endswith("garden_walk.mp4: no such file; give the path of a recording.")
