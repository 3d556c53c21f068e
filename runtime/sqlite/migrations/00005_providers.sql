-- +goose Up

-- Whose an identity with a provider is. Its key is the issuer and the subject;
-- provider is what the application called the issuer when it was linked.
CREATE TABLE identities (
  realm    TEXT    NOT NULL,
  issuer   TEXT    NOT NULL CHECK (issuer <> ''),
  subject  TEXT    NOT NULL CHECK (subject <> ''),
  user_id  TEXT    NOT NULL,
  provider TEXT    NOT NULL,
  created  INTEGER NOT NULL,
  PRIMARY KEY (subject, issuer, realm),
  FOREIGN KEY (realm, user_id) REFERENCES users (realm, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_by_user ON identities (realm, user_id);

-- Sign-ins that are with a provider now. The key is the SHA-256 of the state; binding
-- is that of what the browser keeps.
CREATE TABLE logins (
  realm     TEXT    NOT NULL,
  state     BLOB    NOT NULL CHECK (length(state) = 32),
  binding   BLOB    NOT NULL CHECK (length(binding) = 32),
  provider  TEXT    NOT NULL,
  callback  TEXT    NOT NULL,
  return_to TEXT    NOT NULL,
  expires   INTEGER NOT NULL,
  PRIMARY KEY (state, realm)
) STRICT, WITHOUT ROWID;

-- Whether the user's e-mail address was not verified when the first password was set:
-- it may be that of somebody else then. It is not known of passwords that are there.
ALTER TABLE passwords ADD COLUMN unshown INTEGER NOT NULL DEFAULT 1;

PRAGMA user_version = 5;
