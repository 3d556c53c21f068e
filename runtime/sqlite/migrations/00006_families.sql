-- +goose Up

-- The session that the first of a chain of sign-ins has opened, from which this one
-- springs by a token; '' where it springs from none, and is the first itself. All that
-- spring from one are of one user, and are found by sessions_by_user.
ALTER TABLE sessions ADD COLUMN family TEXT NOT NULL DEFAULT '';

PRAGMA user_version = 6;
