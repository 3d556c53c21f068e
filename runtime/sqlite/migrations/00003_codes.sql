-- +goose Up

-- Codes that are sent to addresses. The key is the SHA-256 of the binding. mac is the
-- keyed hash of the digits, empty until they are sent; expires is 0 until then.
CREATE TABLE codes (
  realm    TEXT    NOT NULL,
  binding  BLOB    NOT NULL CHECK (length(binding) = 32),
  channel  TEXT    NOT NULL,
  address  TEXT    NOT NULL,
  purposes TEXT    NOT NULL,
  mac      BLOB    NOT NULL,
  tries    INTEGER NOT NULL,
  created  INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  PRIMARY KEY (binding, realm)
) STRICT, WITHOUT ROWID;

CREATE INDEX codes_by_address ON codes (realm, address);

PRAGMA user_version = 3;
