"""Pictures to JPEG files, and JPEG pictures, those of webcams too, to planes."""

from pisecurity.adapters.jpeg.decode import grey
from pisecurity.adapters.jpeg.encode import SimpleJpegEncoder
from pisecurity.adapters.jpeg.smaller import shrink

__all__ = ["SimpleJpegEncoder", "grey", "shrink"]
