"""The Pi's own camera, through picamera2."""

from pisecurity.adapters.cameras.picamera2.camera import PiCamera

__all__ = ["PiCamera"]
