"""Every mail that says what is wrong says it in the language of the house."""

from __future__ import annotations

from pathlib import Path

from pisecurity.core.types import Fault, Mode
from pisecurity.errors import MailError
from pisecurity.runtime.health import FaultChange
from pisecurity.runtime.life.prove import SETTLE_S
from pisecurity.runtime.life.space import DATABASE
from tests.rigs.respond import Fixture
from tests.runtime.alarm import test_readiness
from tests.runtime.life import test_daily, test_prove

LOST = "camera Front door has sent no picture for 10 s; check its cable"
VERLOREN = "Kamera Front door hat seit 10 s kein Bild gesendet"


class GermanRespond(Fixture):
    language = "de"


class GermanReadiness(test_readiness.Rig):
    language = "de"


class GermanProve(test_prove.Rig):
    language = "de"


class GermanDaily(test_daily.Rig):
    language = "de"


def test_a_lost_camera_and_a_damaged_database(tmp_path: Path) -> None:
    house = GermanRespond(tmp_path)
    house.arm()
    house.health.report("camera:front", LOST)
    house.answer()
    house.health.report(
        DATABASE, "the database was damaged, and is in damaged/1 now; nothing was lost, all of it was in memory"
    )
    house.answer()
    lost, damaged = house.alerts()
    assert f"Grund: {VERLOREN}; prüfe ihr Kabel\n" in lost.text
    assert "Grund: die Datenbank war beschädigt und liegt jetzt in damaged/1; nichts ging verloren" in damaged.text


def test_what_the_schedule_armed_in_spite_of(tmp_path: Path) -> None:
    rig = GermanReadiness(tmp_path)
    rig.health.report("camera:front", LOST)
    rig.health.report(
        "heat", "the processor has 85 °C, so it is slowed down and quick things may be missed; give it air"
    )
    rig.readiness.bypassed(rig.readiness.problems(Mode.AWAY), Mode.AWAY, "schedule")
    rig.look(10)
    (row,) = rig.store.deliveries(9)
    assert f"Grund: {VERLOREN}; " in row.alert.text


def test_a_way_on_which_nothing_leaves(tmp_path: Path) -> None:
    rig = GermanProve(tmp_path, "mail", "push")
    rig.mail.trouble = MailError("mail server mx.example:587 refuses the connection: check mail.host and mail.port")
    rig.run(SETTLE_S + 60)
    (row,) = rig.rows()
    reason = (
        "Meldungen gingen nicht hinaus: Mailserver mx.example:587 lehnt die Verbindung ab: prüfe mail.host und mail"
    )
    assert reason in row.alert.text


def test_the_daily_mail(tmp_path: Path) -> None:
    rig = GermanDaily(tmp_path)
    rig.run(1)
    rig.health.report("camera:front", LOST)
    rig.health.note("seeing:front", "since 21:40 a dark coat would be missed; differences")
    rig.note(
        FaultChange(
            Fault("disk", "150 MB are free on the disk of the state folder; free some space on it", rig.clock.now()),
            over=True,
        )
    )
    rig.run(24)
    text = rig.mails[0].text
    assert f"Störung seit 13:00: {VERLOREN}; prüfe ihr Kabel" in text
    assert "150 MB sind auf dem Speicher des Zustandsordners frei; schaffe Platz darauf" in text
    assert "Dunkelheit: Front door: seit 21:40 würde ein dunkler Mantel übersehen; mehr Licht hilft." in text
