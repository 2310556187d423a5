-- Faults since the last daily mail, so that a restart forgets none; without an end those that there are.
CREATE TABLE past_faults (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    ended_us INTEGER
) STRICT;
