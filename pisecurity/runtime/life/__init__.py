"""Signs of life: what tells that an alarm would arrive, and that it was off."""
