-- step: 1 is the alert as it leaves at once, 2 the better picture that may follow.
-- picture: SHA-256 as hex of the picture that was accepted, so that the same one is not sent again.
-- digest: number of the alert whose mail lists this one.
-- second: 1 for a second contact, who is told later and only if nobody disarms until then.
-- in_doubt: 1 where it may have arrived although nobody knows: then only the same mail may go again.

DROP VIEW deliveries;

CREATE TABLE outbox_in_steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert INTEGER NOT NULL REFERENCES alerts (number) ON DELETE CASCADE,
    step INTEGER NOT NULL DEFAULT 1,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT 'waiting',
    detail TEXT NOT NULL DEFAULT '',
    picture TEXT NOT NULL DEFAULT '',
    digest INTEGER REFERENCES alerts (number) ON DELETE SET NULL,
    second INTEGER NOT NULL DEFAULT 0,
    in_doubt INTEGER NOT NULL DEFAULT 0,
    accepted_us INTEGER,
    tried_boot_id TEXT,
    tried_boot_s REAL,
    next_boot_id TEXT,
    next_boot_s REAL,
    UNIQUE (alert, step, channel, recipient)
) STRICT;

INSERT INTO outbox_in_steps (id, alert, channel, recipient, attempts, outcome, detail, accepted_us, tried_boot_id,
    tried_boot_s, next_boot_id, next_boot_s)
SELECT id, alert, channel, recipient, attempts, outcome, detail, accepted_us, tried_boot_id, tried_boot_s, next_boot_id,
    next_boot_s
FROM outbox;

-- An id is never given twice, also not one whose row was deleted before this migration.
INSERT INTO sqlite_sequence (name, seq)
SELECT 'outbox_in_steps', seq FROM sqlite_sequence WHERE name = 'outbox' AND NOT EXISTS (SELECT 1 FROM outbox_in_steps);
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'outbox')
WHERE name = 'outbox_in_steps' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'outbox');

DROP TABLE outbox;
ALTER TABLE outbox_in_steps RENAME TO outbox;

CREATE INDEX outbox_open ON outbox (step, alert, id) WHERE outcome IN ('waiting', 'later');
CREATE INDEX outbox_digests ON outbox (digest) WHERE digest IS NOT NULL;

-- shows: JSON list of the events whose pictures go along, besides that of event_id.
ALTER TABLE alerts ADD COLUMN shows TEXT NOT NULL DEFAULT '[]';

-- first_picture: what the first step was accepted with; NULL while it was not, which holds the second step back.
CREATE VIEW deliveries AS
SELECT outbox.*, alerts.id AS alert_id, alerts.kind, alerts.at_us, alerts.subject, alerts.text, alerts.event_id,
    alerts.thread, alerts.shows, alerts.stored_boot_id, alerts.stored_boot_s,
    CASE WHEN outbox.step > 1 THEN (
        SELECT before.picture FROM outbox AS before
        WHERE before.alert = outbox.alert AND before.step = 1 AND before.channel = outbox.channel
            AND before.recipient = outbox.recipient AND before.outcome = 'accepted'
    ) END AS first_picture
FROM outbox JOIN alerts ON alerts.number = outbox.alert;

-- held: 1 where nothing but the pause between two mails kept the event silent, 2 once a later mail has told of it.
ALTER TABLE events ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_held ON events (camera, number) WHERE held = 1;

-- When the owner was last mailed of movement in each zone of each camera; zone is empty where there is none.
CREATE TABLE told_zones (
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    stored_boot_id TEXT NOT NULL,
    stored_boot_s REAL NOT NULL,
    PRIMARY KEY (camera, zone)
) STRICT;

INSERT OR REPLACE INTO told_zones (camera, zone, stored_boot_id, stored_boot_s)
SELECT alerts.camera, coalesce(zone.value, ''), alerts.stored_boot_id, alerts.stored_boot_s
FROM alerts JOIN events ON events.id = alerts.event_id
LEFT JOIN json_each(events.zones) AS zone
WHERE alerts.kind = 'alarm' AND alerts.camera IS NOT NULL
ORDER BY alerts.number;

DROP INDEX alarms_of_camera;
