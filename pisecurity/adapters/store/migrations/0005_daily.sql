-- The last daily mail: of which day, and up to which row of each table it told, so that no jump of the clock leaves a gap.
CREATE TABLE daily (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    day TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    stored_boot_id TEXT NOT NULL,
    stored_boot_s REAL NOT NULL,
    events INTEGER NOT NULL,
    ledger INTEGER NOT NULL,
    audit INTEGER NOT NULL,
    alerts INTEGER NOT NULL
) STRICT;
