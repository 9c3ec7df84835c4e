-- +goose Up
-- What people do not want to be recommended. A pack that is muted as "because" speaks for no other.
CREATE TABLE mutes (
    account_id  uuid NOT NULL CONSTRAINT mutes_account_fkey REFERENCES accounts (id) ON DELETE CASCADE,
    kind        text NOT NULL,
    pack_id     uuid CONSTRAINT mutes_pack_fkey REFERENCES packs (id) ON DELETE CASCADE,
    sound_id    uuid CONSTRAINT mutes_sound_fkey REFERENCES sounds (id) ON DELETE CASCADE,
    producer_id uuid CONSTRAINT mutes_producer_fkey REFERENCES accounts (id) ON DELETE CASCADE,
    reason      text CONSTRAINT mutes_reason_check
                CHECK (reason IN ('bought_together', 'taste', 'same_feel', 'same_genre', 'same_tags', 'followed', 'rising', 'new')),
    thing       text NOT NULL GENERATED ALWAYS AS (coalesce(pack_id::text, sound_id::text, producer_id::text, reason)) STORED,
    created_at  timestamptz NOT NULL,
    CONSTRAINT mutes_pkey PRIMARY KEY (account_id, kind, thing),
    CONSTRAINT mutes_kind_check CHECK (CASE kind
        WHEN 'pack' THEN pack_id IS NOT NULL WHEN 'because' THEN pack_id IS NOT NULL WHEN 'sound' THEN sound_id IS NOT NULL
        WHEN 'producer' THEN producer_id IS NOT NULL WHEN 'reason' THEN reason IS NOT NULL ELSE false END),
    CONSTRAINT mutes_one_check CHECK (num_nonnulls(pack_id, sound_id, producer_id, reason) = 1)
);
CREATE INDEX mutes_pack_idx ON mutes (pack_id) WHERE pack_id IS NOT NULL;
CREATE INDEX mutes_sound_idx ON mutes (sound_id) WHERE sound_id IS NOT NULL;
CREATE INDEX mutes_producer_idx ON mutes (producer_id) WHERE producer_id IS NOT NULL;

-- Counts how often a person's mutes were told, so that whoever hears of them late knows which came last.
ALTER TABLE accounts ADD COLUMN mutes_told bigint NOT NULL DEFAULT 0 CONSTRAINT accounts_mutes_told_check CHECK (mutes_told >= 0);

-- +goose Down
ALTER TABLE accounts DROP COLUMN mutes_told;
DROP TABLE mutes;
