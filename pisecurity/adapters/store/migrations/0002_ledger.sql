-- What moved and was no event. lasted_s: first to last sight; left_out: how many more of the same minute have no row.
-- AUTOINCREMENT: rows are pruned, and a number is never given twice, so that a list goes on where it was left.

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    camera TEXT NOT NULL,
    last_us INTEGER NOT NULL,
    lasted_s REAL NOT NULL,
    box_x REAL NOT NULL,
    box_y REAL NOT NULL,
    box_w REAL NOT NULL,
    box_h REAL NOT NULL,
    score REAL NOT NULL,
    zones TEXT NOT NULL,
    reason TEXT NOT NULL,
    left_out INTEGER NOT NULL
) STRICT;
