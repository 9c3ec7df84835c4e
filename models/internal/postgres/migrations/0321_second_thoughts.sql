-- +goose Up
-- What an admin's act changed is remembered as far as taking it back needs it.
ALTER TABLE take_downs ADD COLUMN listed boolean NOT NULL DEFAULT false; -- the pack was on sale
UPDATE take_downs SET listed = true WHERE with_account;

-- A file on which the analyzer crashed waits for an admin until one looked at it; crashed on again, it waits again.
ALTER TABLE uploads ADD COLUMN dismissed_at timestamptz;

-- +goose Down
ALTER TABLE uploads DROP COLUMN dismissed_at;
ALTER TABLE take_downs DROP COLUMN listed;
