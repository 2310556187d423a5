"""People: on foot, on hands and knees, on a chair, and on a bicycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pisecurity.adapters.cameras.stage.things.body import ROUND, Body, draw_body
from pisecurity.adapters.cameras.stage.things.drawing import Brush, Extent
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.loads import Load
from pisecurity.adapters.cameras.stage.things.stances import WALK, Stance
from pisecurity.adapters.cameras.stage.things.thing import Patch, Pose

HEIGHT_M: Final = 1.75
CHILD: Final = 0.65
"""Height of a child of about six, as a share of the usual."""
GROWN: Final = 0.9
LOW: Final = 0.6
"""Below this height of its stance a body lies more than it stands, and is seen from above."""
LOOK_DOWN: Final = 0.28


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who moves with the own body."""

    outfit: Outfit
    tall: float = 1.0
    """Height as a share of the usual; children have larger heads for it."""
    stance: Stance = WALK
    carries: Load | None = None

    @property
    def label(self) -> str:
        return "person"

    @property
    def tall_m(self) -> float:
        over = self.carries.high if self.carries is not None else 0.0
        return HEIGHT_M * self.tall * max(self.stance.high, over)

    @property
    def stride_m(self) -> float:
        return HEIGHT_M * self.tall * self.stance.stride

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        skeleton = self.stance.skeleton(pose.phase, pose.swing)
        if self.carries is not None:
            skeleton = self.carries.held(skeleton)
        low = self.stance.high < LOW
        over = max(1.0, self.carries.high if self.carries is not None else 0.0)
        extent = Extent(1.15, 0.66, 0.2) if low else Extent(0.95, over + 0.07, 0.01)
        size = HEIGHT_M * self.tall * unit
        brush = Brush(size, pose.heading, extent, tilt=LOOK_DOWN if low else 0.0)
        brush.lift = skeleton.lowest - skeleton.air
        head = 1 + max(0.0, GROWN - self.tall)
        draw_body(brush, Body(skeleton, self.outfit, head, self.carries))
        return brush.patch(ROUND)
