from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import benchmarks.motion
from benchmarks.motion import main
from benchmarks.ruler import beside, chart, choice, result, table
from benchmarks.ruler.cost import Cost
from benchmarks.ruler.metrics import Found, summed
from benchmarks.ruler.play import Played
from benchmarks.ruler.programs import NotInstallableError, Reel, Usage, Watched
from pisecurity.adapters.recordings import labels
from pisecurity.core.types import Box
from tests.benchmarks.values import ListedClip, alarms, person, scored

CLIPS = Path(__file__).parents[1] / "clips"
THERE = Box(0.4, 0.4, 0.2, 0.2)
VISIT = ListedClip([(person(THERE),) if 60 <= number < 90 else () for number in range(120)], name="visit")
QUIET = ListedClip([()] * 120, name="quiet")


class Missing:
    """A program that nobody can install."""

    name = "missing"

    def install(self) -> None:
        raise NotInstallableError("This is not Debian.")

    def watch(self, reel: Reel, folder: Path) -> Watched:
        raise AssertionError("it is not there")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Measure on two clips of values alone, and no program."""
    monkeypatch.delenv("PISECURITY_RECORDED", raising=False)
    monkeypatch.setattr(choice, "COMMITTED", tmp_path)
    (tmp_path / "manifest.json").write_text('{"version": 1, "videos": []}')
    monkeypatch.setattr(choice, "situations", lambda seed: [VISIT, QUIET])
    monkeypatch.setattr(benchmarks.motion, "PROGRAMS", ())


@pytest.fixture
def places(tmp_path: Path) -> Sequence[str]:
    return ("--out", str(tmp_path / "motion.json"), "--picture", str(tmp_path / "motion.png"), "--blocks", "0")


def a_result() -> result.Result:
    """Return a result by hand: ours is perfect, the other is not."""
    ours = {
        "visit": Played(scored(VISIT, alarms(120, range(60, 90), box=THERE)), 0.1),
        "quiet": Played(scored(QUIET, [Found()] * 120), 0.2),
    }
    other = {
        "visit": Played(scored(VISIT, [Found()] * 120), 3.0),
        "quiet": Played(scored(QUIET, alarms(120, range(70, 75))), 5.0),
    }
    row = summed([each.score for each in other.values()])
    return result.Result(
        settings={"seed": 1},
        detectors={"ours": result.measured(ours), "mog2/2": result.measured(other)},
        costs={"640x480": {"ours": Cost(90, 100, 120, 0.25), "mog2/2": Cost(350, 400, 500, 1)}},
        programs={"motion": beside.Beside(row, {}, (0.1, 0.2, 0.3), 0.05, 62.4)},
        problems=("dvr-scan: cannot be installed here and is left out: no network",),
    )


def test_the_table_is_aligned_and_has_a_dash_for_what_is_not_known() -> None:
    text = table.as_text(a_result())
    head, ours, other = text.split("\n\n")[1].splitlines()
    assert ours.split()[:6] == ["ours", "1/1", "1", "0.0", "0.0", "1.00"]
    assert other.split()[:6] == ["mog2/2", "0/1", "0", "-", "-", "0.00"]
    assert ours.split()[-1] == "0.10-0.15-0.20"
    assert head.index("events") + len("events") == ours.index("1/1") + 3
    assert text.split("\n\n")[-2].splitlines()[1].split()[:2] == ["motion", "0/1"]
    assert "0.250" in text


def test_the_json_holds_machine_settings_and_all_numbers() -> None:
    document = json.loads(result.as_json(a_result()))
    assert document["machine"]["cores"] >= 1 and document["machine"]["processor"]
    assert set(document["versions"]) == {"Python", "OpenCV", "numpy", "PyAV"}
    assert document["settings"] == {"seed": 1}
    assert document["detectors"]["ours"]["alarms"]["detected"] == 1
    assert document["detectors"]["ours"]["clips"]["quiet"]["false_events"] == 0
    assert document["detectors"]["mog2/2"]["cpu_ms"] == [3.0, 4.0, 5.0]
    assert document["costs"]["640x480"]["ours"]["times"] == 0.25
    assert document["programs"]["motion"]["peak_mb"] == 62.4


def test_candidates_have_a_row_only_where_they_change_something() -> None:
    early = [Found(candidates=(THERE,)) if number == 60 else Found() for number in range(120)]
    one = result.measured({"visit": Played(scored(VISIT, early), 0.1)})
    assert one.with_candidates is not None
    assert (one.alarms.detected, one.with_candidates.detected) == (0, 1)
    assert a_result().detectors["ours"].with_candidates is None


def test_the_picture_has_a_panel_for_detectors_and_one_for_programs() -> None:
    image = chart.drawn(a_result())
    assert image is not None
    assert image.shape == (2 * chart.HEIGHT, chart.WIDTH, 3)
    found = np.argwhere((image == chart.OWN).all(axis=2))
    assert (found[:, 0] < chart.HEIGHT).all()
    assert found.min(axis=0) == pytest.approx((chart.TOP, chart.LEFT), abs=12)


def test_nothing_to_compare_is_no_picture() -> None:
    assert chart.drawn(result.Result({}, {}, {}, {}, ())) is None


def test_names_at_the_same_place_do_not_cover_each_other() -> None:
    taken = [(100, 200, 60)]
    assert chart._meet((120, 205, 40), taken[0])
    assert not chart._meet((120, 230, 40), taken[0])
    assert not chart._meet((170, 200, 40), taken[0])


def test_a_run_prints_a_table_and_writes_numbers_and_picture(
    places: Sequence[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--detectors", "ours", "mog2/2", "--no-peers", *places]) == 0
    out, err = capsys.readouterr()
    assert "2 clips" in out and "mog2/2" in out
    assert err.splitlines() == ["1/2 visit, 120 frames", "2/2 quiet, 120 frames"]
    document = json.loads((tmp_path / "motion.json").read_text())
    assert document["settings"]["detectors"] == ["ours", "mog2/2"] and document["problems"] == []
    picture = (tmp_path / "motion.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (chart.WIDTH, chart.HEIGHT)


def test_twice_the_same_gives_the_same_but_times(places: Sequence[str], tmp_path: Path) -> None:
    documents = []
    for _ in range(2):
        main(["--detectors", "*/2", "--no-peers", *places])
        document = json.loads((tmp_path / "motion.json").read_text())
        del document["measured_at"]
        for one in document["detectors"].values():
            del one["cpu_ms"]
        documents.append(document)
    assert documents[0] == documents[1]


def test_a_peer_that_cannot_be_installed_is_one_line_and_the_exit_code(
    places: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmarks.motion, "PROGRAMS", (Missing(),))
    assert main(["--detectors", "mog2/2", *places]) == 1
    out, err = capsys.readouterr()
    assert "mog2/2" in out
    assert err.splitlines()[-1] == (
        "benchmarks.motion: missing: cannot be installed here and is left out: This is not Debian."
    )


def test_the_cost_run_has_the_yardstick_in_any_case(
    places: Sequence[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(benchmarks.motion, "cost_clips", lambda: [VISIT])
    main(["--detectors", "ours", "--no-peers", *places[:4], "--blocks", "1"])
    costs = json.loads((tmp_path / "motion.json").read_text())["costs"]
    assert list(costs) == ["160x120"]
    assert costs["160x120"]["mog2/2"]["times"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--detectors", "vibe"], "vibe: fits none of ours, ours-mog2"),
        (["--clips", "visit", "party*"], "party*: fits none of visit, quiet"),
        (["--peer-clips", "party"], "party: fits none of visit, quiet"),
        (["--recorded", "/nowhere/clips"], "/nowhere/clips: is no folder"),
        (["--out", "/nowhere/motion.json"], "/nowhere/motion.json: cannot be written (No such file"),
        (["--picture", "/proc/motion.png"], "/proc/motion.png: cannot be written"),
        (["--out", "/tmp"], "/tmp: is a folder"),
        (["--blocks", "-1"], "--blocks -1: give 0 or more"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    arguments: list[str], said: str, places: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*places, "--no-peers", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"benchmarks.motion: {said}")


def test_the_recordings_are_those_of_the_environment(
    places: Sequence[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PISECURITY_RECORDED", str(tmp_path / "home"))
    assert main(list(places)) == 2
    assert f"{tmp_path}/home/videos: is no folder" in capsys.readouterr().err


def test_of_an_own_folder_nothing_else_is_measured_and_what_comes_out_is_written_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "evenings"
    own.mkdir()
    run = ["--own", str(own), "--detectors", "ours", "--no-peers", "--blocks", "0"]
    assert main(run) == 2
    assert f"{own}: no labelled recording is in it; mark some with: pisecurity label {own}" in capsys.readouterr().err
    recording = next(each for each in labels.read(CLIPS).recordings if each.clip.stem == "garden_walk")
    shutil.copy(recording.clip, own)
    labels.write(own, [recording.recording])
    assert main(run) == 0
    assert capsys.readouterr().out.startswith("1 clips\n")
    assert list(json.loads((own / "motion.json").read_text())["detectors"]["ours"]["clips"]) == ["garden_walk"]


def test_programs_look_at_what_is_not_drawn_unless_they_are_told_otherwise() -> None:
    assert choice.chosen(["*"], [], None, 1).films == ()
    assert choice.chosen(["*"], ["v*"], None, 1).films == (VISIT,)
    assert choice.chosen(["quiet"], ["*"], None, 1).films == (QUIET,)


def test_the_peak_of_a_program_is_the_largest_of_all_clips() -> None:
    seen = iter((*[Usage(0.1, 10)] * beside.STARTS, Usage(0.5, 50), Usage(0.4, 40)))

    class Growing:
        name = "growing"

        def install(self) -> None:
            """It is there."""

        def watch(self, reel: Reel, folder: Path) -> Watched:
            return Watched((), next(seen))

    found = beside.measured((Growing(),), (VISIT, QUIET), lambda _: None, lambda _: None)["growing"]
    assert found.peak_mb == 50
    assert found.cpu_ms == pytest.approx((1000 * 0.3 / 120, 1000 * 0.35 / 120, 1000 * 0.4 / 120))
