-- +goose Up

-- The session from which the one springs that a challenge opens; '' for none.
ALTER TABLE challenges ADD COLUMN origin TEXT NOT NULL DEFAULT '';

PRAGMA user_version = 7;
