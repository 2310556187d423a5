"""What somebody looks like: clothes, colours and build."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.paint import Colour

SKIN: Final[tuple[Colour, ...]] = ((140, 172, 214), (112, 146, 196), (70, 98, 146), (54, 72, 104))
HAIR: Final[tuple[Colour, ...]] = ((34, 40, 48), (40, 62, 92), (92, 138, 172), (122, 124, 128))
COATS: Final[tuple[Colour, ...]] = ((62, 54, 158), (138, 84, 38), (46, 122, 168), (52, 50, 54), (84, 108, 62))
MORE_COATS: Final[tuple[Colour, ...]] = (*COATS, (188, 196, 202), (96, 104, 112), (120, 96, 148), (70, 92, 118))
TROUSERS: Final[tuple[Colour, ...]] = ((92, 68, 48), (52, 50, 52), (62, 84, 104), (128, 112, 92))
SHOES: Final[tuple[Colour, ...]] = ((36, 38, 42), (208, 210, 214), (38, 58, 92))
BAGS: Final[tuple[Colour, ...]] = ((48, 52, 58), (52, 92, 128), (110, 62, 40))
DARK: Final[tuple[Colour, ...]] = ((34, 32, 32), (46, 38, 32), (40, 44, 42))
SHORT_COAT: Final = 0.485
LONG_COAT: Final = 0.29


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
    hem: float = SHORT_COAT
    """Height of the coat's lower edge, in body heights."""
    skirt: Colour | None = None
    hood: bool = False
    """The coat's hood is over the head."""
    mask: Colour | None = None
    """A scarf before the face."""
    gloves: Colour | None = None
    long_hair: bool = False
    build: float = 1.0
    """Width of body and limbs as a share of the usual, 0.85 to 1.3."""

    @staticmethod
    def drawn(rng: np.random.Generator) -> Outfit:
        """Return clothes drawn by lot."""
        bag = _one_of(BAGS, rng) if rng.random() < 0.5 else None
        cap = _one_of(COATS, rng) if rng.random() < 0.3 else None
        skin, hair, coat, trousers, shoes = (_one_of(each, rng) for each in (SKIN, HAIR, COATS, TROUSERS, SHOES))
        return Outfit(skin, hair, coat, trousers, shoes, bag, cap)

    @staticmethod
    def varied(rng: np.random.Generator) -> Outfit:
        """Return clothes drawn by lot from more: long coats, skirts, hoods, builds, long hair."""
        plain = replace(Outfit.drawn(rng), coat=_one_of(MORE_COATS, rng))
        hem, hood = (LONG_COAT if rng.random() < 0.2 else SHORT_COAT), bool(rng.random() < 0.15)
        skirt = _one_of(MORE_COATS, rng) if rng.random() < 0.2 else None
        long_hair, build = bool(rng.random() < 0.35), float(rng.uniform(0.88, 1.22))
        return replace(plain, hem=hem, hood=hood, skirt=skirt, long_hair=long_hair, build=build)

    @staticmethod
    def burglar(rng: np.random.Generator) -> Outfit:
        """Return dark clothes with hood and gloves, drawn by lot."""
        coat, trousers = _one_of(DARK, rng), _one_of(DARK, rng)
        mask = (30, 30, 32) if rng.random() < 0.5 else None
        bag = (28, 30, 30) if rng.random() < 0.4 else None
        return Outfit(_one_of(SKIN, rng), _one_of(HAIR, rng), coat, trousers, (26, 26, 28), bag, None, hood=True,
                      mask=mask, gloves=(30, 30, 34), build=float(rng.uniform(0.92, 1.12)))  # fmt: skip


def _one_of(colours: tuple[Colour, ...], rng: np.random.Generator) -> Colour:
    return colours[int(rng.integers(len(colours)))]
