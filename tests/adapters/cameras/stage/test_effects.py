"""What changes the picture: the same at the same time, where it should, and not at strength 0."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, OFF, Always, Curve
from pisecurity.adapters.cameras.stage.effects.albedo import Albedo, sky_of
from pisecurity.adapters.cameras.stage.effects.chance import At, ByLot, scattered
from pisecurity.adapters.cameras.stage.effects.clouds import Clouds
from pisecurity.adapters.cameras.stage.effects.curtain import Curtain
from pisecurity.adapters.cameras.stage.effects.effect import Effect, Playing, Setting
from pisecurity.adapters.cameras.stage.effects.fairy_lights import FairyLights, Pattern
from pisecurity.adapters.cameras.stage.effects.fan import Fan
from pisecurity.adapters.cameras.stage.effects.fog import Fog
from pisecurity.adapters.cameras.stage.effects.headlights import Headlights
from pisecurity.adapters.cameras.stage.effects.insects import Insects
from pisecurity.adapters.cameras.stage.effects.laundry import Laundry
from pisecurity.adapters.cameras.stage.effects.mains import Mains
from pisecurity.adapters.cameras.stage.effects.rain import Rain
from pisecurity.adapters.cameras.stage.effects.shadows import GlassShadow, LeafShadows
from pisecurity.adapters.cameras.stage.effects.snow import Snow
from pisecurity.adapters.cameras.stage.effects.sun import SunPatch
from pisecurity.adapters.cameras.stage.effects.television import Television
from pisecurity.adapters.cameras.stage.effects.water import Water
from pisecurity.adapters.cameras.stage.effects.web import Web
from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.place import DAY, NIGHT, Area, Place
from pisecurity.adapters.cameras.stage.places import front_garden
from pisecurity.adapters.cameras.stage.view import View

AREAS: Mapping[str, Area] = {
    "television": Area(604, 154, 714, 232),
    "curtain": Area(330, 150, 414, 236),
    "fan": Area(420, 280, 560, 400),
    "water": Area(300, 330, 620, 450),
    "wall": Area(300, 90, 820, 272),
    "door_glass": Area(452, 150, 512, 272),
    "laundry": Area(420, 150, 720, 260),
}
SIZES = ((32, 32), (161, 91), (320, 240), (640, 480))
VISIT = At(((2.0, 8.0),))


def effects_of(strength: Curve = FULL) -> dict[str, Effect]:
    """Return one of each, all at *strength*."""
    return {
        "wind": Wind(strength),
        "clouds": Clouds(strength),
        "rain": Rain(strength),
        "rain in infrared": Rain(strength, infrared=FULL),
        "snow": Snow(strength),
        "snow in infrared": Snow(strength, infrared=FULL),
        "insects": Insects(VISIT, strength),
        "web": Web(strength, spider=VISIT),
        "web on the right": Web(strength, right=True, spider=VISIT),
        "headlights": Headlights(VISIT, strength),
        "mains": Mains(strength),
        "television": Television(strength),
        "fan": Fan(strength),
        "fairy lights": FairyLights(strength=strength),
        "curtain": Curtain(strength),
        "water": Water(strength),
        "sun": SunPatch(strength=strength),
        "fog": Fog(strength),
        "leaf shadows": LeafShadows(strength),
        "glass shadow": GlassShadow(VISIT, strength, rings=0.0),
    }


SHOWN = {**effects_of(), "laundry": Laundry()}
MOVING = sorted(set(SHOWN) - {"sun"})


@lru_cache(maxsize=8)
def place_of(width: int, height: int) -> Place:
    place = front_garden.paint(np.random.default_rng(3), View(width, height))
    return replace(place, areas={**place.areas, **AREAS})


def setting_of(width: int = 320, height: int = 240, *, seed: int = 3, outdoors: bool = True) -> Setting:
    return Setting(replace(place_of(width, height), outdoors=outdoors), View(width, height), seed)


def still(setting: Setting, *, colour: bool = False, light: str = DAY) -> Canvas:
    y = np.asarray(setting.place.lights[light].mean(axis=2), np.uint8)
    half = ((setting.view.height + 1) // 2, (setting.view.width + 1) // 2)
    if not colour:
        return Canvas(y, None, None)
    return Canvas(y, np.full(half, 120, np.uint8), np.full(half, 140, np.uint8))


def played(playing: Playing, t_s: float, canvas: Canvas) -> Canvas:
    """Do to *canvas* what the scene does."""
    playing.stir(t_s, canvas)
    field = playing.light(t_s)
    if field is not None:
        fine = cv2.resize(field, canvas.size, interpolation=cv2.INTER_LINEAR)
        cv2.multiply(canvas.y, fine, dst=canvas.y, dtype=cv2.CV_8U)
    playing.fall(t_s, canvas)
    return canvas


def pixels(canvas: Canvas) -> bytes:
    return b"".join(plane.tobytes() for plane, _ in canvas.planes())


def changed(effect: Effect, t_s: float, setting: Setting, light: str = DAY) -> Image:
    """Return by how many grey levels the effect changes each pixel."""
    shown = played(effect.begin(setting), t_s, still(setting, light=light)).y.astype(np.float32)
    return np.asarray(np.abs(shown - still(setting, light=light).y), np.float32)


def inside(area: Area, setting: Setting, margin: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    left, top, right, bottom = area.pixels(setting.view)
    mask = np.zeros((setting.view.height, setting.view.width), bool)
    mask[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin] = True
    return mask


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_moment_is_the_same_in_any_order_of_asking(name: str) -> None:
    setting = setting_of(160, 120)
    one, other = SHOWN[name].begin(setting), SHOWN[name].begin(setting)
    times = (3.0, 3.1, 7.4, 40.0, 4000.0)
    first = {t_s: pixels(played(one, t_s, still(setting, colour=True))) for t_s in times}
    again = {t_s: pixels(played(other, t_s, still(setting, colour=True))) for t_s in reversed(times)}
    assert first == again


@pytest.mark.parametrize("name", MOVING)
def test_something_moves(name: str) -> None:
    setting = setting_of()
    playing = SHOWN[name].begin(setting)
    moments = [pixels(played(playing, t_s, still(setting))) for t_s in (4.0, 5.3, 6.1)]
    assert len(set(moments)) == 3


@pytest.mark.parametrize("name", sorted(effects_of()))
def test_strength_0_changes_nothing(name: str) -> None:
    setting = setting_of(160, 120)
    playing = effects_of(OFF)[name].begin(setting)
    for t_s in (0.0, 4.0):
        assert pixels(played(playing, t_s, still(setting, colour=True))) == pixels(still(setting, colour=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", sorted(SHOWN))
def test_every_size_in_colour_and_without(name: str, size: tuple[int, int]) -> None:
    setting = setting_of(*size)
    playing = SHOWN[name].begin(setting)
    for t_s in (0.0, 4.0):
        grey, coloured = (played(playing, t_s, still(setting, colour=colour)) for colour in (False, True))
        assert np.array_equal(grey.y, coloured.y)


@pytest.mark.parametrize("name", sorted(set(SHOWN) - {"insects"}))
def test_by_day_it_is_seen(name: str) -> None:
    setting, light = setting_of(), NIGHT if name in {"headlights", "fairy lights"} else DAY
    assert np.count_nonzero(changed(SHOWN[name], 3600.0 if name == "sun" else 4.0, setting, light) >= 2) > 20


@pytest.mark.parametrize(
    ("effect", "area"),
    [
        (Television(), "television"),
        (Curtain(), "curtain"),
        (Fan(), "fan"),
        (Water(), "water"),
        (LeafShadows(), "wall"),
        (GlassShadow(VISIT), "door_glass"),
    ],
)
def test_what_has_an_area_changes_nothing_outside_of_it(effect: Effect, area: str) -> None:
    setting = setting_of()
    difference = changed(effect, 4.0, setting)
    assert difference[inside(AREAS[area], setting)].max() > 5
    assert difference[~inside(AREAS[area], setting)].max() == 0


@pytest.mark.parametrize(
    ("effect", "area"),
    [
        (Television(), "television"),
        (Curtain(), "curtain"),
        (Fan(), "fan"),
        (Water(), "water"),
        (FairyLights(), "wall"),
        (LeafShadows(), "wall"),
        (GlassShadow(), "door_glass"),
        (Laundry(), "laundry"),
    ],
)
def test_a_place_without_the_area_is_refused_by_name(effect: Effect, area: str) -> None:
    setting = setting_of(32, 32)
    bare = Setting(replace(setting.place, areas={}), setting.view, setting.seed)
    with pytest.raises(ValueError, match=f"this place has no area {area}; it has: none"):
        effect.begin(bare)


@pytest.mark.parametrize("effect", [Rain(), Snow()])
def test_it_neither_rains_nor_snows_in_a_room(effect: Effect) -> None:
    with pytest.raises(ValueError, match="falls outdoors only"):
        effect.begin(setting_of(32, 32, outdoors=False))


def test_heavier_rain_covers_more() -> None:
    covered = [np.count_nonzero(changed(Rain(Always(strength)), 3.0, setting_of())) for strength in (0.2, 0.6, 1.0)]
    assert covered[0] < covered[1] < covered[2]


def test_rain_falls_at_every_instant_and_never_twice_in_the_same_places() -> None:
    setting = setting_of()
    playing = Rain(infrared=FULL).begin(setting)
    dark = np.zeros_like(still(setting).y)
    covers = [played(playing, t_s, Canvas(dark.copy(), None, None)).y > 40 for t_s in np.arange(5.0, 7.0, 0.1)]
    assert all(300 < np.count_nonzero(cover) < 12000 for cover in covers)
    for one, other in itertools.pairwise(covers):
        both = np.count_nonzero(one & other) / min(np.count_nonzero(one), np.count_nonzero(other))
        assert both < 0.3


def test_near_flakes_shine_in_infrared() -> None:
    setting = setting_of()
    dark = np.zeros_like(still(setting).y)
    shown = {
        infrared: played(Snow(infrared=Always(infrared)).begin(setting), 3.0, Canvas(dark.copy(), None, None)).y
        for infrared in (0.0, 1.0)
    }
    assert shown[1.0].max() > 180
    assert np.count_nonzero(shown[1.0] > 100) > 5 * np.count_nonzero(shown[0.0] > 100) > 0


def test_an_insect_is_a_soft_bright_blur_that_is_gone_after_its_visit() -> None:
    setting = setting_of()
    playing = Insects(At(((1.0, 1.0),))).begin(setting)
    dark = np.zeros_like(still(setting).y)

    def bright(t_s: float) -> int:
        return int(played(playing, t_s, Canvas(dark.copy(), None, None)).y.max())

    assert bright(0.9) == bright(2.1) == 0
    assert max(bright(t_s) for t_s in np.arange(1.2, 1.8, 0.1)) > 60


def test_headlights_sweep_to_the_side_and_go() -> None:
    setting = setting_of()
    middles = []
    for t_s in (3.6, 5.0, 6.4, 7.4):
        difference = changed(Headlights(VISIT), t_s, setting, NIGHT)
        middles.append(float((difference.sum(axis=0) * np.arange(320)).sum() / difference.sum()))
    steps = np.diff(middles)
    assert (steps > 0).all() or (steps < 0).all()
    assert changed(Headlights(VISIT), 11.0, setting, NIGHT).max() == 0


def test_headlights_light_whoever_walks_through_them_too() -> None:
    field = Headlights(VISIT).begin(setting_of()).light(6.0)
    assert field is not None
    assert field.min() >= 1
    assert field.max() > 1.5


def test_headlights_do_not_light_the_sky() -> None:
    setting = setting_of()
    sky = sky_of(setting) > 0.9
    assert 200 < np.count_nonzero(sky) < 0.2 * sky.size
    canvas = Canvas(np.zeros((240, 320), np.uint8), None, None)
    Albedo(setting).shine(canvas, np.full((240, 320), 255, np.uint8))
    assert canvas.y[sky].max() < 40
    assert canvas.y[~sky].mean() > 80


def test_the_television_holds_a_shot_and_then_cuts() -> None:
    setting = setting_of(640, 480)
    playing = Television().begin(setting)
    frames = [played(playing, t_s, still(setting)).y.astype(int) for t_s in np.arange(0, 30, 0.1)]
    jumps = [float(np.abs(after - before).max()) for before, after in itertools.pairwise(frames)]
    means = [
        float(np.abs(after - before)[inside(AREAS["television"], setting)].mean())
        for before, after in itertools.pairwise(frames)
    ]
    assert 5 <= sum(mean > 15 for mean in means) <= 25
    assert max(jumps) > 60


@pytest.mark.parametrize("pattern", list(Pattern))
def test_each_pattern_of_the_lights_but_the_steady_one_blinks(pattern: Pattern) -> None:
    setting = setting_of()
    playing = FairyLights(pattern).begin(setting)
    shown = {pixels(played(playing, t_s, still(setting, light=NIGHT))) for t_s in np.arange(0, 4, 0.2)}
    assert (len(shown) == 1) == (pattern is Pattern.STEADY)


def test_the_sun_wanders_in_two_hours_and_not_from_frame_to_frame() -> None:
    setting = setting_of()
    playing = SunPatch(back_m=9.0).begin(setting)
    hours = [played(playing, t_s, still(setting)).y.astype(int) for t_s in (600.0, 600.1, 3600.0, 6600.0)]
    assert np.abs(hours[1] - hours[0]).max() <= 2
    assert np.count_nonzero(np.abs(hours[2] - hours[0]) > 20) > 1000
    assert np.count_nonzero(np.abs(hours[3] - hours[2]) > 20) > 1000


def test_the_patch_of_the_sun_is_sharper_than_the_light_it_gives_to_people() -> None:
    setting = setting_of()
    playing = SunPatch(back_m=9.0).begin(setting)
    flat = np.full_like(still(setting).y, 100)
    stirred = played(playing, 3600.0, Canvas(flat.copy(), None, None)).y.astype(int)
    assert stirred.max() > 190
    assert 95 <= stirred.min() <= 105


def test_fog_takes_contrast_away_and_most_of_it_far_away() -> None:
    setting = setting_of()
    foggy = played(Fog().begin(setting), 5.0, still(setting)).y
    clear = still(setting).y
    far, near = np.s_[70:110], np.s_[200:240]
    loss = [float(foggy[rows].std() / clear[rows].std()) for rows in (far, near)]
    assert loss[0] < 0.7 * loss[1] < 0.7


def test_bands_of_the_mains_are_even_across_and_roll() -> None:
    playing = Mains(depth=0.1).begin(setting_of())
    first, later = playing.light(1.0), playing.light(1.5)
    assert first is not None and later is not None
    assert np.ptp(first, axis=1).max() == 0
    assert 0.15 < np.ptp(first[:, 0]) <= 0.2
    assert np.abs(later - first).max() > 0.05


def test_somebody_behind_the_glass_who_rings_stands_still() -> None:
    setting = setting_of(640, 480)
    playing = GlassShadow(VISIT, rings=1.0).begin(setting)
    shown = [played(playing, t_s, still(setting)).y.astype(int) for t_s in (5.5, 6.0, 6.5)]
    assert np.abs(shown[1] - shown[0]).max() == 0
    assert np.abs(shown[2] - shown[1]).max() == 0
    assert np.abs(shown[0] - still(setting).y).max() > 40


def visits_of(visits: ByLot, until_s: float) -> Iterator[float]:
    seen: set[int] = set()
    for t_s in np.arange(0, until_s, 0.1):
        for visit in visits.around(3, 5, float(t_s)):
            if visit.number not in seen:
                seen.add(visit.number)
                yield visit.lasts_s


def test_visits_come_as_often_and_last_as_long_as_they_should() -> None:
    lengths = list(visits_of(ByLot(20.0, 0.3, 2.0), 900.0))
    assert len(lengths) == pytest.approx(300, rel=0.2)
    assert min(lengths) >= 0.3
    assert max(lengths) <= 2.0


def test_scattered_numbers_are_even_and_repeatable() -> None:
    number, turn = np.arange(20000), np.full(20000, 7)
    shares = scattered(11, number, turn)
    assert np.array_equal(shares, scattered(11, number, turn))
    assert 0 <= shares.min() < shares.max() < 1
    assert np.histogram(shares, 10, (0, 1))[0] == pytest.approx(np.full(10, 2000), rel=0.1)
    assert abs(float(np.corrcoef(shares, scattered(12, number, turn))[0, 1])) < 0.03
