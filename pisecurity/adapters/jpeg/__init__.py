"""Pictures to JPEG files, and the JPEG pictures of webcams to planes."""

from pisecurity.adapters.jpeg.encode import SimpleJpegEncoder
from pisecurity.adapters.jpeg.smaller import shrink

__all__ = ["SimpleJpegEncoder", "shrink"]
