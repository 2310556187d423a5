"""Pictures to JPEG files, and the JPEG pictures of webcams to planes."""

from pisecurity.adapters.jpeg.encode import SimpleJpegEncoder

__all__ = ["SimpleJpegEncoder"]
