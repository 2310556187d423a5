"""Scores motion detectors, ours and those that people use, on the same frames with the same truth."""
