-- *_us: UTC microseconds since 1970, for labels only: the wall clock of a Pi jumps.
-- *_boot_id, *_boot_s: an instant as the kernel counts it; what delays and retries are computed from.
-- number: the order in which rows were stored; what lists are sorted by.

CREATE TABLE alarm (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    mode TEXT NOT NULL,
    by TEXT NOT NULL,
    how TEXT NOT NULL,
    since_boot_id TEXT NOT NULL,
    since_boot_s REAL NOT NULL,
    since_us INTEGER NOT NULL,
    pending_boot_id TEXT,
    pending_boot_s REAL,
    triggered_boot_id TEXT,
    triggered_boot_s REAL,
    until_boot_id TEXT,
    until_boot_s REAL,
    event_id TEXT,
    sequence INTEGER NOT NULL
) STRICT;

-- hash: SHA-256 as hex of the hash before and all other columns; see store/alarm.py.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boot_s REAL NOT NULL,
    mode TEXT NOT NULL,
    by TEXT NOT NULL,
    how TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    event_id TEXT,
    note TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    camera TEXT NOT NULL,
    opened_us INTEGER NOT NULL,
    ended_us INTEGER,
    box_x REAL NOT NULL,
    box_y REAL NOT NULL,
    box_w REAL NOT NULL,
    box_h REAL NOT NULL,
    zones TEXT NOT NULL,
    score REAL NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    kind TEXT,
    why TEXT NOT NULL
) STRICT;

-- event_id refers to no row by force: an alert is stored even when its event could not be, and outlives it.
-- camera is the one of the event, so that the newest alarm of a camera is found without it.
CREATE TABLE alerts (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    event_id TEXT,
    thread TEXT,
    camera TEXT,
    stored_boot_id TEXT NOT NULL,
    stored_boot_s REAL NOT NULL
) STRICT;

CREATE INDEX alerts_of_event ON alerts (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX alarms_of_camera ON alerts (camera, number) WHERE kind = 'alarm';

-- AUTOINCREMENT: an id is never given twice, so that the outcome of a try that outlived
-- its row can never be written to a newer alert.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert INTEGER NOT NULL REFERENCES alerts (number) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT 'waiting',
    detail TEXT NOT NULL DEFAULT '',
    accepted_us INTEGER,
    tried_boot_id TEXT,
    tried_boot_s REAL,
    next_boot_id TEXT,
    next_boot_s REAL,
    UNIQUE (alert, channel, recipient)
) STRICT;

CREATE INDEX outbox_open ON outbox (alert, id) WHERE outcome IN ('waiting', 'later');

CREATE VIEW deliveries AS
SELECT outbox.*, alerts.id AS alert_id, alerts.kind, alerts.at_us, alerts.subject, alerts.text, alerts.event_id,
    alerts.thread
FROM outbox JOIN alerts ON alerts.number = outbox.alert;
