-- +goose Up
CREATE TABLE crates (
    id          uuid PRIMARY KEY,
    owner_id    uuid NOT NULL CONSTRAINT crates_owner_fkey REFERENCES accounts (id) ON DELETE CASCADE,
    name        text NOT NULL CONSTRAINT crates_name_check CHECK (char_length(name) BETWEEN 1 AND 80),
    note        text NOT NULL DEFAULT '' CONSTRAINT crates_note_check CHECK (char_length(note) <= 500),
    liked       boolean NOT NULL DEFAULT false,
    share_token text CONSTRAINT crates_share_token_key UNIQUE,
    items       integer NOT NULL DEFAULT 0 CONSTRAINT crates_items_check CHECK (items BETWEEN 0 AND 5000),
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX crates_liked_key ON crates (owner_id) WHERE liked;
CREATE INDEX crates_owner_idx ON crates (owner_id, updated_at DESC);

CREATE TABLE crate_items (
    id       uuid PRIMARY KEY,
    crate_id uuid NOT NULL CONSTRAINT crate_items_crate_fkey REFERENCES crates (id) ON DELETE CASCADE,
    pack_id  uuid NOT NULL,
    sound_id uuid, -- null: the pack itself
    note     text NOT NULL DEFAULT '' CONSTRAINT crate_items_note_check CHECK (char_length(note) <= 500),
    position bigint NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT crate_items_position_key UNIQUE (crate_id, position) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX crate_items_thing_key ON crate_items (crate_id, coalesce(sound_id, pack_id));
CREATE INDEX crate_items_pack_idx ON crate_items (pack_id);

-- +goose Down
DROP TABLE crate_items, crates;
