-- +goose Up
-- When a sound was first on sale. Whether it is new to somebody is decided by it, so that no repetition of an event,
-- replay or edit makes anything new again.
ALTER TABLE listing_sounds ADD COLUMN since timestamptz NOT NULL DEFAULT now();
ALTER TABLE listing_sounds ALTER COLUMN since SET DEFAULT clock_timestamp();

-- In the order in which they become visible: numbers are drawn under one lock that is held until the commit.
CREATE SEQUENCE saved_search_numbers;

CREATE TABLE saved_searches (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL CONSTRAINT saved_searches_account_fkey REFERENCES accounts (id) ON DELETE CASCADE,
    number      bigint NOT NULL CONSTRAINT saved_searches_number_key UNIQUE, -- a new one when it is restored
    name        text NOT NULL CONSTRAINT saved_searches_name_check CHECK (char_length(name) BETWEEN 1 AND 80),
    query       text NOT NULL CONSTRAINT saved_searches_query_check CHECK (octet_length(query) <= 8192), -- the indexer's value as JSON with sorted names
    query_hash  bytea NOT NULL CONSTRAINT saved_searches_hash_check CHECK (octet_length(query_hash) = 32),
    mail        text NOT NULL DEFAULT 'none' CONSTRAINT saved_searches_mail_check CHECK (mail IN ('none', 'instant', 'daily')),
    told_at     timestamptz NOT NULL, -- what matched later was not written about
    mailed_at   timestamptz,
    mail_due    timestamptz,          -- a job sends a mail then
    seen_at     timestamptz NOT NULL, -- what matched later is new
    seen_before timestamptz NOT NULL, -- seen_at before the last visit
    matches     integer NOT NULL DEFAULT 0, -- that are kept
    let_go      timestamptz NOT NULL DEFAULT '-infinity', -- until then first on sale: matches that are not kept any more
    let_go_at   timestamptz NOT NULL DEFAULT '-infinity', -- when the latest of them matched
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz
);
CREATE UNIQUE INDEX saved_searches_query_key ON saved_searches (account_id, query_hash) WHERE deleted_at IS NULL;
CREATE INDEX saved_searches_account_idx ON saved_searches (account_id, created_at DESC);
CREATE INDEX saved_searches_deleted_idx ON saved_searches (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE saved_matches (
    saved_search_id uuid NOT NULL CONSTRAINT saved_matches_search_fkey REFERENCES saved_searches (id) ON DELETE CASCADE,
    item_id         uuid NOT NULL, -- a sound, or the pack itself
    pack_id         uuid NOT NULL,
    since           timestamptz NOT NULL, -- first on sale
    at              timestamptz NOT NULL, -- when it matched
    PRIMARY KEY (saved_search_id, item_id)
);
CREATE INDEX saved_matches_at_idx ON saved_matches (saved_search_id, at);

-- +goose Down
DROP TABLE saved_matches, saved_searches;
DROP SEQUENCE saved_search_numbers;
ALTER TABLE listing_sounds DROP COLUMN since;
