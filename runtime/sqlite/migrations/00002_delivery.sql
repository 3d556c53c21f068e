-- +goose Up

-- What is to be sent, written together with what it tells of. An entry of a user
-- goes with the user. body is JSON; what is secret in it is sealed.
CREATE TABLE outbox (
  n       INTEGER PRIMARY KEY,
  realm   TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  user_id TEXT    NOT NULL,
  body    TEXT    NOT NULL,
  created INTEGER NOT NULL,
  due     INTEGER NOT NULL,
  tries   INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_by_due ON outbox (due, n);
CREATE INDEX outbox_by_user ON outbox (realm, user_id) WHERE user_id <> '';

-- Nobody has sent them, and they are too old to be sent.
DROP TABLE notices;

-- The key is the SHA-256 of the token. session is the handle of the session in which
-- it was made, with which it ends; '' for none.
CREATE TABLE tokens (
  realm        TEXT    NOT NULL,
  hash         BLOB    NOT NULL CHECK (length(hash) = 32),
  purpose      TEXT    NOT NULL,
  user_id      TEXT    NOT NULL,
  address_kind TEXT    NOT NULL,
  address      TEXT    NOT NULL,
  audience     TEXT    NOT NULL,
  return_to    TEXT    NOT NULL,
  data         TEXT    NOT NULL,
  factors      TEXT    NOT NULL,
  session      TEXT    NOT NULL,
  ceiling      INTEGER NOT NULL,
  created      INTEGER NOT NULL,
  expires      INTEGER NOT NULL,
  PRIMARY KEY (hash, realm),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_user ON tokens (realm, user_id);

PRAGMA user_version = 2;
