from __future__ import annotations

import threading

import pytest

from pisecurity.errors import ConfigError, MailError
from pisecurity.runtime.desk import FAULT, RESTART_FACT, Desk, Reload
from pisecurity.runtime.health import Health
from pisecurity.settings import CameraSettings, MailSettings, MotionSettings, Settings, WebSettings, ZoneSettings
from tests.fakes import FakeClock

FRONT = CameraSettings(id="front", kind="stage")
BACK = CameraSettings(id="back", kind="stage")
AREA = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
START = Settings(camera=(FRONT,))
MAIL = MailSettings(host="smtp.example.org", sender="pi@example.org", to=("anna@example.org",))


class House:
    """A desk whose file is a variable, and a part that takes motion and zones."""

    def __init__(self) -> None:
        self.file: Settings | str = START
        self.clock = FakeClock()
        self.health = Health(self.clock)
        self.taken: list[Settings] = []
        self.desk = Desk(START, read=lambda: "", parse=self.parse, health=self.health, clock=self.clock)
        self.desk.register(["motion", "zone"], self.taken.append)

    def parse(self, text: str) -> Settings:
        if isinstance(self.file, str):
            raise ConfigError(self.file)
        return self.file

    def with_changes(self, **tables: object) -> Reload:
        self.file = START.model_copy(update=tables)
        return self.desk.reload()

    @property
    def faults(self) -> list[tuple[str, str]]:
        return [(fault.key, fault.text) for fault in self.health.faults()]


def test_a_live_setting_counts_at_once() -> None:
    house = House()
    changed = house.with_changes(motion=MotionSettings(min_area=0.1))
    assert changed == Reload(applied=("motion.min_area",))
    assert house.desk.settings.motion.min_area == 0.1
    assert house.taken == [house.desk.settings]


def test_a_part_is_not_told_what_does_not_concern_it() -> None:
    house = House()
    house.desk.register(["mail"], lambda settings: None)
    assert house.with_changes(mail=MAIL).applied == ("mail",)
    assert house.taken == []


def test_a_part_that_reads_more_than_settings_is_told_of_every_reload() -> None:
    """A mended password stands in no setting."""
    house = House()
    told: list[Settings] = []
    house.desk.register(["mail"], told.append, always=True)
    assert house.with_changes() == Reload()
    assert told == [START]
    assert house.taken == []


def test_other_settings_wait_for_a_restart_and_that_is_shown() -> None:
    house = House()
    changed = house.with_changes(web=WebSettings(port=9090), motion=MotionSettings(min_area=0.1))
    assert changed == Reload(applied=("motion.min_area",), restart=("web.port",))
    assert house.desk.settings.web.port == START.web.port
    assert house.health.facts()[RESTART_FACT] == "web.port"


def test_a_change_taken_back_needs_no_restart_any_more() -> None:
    house = House()
    house.with_changes(web=WebSettings(port=9090))
    assert house.with_changes() == Reload()
    assert RESTART_FACT not in house.health.facts()


def test_a_live_table_nobody_takes_waits_for_a_restart_instead_of_being_said_to_count() -> None:
    house = House()
    assert house.with_changes(mail=MAIL) == Reload(restart=("mail",))
    assert house.desk.settings.mail is None


def test_zones_of_a_new_camera_wait_with_the_camera() -> None:
    house = House()
    zone = ZoneSettings(name="path", camera="back", kind="watch", points=AREA)
    assert house.with_changes(camera=(FRONT, BACK), zone=(zone,)) == Reload(restart=("camera", "zone"))
    assert house.taken == []


def test_r32_a_mistake_in_the_file_changes_nothing_and_is_a_fault() -> None:
    house = House()
    house.file = "config.toml: 2 mistakes\n  motion.min_area = 25: give less\n  moton: unknown"
    assert house.desk.reload() == Reload(error=house.file)
    assert house.desk.settings is START
    assert house.faults == [
        (
            FAULT,
            (
                "config.toml: 2 mistakes: motion.min_area = 25: give less; moton: unknown; "
                "the settings before stay in force"
            ),
        )
    ]


def test_the_fault_is_over_when_the_file_is_good_again() -> None:
    house = House()
    house.file = "config.toml: 1 mistake"
    house.desk.reload()
    house.with_changes()
    assert house.faults == []


def test_when_one_part_refuses_the_others_get_the_settings_before_back() -> None:
    house = House()

    def refuse(settings: Settings) -> None:
        raise MailError("mail.ca_file: no such file")

    house.desk.register(["motion"], refuse)
    assert house.with_changes(motion=MotionSettings(min_area=0.1)).error == "mail.ca_file: no such file"
    assert [settings.motion.min_area for settings in house.taken] == [0.1, START.motion.min_area]
    assert house.desk.settings is START
    assert house.faults == [(FAULT, "mail.ca_file: no such file; the settings before stay in force")]


@pytest.mark.parametrize("table", ["web", "camera", "house", "nonsense"])
def test_a_table_that_needs_a_restart_cannot_be_registered_as_live(table: str) -> None:
    with pytest.raises(ValueError, match=f"{table} is no table whose changes count at once"):
        House().desk.register([table], lambda settings: None)


def test_the_worker_reloads_when_asked_and_only_then() -> None:
    house = House()
    house.file = START.model_copy(update={"motion": MotionSettings(min_area=0.1)})
    stop, rounds = threading.Event(), 0
    seen: list[int] = []

    def beat() -> None:
        nonlocal rounds
        rounds += 1
        seen.append(len(house.taken))
        if rounds == 2:
            house.desk.ask()
        if rounds == 4:
            stop.set()

    house.desk.work(stop, beat)
    assert seen == [0, 0, 1, 1]
