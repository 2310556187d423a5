"""What moves: motion, zones, tracks, events, joined by the pipeline."""
