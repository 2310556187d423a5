"""Decides. No input or output, no clock, no threads, no logging."""
