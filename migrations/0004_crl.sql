-- Every CRL that was signed; the newest of each issuer lies in its file. as_of is the last entry of the audit log that it
-- took into account: a later revocation makes it stale, whatever the clock says.
CREATE TABLE crl (
    id            INTEGER PRIMARY KEY,
    issuer_id     INTEGER NOT NULL REFERENCES certificate (id),
    crl_number    INTEGER NOT NULL CHECK (crl_number > 0),
    this_update   INTEGER NOT NULL,
    next_update   INTEGER NOT NULL,
    as_of         INTEGER NOT NULL,
    revoked_count INTEGER NOT NULL,
    UNIQUE (issuer_id, crl_number),
    CHECK (this_update < next_update)
) STRICT;

-- Revocations of an imported CA's index whose certificates are not at hand: their serial numbers stay revoked.
CREATE TABLE revoked_serial_number (
    issuer        BLOB    NOT NULL,
    serial_number BLOB    NOT NULL CHECK (length(serial_number) <= 20),
    subject       TEXT    NOT NULL,
    not_after     INTEGER NOT NULL,
    revoked_at    INTEGER NOT NULL,
    reason_code   INTEGER NOT NULL CHECK (reason_code BETWEEN 0 AND 10 AND reason_code <> 7),
    PRIMARY KEY (issuer, serial_number)
) STRICT, WITHOUT ROWID;
