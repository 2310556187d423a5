-- Which schedule is in force and since when, so that no restart makes up for an edge that was none when it passed.
-- fingerprint: SHA-256 as hex of what its edges depend on; since_us: NULL while nobody had set the clock.
-- edge_us, edge_mode: the edge that was dealt with last.
CREATE TABLE schedule (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    fingerprint TEXT NOT NULL,
    since_boot_id TEXT NOT NULL,
    since_boot_s REAL NOT NULL,
    since_us INTEGER,
    edge_us INTEGER,
    edge_mode TEXT
) STRICT;
