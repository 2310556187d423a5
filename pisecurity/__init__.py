"""A home alarm for a Raspberry Pi and its camera."""

__version__ = "0.1.0"
