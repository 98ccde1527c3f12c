-- What a CRL lists, in one walk through the index: no look at the rows, which hold the DER. In the order of revocation, so that
-- the next one goes to the end.
DROP INDEX certificate_revoked_at;
CREATE INDEX certificate_revoked_at ON certificate (issuer, revoked_at, serial_number, reason_code, not_after)
WHERE revoked_at IS NOT NULL;
