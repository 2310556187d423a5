-- Faults that were mailed and are not over, so that a restart neither mails them again nor forgets to say they are over.
CREATE TABLE told_faults (
    key TEXT PRIMARY KEY,
    alert_id TEXT NOT NULL
) STRICT;
