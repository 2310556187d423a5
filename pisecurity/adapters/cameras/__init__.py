"""One module per kind of camera."""
