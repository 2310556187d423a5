"""The stage: a drawn front garden with a passer-by, in which everything that moves is known exactly."""

from pisecurity.adapters.cameras.stage.camera import StageCamera
from pisecurity.adapters.cameras.stage.scene import Labelled, Rendered, Scene

__all__ = ["Labelled", "Rendered", "Scene", "StageCamera"]
