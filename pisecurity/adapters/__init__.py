"""The outside world, one library each, every one behind a port."""
