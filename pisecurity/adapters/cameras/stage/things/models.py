"""Shapes of vehicles: profiles from the side, as wide as the vehicle. Lengths are metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Side: TypeAlias = tuple[float, float]
"""Ahead and up: a point of the profile."""


@dataclass(frozen=True, slots=True)
class Model:
    """The shape of a vehicle; its middle stands over the point of the ground it is at."""

    tall_m: float
    half_m: float
    """Half its width."""
    roof_half_m: float
    hull: tuple[Side, ...]
    """From the rear lower corner over rear, waist and bonnet to the front lower corner."""
    cabin: tuple[Side, ...]
    """Rear foot, rear top, front top and front foot of what stands on the hull."""
    glass: tuple[tuple[Side, ...], ...]
    """Windows of a side."""
    doors: tuple[float, ...]
    """Where their gaps are."""
    axles: Side
    wheel_m: float
    rear_window: bool = True

    @property
    def reach_m(self) -> float:
        """Half its length."""
        return max(abs(ahead) for ahead, _ in self.hull)


HATCHBACK: Final = Model(
    tall_m=1.48, half_m=0.88, roof_half_m=0.66,
    hull=((-2.02, 0.30), (-2.10, 0.55), (-2.04, 0.96), (0.95, 0.98), (1.75, 0.84), (2.08, 0.66), (2.10, 0.34),
          (2.02, 0.24), (-1.95, 0.24)),
    cabin=((-1.98, 0.96), (-1.55, 1.43), (-0.60, 1.48), (0.20, 1.42), (0.98, 0.97)),
    glass=(((-1.42, 1.00), (-1.28, 1.33), (-0.52, 1.40), (-0.50, 1.00)),
           ((-0.42, 1.00), (-0.44, 1.40), (0.14, 1.35), (0.72, 1.00))),
    doors=(-0.46, 0.72, -1.42), axles=(-1.28, 1.32), wheel_m=0.32)  # fmt: skip
SALOON: Final = Model(
    tall_m=1.45, half_m=0.90, roof_half_m=0.64,
    hull=((-2.30, 0.30), (-2.38, 0.60), (-2.30, 0.98), (-1.60, 1.02), (0.90, 0.98), (1.90, 0.84), (2.28, 0.66),
          (2.32, 0.34), (2.22, 0.24), (-2.22, 0.24)),
    cabin=((-1.72, 1.00), (-1.10, 1.38), (-0.45, 1.45), (0.20, 1.40), (1.02, 0.97)),
    glass=(((-1.40, 1.03), (-1.00, 1.31), (-0.42, 1.37), (-0.40, 1.01)),
           ((-0.32, 1.01), (-0.34, 1.37), (0.14, 1.33), (0.76, 1.00))),
    doors=(-0.36, 0.76, -1.30), axles=(-1.42, 1.42), wheel_m=0.33)  # fmt: skip
PANEL_VAN: Final = Model(
    tall_m=2.50, half_m=1.00, roof_half_m=0.90,
    hull=((-2.72, 0.40), (-2.76, 1.20), (1.70, 1.26), (2.45, 1.10), (2.72, 0.85), (2.76, 0.40), (2.66, 0.28),
          (-2.66, 0.28)),
    cabin=((-2.76, 1.20), (-2.70, 2.44), (-2.20, 2.50), (1.02, 2.46), (1.90, 1.24)),
    glass=(((0.62, 1.36), (0.62, 2.02), (1.10, 2.00), (1.56, 1.36)),),
    doors=(0.52, 1.66, -0.80), axles=(-1.60, 1.75), wheel_m=0.35, rear_window=False)  # fmt: skip
