"""The page stays where the household finds it, also when the router gives other addresses (R-41)."""

from __future__ import annotations

import threading

import pytest

from pisecurity.errors import NetworkError
from pisecurity.runtime.health import Health
from pisecurity.runtime.reach import LOOK_EVERY_S, Reach
from pisecurity.runtime.worker import Beat
from tests.fakes import FakeClock


class FakePage:
    """Serves by moving the clock on a second a turn."""

    def __init__(self, place: str, clock: FakeClock, serving: list[str]) -> None:
        self.place, self.clock, self.serving = place, clock, serving
        self.closed = False

    def start(self) -> None:
        self.serving.append(self.place)

    def work(self, stop: threading.Event, beat: Beat) -> None:
        while not stop.is_set():
            self.clock.advance(1)
            beat()
        self.stop()

    def stop(self) -> None:
        self.closed = True


class Street:
    """Addresses by the second, and the pages that were opened there."""

    def __init__(self, *moves: tuple[float, str | NetworkError]) -> None:
        self.clock, self.moves = FakeClock(), moves
        self.health = Health(self.clock)
        self.began_s = self.clock.monotonic()
        self.pages: list[FakePage] = []
        self.serving: list[str] = []
        self.reach = Reach(self.find, self.build, self.health, self.clock)

    def find(self) -> str:
        passed_s = self.clock.monotonic() - self.began_s
        place = [place for since_s, place in self.moves if since_s <= passed_s][-1]
        if isinstance(place, NetworkError):
            raise place
        return place

    def build(self, place: str) -> FakePage:
        self.pages.append(FakePage(place, self.clock, self.serving))
        return self.pages[-1]

    def run(self, seconds: float) -> None:
        stop = threading.Event()

        def beat() -> None:
            if self.clock.monotonic() - self.began_s > seconds:
                stop.set()

        self.reach.open()
        self.reach.work(stop, beat)


def test_r41_another_address_gets_the_page_and_the_old_one_is_closed_first() -> None:
    street = Street((0, "192.168.1.20"), (30, "192.168.1.77"))
    street.run(60)
    assert street.serving == ["192.168.1.20", "192.168.1.77"]
    assert all(page.closed for page in street.pages)


def test_r41_it_takes_no_longer_than_one_look() -> None:
    street = Street((0, "old"), (30, "new"))
    street.run(30 + LOOK_EVERY_S + 1)
    assert street.serving == ["old", "new"]


@pytest.mark.parametrize("error", [NetworkError("no network yet"), NetworkError("the internet can reach it")])
def test_r41_without_a_network_the_page_stays_where_it_was(error: NetworkError) -> None:
    street = Street((0, "192.168.1.20"), (30, error), (90, "192.168.1.20"))
    street.run(120)
    assert street.serving == ["192.168.1.20"] and street.health.faults() == ()


def test_r40_a_network_that_comes_late_gets_its_page_and_until_then_that_is_a_fault() -> None:
    street = Street((0, NetworkError("no network yet")), (20, "192.168.1.20"))
    street.reach.open()
    assert [fault.text for fault in street.health.faults()] == ["no network yet"]
    street.run(60)
    assert street.serving == ["192.168.1.20"] and street.health.faults() == ()


def test_r41_a_page_that_cannot_be_opened_at_the_new_address_is_a_fault_and_is_tried_again() -> None:
    street = Street((0, "old"), (30, "new"))
    build, refusals = street.build, [NetworkError("port 8080 of new is in use")] * 2

    def refusing(place: str) -> FakePage:
        if place == "new" and refusals:
            raise refusals.pop()
        return build(place)

    street.reach = Reach(street.find, refusing, street.health, street.clock)
    street.run(90)
    assert street.serving == ["old", "new"] and street.health.faults() == ()


def test_a_page_that_cannot_be_opened_is_said_to_be_nowhere() -> None:
    street = Street((0, NetworkError("port 8080 of new is in use")))
    street.health.note("page", "http://old:8080")
    street.reach.open()
    assert "page" not in street.health.facts()


def test_a_page_that_was_never_served_is_closed() -> None:
    street = Street((0, "here"))
    street.reach.open()
    street.reach.close()
    street.reach.close()
    assert street.pages[0].closed
