"""Replays of committed clips, and of drawn streams where the clip does not matter."""

from __future__ import annotations

import io
import itertools
import json
import os
import pty
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from pisecurity.adapters.recordings import labels
from pisecurity.cli.annotate import Annotator
from pisecurity.cli.progress import Progress
from pisecurity.cli.replay import EventBook, clock_time
from pisecurity.core.types import Box, Event, Frame, Phase
from pisecurity.core.vision.pipeline import Step
from tests.cli.commands import CLIPS, Ran, Shell, start
from tests.fakes import FakeClock
from tests.rigs.user import open_folder, ordinary_user

WALK = CLIPS / "garden_walk.mp4"
QUIET = CLIPS / "garden_quiet.mp4"
CONFIG = (
    '[[camera]]\nid = "front"\nkind = "stage"\n[[camera]]\nid = "back"\nname = "Back yard"\nkind = "stage"\nfps = 5\n'
)
UPPER_HALF = "points = [[0, 0], [1, 0], [1, 0.5], [0, 0.5]]\n"
EVERYWHERE = "points = [[0, 0], [1, 0], [1, 1], [0, 1]]\n"


def lines(ran: Ran) -> list[dict[str, Any]]:
    assert (ran.code, ran.err) == (0, "")
    return [json.loads(line) for line in ran.out.splitlines()]


def person_in(clip: Path) -> list[tuple[float, float, float, float]]:
    """Return the true boxes of the clip's event, in shares of the picture."""
    (recording,) = [each.recording for each in labels.read(CLIPS).recordings if each.recording.file == clip.name]
    return list(recording.events[0].boxes or ())


def overlap(box: tuple[float, ...], true: tuple[float, ...]) -> float:
    """Return the share of *true* that *box* covers."""
    sides = [min(box[i] + box[i + 2], true[i] + true[i + 2]) - max(box[i], true[i]) for i in (0, 1)]
    return max(sides[0], 0.0) * max(sides[1], 0.0) / (true[2] * true[3])


def y4m(frames: int, width: int = 64, height: int = 48, chroma: bool = False) -> bytes:
    """Return a stream of 10 frames/s in which nothing moves."""
    plane = np.random.default_rng(1).integers(60, 200, (height, width), np.uint8).tobytes()
    grey = bytes([128]) * (2 * ((width + 1) // 2) * ((height + 1) // 2)) if chroma else b""
    colour = "420jpeg" if chroma else "mono"
    return f"YUV4MPEG2 W{width} H{height} F10:1 C{colour}\n".encode() + (b"FRAME\n" + plane + grey) * frames


def piped(stream: bytes, *options: str) -> tuple[int, list[dict[str, Any]], str]:
    process = start("replay", "-", "--frames", *options, stdin=subprocess.PIPE)
    out, err = process.communicate(stream, timeout=120)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()


def test_one_walk_is_one_row_between_the_times_a_person_saw(shell: Shell) -> None:
    ran = shell("replay", WALK)
    assert (ran.code, ran.err) == (0, "")
    source, head, row, end = ran.out.splitlines()
    assert source == "file garden_walk.mp4, h264 320x240, 10 frames/s"
    assert head.split() == ["#", "from", "to", "seconds", "score", "zones", "why"]
    number, opened, ended, *_ = row.split()
    assert number == "1"
    assert "00:05.2" <= opened <= "00:06.2"
    assert "00:09.0" <= ended <= "00:11.0"
    assert end == "1 event in 00:16.0, 160 frames"


def test_what_moved_and_was_not_told_is_counted_and_listed_on_demand(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'{CONFIG}[[zone]]\nname = "all"\ncamera = "front"\nkind = "ignore"\n{EVERYWHERE}')
    *_, end = shell("replay", WALK, "--config", config).out.splitlines()
    assert re.fullmatch(r"0 events in 00:16.0, 160 frames; moved and not told: \d, listed by --ledger", end)
    _, _, *rows, end = shell("replay", WALK, "--config", config, "--ledger").out.splitlines()
    assert end == f"0 events in 00:16.0, 160 frames; moved and not told: {len(rows)}, without a number above"
    for row in rows:
        mark, opened, ended, _, _, zones, *why = row.split()
        assert (mark, zones, why) == ("-", "-", ["in", "ignore", "zone", "all"])
        assert "00:05.0" <= opened <= ended <= "00:11.0"


def test_pets_that_are_told_all_the_same_have_a_remark_in_one_line(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG + '[motion]\npets = "cat"\n')
    (line,) = shell("replay", WALK, "--config", config).err.splitlines()
    words = r"cats are still told: [01] of 4 walks that are needed were seen; a replay knows none from before"
    assert re.fullmatch(rf"pisecurity: {re.escape(str(WALK))}: {words}", line)


def test_a_quiet_garden_has_no_event(shell: Shell) -> None:
    assert shell("replay", QUIET).out.splitlines()[-1] == "0 events in 00:24.0, 240 frames"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_twice_the_same_bytes(shell: Shell, form: list[str]) -> None:
    assert shell("replay", WALK, *form) == shell("replay", WALK, *form)


def test_frames_are_the_same_twice_but_for_the_cost_in_the_summary(shell: Shell) -> None:
    first, second = (shell("replay", WALK, "--frames").out.splitlines() for _ in range(2))
    assert first[:-1] == second[:-1]


def test_json_is_one_line_an_event_in_pixels_of_the_recording(shell: Shell) -> None:
    (event,) = lines(shell("replay", WALK, "--json"))
    assert (event["file"], event["camera"], event["event"]) == (str(WALK), "replay", 1)
    assert 5.2 <= event["from_s"] <= 6.2
    assert 9.0 <= event["to_s"] <= 11.0
    x, y, w, h = event["box"]
    assert 0 <= x < x + w <= 320
    assert 0 <= y < y + h <= 240
    assert max(overlap((x / 320, y / 240, w / 320, h / 240), true) for true in person_in(WALK)) > 0.5
    assert (event["zones"], event["entry"], event["modes"]) == ([], False, ["home", "away", "night"])
    assert 0 < event["score"] <= 1
    assert event["reason"]


def test_frames_are_one_line_each_in_order_and_a_summary(shell: Shell) -> None:
    *frames, last = lines(shell("replay", WALK, "--frames"))
    assert [frame["frame"] for frame in frames] == list(range(160))
    assert all(list(frame) == ["frame", "boxes", "candidates", "score"] for frame in frames)
    assert any(frame["boxes"] for frame in frames[52:98])
    assert not any(frame["boxes"] for frame in [*frames[:52], *frames[120:]])
    assert any(frame["candidates"] for frame in frames[52:60]), "seen before it is confirmed"
    assert all(0 <= frame["score"] <= 1 for frame in frames)
    assert list(last) == ["summary"]
    assert last["summary"]["frames"] == 160
    assert 0 < last["summary"]["cpu_s"] < 60
    assert last["summary"]["rss_kb"] > 10_000


def test_fps_thins_by_time(shell: Shell) -> None:
    *frames, last = lines(shell("replay", WALK, "--frames", "--fps", "5"))
    assert len(frames) == last["summary"]["frames"] == 80


def test_speed_takes_every_nth_frame(shell: Shell) -> None:
    *frames, last = lines(shell("replay", WALK, "--frames", "--speed", "4"))
    assert [frame["frame"] for frame in frames] == list(range(0, 160, 4))
    assert last["summary"]["frames"] == 40


def test_too_few_frames_to_follow_anybody_are_said(shell: Shell) -> None:
    ran = shell("replay", WALK, "--fps", "2", "--speed", "2")
    assert ran.code == 0
    assert ran.err == (f"pisecurity: {WALK}: only 1 frames/s were looked at, too few to follow anybody; 2 are needed\n")
    assert shell("replay", WALK, "--fps", "2").err == ""


def test_the_least_frame_rate_still_finds_everybody(shell: Shell) -> None:
    for clip, events in ((WALK, 1), (CLIPS / "garden_visit.mp4", 1), (CLIPS / "night_walk.mp4", 1)):
        assert len(lines(shell("replay", clip, "--json", "--fps", "2"))) >= events


def test_one_picture_alone_is_said_to_be_no_recording(shell: Shell, tmp_path: Path) -> None:
    picture = tmp_path / "garden.jpg"
    cv2.imwrite(str(picture), np.full((240, 320, 3), 90, np.uint8))
    ran = shell("replay", picture)
    assert ran.out.splitlines()[-1].endswith(", 1 frame")
    assert ran.err == f"pisecurity: {picture}: one picture alone; give a recording in which something can move\n"


def test_several_files_are_named_and_have_one_summary(shell: Shell) -> None:
    *frames, last = lines(shell("replay", WALK, QUIET, "--frames", "--speed", "5"))
    assert [frame["file"] for frame in frames] == [str(WALK)] * 32 + [str(QUIET)] * 48
    assert last["summary"]["frames"] == 80


@pytest.mark.parametrize("chroma", [False, True], ids=["mono", "4:2:0"])
def test_stdin_is_a_stream_of_raw_frames_none_of_them_left_out(chroma: bool) -> None:
    code, out, err = piped(y4m(12, 161, 91, chroma))
    assert (code, err) == (0, "")
    assert [line["frame"] for line in out[:-1]] == list(range(12))
    assert out[-1]["summary"]["frames"] == 12


def test_stdin_is_thinned_on_request() -> None:
    _, out, _ = piped(y4m(20), "--fps", "5")
    assert [line["frame"] for line in out[:-1]] == list(range(0, 20, 2))


def test_each_frame_of_a_pipe_is_answered_before_the_next_one_comes() -> None:
    header, *frames = y4m(3).split(b"FRAME\n")
    with start("replay", "-", "--frames", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(header)
        for number, frame in enumerate(frames):
            process.stdin.write(b"FRAME\n" + frame)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["frame"] == number
        process.stdin.close()
        assert "summary" in process.stdout.readline().decode()


def test_a_stream_that_ends_inside_a_frame_keeps_what_came_and_is_named() -> None:
    code, out, err = piped(y4m(5)[:-100])
    assert code == 1
    assert out[-1]["summary"]["frames"] == 4
    assert err == "pisecurity: the stream ended inside frame 4, after 4 whole frames\n"


@pytest.mark.parametrize("stream", [b"", b"GIF89a"])
def test_what_is_no_stream_is_one_line(stream: bytes) -> None:
    code, out, err = piped(stream)
    assert code == 1
    assert out[0]["summary"]["frames"] == 0
    assert re.fullmatch(r"pisecurity: (the stream is empty|not a YUV4MPEG2 stream).*; make it with: ffmpeg .*\n", err)


def test_a_clip_that_was_cut_off_keeps_its_events_and_is_named(shell: Shell, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    remux = tmp_path / "front.mp4"
    with av.open(str(WALK)) as source, av.open(str(remux), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    cut.write_bytes(remux.read_bytes()[: remux.stat().st_size * 3 // 4])
    ran = shell("replay", cut)
    assert ran.code == 1
    assert ran.out.splitlines()[-1].startswith("1 event in 00:")
    assert re.fullmatch(r"pisecurity: cut\.mp4 ended after \d+ readable frames, .*cut short.*\n", ran.err)


def test_a_broken_file_is_one_line_and_the_others_go_on(shell: Shell, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("not a clip")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    ran = shell("replay", "gone.mp4", text, tmp_path, empty, "", "a\nb", WALK, "--json")
    assert ran.code == 1
    assert [json.loads(line)["event"] for line in ran.out.splitlines()] == [1]
    errors = ran.err.splitlines()
    assert len(errors) == 6
    assert errors[0] == "pisecurity: gone.mp4: no such file; give the path of a recording"
    assert errors[1].startswith(f"pisecurity: {text}: ")
    assert errors[2] == f"pisecurity: {tmp_path}: not a file; give the path of a recording"
    assert errors[3].startswith(f"pisecurity: {empty}: ")
    assert errors[4] == "pisecurity: '': no name of a recording; give the path of a file"
    assert errors[5] == "pisecurity: 'a\\nb': no name of a recording; give the path of a file"


def test_zones_and_motion_come_from_a_configuration(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    ignore = f'[[zone]]\nname = "all"\ncamera = "front"\nkind = "ignore"\n{EVERYWHERE}'
    entry = f'[[zone]]\nname = "door"\ncamera = "back"\nkind = "entry"\n{EVERYWHERE}'
    config.write_text(CONFIG + ignore + entry)
    assert lines(shell("replay", WALK, "--json", "--config", config)) == []
    (event,) = lines(shell("replay", WALK, "--json", "--config", config, "--camera", "back"))
    assert (event["camera"], event["zones"], event["entry"]) == ("back", ["door"], True)
    config.write_text(CONFIG + "[motion]\nmin_area = 0.5\n")
    assert lines(shell("replay", WALK, "--json", "--config", config)) == []


def test_the_frame_rate_comes_from_the_configured_camera(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    assert len(lines(shell("replay", WALK, "--frames", "--config", config, "--camera", "Back yard"))) == 81


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--camera", "side", "--config", "CONFIG"],
            "CONFIG: there is no camera 'side'; there is front, back (Back yard)",
        ),
        (["--camera", "side"], "--camera chooses the zones of a configuration; name that with --config"),
        ([str(QUIET), "--annotate", "out.mp4"], "--annotate writes one clip; give one FILE with it"),
    ],
)
def test_options_that_do_not_go_together(shell: Shell, tmp_path: Path, options: list[str], line: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    given = [str(config) if option == "CONFIG" else option for option in options]
    assert shell("replay", WALK, *given) == Ran(1, "", f"pisecurity: {line.replace('CONFIG', str(config))}\n")


def test_annotate_writes_the_clip_with_what_was_seen_drawn_in(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "seen.mp4"
    assert shell("replay", WALK, "--annotate", out).code == 0
    drawn, source = frames_of(out), frames_of(WALK)
    assert len(drawn) == len(source) == 160
    assert drawn[0].shape == source[0].shape
    change = [np.abs(a.astype(int) - b) > 60 for a, b in zip(drawn, source, strict=True)]
    assert change[75].sum() > 3 * change[20].sum(), "boxes and reasons only while somebody is there"
    red = (drawn[75][..., 0].astype(int) - drawn[75][..., 1] > 60).sum()
    assert red > 100, "a confirmed box is red"


def test_privacy_zones_of_the_configuration_are_black_in_the_clip_and_nothing_is_found_there(
    shell: Shell, tmp_path: Path
) -> None:
    config, out = tmp_path / "config.toml", tmp_path / "seen.mp4"
    config.write_text(f'{CONFIG}[[zone]]\nname = "n"\ncamera = "front"\nkind = "privacy"\n{UPPER_HALF}')
    assert shell("replay", WALK, "--annotate", out, "--config", config).code == 0
    drawn = frames_of(out)
    assert len(drawn) == 160
    assert max(float(np.percentile(frame[:118], 95)) for frame in drawn) < 30
    assert min(frame[122:200].mean() for frame in drawn) > 60
    config.write_text(f'{CONFIG}[[zone]]\nname = "n"\ncamera = "front"\nkind = "privacy"\n{EVERYWHERE}')
    assert lines(shell("replay", WALK, "--json", "--config", config)) == []


def frames_of(path: Path) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def test_annotate_that_is_interrupted_leaves_no_short_clip_and_what_was_there(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def write(self: Annotator, frame: Frame, step: Step) -> None:
        written.append(frame)
        if len(written) == 20:
            raise KeyboardInterrupt
        draw(self, frame, step)

    draw = Annotator.write
    monkeypatch.setattr(Annotator, "write", write)
    out = tmp_path / "seen.mp4"
    out.write_bytes(b"the one of yesterday")
    assert shell("replay", WALK, "--annotate", out).code == 130
    assert [path.name for path in tmp_path.iterdir()] == ["seen.mp4"]
    assert out.read_bytes() == b"the one of yesterday"


def test_annotate_names_a_place_that_cannot_be_written(shell: Shell, tmp_path: Path) -> None:
    ran = shell("replay", WALK, "--annotate", tmp_path / "gone" / "seen.mp4")
    assert ran.code == 1
    assert ran.err.startswith(f"pisecurity: {tmp_path}/gone/seen.mp4: cannot write a clip here")
    assert ran.err.count("\n") == 1


def test_annotate_writes_no_clip_into_a_file_of_another_kind(shell: Shell, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    line = f"pisecurity: --annotate {notes}: what it writes is an MP4; give it a name that ends with .mp4\n"
    assert shell("replay", WALK, "--annotate", notes) == Ran(1, "", line)
    assert notes.read_text() == "mine"


def test_annotate_never_writes_over_the_recording(shell: Shell, tmp_path: Path) -> None:
    recording = tmp_path / "walk.mp4"
    recording.write_bytes(Path(WALK).read_bytes())
    alias = tmp_path / "alias.mp4"
    alias.hardlink_to(recording)
    ran = shell("replay", recording, "--annotate", alias)
    line = f"pisecurity: --annotate {alias}: that is the recording itself; name another file for the clip\n"
    assert ran == Ran(1, "", line)
    assert recording.read_bytes() == Path(WALK).read_bytes()


def test_a_recording_in_a_folder_closed_to_this_user_is_one_line_and_no_bug(shell: Shell) -> None:
    with open_folder() as above:
        folder = above / "closed"
        folder.mkdir()
        recording = Path(shutil.copy(WALK, folder / "walk.mp4"))
        folder.chmod(0o700 if os.geteuid() == 0 else 0)
        with ordinary_user():
            ran = shell("replay", recording)
        folder.chmod(0o700)
    line = f"pisecurity: {recording}: this user may not read it; allow it with chmod or give another file\n"
    assert ran == Ran(1, "", line)


def test_a_keyboard_is_no_stream() -> None:
    leader, follower = pty.openpty()
    process = start("replay", "-", stdin=follower)
    os.close(follower)
    _, err = process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 1
    assert err == b"pisecurity: stdin: is a keyboard; pipe a YUV4MPEG2 stream in, or name a recording\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_share_and_speed_and_is_wiped_at_the_end() -> None:
    terminal, clock = Terminal(), FakeClock()
    with Progress("garden.mp4", 60.0, terminal, clock) as progress:
        progress.show(0.0)
        clock.advance(0.5)
        progress.show(30.0)
        progress.show(31.0)
    assert terminal.getvalue() == (f"\r\x1b[Kgarden.mp4 [{'#' * 15}{'.' * 15}]  50% 60 times real time\r\x1b[K"), (
        "at most ten times a second"
    )


def test_without_a_known_length_the_bar_counts_seconds() -> None:
    terminal, clock = Terminal(), FakeClock()
    with Progress("-", None, terminal, clock) as progress:
        clock.advance(2)
        progress.show(30.0)
    assert "- 30 s 15 times real time" in terminal.getvalue()


def test_a_log_file_gets_no_bar() -> None:
    log = io.StringIO()
    with Progress("garden.mp4", 60.0, log, FakeClock()) as progress:
        progress.show(30.0)
    assert log.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00.0"), (59.96, "01:00.0"), (61.25, "01:01.2"), (3723.4, "1:02:03.4")]
)
def test_times_read_like_those_of_a_player(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text


def make_event(number: int, phase: Phase, opened_s: float, last_s: float, width: float, reason: str) -> Event:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    box = Box(0.0, 0.0, width, 0.5)
    return Event("front", number, phase, opened_s, at, last_s, box, (box,), frozenset(), frozenset(), 0.5, reason)


def make_frame(taken_s: float) -> Frame:
    luma = np.zeros((100, 200), np.uint8)
    return Frame("front", 0, taken_s, datetime(2026, 6, 1, tzinfo=UTC), luma, lambda: pytest.fail("not needed"))


def test_an_event_has_the_reason_it_opened_for_and_the_box_of_its_best_view() -> None:
    book = EventBook()
    assert book.note((), make_frame(100.0)) == []
    assert book.note((make_event(1, Phase.OPENED, 101.0, 101.0, 0.1, "came"),), make_frame(101.5)) == []
    assert book.note((make_event(1, Phase.IMPROVED, 101.0, 103.0, 0.2, "nearer"),), make_frame(103.0)) == []
    (seen,) = book.note((make_event(1, Phase.ENDED, 101.0, 104.0, 0.3, "gone"),), None)
    assert (seen.from_s, seen.to_s, seen.reason, seen.pixels) == (1.0, 4.0, "came", (0, 0, 40, 50))


RECORDED = os.environ.get("PISECURITY_RECORDED", "")


@pytest.mark.recorded
def test_a_recorded_clip_replays_the_same_twice_and_finds_its_people(shell: Shell) -> None:
    clip = Path(RECORDED) / "videos" / "d01_vtest.mp4"
    first, second = (shell("replay", clip, "--frames", "--fps", "5") for _ in range(2))
    assert first.out.splitlines()[:-1] == second.out.splitlines()[:-1]
    frames = lines(first)[:-1]
    assert sum(bool(frame["boxes"]) for frame in frames) > 0.8 * len(frames)


def test_ffmpeg_streams_are_read() -> None:
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg, "make test installs it"
    with (
        subprocess.Popen(
            [ffmpeg, "-v", "error", "-i", str(WALK), "-f", "yuv4mpegpipe", "-pix_fmt", "yuv420p", "-"],
            stdout=subprocess.PIPE,
        ) as source,
        start("replay", "-", "--json", stdin=source.stdout.fileno() if source.stdout else 0) as process,
    ):
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"")
    (event,) = [json.loads(line) for line in out.splitlines()]
    assert 5.2 <= event["from_s"] <= 6.2


def test_the_boxes_of_a_pipe_and_of_a_file_agree(shell: Shell) -> None:
    with av.open(str(WALK)) as container:
        grey = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    stream = b"YUV4MPEG2 W320 H240 F10:1 Cmono\n" + b"".join(b"FRAME\n" + one.tobytes() for one in grey)
    _, piped_frames, _ = piped(stream)
    seen = [bool(frame["boxes"]) for frame in piped_frames[:-1]]
    file_seen = [bool(frame["boxes"]) for frame in lines(shell("replay", WALK, "--frames"))[:-1]]
    first, file_first = (next(itertools.compress(itertools.count(), one)) for one in (seen, file_seen))
    assert abs(first - file_first) <= 2


def test_what_counts_in_some_modes_alone_says_in_which_and_names_the_zone(shell: Shell, tmp_path: Path) -> None:
    zone = '[[zone]]\nname = "Path"\ncamera = "front"\nkind = "ignore"\nmodes = ["home"]\n'
    points = "points = [[0, 0], [1, 0], [1, 1], [0, 1]]\n"
    (tmp_path / "config.toml").write_text(f'[[camera]]\nid = "front"\nkind = "stage"\n{zone}{points}')
    ran = shell("replay", WALK, "--config", tmp_path / "config.toml")
    assert "; only in mode away, night: in ignore zone Path (home)\n" in ran.out
