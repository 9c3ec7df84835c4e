-- +goose Up
-- From where a download was asked for: the first 24 bits of an IPv4 address, 48 of an IPv6 one. Kept for the limits of a day.
ALTER TABLE downloads ADD COLUMN network text NOT NULL DEFAULT '';
CREATE INDEX downloads_recent ON downloads (account_id, at);

-- +goose Down
DROP INDEX downloads_recent;
ALTER TABLE downloads DROP COLUMN network;
