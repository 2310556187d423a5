"""A USB camera as a source of frames, straight from the kernel."""

from pisecurity.adapters.cameras.v4l2.camera import V4l2Camera

__all__ = ["V4l2Camera"]
