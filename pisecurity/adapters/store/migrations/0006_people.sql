-- duress: who was made to disarm; empty where nobody was.
ALTER TABLE alarm ADD COLUMN duress TEXT NOT NULL DEFAULT '';

-- key: what tells people apart, see core/alarm/people.py. windows: JSON list of days, begin and end.
CREATE TABLE people (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    windows TEXT NOT NULL
) STRICT;

-- digest, here and below: HMAC-SHA-256 as hex, under a key that is not in this file.
CREATE TABLE codes (
    number INTEGER PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    duress INTEGER NOT NULL,
    digest TEXT NOT NULL,
    UNIQUE (person, duress)
) STRICT;

CREATE TABLE approvals (
    number INTEGER PRIMARY KEY,
    person TEXT NOT NULL UNIQUE REFERENCES people (key) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    since_boot_id TEXT NOT NULL,
    since_boot_s REAL NOT NULL
) STRICT;

-- AUTOINCREMENT: the owner names phones by this number, and a revoked one must not come back as another.
CREATE TABLE phones (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL REFERENCES people (key) ON DELETE CASCADE,
    label TEXT NOT NULL,
    digest TEXT NOT NULL,
    approved_us INTEGER NOT NULL
) STRICT;

-- Wrong codes by source, and of all together where it is empty. number: the one that failed last has the highest.
CREATE TABLE wrong_codes (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE,
    count INTEGER NOT NULL,
    last_boot_id TEXT NOT NULL,
    last_boot_s REAL NOT NULL,
    told_boot_id TEXT,
    told_boot_s REAL
) STRICT;
