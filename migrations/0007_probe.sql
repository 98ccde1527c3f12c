-- A profile for the client certificates that a probe presents, so that they can be told from those of people and devices.
-- SQLite cannot change a CHECK, so the table is made anew.
CREATE TABLE certificate_new (
    id                 INTEGER PRIMARY KEY,
    der                BLOB    NOT NULL,
    fingerprint_sha256 BLOB    NOT NULL UNIQUE CHECK (length(fingerprint_sha256) = 32),
    issuer             BLOB    NOT NULL,
    serial_number      BLOB    NOT NULL CHECK (length(serial_number) <= 20),
    profile            TEXT    NOT NULL
                       CHECK (profile IN ('root', 'issuing', 'server', 'client', 'probe', 'ocsp-responder', 'audit', 'other')),
    name               TEXT,
    name_folded        TEXT,
    device             TEXT,
    device_folded      TEXT,
    subject            TEXT    NOT NULL,
    not_before         INTEGER NOT NULL,
    not_after          INTEGER NOT NULL,
    issued_at          INTEGER NOT NULL,
    imported_at        INTEGER,
    revoked_at         INTEGER,
    reason_code        INTEGER CHECK (reason_code BETWEEN 0 AND 10 AND reason_code <> 7),
    supersedes         INTEGER REFERENCES certificate (id),
    superseded_at      INTEGER,
    UNIQUE (issuer, serial_number),
    CHECK (not_before <= not_after),
    CHECK ((name IS NULL) = (name_folded IS NULL)),
    CHECK ((device IS NULL) = (device_folded IS NULL)),
    CHECK ((revoked_at IS NULL) = (reason_code IS NULL))
) STRICT;

INSERT INTO certificate_new
SELECT id, der, fingerprint_sha256, issuer, serial_number, profile, name, name_folded, device, device_folded, subject,
       not_before, not_after, issued_at, imported_at, revoked_at, reason_code, supersedes, superseded_at
FROM certificate;

DROP TABLE certificate;
ALTER TABLE certificate_new RENAME TO certificate;

CREATE INDEX certificate_serial_number ON certificate (serial_number);
CREATE INDEX certificate_name ON certificate (name_folded, device_folded);
CREATE INDEX certificate_authority ON certificate (profile, id) WHERE profile IN ('root', 'issuing');
CREATE INDEX certificate_service ON certificate (profile, id) WHERE profile IN ('ocsp-responder', 'audit');
CREATE INDEX certificate_not_after ON certificate (not_after);
CREATE INDEX certificate_revoked_at ON certificate (issuer, revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX certificate_supersedes ON certificate (supersedes) WHERE supersedes IS NOT NULL;
CREATE INDEX certificate_life ON certificate (id, not_before, not_after, issued_at, revoked_at, profile);
