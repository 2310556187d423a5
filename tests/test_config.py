"""Every message as the owner reads it."""

from __future__ import annotations

from datetime import time

import pytest

from pisecurity.config import heading, parse
from pisecurity.errors import ConfigError
from pisecurity.settings import Settings

CAMERA = '[[camera]]\nid = "front"\nkind = "stage"\n'
CABIN = '[house]\nlatitude = 52.5\nlongitude = 13.4\n[[schedule]]\ndays = ["mon"]\nat = "sunset"\nmode = "night"\n'
ZONE = '[[zone]]\nname = "a"\ncamera = "front"\npoints = [[0, 0], [1, 0], [1, 1]]\n'


def mistakes(text: str) -> list[str]:
    """Return the mistakes of *text*, each on one line, after checking their count in the first."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "config.toml")
    first, *rest = str(caught.value).split("\n  ")
    found = [line for line in rest if not line.startswith("    ")]
    assert first == f"config.toml: {len(found)} mistake{'' if len(found) == 1 else 's'}"
    return rest


def test_a_minimal_file_gives_the_defaults() -> None:
    assert parse(CAMERA, "config.toml") == Settings.model_validate({"camera": ({"id": "front", "kind": "stage"},)})


def test_lists_and_times_of_day_of_toml_are_taken() -> None:
    text = CAMERA + '[[schedule]]\ndays = ["mon", "sun"]\nat = 22:30:00\nmode = "night"\n[alarm]\ntrigger_time_s = 20\n'
    settings = parse(text, "config.toml")
    assert settings.schedule[0].days == ("mon", "sun")
    assert settings.schedule[0].at == time(22, 30)
    assert settings.alarm.trigger_time_s == 20.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            CAMERA + 'width = "x"\n',
            'camera[1].width = "x": only a camera of kind picamera2 or v4l2 has this; leave it out',
        ),
        (
            '[[camera]]\nid = "a"\nkind = "usb"\ndevice = "/dev/video0"\n',
            (
                'camera[1].kind = "usb": give "stage", "file", "picamera2" or "v4l2" '
                "(stage: a drawn scene, for trying out. file: a recording. picamera2: the Pi's own camera. "
                "v4l2: a USB camera)"
            ),
        ),
        (
            CAMERA + '[[schedule]]\ndays = ["mon", "sun", "mon"]\nat = 22:30:00\nmode = "night"\n',
            'schedule[1].days = ["mon", "sun", "mon"]: mon stands in it twice; keep one of them',
        ),
        (CAMERA + ZONE, 'zone[1].kind: missing; add a line such as kind = "watch"'),
    ],
    ids=["key of another kind", "kind that is none", "day twice", "kind of zone"],
)
def test_one_mistake_is_told_once_with_one_fix(text: str, told: str) -> None:
    assert mistakes(text) == [told]


def test_all_mistakes_are_told_at_once() -> None:
    text = (
        '[motion]\nmin_area = 25\nmin_aera = 1\n[[camera]]\nid = "front"\nkind = "stage"\nfps = 0\n[web]\nport = "80"\n'
    )
    assert mistakes(text) == [
        ("camera[1].fps = 0: give a number from 2 to 30, such as 10 (frames analysed a second)"),
        "motion.min_area = 25: give a share of the picture above 0 and at most 0.5, such as 0.00036",
        "motion.min_aera: unknown; did you mean min_area?",
        'web.port = "80": give a whole number from 1 to 65535 without quotes, such as 8080 (port of the page)',
    ]


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        (
            "[alarm]\ntrigger_time_s = 5",
            (
                "alarm.trigger_time_s = 5: give seconds from 10 to 3600, such as 180 (seconds an "
                "alarm lasts before it returns to the mode it had)"
            ),
        ),
        (
            '[alarm]\ntrigger_time_s = "20"',
            (
                'alarm.trigger_time_s = "20": give seconds from 10 to 3600 without quotes, such as 180 '
                "(seconds an alarm lasts before it returns to the mode it had)"
            ),
        ),
        (
            "[alarm]\nalert_pause_s = nan",
            (
                "alarm.alert_pause_s = nan: give seconds from 0 to 86400, such as 300 (least "
                "seconds between two alarm mails about the same zone, or about a camera without zones)"
            ),
        ),
        (
            "[alarm]\nrecord_when_disarmed = 1",
            ("alarm.record_when_disarmed = 1: give true or false (keep events and pictures also while disarmed)"),
        ),
        (
            "[motion]\nmin_travel = true",
            ("motion.min_travel = true: give a share of the picture's diagonal above 0 and at most 1, such as 0.02"),
        ),
        (
            "[web]\nport = 80.5",
            ("web.port = 80.5: give a whole number from 1 to 65535 without a point, such as 8080 (port of the page)"),
        ),
        (
            "[web]\nport = 99999999999999999999999",
            ("web.port = a very large number: give a whole number from 1 to 65535, such as 8080 (port of the page)"),
        ),
        (
            '[web]\nhosts = "pi.fritz.box"',
            (
                'web.hosts = "pi.fritz.box": give a list in brackets with 0 to 16 entries '
                "(further names the page may be called by, in small letters, such as pi.fritz.box)"
            ),
        ),
        (
            '[web]\nhosts = ["PI"]',
            ('web.hosts[1] = "PI": give a name alone and in small letters, such as "pi"'),
        ),
        (
            '[web]\nalso_allow = ["0.0.0.0/0"]',
            ('web.also_allow[1] = "0.0.0.0/0": the internet is in it; give a private network such as 10.8.0.0/24'),
        ),
        (
            '[house]\nname = ""',
            (
                'house.name = "": give a text in quotes of 1 to 60 characters, such as "Home" (name of '
                "the house in the subject of mails)"
            ),
        ),
        (
            "[house]\nname = 3",
            (
                'house.name = 3: give a text in quotes of 1 to 60 characters, such as "Home" (name of the '
                "house in the subject of mails)"
            ),
        ),
        (
            f'[house]\nname = "{"x" * 70}"',
            (
                f'house.name = "{"x" * 56}...: give a text in quotes of 1 to 60 characters, '
                'such as "Home" (name of the house in the subject of mails)'
            ),
        ),
        (
            '[house]\nname = "a\\u0007b"',
            'house.name = "a\\u0007b": give a text on one line, without control characters',
        ),
        (
            '[house]\ntimezone = "Europe/Berln"',
            ('house.timezone = "Europe/Berln": no such time zone; did you mean Europe/Berlin?'),
        ),
        (
            '[house]\ntimezone = "../../etc/passwd"',
            (
                'house.timezone = "../../etc/passwd": no such time zone; give one such as Europe/Berlin, of those '
                "that 'timedatectl list-timezones' lists, or leave it empty"
            ),
        ),
        (
            '[[schedule]]\ndays = ["monday"]\nat = 22:30:00\nmode = "night"',
            ('schedule[1].days[1] = "monday": give "mon", "tue", "wed", "thu", "fri", "sat" or "sun"'),
        ),
        (
            '[[schedule]]\ndays = []\nat = 22:30:00\nmode = "night"',
            (
                "schedule[1].days = []: give a list in brackets with "
                '1 to 7 entries, such as ["mon", "fri"] (days of the week)'
            ),
        ),
        (
            '[[schedule]]\ndays = ["mon"]\nat = "22:30"\nmode = "night"',
            (
                'schedule[1].at = "22:30": give a time of day with seconds and without quotes, such as 22:30:00, '
                'or "sunrise" or "sunset"'
            ),
        ),
        (
            '[[schedule]]\ndays = ["mon"]\nat = 2026-01-01\nmode = "night"',
            (
                "schedule[1].at = 2026-01-01: give a time of day with seconds and without quotes, such as 22:30:00, "
                'or "sunrise" or "sunset"'
            ),
        ),
        (
            f"{CABIN}offset_min = 181",
            "schedule[1].offset_min = 181: give a whole number from -180 to 180 (minutes after sunrise or sunset)",
        ),
        (
            "[house]\nlatitude = 91\nlongitude = 13.4",
            (
                "house.latitude = 91: give a number from -90 to 90, such as 52.5 "
                "(degrees north of the equator, with a minus south of it)"
            ),
        ),
        (
            '[[schedule]]\ndays = ["mon"]\nat = 22:30:00\nmode = "asleep"',
            'schedule[1].mode = "asleep": give "disarmed", "home", "away" or "night" (what to switch to)',
        ),
        (
            '[[holiday]]\nfirst = "24.12."',
            'holiday[1].first = "24.12.": give a date without quotes, such as 2026-12-24',
        ),
        (
            "[[holiday]]\nfirst = 2026-12-24T18:00:00",
            "holiday[1].first = 2026-12-24T18:00:00: give a date without quotes, such as 2026-12-24",
        ),
        (
            "[[holiday]]\nfirst = 2026-12-24\nlast = 2026-12-23",
            (
                "holiday[1].last = 2026-12-23: this is before its first day, 2026-12-24; give that day or a later one, "
                "or leave it out for one day"
            ),
        ),
        (
            '[[zone]]\nname = "a"\ncamera = "front"\nkind = "watch"\npoints = [[0, 0], [1, 0], [1]]',
            ("zone[1].points[3] = [1]: give a list of 2 numbers, such as [0.25, 0.5]"),
        ),
        (
            '[[zone]]\nname = "a"\ncamera = "front"\nkind = "watch"\npoints = [[0, 0], [1, 0], [1, 7]]',
            "zone[1].points[3][2] = 7: give a share of the picture from 0 to 1",
        ),
        (
            '[[zone]]\nname = "a"\ncamera = "front"\nkind = "watch"\npoints = [[0, 0]]',
            (
                "zone[1].points = [[0, 0]]: give a "
                "list in brackets with 3 to 32 entries, such as [[0.1, 0.4], [0.9, 0.4], [0.9, 1], [0.1, 1]] "
                "(corners in shares "
                "of the picture, from the left and from the top)"
            ),
        ),
        (
            '[[zone]]\nname = "a"\ncamera = "front"\nkind = "watch"\npoints = [[0.1, 0.1], [0.9, 0.9], [0.1, 0.1]]',
            (
                "zone[1].points = [[0.1, 0.1], [0.9, 0.9], [0.1, 0.1]]: these corners hold no area; "
                "give them in order round the zone, such as [[0.1, 0.4], [0.9, 0.4], [0.9, 1.0], [0.1, 1.0]]"
            ),
        ),
        (
            '[[zone]]\nname = "a"\ncamera = "front"\nkind = "watch"\npoints = [[0, 0], [1, 1], [1, 0], [0, 1]]',
            (
                "zone[1].points = [[0, 0], [1, 1], [1, 0], [0, 1]]: two edges cross, the one from corner 1 and the one "
                "from corner 3; give the corners in order round the zone"
            ),
        ),
        (
            f'{ZONE}kind = "ignore"\nmin_area = 0.01',
            "zone[1].min_area = 0.01: in an ignore zone things of every size are ignored; leave it out",
        ),
        (
            f'{ZONE}kind = "privacy"\nmodes = ["away"]',
            'zone[1].modes = ["away"]: a privacy zone is black in every mode, and disarmed; leave it out',
        ),
        (
            f'{ZONE}kind = "watch"\nmodes = []',
            (
                'zone[1].modes = []: give a list in brackets with 1 to 3 entries, such as ["home", '
                '"away", "night"] (armed modes in which it does what its kind says)'
            ),
        ),
        (
            f'{ZONE}kind = "watch"\nmodes = ["disarmed"]',
            'zone[1].modes[1] = "disarmed": give "home", "away" or "night"',
        ),
        (
            f'{ZONE}kind = "privacy"\nmin_area = 0.01',
            "zone[1].min_area = 0.01: in a privacy zone nothing is found, of whatever size; leave it out",
        ),
        (
            '[[zone]]\nname = "a"\ncamera = "back"\nkind = "watch"\npoints = [[0, 0], [1, 0], [1, 1]]',
            'zone[1].camera = "back": no camera has this id; there is front',
        ),
        (
            '[[zone]]\nname = "a"\ncamera = "front"\nkind = "wtach"\npoints = [[0, 0], [1, 0], [1, 1]]',
            ('zone[1].kind = "wtach": give "watch", "ignore", "entry" or "privacy"'),
        ),
        (
            '[[camera]]\nid = "front"\nkind = "stage"',
            ('camera[2].id = "front": camera[1] has this id already; give each camera its own'),
        ),
        (
            '[[camera]]\nid = "Front Door"\nkind = "stage"',
            ('camera[2].id = "Front Door": give at most 32 small letters, digits and hyphens, such as "front-door"'),
        ),
        (
            '[[camera]]\nid = "back"\nkind = "file"',
            ('camera[2].path = "": give the path of the recording, such as path = "/var/lib/pisecurity/garden.mp4"'),
        ),
    ],
)
def test_a_value_that_does_not_fit_is_shown_with_what_does(lines: str, mistake: str) -> None:
    assert mistakes(CAMERA + lines) == [mistake]


@pytest.mark.parametrize(
    ("lines", "fix"),
    [
        ("[motion]\nsensitivity = 3.0", "3.0: give a whole number from 1 to 5 without a point, such as 3"),
        ('[motion]\npets = "Cat"', '"Cat": give "none", "cat" or "dog" in small letters'),
        ('[motion]\npets = ["Cat"]', '["Cat"]: give "none", "cat" or "dog" without brackets'),
        ('[motion]\npets = "cats"', '"cats": give "none", "cat" or "dog"'),
        ('[motion]\nmin_area = "1%"', '"1%": give a share of the picture above 0 and at most 0.5 without quotes'),
        ("[alarm.away]\nexit_delay_s = 600", "600: give seconds from 0 to 180 (seconds between"),
        ('[alarm]\nrecord_when_disarmed = "no"', '"no": give true or false without quotes'),
        ('rotation = "180"', '"180": give 0 or 180 without quotes'),
        ("region = [0.5, 0.5]", "[0.5, 0.5]: give a list of 4 numbers, such as [0, 0, 1, 1] (the part"),
        ("region = [0, 0, 640, 1]", "640: give a share of the view from 0 to 1"),
        ('[[camera]]\nid = "Front Door"\nkind = "stage"', 'hyphens, such as "front-door"'),
        ('[[camera]]\nid = "küche 1"\nkind = "stage"', 'hyphens, such as "kuche-1"'),
        ('[[camera]]\nid = "äöü"\nkind = "stage"', 'hyphens, such as "aou"'),
        ('[[camera]]\nid = "?"\nkind = "stage"', 'hyphens, such as "garden"'),
        (
            '[[camera]]\nid = "usb"\nkind = "usb"',
            '"usb": give "stage", "file", "picamera2" or "v4l2" (stage: a drawn scene,',
        ),
        (f'{ZONE.replace("front", "Front")}kind = "watch"', '"Front": no camera has this id; there is front'),
        ('[[schedule]]\ndays = ["Mon"]\nat = 22:00:00\nmode = "night"', '"sat" or "sun" in small letters'),
        ('[web]\nhosts = ["https://Pi.fritz.box:80/x"]', 'in small letters, such as "pi.fritz.box"'),
        ('[web]\nhosts = ["living room"]', 'in small letters, such as "pi.fritz.box"'),
        ('[web]\nalso_allow = ["10.8.0.7/24"]', '"10.8.0.7/24": give a network such as 10.8.0.0/24'),
        ('[web]\nalso_allow = ["VPN"]', '"VPN": give a network such as 10.8.0.0/24'),
        ("[motion]\nmin_area = 0,5", "a number is written with a point, such as 0.5"),
    ],
)
def test_a_slip_of_the_pen_is_told_in_one_line_of_a_few_words(lines: str, fix: str) -> None:
    (mistake,) = mistakes(CAMERA.replace("stage", "picamera2") + lines)
    assert fix in mistake
    assert len(mistake.partition(": give ")[2]) <= 170


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ("[moton]", "moton: unknown; did you mean [motion]?"),
        ("[[cameras]]", "cameras: unknown; did you mean [[camera]]?"),
        ("[alarm]\nexit_delay_s = 3", "alarm.exit_delay_s: unknown here; did you mean exit_delay_s in [alarm.away]?"),
        ("[motion]\nfps = 3", "motion.fps: unknown here; did you mean fps in [[camera]]?"),
        ("[alarm.away]\nexit_delay = 3", "alarm.away.exit_delay: unknown; did you mean exit_delay_s?"),
        ("[alarm.away]\nzzz = 3", "alarm.away.zzz: unknown; [alarm.away] takes exit_delay_s, entry_delay_s"),
        (
            "[zzz]",
            (
                "zzz: unknown; this file takes [house], [[camera]], [motion], [[zone]], [alarm], [[schedule]], "
                "[[holiday]], [mail], [access], [life], [web]"
            ),
        ),
        (
            '[house]\n"a b\\n" = 1',
            'house."a b\\n": unknown; [house] takes name, language, timezone, latitude, longitude',
        ),
    ],
)
def test_an_unknown_key_leads_to_the_right_one(lines: str, mistake: str) -> None:
    assert mistakes(CAMERA + lines) == [mistake]


@pytest.mark.parametrize(
    "key", ["password", "smtp_pass_phrase", "passwd", "api-key", "token", "client_secret", "Credential"]
)
def test_s42_a_secret_is_never_repeated_and_its_place_is_named(key: str) -> None:
    mail = '[mail]\nhost = "smtp.example.org"\nsender = "a@example.org"\nto = ["b@example.org"]\n'
    (mistake,) = mistakes(f'{CAMERA}{mail}{key} = "hunter2"')
    assert mistake == f"mail.{key}: unknown; secrets are never kept in this file, docs/guide.md says where they go"


def test_s41_a_login_in_an_address_is_not_repeated() -> None:
    (mistake,) = mistakes(CAMERA + 'path = "rtsp://me:hunter2@10.0.0.7/live"')
    assert mistake.startswith('camera[1].path = "rtsp://...@10.0.0.7/live": ')


@pytest.mark.parametrize("text", ["", "camera = []", "[house]\n"])
def test_a_missing_section_is_given_in_lines_to_add(text: str) -> None:
    assert mistakes(text) == [
        "camera: missing; add these lines:",
        "    [[camera]]",
        '    id = "garden"',
        '    kind = "stage"',
    ]


def test_a_missing_key_is_given_as_a_line_to_add() -> None:
    assert mistakes('[[camera]]\nkind = "stage"') == [
        ('camera[1].id: missing; add a line such as id = "garden" (short name in addresses and file names)')
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('[camera]\nid = "front"', "camera: write [[camera]] with two brackets on each side, and its keys below it"),
        (CAMERA + "[[web]]", "web: write [web] with one bracket on each side, and its keys below it"),
        (
            CAMERA + "[alarm]\naway = 3",
            "alarm.away: write [alarm.away] with one bracket on each side, and its keys below it",
        ),
        ("zone = [3]\n" + CAMERA, "zone[1]: write [[zone]] with two brackets on each side, and its keys below it"),
        (
            CAMERA + '[mail]\nhost = "h"\nsender = "a@b.c"\nto = "a@b.c"',
            (
                'mail.to = "a@b.c": give a list in brackets with '
                '1 to 20 entries, such as ["anna@example.org"] (addresses that get the mails)'
            ),
        ),
    ],
)
def test_wrong_brackets_are_explained(text: str, mistake: str) -> None:
    assert mistakes(text) == [mistake]


def test_nine_cameras_are_too_many() -> None:
    text = "".join(f'[[camera]]\nid = "c{number}"\nkind = "stage"\n' for number in range(9))
    assert mistakes(text) == ["camera: give a list in brackets with 1 to 8 entries"]


def test_plain_mail_to_a_server_elsewhere_is_refused() -> None:
    mail = '[mail]\nhost = "smtp.example.org"\nsender = "a@b.org"\nto = ["a@b.org"]\nsecurity = "plain"\n'
    (mistake,) = mistakes(CAMERA + mail)
    assert mistake.startswith("mail")
    assert "starttls" in mistake


def test_contradictions_are_told_together_with_other_mistakes() -> None:
    text = CAMERA + CAMERA + "fps = 99\n"
    assert [line.split(":")[0] for line in mistakes(text)] == ["camera[2].fps = 99", 'camera[2].id = "front"']


def test_an_id_that_two_cameras_have_is_offered_once() -> None:
    zone = '[[zone]]\nname = "a"\ncamera = "back"\nkind = "watch"\npoints = [[0, 0], [1, 0], [1, 1]]\n'
    assert 'zone[1].camera = "back": no camera has this id; there is front' in mistakes(CAMERA + CAMERA + zone)


def test_a_flood_of_mistakes_is_cut_and_counted() -> None:
    text = CAMERA + "[motion]\n" + "".join(f"k{number} = 1\n" for number in range(5000))
    with pytest.raises(ConfigError) as caught:
        parse(text, "config.toml")
    first, *rest = str(caught.value).split("\n  ")
    assert first == "config.toml: 5000 mistakes"
    assert len(rest) == 101
    assert rest[-1] == "and 4900 more"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("motion", "[motion]"), ("camera", "[[camera]]"), ("mail", "[mail]"), ("alarm.night", "[alarm.night]")],
)
def test_a_table_is_headed_as_toml_wants_it(name: str, shown: str) -> None:
    assert heading(name) == shown


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("berlin", "did you mean Europe/Berlin?"),
        ("Europe/New York", "did you mean America/New_York?"),
        ("Europa/Madrid", "did you mean Europe/Madrid?"),
        ("Europe/Munich", "give one such as Europe/Berlin, of those that 'timedatectl list-timezones' lists"),
        ("Europe/Frankfurt", "give one such as Europe/Berlin, of those that 'timedatectl list-timezones' lists"),
    ],
)
def test_only_a_city_that_is_spelt_alike_is_suggested_for_a_time_zone(given: str, fix: str) -> None:
    (mistake,) = mistakes(f'[house]\ntimezone = "{given}"\n{CAMERA}')
    assert mistake.startswith(f'house.timezone = "{given}": no such time zone; {fix}')
