"""The one alarm: who switches it, when, and what stands against it."""
