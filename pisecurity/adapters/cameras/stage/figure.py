"""A walking person, drawn from a jointed skeleton in the clothes it was given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.paint import SHIFT, Colour, lit

HEIGHT_M: Final = 1.75
STRIDE_M: Final = 1.5
"""Two steps. Source: about 0.85 of the body height at an easy walk."""
HIP, THIGH, SHIN, ANKLE = 0.525, 0.25, 0.24, 0.035
SHOULDER, UPPER_ARM, FOREARM = 0.815, 0.16, 0.15
FAR_SIDE: Final = 0.78
"""Brightness of the arm and leg turned away."""

SKIN: Final[tuple[Colour, ...]] = ((140, 172, 214), (112, 146, 196), (70, 98, 146), (54, 72, 104))
HAIR: Final[tuple[Colour, ...]] = ((34, 40, 48), (40, 62, 92), (92, 138, 172), (122, 124, 128))
COATS: Final[tuple[Colour, ...]] = ((62, 54, 158), (138, 84, 38), (46, 122, 168), (52, 50, 54), (84, 108, 62))
TROUSERS: Final[tuple[Colour, ...]] = ((92, 68, 48), (52, 50, 52), (62, 84, 104), (128, 112, 92))
SHOES: Final[tuple[Colour, ...]] = ((36, 38, 42), (208, 210, 214), (38, 58, 92))
BAGS: Final[tuple[Colour, ...]] = ((48, 52, 58), (52, 92, 128), (110, 62, 40))


@dataclass(frozen=True, slots=True)
class Outfit:
    """What somebody wears."""

    skin: Colour
    hair: Colour
    coat: Colour
    trousers: Colour
    shoes: Colour
    bag: Colour | None
    """A backpack."""
    cap: Colour | None

    @staticmethod
    def drawn(rng: np.random.Generator) -> Outfit:
        """Return clothes drawn by lot."""

        def one_of(colours: tuple[Colour, ...]) -> Colour:
            return colours[int(rng.integers(len(colours)))]

        bag = one_of(BAGS) if rng.random() < 0.5 else None
        cap = one_of(COATS) if rng.random() < 0.3 else None
        return Outfit(one_of(SKIN), one_of(HAIR), one_of(COATS), one_of(TROUSERS), one_of(SHOES), bag, cap)


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment of a walk."""

    phase: float
    """Of the gait, in radians; 2 pi is a stride."""
    swing: float
    """0 stands, 1 walks."""
    heading: float
    """Direction of the walk in radians: 0 to the right of the picture, pi/2 away from the camera."""


Joint = tuple[float, float, float]
"""Ahead, to the person's right, up; in body heights."""


def _leg(phase: float, swing: float, side: float) -> tuple[Joint, Joint, Joint, Joint]:
    """Return hip, knee, ankle and toe. The knee bends while the leg swings forward, the toe then points down."""
    hip_angle = swing * (0.06 + 0.42 * math.sin(phase))
    knee_angle = 0.06 + swing * (0.10 + 0.95 * max(0.0, math.cos(phase + 0.4)) ** 1.5)
    hip = (0.0, side, HIP)
    knee = (THIGH * math.sin(hip_angle), side, HIP - THIGH * math.cos(hip_angle))
    shin_angle = hip_angle - knee_angle
    ankle = (knee[0] + SHIN * math.sin(shin_angle), side, knee[2] - SHIN * math.cos(shin_angle))
    foot_angle = 0.8 * shin_angle * swing
    toe = (ankle[0] + 0.105 * math.cos(foot_angle), side, ankle[2] - ANKLE * 0.6 + 0.105 * math.sin(foot_angle))
    return hip, knee, ankle, toe


def _arm(phase: float, swing: float, side: float) -> tuple[Joint, Joint, Joint]:
    """Return shoulder, elbow and hand; arms swing against the legs."""
    angle = -swing * 0.42 * math.sin(phase)
    elbow_angle = angle + 0.16 + swing * (0.22 + 0.2 * max(0.0, -math.sin(phase)))
    shoulder = (0.0, side, SHOULDER)
    elbow = (UPPER_ARM * math.sin(angle), side * 1.12, SHOULDER - UPPER_ARM * math.cos(angle))
    hand = (elbow[0] + FOREARM * math.sin(elbow_angle), side * 1.12, elbow[2] - FOREARM * math.cos(elbow_angle))
    return shoulder, elbow, hand


class _Canvas:
    """BGRA, premultiplied by coverage once it is scaled down."""

    def __init__(self, size: float, heading: float, fine: int) -> None:
        self.unit = size * fine
        self.width, self.height = math.ceil(0.95 * size) + 4, math.ceil(1.07 * size) + 4
        self.pixels = np.zeros((self.height * fine, self.width * fine, 4), np.uint8)
        self.base = (self.height - 2) * fine
        self.middle = self.width * fine / 2
        self.cos, self.sin = math.cos(heading), math.sin(heading)
        self.lift = 0.0

    def at(self, joint: Joint) -> tuple[float, float]:
        ahead, right, up = joint
        return self.middle + (ahead * self.cos + right * self.sin) * self.unit, self.base - (up - self.lift) * self.unit

    def limb(self, start: Joint, end: Joint, first: float, last: float, colour: Colour) -> None:
        """Draw a tapered capsule, *first* and *last* wide at its ends."""
        (x0, y0), (x1, y1) = self.at(start), self.at(end)
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        across = (-(y1 - y0) / length, (x1 - x0) / length)
        r0, r1 = first * self.unit / 2, last * self.unit / 2
        self.polygon([(x0 + across[0] * r0, y0 + across[1] * r0), (x1 + across[0] * r1, y1 + across[1] * r1),
                      (x1 - across[0] * r1, y1 - across[1] * r1), (x0 - across[0] * r0, y0 - across[1] * r0)],
                     colour)  # fmt: skip
        self.ball((x0, y0), r0, r0, colour)
        self.ball((x1, y1), r1, r1, colour)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        fixed = np.rint(np.array(points) * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], (*colour, 255), cv2.LINE_8, SHIFT)

    def ball(self, centre: tuple[float, float], across: float, up: float, colour: Colour) -> None:
        fixed = (round(centre[0] * (1 << SHIFT)), round(centre[1] * (1 << SHIFT)))
        axes = (max(1, round(across * (1 << SHIFT))), max(1, round(up * (1 << SHIFT))))
        cv2.ellipse(self.pixels, fixed, axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_8, SHIFT)


def draw_person(size: float, pose: Pose, outfit: Outfit) -> tuple[NDArray[np.float32], float, float]:
    """Return a person *size* pixels tall as (h, w, 4) BGRA premultiplied, colours 0 to 255, coverage 0 to 1.

    Also the column and row of the point of the ground it stands on.
    """
    fine = 4 if size < 90 else 3 if size < 180 else 2
    canvas = _Canvas(size, pose.heading, fine)
    legs = [_leg(pose.phase + turn, pose.swing, side) for turn, side in ((0.0, 0.052), (math.pi, -0.052))]
    canvas.lift = min(min(ankle[2] - ANKLE, toe[2]) for _, _, ankle, toe in legs)
    arms = [_arm(pose.phase + turn, pose.swing, side) for turn, side in ((0.0, 0.115), (math.pi, -0.115))]
    # The person's right is on the camera's side when it walks to the right.
    near = 0 if canvas.cos >= 0 else 1
    far = 1 - near
    away = canvas.sin > 0
    _draw_arm(canvas, arms[far], outfit, FAR_SIDE)
    _draw_leg(canvas, legs[far], outfit, FAR_SIDE)
    if outfit.bag is not None and not away:
        _draw_bag(canvas, outfit.bag)
    _draw_leg(canvas, legs[near], outfit, 1.0)
    _draw_trunk(canvas, outfit)
    if outfit.bag is not None and away:
        _draw_bag(canvas, outfit.bag)
    _draw_head(canvas, outfit, away=away)
    _draw_arm(canvas, arms[near], outfit, 0.94)
    small = cv2.resize(canvas.pixels, (canvas.width, canvas.height), interpolation=cv2.INTER_AREA)
    return _rounded(np.asarray(small, np.float32), size), canvas.width / 2, canvas.height - 2.0


def _draw_leg(canvas: _Canvas, leg: tuple[Joint, Joint, Joint, Joint], outfit: Outfit, light: float) -> None:
    hip, knee, ankle, toe = leg
    cloth = lit(outfit.trousers, light)
    heel = (ankle[0] - 0.022, ankle[1], ankle[2] - 0.012)
    canvas.limb(heel, toe, 0.05, 0.036, lit(outfit.shoes, light))
    canvas.limb(hip, knee, 0.118, 0.085, cloth)
    canvas.limb(knee, ankle, 0.084, 0.062, lit(cloth, 0.95))


def _draw_arm(canvas: _Canvas, arm: tuple[Joint, Joint, Joint], outfit: Outfit, light: float) -> None:
    shoulder, elbow, hand = arm
    cloth = lit(outfit.coat, light)
    wrist = (elbow[0] + 0.74 * (hand[0] - elbow[0]), hand[1], elbow[2] + 0.74 * (hand[2] - elbow[2]))
    canvas.limb(wrist, hand, 0.036, 0.04, lit(outfit.skin, light))
    canvas.limb(shoulder, elbow, 0.078, 0.066, cloth)
    canvas.limb(elbow, wrist, 0.064, 0.05, lit(cloth, 0.96))


def _draw_trunk(canvas: _Canvas, outfit: Outfit) -> None:
    """A coat to the hips, wider where the shoulders are seen from the front."""
    turned = abs(canvas.sin)
    shoulder, waist, hem = 0.075 + 0.06 * turned, 0.072 + 0.03 * turned, 0.08 + 0.034 * turned
    x, top = canvas.at((0.012, 0.0, 0.845))
    _, chest = canvas.at((0.0, 0.0, 0.80))
    _, middle = canvas.at((0.0, 0.0, 0.64))
    _, bottom = canvas.at((0.0, 0.0, 0.485))
    u = canvas.unit
    left = [(x - 0.03 * u, top), (x - shoulder * u, chest), (x - waist * u, middle), (x - hem * u, bottom)]
    right = [(2 * x - px, py) for px, py in reversed(left)]
    canvas.polygon(left + right, outfit.coat)
    canvas.ball((x - (shoulder - 0.035) * u, chest), 0.035 * u, 0.04 * u, outfit.coat)
    canvas.ball((x + (shoulder - 0.035) * u, chest), 0.035 * u, 0.04 * u, outfit.coat)
    canvas.polygon([(x - hem * u, bottom - 0.018 * u), (x + hem * u, bottom - 0.018 * u), (x + hem * u, bottom),
                    (x - hem * u, bottom)], lit(outfit.coat, 0.8))  # fmt: skip


def _draw_bag(canvas: _Canvas, colour: Colour) -> None:
    x, middle = canvas.at((-0.085, 0.0, 0.69))
    across = (0.045 + 0.035 * abs(canvas.sin)) * canvas.unit
    canvas.ball((x, middle), across, 0.105 * canvas.unit, colour)


def _draw_head(canvas: _Canvas, outfit: Outfit, *, away: bool) -> None:
    u = canvas.unit
    canvas.limb((0.0, 0.0, 0.83), (0.012, 0.0, 0.885), 0.056, 0.052, lit(outfit.skin, 0.88))
    x, y = canvas.at((0.018, 0.0, 0.925))
    facing = canvas.cos
    canvas.limb((-0.005, 0.0, 0.838), (0.012, 0.0, 0.842), 0.07, 0.07, lit(outfit.coat, 0.88))
    if away and abs(facing) < 0.6:
        canvas.ball((x, y), 0.054 * u, 0.071 * u, outfit.hair)
    else:
        canvas.ball((x - facing * 0.012 * u, y - 0.008 * u), 0.056 * u, 0.072 * u, outfit.hair)
        canvas.ball((x + facing * 0.016 * u, y + 0.012 * u), 0.045 * u, 0.058 * u, outfit.skin)
        _draw_face(canvas, (x, y), outfit.skin)
    if outfit.cap is not None:
        canvas.ball((x, y - 0.032 * u), 0.057 * u, 0.044 * u, outfit.cap)
        if not away:
            canvas.ball((x + facing * 0.05 * u, y - 0.018 * u), 0.04 * u, 0.01 * u, lit(outfit.cap, 0.8))


def _draw_face(canvas: _Canvas, head: tuple[float, float], skin: Colour) -> None:
    """Draw nose, ear and eyes; from the side the far eye is behind the nose."""
    u, facing = canvas.unit, canvas.cos
    x, y = head
    canvas.ball((x + facing * 0.060 * u, y + 0.016 * u), 0.011 * u, 0.014 * u, skin)
    canvas.ball((x - facing * 0.018 * u, y + 0.012 * u), 0.009 * u, 0.016 * u, lit(skin, 0.82))
    for side in (-0.02, 0.02):
        eye = x + facing * 0.04 * u + side * canvas.sin * u
        canvas.ball((eye, y + 0.002 * u), 0.0055 * u, 0.004 * u, lit(skin, 0.3))


def _rounded(pixels: NDArray[np.float32], size: float) -> NDArray[np.float32]:
    """Light a flat figure from the upper left as if it were round; coverage is scaled to 0..1."""
    cover = pixels[..., 3] * (1 / 255)
    reach = max(1.0, size * 0.022)
    smooth = cv2.GaussianBlur(cover, (0, 0), reach)
    step = max(1, round(reach * 1.2))
    towards = cv2.copyMakeBorder(smooth, 0, step, 0, step, cv2.BORDER_CONSTANT, value=0.0)[step:, step:]
    behind = cv2.copyMakeBorder(smooth, step, 0, step, 0, cv2.BORDER_CONSTANT, value=0.0)[:-step, :-step]
    light = 1.0 + 0.42 * (towards - behind) - 0.12 * (1 - smooth)
    pixels[..., :3] *= np.maximum(light, 0.3)[..., None]
    pixels[..., 3] = cover
    return pixels
