"""Carries values from one step to the next: named workers and bounded queues."""
