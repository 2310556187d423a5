"""The database of the state folder."""

from pisecurity.adapters.store.sqlite import SqliteStore

__all__ = ["SqliteStore"]
