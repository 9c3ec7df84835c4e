-- +goose Up
-- What somebody owns: an edition of a pack, or one sound. Ends only by a refund.
CREATE TABLE entitlements (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES accounts (id),
    kind          text NOT NULL,
    pack_id       uuid NOT NULL REFERENCES packs (id),
    sound_id      uuid,
    edition_id    uuid NOT NULL REFERENCES editions (id),
    producer_id   uuid NOT NULL,
    order_id      uuid NOT NULL REFERENCES orders (id),
    order_line_id uuid NOT NULL REFERENCES order_lines (id),
    paid          bigint NOT NULL, -- minor units of currency
    currency      text NOT NULL,
    demo          boolean NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    CONSTRAINT entitlements_line_key UNIQUE (order_line_id),
    CONSTRAINT entitlements_kind CHECK (kind = 'pack' AND sound_id IS NULL OR kind = 'sound' AND sound_id IS NOT NULL)
);
CREATE UNIQUE INDEX entitlements_pack_key ON entitlements (account_id, pack_id) WHERE kind = 'pack' AND ended_at IS NULL;
CREATE UNIQUE INDEX entitlements_sound_key ON entitlements (account_id, sound_id) WHERE kind = 'sound' AND ended_at IS NULL;
CREATE INDEX entitlements_library ON entitlements (account_id, id DESC);
CREATE INDEX entitlements_pack ON entitlements (pack_id, created_at);
CREATE INDEX entitlements_producer ON entitlements (producer_id, created_at);

CREATE TABLE downloads (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind       text NOT NULL,
    pack_id    uuid NOT NULL,
    sound_id   uuid,
    edition_id uuid NOT NULL,
    file_name  text NOT NULL,
    size_bytes bigint NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX downloads_account ON downloads (account_id, id DESC);

-- +goose Down
DROP TABLE downloads;
DROP TABLE entitlements;
