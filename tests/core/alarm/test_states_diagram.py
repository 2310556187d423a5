"""The diagram and the table in docs are those of the alarm as it is."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pisecurity.core.alarm.states import Input
from pisecurity.core.types import AlarmState
from tests.diagram.__main__ import PAGE, PICTURE, filled
from tests.diagram.changes import changes, groups
from tests.diagram.drawing import draw
from tests.diagram.words import INPUTS, STATES

STALE = "run 'make diagram' and commit what it writes"


def test_the_committed_diagram_is_that_of_the_table() -> None:
    assert PICTURE.read_text() == draw(), STALE


def test_the_committed_table_is_that_of_the_alarm() -> None:
    page = PAGE.read_text()
    assert page == filled(page), STALE
    assert "| **arming** | disarmed |" in page, "the marks are there"


def test_the_diagram_has_every_state_and_what_leads_on_from_it() -> None:
    texts = {text.text for text in ET.fromstring(draw()).iter("{http://www.w3.org/2000/svg}text")}
    assert set(STATES.values()) <= texts
    assert {INPUTS[change.given] for change in changes()} <= {
        word for text in texts for word in (text or "").split(", ")
    }


def test_every_state_is_in_one_group() -> None:
    assert sorted(state for states in groups() for state in states) == sorted(AlarmState)
    assert {change.given for change in changes()} == set(Input) - {Input.REPEAT}
