-- +goose Up

-- Authenticator apps: at most one that is enrolled and one that is not confirmed for each
-- user. secret is sealed with the key of the installation; step is the last step of time
-- whose code was taken. users.factors lists what is enrolled here.
CREATE TABLE authenticators (
  realm   TEXT    NOT NULL,
  user_id TEXT    NOT NULL,
  state   TEXT    NOT NULL CHECK (state IN ('enrolled', 'started')),
  secret  BLOB    NOT NULL,
  step    INTEGER NOT NULL,
  started INTEGER NOT NULL,
  PRIMARY KEY (realm, user_id, state),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

-- A code that was used is gone. mac is its keyed hash.
CREATE TABLE recovery_codes (
  realm   TEXT NOT NULL,
  user_id TEXT NOT NULL,
  mac     BLOB NOT NULL CHECK (length(mac) = 32),
  PRIMARY KEY (realm, user_id, mac),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

-- Sign-ins that have to prove a second factor. The key is the SHA-256 of the token.
CREATE TABLE challenges (
  realm     TEXT    NOT NULL,
  hash      BLOB    NOT NULL CHECK (length(hash) = 32),
  user_id   TEXT    NOT NULL,
  return_to TEXT    NOT NULL,
  factors   TEXT    NOT NULL,
  ceiling   INTEGER NOT NULL,
  tries     INTEGER NOT NULL,
  created   INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  PRIMARY KEY (hash, realm),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_by_user ON challenges (realm, user_id);

PRAGMA user_version = 4;
