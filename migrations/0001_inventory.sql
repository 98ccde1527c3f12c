-- Every certificate that this CA issued, its own included. The DER is the truth; the other columns index it.
CREATE TABLE certificate (
    id                 INTEGER PRIMARY KEY,
    der                BLOB    NOT NULL,
    fingerprint_sha256 BLOB    NOT NULL UNIQUE CHECK (length(fingerprint_sha256) = 32),
    issuer             BLOB    NOT NULL,
    serial_number      BLOB    NOT NULL CHECK (length(serial_number) <= 20),
    profile            TEXT    NOT NULL CHECK (profile IN ('root', 'issuing', 'server', 'client', 'ocsp-responder')),
    name               TEXT,
    name_folded        TEXT,
    device             TEXT,
    device_folded      TEXT,
    subject            TEXT    NOT NULL,
    not_before         INTEGER NOT NULL,
    not_after          INTEGER NOT NULL,
    issued_at          INTEGER NOT NULL,
    revoked_at         INTEGER,
    reason_code        INTEGER CHECK (reason_code BETWEEN 0 AND 10 AND reason_code <> 7),
    supersedes         INTEGER REFERENCES certificate (id),
    UNIQUE (issuer, serial_number),
    CHECK (not_before <= not_after),
    CHECK ((name IS NULL) = (name_folded IS NULL)),
    CHECK ((device IS NULL) = (device_folded IS NULL)),
    CHECK ((revoked_at IS NULL) = (reason_code IS NULL))
) STRICT;

CREATE INDEX certificate_serial_number ON certificate (serial_number);
CREATE INDEX certificate_name ON certificate (name_folded, device_folded);
CREATE INDEX certificate_authority ON certificate (profile, id) WHERE profile IN ('root', 'issuing');
CREATE INDEX certificate_not_after ON certificate (not_after);
CREATE INDEX certificate_revoked_at ON certificate (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX certificate_supersedes ON certificate (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE subject_alt_name (
    certificate_id INTEGER NOT NULL REFERENCES certificate (id),
    type           TEXT    NOT NULL CHECK (type IN ('dns', 'ip', 'email', 'uri', 'upn')),
    value          TEXT    NOT NULL
) STRICT;

CREATE INDEX subject_alt_name_value ON subject_alt_name (value COLLATE NOCASE);

-- What was decided when the CA was made: its organization, its base URL.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
