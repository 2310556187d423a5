"""Draws the states of the alarm as SVG: what stands in it is from the table, only where it stands is said here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from pisecurity.core.alarm.states import Effect, Input
from pisecurity.core.types import AlarmState
from tests.diagram.changes import Change, changes, groups
from tests.diagram.words import INPUTS, STATES

WIDTH, HEIGHT = 1060, 600
LINE = 17
Group = tuple[AlarmState, ...]
STYLE = """
svg { font: 14px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
.ground { fill: #ffffff; } text { fill: #1f2328; } .note { fill: #57606a; font-size: 12.5px; }
.note { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; }
.state { fill: #f3f5f7; stroke: #57606a; stroke-width: 1.5; } .name { font-weight: 600; font-size: 15px; }
.armed { fill: #e3f1e6; stroke: #2c6e3f; } .pending { fill: #fff3d6; stroke: #8a5a00; }
.triggered { fill: #fde4e2; stroke: #b3261e; }
path { fill: none; stroke: #57606a; stroke-width: 1.5; } .tip { fill: #57606a; stroke: none; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0f1418; } text { fill: #e6edf3; } .note { fill: #a4afba; stroke: #0f1418; }
.state { fill: #1c242b; stroke: #a4afba; } .armed { fill: #12301b; stroke: #6bbf80; }
.pending { fill: #3a2c08; stroke: #e0b04a; } .triggered { fill: #431613; stroke: #f2857d; }
path { stroke: #a4afba; } .tip { fill: #a4afba; }
}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box stands: its middle, width and height in pixels."""

    x: int
    y: int
    w: int
    h: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """How a line goes from box to box, and where its words begin."""

    path: str
    x: int
    y: int
    anchor: str = "middle"


PLACES: Mapping[AlarmState, Place] = {
    AlarmState.DISARMED: Place(95, 250, 130, 64),
    AlarmState.ARMING: Place(350, 250, 130, 64),
    AlarmState.ARMED_HOME: Place(610, 250, 150, 110, "armed"),
    AlarmState.PENDING: Place(890, 130, 130, 64, "pending"),
    AlarmState.TRIGGERED: Place(890, 370, 130, 64, "triggered"),
}
"""By the first of the states that share a box."""
ROUTES: Mapping[tuple[AlarmState, AlarmState], Route] = {
    (AlarmState.DISARMED, AlarmState.ARMING): Route("M160 250 H283", 222, 240),
    (AlarmState.DISARMED, AlarmState.ARMED_HOME): Route("M95 218 C95 30 540 20 570 193", 330, 46),
    (AlarmState.ARMING, AlarmState.ARMED_HOME): Route("M415 262 H533", 474, 284),
    (AlarmState.ARMING, AlarmState.ARMING): Route("M330 218 C300 150 400 150 372 216", 350, 128),
    (AlarmState.ARMED_HOME, AlarmState.ARMING): Route("M535 236 H417", 476, 226),
    (AlarmState.ARMED_HOME, AlarmState.ARMED_HOME): Route("M610 195 C590 110 690 110 652 193", 634, 102),
    (AlarmState.ARMED_HOME, AlarmState.PENDING): Route("M685 225 L822 145", 742, 178, "end"),
    (AlarmState.ARMED_HOME, AlarmState.TRIGGERED): Route("M685 268 L830 336", 768, 298, "start"),
    (AlarmState.PENDING, AlarmState.TRIGGERED): Route("M890 162 V336", 884, 232, "end"),
    (AlarmState.PENDING, AlarmState.PENDING): Route("M870 98 C840 30 940 30 912 96", 890, 28),
    (AlarmState.TRIGGERED, AlarmState.ARMED_HOME): Route("M825 375 C740 375 650 360 632 307", 722, 388),
    (AlarmState.TRIGGERED, AlarmState.TRIGGERED): Route("M870 402 C840 475 940 475 912 404", 893, 478),
    (AlarmState.ARMING, AlarmState.DISARMED): Route("M350 282 C350 360 180 360 130 284", 248, 345),
    (AlarmState.ARMED_HOME, AlarmState.DISARMED): Route("M590 305 C570 460 160 480 112 284", 365, 430),
    (AlarmState.TRIGGERED, AlarmState.DISARMED): Route("M850 402 C800 530 150 560 98 284", 470, 496),
    (AlarmState.PENDING, AlarmState.DISARMED): Route(
        "M955 130 C1060 150 1060 570 940 570 H200 C110 570 84 430 84 284", 560, 574
    ),
}
NOTES: Mapping[Effect, str] = {
    Effect.RETARGET: "goes on",
    Effect.DELAY: "anew",
    Effect.EXTEND: "lasts anew",
    Effect.RETURN: "back to its mode",
}
"""What is added to the words of an input."""


def draw() -> str:
    """Return the diagram as SVG.

    Raises:
        KeyError: the table has a state or a change that has no place here yet.
    """
    of = {state: states[0] for states in groups() for state in states}
    lines: dict[tuple[AlarmState, AlarmState], list[Change]] = {}
    for change in changes():
        lines.setdefault((of[change.before], of[change.after]), []).append(change)
    parts = [_line(ROUTES[ends], found) for ends, found in lines.items()]
    parts += [_box(PLACES[states[0]], states) for states in groups()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
        "<title>The states of the alarm and what leads from one to the other</title>\n"
        f"<style>{STYLE}</style>\n"
        '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="tip" d="M0 0 L10 5 L0 10 z"/></marker>\n'
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>\n' + "".join(parts) + "</svg>\n"
    )


def _box(place: Place, states: Group) -> str:
    names = [STATES[state] for state in states]
    top = place.y - LINE * (len(names) - 1) / 2 + 5
    texts = "".join(
        f'<text class="name" x="{place.x}" y="{top + LINE * number:g}" text-anchor="middle">{escape(text)}</text>\n'
        for number, text in enumerate(names)
    )
    return (
        f'<rect class="state {place.kind}" x="{place.x - place.w // 2}" y="{place.y - place.h // 2}" '
        f'width="{place.w}" height="{place.h}" rx="10"/>\n{texts}'
    )


def _line(route: Route, found: list[Change]) -> str:
    words = _words(found)
    texts = "".join(
        f'<text class="note" x="{route.x}" y="{route.y + (LINE - 2) * number}" text-anchor="{route.anchor}">'
        f"{escape(text)}</text>\n"
        for number, text in enumerate(words)
    )
    return f'<path d="{route.path}" marker-end="url(#tip)"/>\n{texts}'


def _words(found: list[Change]) -> list[str]:
    """Return the lines that stand at an arrow: the inputs that lead along it, together where they do the same."""
    by: dict[Effect, list[Input]] = {}
    for change in found:
        if change.given not in by.setdefault(change.effect, []):
            by[change.effect].append(change.given)
    lines = []
    for effect, given in by.items():
        note = NOTES.get(effect, "")
        if effect is Effect.BEGIN and found[0].after is not AlarmState.ARMING:
            note = "no exit delay"
        inputs = ", ".join("arm" if found[0].before is AlarmState.DISARMED else INPUTS[one] for one in given)
        lines += [inputs, f"({note})"] if note else [inputs]
    return lines
