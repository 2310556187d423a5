-- digest: HMAC-SHA-256 as hex of a word that everybody knows, under the key of all codes: by it another key in the place
-- of that one is found, and nothing can be learned of the key.
CREATE TABLE code_key (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    digest TEXT NOT NULL
) STRICT;
