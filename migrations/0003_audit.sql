-- What was done, when and by whom. Each entry's hash covers the entry and the hash of the one before, so that none can be
-- changed, removed or put elsewhere without every later hash being wrong. The triggers keep the program and a careless
-- hand from it; against a deliberate one stands a signed head that is kept elsewhere.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Which entries change what a CRL lists, and which put an older inventory in place.
CREATE INDEX audit_revocation ON audit (id) WHERE action IN ('revoke', 'unrevoke', 'import');
CREATE INDEX audit_restore ON audit (id) WHERE action = 'restore';

CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
