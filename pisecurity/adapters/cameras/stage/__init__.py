"""The stage: drawn parts of homes, in which everything that moves is known exactly."""

from pisecurity.adapters.cameras.stage.camera import StageCamera
from pisecurity.adapters.cameras.stage.scene import Rendered, Scene
from pisecurity.adapters.cameras.stage.script import Script
from pisecurity.adapters.cameras.stage.situations.demo import garden
from pisecurity.adapters.cameras.stage.truth import Labelled
from pisecurity.adapters.cameras.stage.view import View

__all__ = ["Labelled", "Rendered", "Scene", "Script", "StageCamera", "View", "garden"]
