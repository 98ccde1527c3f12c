-- The newest logins, within a bound: the writer removes the oldest. The subject is what an unknown certificate says.
CREATE TABLE login (
    id             INTEGER PRIMARY KEY,
    at             INTEGER NOT NULL,
    peer           TEXT    NOT NULL,
    verdict        TEXT    NOT NULL CHECK (verdict IN ('accepted', 'no-certificate', 'refused')),
    reason         TEXT,
    certificate_id INTEGER REFERENCES certificate (id),
    subject        TEXT,
    CHECK ((verdict = 'refused') = (reason IS NOT NULL))
) STRICT;

CREATE INDEX login_certificate ON login (certificate_id, id) WHERE certificate_id IS NOT NULL;

-- When each certificate was last let in; it outlives the rows above.
CREATE TABLE last_login (
    certificate_id INTEGER PRIMARY KEY REFERENCES certificate (id),
    at             INTEGER NOT NULL,
    peer           TEXT    NOT NULL
) STRICT;
