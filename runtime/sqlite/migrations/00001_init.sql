-- +goose Up

-- The realm is in every key: no look-up can reach into another realm. Where a
-- table has a second index, its primary key begins with the value that tells
-- rows apart; if it began with the realm, SQLite, which keeps no statistics
-- here, would take a walk over the whole realm for cheap.
-- Moments are Unix milliseconds; 0 is never. Lists and objects are JSON.

CREATE TABLE users (
  realm            TEXT    NOT NULL,
  id               TEXT    NOT NULL,
  status           TEXT    NOT NULL CHECK (status IN ('active', 'disabled')),
  groups           TEXT    NOT NULL,
  email            TEXT,
  email_verified   INTEGER NOT NULL,
  phone            TEXT,
  phone_verified   INTEGER NOT NULL,
  username         TEXT,
  name             TEXT,
  picture          TEXT,
  provider         TEXT    NOT NULL,
  provider_user_id TEXT    NOT NULL,
  sign_up_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  last_login_at    INTEGER NOT NULL,
  slug             TEXT    NOT NULL,
  factors          TEXT    NOT NULL,
  data             TEXT    NOT NULL,
  PRIMARY KEY (realm, id)
) STRICT, WITHOUT ROWID;

-- One table for identifiers of all kinds, so that nobody can take as a
-- username what is another's address.
CREATE TABLE identifiers (
  realm   TEXT NOT NULL,
  value   TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (value, realm),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX identifiers_by_user ON identifiers (realm, user_id);

CREATE TABLE passwords (
  realm   TEXT NOT NULL,
  user_id TEXT NOT NULL,
  hash    TEXT NOT NULL,
  PRIMARY KEY (realm, user_id),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

-- The key is the SHA-256 of the token. The index carries the id, so that both
-- a list and a handle lead to rows of that user only.
CREATE TABLE sessions (
  realm      TEXT    NOT NULL,
  hash       BLOB    NOT NULL CHECK (length(hash) = 32),
  id         TEXT    NOT NULL CHECK (id <> ''),
  user_id    TEXT    NOT NULL,
  created    INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  idle_end   INTEGER NOT NULL,
  final_end  INTEGER NOT NULL,
  ip         TEXT    NOT NULL,
  user_agent TEXT    NOT NULL,
  groups     TEXT    NOT NULL,
  factors    TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  note       TEXT    NOT NULL,
  data       TEXT    NOT NULL,
  PRIMARY KEY (hash, realm),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX sessions_by_user ON sessions (realm, user_id, id);
CREATE INDEX sessions_by_actor ON sessions (realm, actor) WHERE actor <> '';

CREATE TABLE keys (
  realm     TEXT    NOT NULL,
  hash      BLOB    NOT NULL CHECK (length(hash) = 32),
  id        TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  kind      TEXT    NOT NULL CHECK (kind IN ('private', 'public')),
  owner     TEXT    NOT NULL,
  scopes    TEXT    NOT NULL,
  endpoints TEXT    NOT NULL,
  created   INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  revoked   INTEGER NOT NULL,
  replaced  INTEGER NOT NULL,
  last_used INTEGER NOT NULL,
  PRIMARY KEY (hash, realm)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX keys_by_id ON keys (realm, id);
CREATE UNIQUE INDEX keys_in_force ON keys (realm, name) WHERE revoked = 0 AND replaced = 0;
CREATE INDEX keys_by_name ON keys (realm, name, created);
CREATE INDEX keys_by_owner ON keys (realm, owner) WHERE owner <> '';

-- What users are to be told, written together with what it tells of.
CREATE TABLE notices (
  n       INTEGER PRIMARY KEY,
  realm   TEXT    NOT NULL,
  user_id TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT;

CREATE INDEX notices_by_user ON notices (realm, user_id);

PRAGMA application_id = 0x4c617463;
PRAGMA user_version = 1;
