"""From the outbox to a server that has taken it, or why not."""
