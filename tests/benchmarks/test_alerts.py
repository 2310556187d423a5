"""The measurement of alerts: what it counts as lost and doubled, how its link behaves, and that it runs."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest

import benchmarks.alerts
from benchmarks.alerts import main
from benchmarks.post.household import lost_frames
from benchmarks.post.link import QUEUE_LIMIT, Quality, Way
from benchmarks.post.tally import Mail, Row, Tally, tally
from pisecurity.adapters.mail.message import message_id
from pisecurity.core.types import BETTER
from tests.rigs.smtp import ANNA, BEN

NIGHT = datetime(2026, 6, 1, 2, 10, tzinfo=UTC)
PERFECT = Quality(delay_s=0.05, up_bps=1e6, loss=0)


def alert(number: int, outcome: str = "accepted", to: str = ANNA, kind: str = "alarm") -> Row:
    """Return the row of an alert that happened *number* seconds after 2:10."""
    subject = f"[Home] ALARM: movement at camera {number}"
    return Row(f"{number:032x}", kind, NIGHT + timedelta(seconds=number), to, outcome, subject)


def mail(number: int, at_s: float = 100.0, to: tuple[str, ...] = (ANNA,), text: str = "") -> Mail:
    return Mail(at_s, message_id(f"{number:032x}"), to, "ALARM", text, 1000)


def count(rows: list[Row], mails: list[Mail], *cuts_s: float) -> Tally:
    return tally(rows, mails, cuts_s, UTC)


def test_each_alert_in_one_mail_is_neither_lost_nor_doubled() -> None:
    rows = [alert(number, to=to) for number in (1, 2) for to in (ANNA, BEN)]
    found = count(rows, [mail(number, to=(ANNA, BEN)) for number in (1, 2)])
    assert found == Tally(alerts=4, alone=4, in_digest=0, lost=(), doubled=(), repeated=(), early=(), mails=2)


@pytest.mark.parametrize("outcome", ["waiting", "later", "refused"])
def test_alert_that_is_not_accepted_is_lost(outcome: str) -> None:
    assert count([alert(1, outcome)], [mail(1)]).lost == (alert(1).alert_id,)


def test_alert_that_is_accepted_and_never_came_is_lost() -> None:
    assert count([alert(1), alert(2)], [mail(1)]).lost == (alert(2).alert_id,)


def test_alert_that_one_of_two_recipients_did_not_get_is_lost() -> None:
    assert count([alert(1), alert(1, to=BEN)], [mail(1)]).lost == (alert(1).alert_id,)


def test_same_mail_twice_is_doubled_unless_its_reply_was_cut_off() -> None:
    twice = [mail(1, 100), mail(1, 130)]
    assert count([alert(1)], twice).doubled == (message_id(alert(1).alert_id),)
    assert count([alert(1)], twice, 104).doubled != ()
    found = count([alert(1)], twice, 100.4)
    assert found.doubled == () and found.repeated == (message_id(alert(1).alert_id),)


def test_better_picture_of_an_alert_is_no_second_mail_of_it() -> None:
    better = Mail(103, message_id(alert(1).alert_id, BETTER), (ANNA,), "Re: ALARM", "", 1000)
    found = count([alert(1), replace(alert(1), step=BETTER)], [mail(1), better])
    assert (found.alerts, found.doubled, found.early) == (1, (), ())


@pytest.mark.parametrize("first", [[], [mail(1, 104)]])
def test_better_picture_before_the_first_mail_or_without_it_is_early(first: list[Mail]) -> None:
    better = Mail(103, message_id(alert(1).alert_id, BETTER), (ANNA,), "Re: ALARM", "", 1000)
    assert count([alert(1)], [better, *first]).early == (alert(1).alert_id,)


def test_alert_in_a_line_of_a_digest_has_arrived() -> None:
    digest = mail(9, text="Two:\n02:10:01  ALARM: movement at camera 1\n02:10:02  ALARM: movement at camera 2\n")
    found = count([alert(1), alert(2), alert(9, kind="digest")], [digest])
    assert (found.alerts, found.in_digest, found.lost, found.doubled) == (2, 2, (), ())


def test_line_about_another_alert_of_the_same_second_does_not_count() -> None:
    digest = mail(9, text="02:10:01  ALARM: movement at camera 5\n")
    assert count([alert(1), alert(9, kind="digest")], [digest]).lost == (alert(1).alert_id,)


def test_alert_alone_and_in_a_digest_is_doubled() -> None:
    rows = [alert(1), alert(9, kind="digest")]
    assert count(rows, [mail(1), mail(9, text="02:10:01  ALARM: movement at camera 1")]).doubled == (alert(1).alert_id,)


def test_packet_arrives_after_its_turn_and_the_delay() -> None:
    way = Way(PERFECT, 1e6, random.Random(1))
    size = 1250 - 14
    arrivals = [way.arrives_s(size, now_s) for now_s in (10.0, 10.0, 11.0)]
    assert arrivals == pytest.approx([10.06, 10.07, 11.06])


def test_way_without_a_pace_only_delays() -> None:
    assert Way(PERFECT, None, random.Random(1)).arrives_s(1500, 10.0) == pytest.approx(10.05)


def test_as_many_packets_are_lost_as_was_said() -> None:
    way = Way(Quality(loss=0.02), None, random.Random(1))
    arrived = [way.arrives_s(1500, float(number)) for number in range(10_000)]
    assert arrived.count(None) == way.lost == pytest.approx(200, rel=0.25)


def test_packets_that_find_the_queue_full_are_lost() -> None:
    way = Way(PERFECT, 1e6, random.Random(1))
    arrived = [way.arrives_s(1500, 10.0) for _ in range(QUEUE_LIMIT + 5)]
    assert arrived[-5:] == [None] * 5 and way.carried == QUEUE_LIMIT


def test_lost_frames_are_those_left_out_and_those_that_came_too_late() -> None:
    assert lost_frames("1 5.0000\n2 5.1000\n3 5.2000\n") == (3, 0)
    assert lost_frames("1 5.0000\n4 5.3000\n") == (2, 2)
    assert lost_frames("1 5.0000\n2 5.5000\n") == (2, 4)
    assert lost_frames("1 5.0000\n4 5.3000\n5 5.4000\n9 5.8000\n", 5.2, 5.5) == (2, 0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal.signal", lambda *arguments: None)
    monkeypatch.setattr("logging.disable", lambda *arguments: None)


@pytest.mark.usefixtures("quick")
def test_measures_prints_draws_and_keeps_the_parts_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "alerts.json"
    result.write_text(json.dumps({"kills": {"figures": []}}))
    assert main(["--quick", "--result", str(result), "outage", "loopback"]) == 0
    told = capsys.readouterr().out
    assert "6 events: lost of 12" in told and "at most 0: held" in told
    kept = json.loads(result.read_text())
    assert set(kept) == {"kills", "outage", "loopback"}, "what is not measured stays"
    assert len(kept["loopback"]["values_s"]) == 2
    drawn = cv2.imread(str(tmp_path / "alerts.png"))
    assert drawn is not None and drawn.shape[1] == 1200


@pytest.mark.usefixtures("quick")
def test_a_part_that_fails_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(folder: Path, args: object) -> benchmarks.alerts.Part:
        raise RuntimeError("no way out")

    done = benchmarks.alerts.Part("done", ())
    monkeypatch.setattr("benchmarks.alerts.PARTS", {"link": broken, "kills": lambda folder, args: done})
    result = tmp_path / "alerts.json"
    assert main(["--result", str(result)]) == 1
    assert capsys.readouterr().err == "link: not measured, no way out\n"
    assert set(json.loads(result.read_text())) == {"kills"}


def test_a_part_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["killings"])
    assert "killings: there is no such part; choose from loopback, link" in capsys.readouterr().err
