"""From what happened to an alert in the outbox."""
