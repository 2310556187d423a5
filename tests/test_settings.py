from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from pisecurity.config import meaning, parse, table_of, tables
from pisecurity.config.syntax import MAX_BYTES
from pisecurity.errors import ConfigError, UnknownCameraError
from pisecurity.settings import (
    AlarmSettings,
    CameraSettings,
    HolidaySettings,
    HouseSettings,
    LifeSettings,
    MotionSettings,
    ScheduleSettings,
    Settings,
    ZoneSettings,
    contradictions,
    is_live,
    named_camera,
)
from tests.example_config import example

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
OPTIONAL = re.compile(r"^#(?=\[|[a-z_]+ = )", re.MULTILINE)
AREA = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))

every_table = pytest.mark.parametrize("table", [table for _, table in tables()], ids=[name for name, _ in tables()])


def test_the_example_shows_the_settings_as_they_are() -> None:
    assert EXAMPLE.read_text("utf-8") == example(), "python -m tests.example_config > config.example.toml"


def test_the_example_is_a_good_configuration_of_nothing_but_defaults() -> None:
    camera = CameraSettings(id="garden", kind="stage")
    assert parse(example(), "example") == Settings(camera=(camera,))


def test_the_optional_tables_of_the_example_are_good_too() -> None:
    settings = parse(OPTIONAL.sub("", example()), "example")
    assert settings.mail is not None
    assert settings.mail.host == "smtp.example.org"
    assert settings.zone[0].camera == settings.camera[0].id
    assert settings.schedule[0].at == time(22, 30)


@pytest.mark.parametrize(("name", "table"), list(tables()), ids=[name for name, _ in tables()])
def test_the_example_has_every_key_once_below_its_meaning(name: str, table: type[BaseModel]) -> None:
    text = re.sub(r"^#(?= )", "//", OPTIONAL.sub("", example()), flags=re.MULTILINE)
    (section,) = re.findall(rf"^{re.escape(name)}\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    for key, field in table.model_fields.items():
        if table_of(field.annotation):
            continue
        (above,) = re.findall(rf"((?:^// .*\n)+){key} = ", section, re.MULTILINE)
        assert " ".join(above.replace("// ", "").split()) == meaning(table, key)


@every_table
def test_every_setting_says_what_it_means(table: type[BaseModel]) -> None:
    plain = [key for key, field in table.model_fields.items() if not table_of(field.annotation)]
    assert plain
    assert [key for key in plain if not meaning(table, key)] == []


@every_table
def test_every_number_and_every_list_has_its_limits(table: type[BaseModel]) -> None:
    properties = table.model_json_schema()["properties"]
    for key, node in properties.items():
        if node.get("type") in ("number", "integer") and "enum" not in node:
            assert "maximum" in node, key
            assert "minimum" in node or "exclusiveMinimum" in node, key
        if node.get("type") == "array":
            assert "maxItems" in node, key


@every_table
def test_every_required_setting_has_an_example_that_messages_can_name(table: type[BaseModel]) -> None:
    required = [key for key, field in table.model_fields.items() if field.is_required()]
    assert [key for key in required if not table.model_fields[key].examples] == []


def test_the_largest_useful_configuration_fits() -> None:
    assert len(example()) * 8 < MAX_BYTES


def test_what_counts_at_once_and_what_needs_a_restart() -> None:
    assert {name for name in Settings.model_fields if is_live(name)} == {
        "motion", "zone", "alarm", "schedule", "holiday", "mail", "access", "life",
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "https://hc-ping.com/4f3a9c1e",
        "https://ping.example:8443/a?b=c",
        "https://[2001:db8::1]/x",
        "",
    ],
)
def test_an_address_to_ping_is_taken_as_the_service_shows_it(url: str) -> None:
    assert LifeSettings(ping_url=url).ping_url == url


@pytest.mark.parametrize(
    "url",
    [
        "hc-ping.com/4f3a", "http://hc-ping.com/4f3a", "ftp://hc-ping.com/4f3a", "https:///4f3a", "https://a:b@c.de/4f3a",
        "https://c.de/4f3a#x", "https://c.de:0/4f3a", "https://c.de:99999/4f3a", "https://c.de/4f3a x", "https://[::1/4f3a",
        "https://c.de/4f3ä", "file:///4f3a",
    ],
)  # fmt: skip
def test_s41_what_cannot_be_pinged_is_a_mistake_that_does_not_repeat_it(url: str) -> None:
    text = f'[[camera]]\nid = "a"\nkind = "stage"\n[life]\nping_url = "{url}"\n'
    with pytest.raises(ConfigError) as caught:
        parse(text, "config.toml")
    assert "life.ping_url: " in str(caught.value) and "4f3" not in str(caught.value)


def test_without_tls_only_at_home() -> None:
    assert LifeSettings(ping_at_home=True, ping_url="http://nas.lan/x").ping_url == "http://nas.lan/x"


def test_a_table_with_one_delay_keeps_the_other_default_of_its_mode() -> None:
    alarm = AlarmSettings.model_validate({"away": {"entry_delay_s": 30}, "night": {"exit_delay_s": 5}})
    assert (alarm.away.exit_delay_s, alarm.away.entry_delay_s) == (60, 30)
    assert (alarm.night.exit_delay_s, alarm.night.entry_delay_s) == (5, 30)


def test_delays_are_those_of_the_mode_unless_the_owner_says_otherwise() -> None:
    alarm = AlarmSettings()
    assert [(mode.exit_delay_s, mode.entry_delay_s) for mode in (alarm.away, alarm.home, alarm.night)] == [
        (60, 60), (0, 0), (0, 30),
    ]  # fmt: skip
    assert alarm.trigger_time_s == 180


@pytest.mark.parametrize("mode", ["away", "home", "night"])
@pytest.mark.parametrize("delay", ["exit_delay_s", "entry_delay_s"])
def test_a_delay_is_0_to_180_s_in_every_mode(mode: str, delay: str) -> None:
    for given_s in (0, 180):
        alarm = AlarmSettings.model_validate({mode: {delay: given_s}})
        assert getattr(getattr(alarm, mode), delay) == given_s
    for given_s in (-1, 181):
        text = f'[[camera]]\nid = "a"\nkind = "stage"\n[alarm.{mode}]\n{delay} = {given_s}\n'
        with pytest.raises(ConfigError, match=rf"alarm\.{mode}\.{delay} = {given_s}: give seconds from 0 to 180"):
            parse(text, "config.toml")


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b", "a\x1b[2Jb", "a\u2028b", "a\x85b"])
def test_s24_a_text_stays_on_one_line(name: str) -> None:
    with pytest.raises(ValidationError, match="give a text on one line, without control characters"):
        HouseSettings(name=name)


@pytest.mark.parametrize(
    "name", ["Haus Müller", "家", "Chez l'abbé", "🏠 Home", "$(touch x)", "{{7*7}}", "{0.__class__}"]
)
def test_s20_any_other_text_is_kept_as_it_is(name: str) -> None:
    assert HouseSettings(name=name).name == name


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_are_finite(value: float) -> None:
    with pytest.raises(ValidationError):
        MotionSettings(min_area=value)


def test_a_wrong_secret_is_not_in_the_text_of_the_error() -> None:
    """S-42."""
    with pytest.raises(ValidationError) as caught:
        HouseSettings.model_validate({"password": "hunter2"})
    assert "hunter2" not in str(caught.value)


def zone(name: str, camera: str, **more: object) -> ZoneSettings:
    return ZoneSettings.model_validate({"name": name, "camera": camera, "kind": "watch", "points": AREA, **more})


FRONT = CameraSettings(id="front", kind="stage")
BACK = CameraSettings(id="back", kind="stage")
PI = CameraSettings(id="front", kind="picamera2")
PI_TOO = CameraSettings(id="pi", kind="picamera2", focus_m=3)
WIDE = CameraSettings(id="back", kind="picamera2", rotation=180)
SWITCHED = CameraSettings(id="night", kind="picamera2", device="imx219@10", ir_cut="switched", ir_cut_gpio=17)
SWITCHED_TOO = SWITCHED.model_copy(update={"id": "yard", "device": "imx708@1a"})
NAMED = CameraSettings(id="named", kind="picamera2", device="imx708@1a")
WHOLE_NAME = CameraSettings(id="whole", kind="picamera2", device="/base/soc/i2c0mux/i2c@1/imx708@1a")
NIGHTLY = ScheduleSettings(days=("mon", "tue"), at=time(22, 30), mode="night")
DUSK = ScheduleSettings(days=("mon", "tue"), at="sunset", offset_min=30, mode="night")
BERLIN = HouseSettings(latitude=52.5, longitude=13.4)


def off(first: str, last: str | None = None, *, yearly: bool = False) -> HolidaySettings:
    ends = last and date.fromisoformat(last)
    return HolidaySettings.model_validate({"first": date.fromisoformat(first), "last": ends, "yearly": yearly})


@pytest.mark.parametrize(
    ("tables", "text"),
    [
        ({"camera": (FRONT, FRONT)}, "camera[1] has this id already; give each camera its own"),
        ({"camera": (FRONT, BACK), "zone": (zone("a", "side"),)}, "no camera has this id; there is front, back"),
        (
            {"camera": (FRONT,), "zone": (zone("a", "front"), zone("a", "front"))},
            "zone[1] of this camera has this name already; give each its own",
        ),
        (
            {"camera": (FRONT,), "zone": (zone("a", "front", min_area=0.0003),)},
            "min_area of [motion] is 0.00036 and counts everywhere; give more than that, or leave it out",
        ),
        (
            {
                "camera": (FRONT,),
                "schedule": (NIGHTLY, ScheduleSettings(days=("tue",), at=time(22, 30), mode="disarmed")),
            },
            "schedule[1] switches at this time on tue already; keep one of them",
        ),
        (
            {"camera": (FRONT,), "schedule": (DUSK, DUSK.model_copy(update={"mode": "home"})), "house": BERLIN},
            "schedule[1] switches at this time on mon already; keep one of them",
        ),
        (
            {"camera": (FRONT,), "schedule": (DUSK,)},
            "add where the house is to [house], such as latitude = 52.5 and longitude = 13.4",
        ),
        (
            {"camera": (FRONT,), "schedule": (NIGHTLY.model_copy(update={"offset_min": 5}),)},
            "only an entry at sunrise or sunset has this; leave it out and write the time you want into at",
        ),
        ({"camera": (FRONT,), "house": HouseSettings(latitude=52.5)}, "longitude belongs to it; give both or none"),
        ({"camera": (FRONT,), "house": HouseSettings(longitude=13.4)}, "latitude belongs to it; give both or none"),
        (
            {"camera": (FRONT,), "holiday": (off("2026-12-24", "2026-12-23"),)},
            "this is before its first day, 2026-12-24; give that day or a later one, or leave it out for one day",
        ),
        (
            {"camera": (FRONT,), "holiday": (off("2026-12-24", "2027-12-25"),)},
            "this is a year or more after its first day, 2026-12-24; give an earlier one",
        ),
        (
            {"camera": (FRONT,), "holiday": (off("2026-12-24", "2027-12-24", yearly=True),)},
            "this is a year or more after its first day, 2026-12-24; give an earlier one",
        ),
        (
            {"camera": (FRONT,), "holiday": (off("2026-12-24", "2026-12-26"), off("2026-12-26"))},
            "holiday[1] has days of this one already; let one end before the other begins",
        ),
        (
            {
                "camera": (FRONT,),
                "holiday": (off("2026-12-24", "2027-01-02", yearly=True), off("2020-01-01", yearly=True)),
            },
            "holiday[1] has days of this one already; let one end before the other begins",
        ),
        ({"camera": (PI, WIDE)}, "camera[1] may be this one already; give each its own device"),
        ({"camera": (PI, NAMED)}, "camera[1] may be this one already; give each its own device"),
        (
            {"camera": (SWITCHED, SWITCHED_TOO)},
            "camera[1] moves its filter with GPIO 17 already; give each its own pin",
        ),
        ({"camera": (NAMED, WHOLE_NAME)}, "camera[1] may be this one already; give each its own device"),
        (
            {"camera": (CameraSettings(id="front", kind="picamera2", loop=True),)},
            "only a camera of kind file has this; leave it out",
        ),
        (
            {"camera": (CameraSettings(id="usb", kind="v4l2", focus_m=2),)},
            "only a camera of kind picamera2 has this; leave it out",
        ),
        (
            {"camera": (CameraSettings(id="garden", kind="stage", width=640),)},
            "only a camera of kind picamera2 or v4l2 has this; leave it out",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tables: dict[str, object], text: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(text)):
        Settings.model_validate(tables)


def test_what_does_go_together_is_accepted() -> None:
    settings = Settings(
        camera=(
            FRONT,
            BACK,
            CameraSettings(id="pi", kind="picamera2"),
            CameraSettings(id="usb", kind="v4l2", width=640),
        ),
        zone=(zone("a", "front"), zone("a", "back", min_area=0.00036)),
        schedule=(
            NIGHTLY,
            ScheduleSettings(days=("wed",), at=time(22, 30), mode="disarmed"),
            DUSK,
            DUSK.model_copy(update={"offset_min": 31}),
        ),
        house=BERLIN,
        holiday=(
            off("2026-12-24", "2026-12-26", yearly=True),
            off("2026-12-27", yearly=True),
            off("2026-12-20", "2027-01-05"),
            off("2027-01-06"),
        ),
    )
    assert list(contradictions(settings.model_dump())) == []


CAMERAS = {"front": "Yard", "yard": "Back", "hall": "Back"}


@pytest.mark.parametrize(
    ("name", "camera"), [("front", "front"), ("Front", "front"), ("yard", "yard"), ("hall", "hall"), ("HALL", "hall")]
)
def test_a_camera_is_named_by_its_id_first(name: str, camera: str) -> None:
    assert named_camera(name, CAMERAS) == camera


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("back", "2 cameras are called 'back'; give the id of one: front (Yard), yard (Back), hall (Back)"),
        ("YARD", "2 cameras are called 'YARD'; give the id of one: front (Yard), yard (Back), hall (Back)"),
        ("", "there is no camera ''; there is front (Yard), yard (Back), hall (Back)"),
    ],
)
def test_a_name_of_no_camera_or_of_several_is_refused_with_those_there_are(name: str, words: str) -> None:
    with pytest.raises(UnknownCameraError) as caught:
        named_camera(name, CAMERAS)
    assert str(caught.value) == words


ACCESS = """
[[camera]]
id = "front"
kind = "stage"
[mail]
host = "smtp.example.org"
sender = "alarm@example.org"
user = "pi@example.org"
to = ["anna@example.org"]
second_to = ["ben@example.org"]
[access]
"""


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('disarm = "code"\nduress_to = ["ANNA@example.org"]', "anna@example.org is in mail.to too"),
        ('disarm = "code"\nduress_to = ["ben@example.org"]', "ben@example.org is in mail.second_to too"),
        (
            'disarm = "code"\nduress_to = ["c@example.org"]\ntell_disarmed = ["c@example.org"]',
            "c@example.org is in access.tell_disarmed too",
        ),
        ('disarm = "code"\nduress_to = ["alarm@example.org"]', "alarm@example.org is in mail.sender too"),
        ('disarm = "code"\nduress_to = ["pi@example.org"]', "pi@example.org is in mail.user too"),
        ('disarm = "code"\nduress_to = ["anna+help@example.org"]', "anna+help@example.org is in mail.to too"),
        ('duress_to = ["c@example.org"]', 'with access.disarm = "anyone" no code is asked'),
        ('disarm = "nobody"', 'access.disarm = "nobody": '),
        ('disarm = "code"\nduress_to = ["Carla"]', 'access.duress_to[1] = "Carla": give one mail address'),
    ],
)
def test_whom_a_duress_code_tells_is_somebody_else_and_there_is_a_code(text: str, mistake: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(ACCESS + text, "config.toml")
    assert mistake in str(caught.value)
    assert "1 mistake\n" in str(caught.value)


def test_who_is_told_of_a_disarming_needs_a_mail_account() -> None:
    with pytest.raises(ConfigError, match="access.tell_disarmed = .*add a \\[mail\\] table"):
        parse('[[camera]]\nid = "front"\nkind = "stage"\n[access]\ntell_disarmed = ["c@example.org"]', "config.toml")


def test_codes_with_a_duress_contact_of_their_own_are_fine() -> None:
    settings = parse(ACCESS + 'disarm = "phones"\nduress_to = ["c@example.org"]', "config.toml")
    assert settings.access.disarm == "phones"
    assert parse(ACCESS, "config.toml").access.disarm == "anyone"
