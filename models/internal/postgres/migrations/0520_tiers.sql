-- +goose Up
-- Licence tiers, each including those before it. What a tier costs is set per pack, for the pack and for its single sounds;
-- null: not offered. The price there was is that of Standard.
-- +goose StatementBegin
CREATE FUNCTION tier_rank(tier text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_position(ARRAY['standard', 'extended', 'exclusive'], tier)
$$;
-- +goose StatementEnd

ALTER TABLE packs
    ADD COLUMN extended_price bigint CONSTRAINT packs_extended_price_check CHECK (extended_price BETWEEN 50 AND 1000000),
    ADD COLUMN exclusive_price bigint CONSTRAINT packs_exclusive_price_check CHECK (exclusive_price BETWEEN 50 AND 1000000),
    ADD COLUMN sound_extended_price bigint CONSTRAINT packs_sound_extended_price_check CHECK (sound_extended_price BETWEEN 50 AND 1000000),
    ADD COLUMN sound_exclusive_price bigint CONSTRAINT packs_sound_exclusive_price_check CHECK (sound_exclusive_price BETWEEN 50 AND 1000000),
    -- Set: the buyer names the price, and price is the least.
    ADD COLUMN suggested_price bigint CONSTRAINT packs_suggested_price_check CHECK (suggested_price BETWEEN 50 AND 100000);

ALTER TABLE listings
    ADD COLUMN extended_price bigint CONSTRAINT listings_extended_price_check CHECK (extended_price BETWEEN 50 AND 1000000),
    ADD COLUMN exclusive_price bigint CONSTRAINT listings_exclusive_price_check CHECK (exclusive_price BETWEEN 50 AND 1000000),
    ADD COLUMN suggested_price bigint CONSTRAINT listings_suggested_price_check CHECK (suggested_price BETWEEN 50 AND 100000);
ALTER TABLE listing_sounds
    ADD COLUMN extended_price bigint CONSTRAINT listing_sounds_extended_price_check CHECK (extended_price BETWEEN 50 AND 1000000),
    ADD COLUMN exclusive_price bigint CONSTRAINT listing_sounds_exclusive_price_check CHECK (exclusive_price BETWEEN 50 AND 1000000);

ALTER TABLE cart_lines
    ADD COLUMN tier text NOT NULL DEFAULT 'standard' CONSTRAINT cart_lines_tier CHECK (tier_rank(tier) IS NOT NULL),
    ADD COLUMN offered bigint CONSTRAINT cart_lines_offered CHECK (offered = 0 OR offered BETWEEN 50 AND 100000); -- named by the buyer
ALTER TABLE order_lines
    ADD COLUMN tier text NOT NULL DEFAULT 'standard' CONSTRAINT order_lines_tier CHECK (tier_rank(tier) IS NOT NULL);
ALTER TABLE entitlements
    ADD COLUMN tier text NOT NULL DEFAULT 'standard' CONSTRAINT entitlements_tier CHECK (tier_rank(tier) IS NOT NULL);

-- +goose StatementBegin
CREATE FUNCTION order_lines_tier_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.tier <> OLD.tier THEN
        RAISE EXCEPTION 'an order line does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'order_lines_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER order_lines_tier_guard BEFORE UPDATE ON order_lines FOR EACH ROW EXECUTE FUNCTION order_lines_tier_guard();

-- An upgrade is a purchase of its own beside the one it builds on.
DROP INDEX entitlements_pack_key;
DROP INDEX entitlements_sound_key;
CREATE UNIQUE INDEX entitlements_pack_key ON entitlements (account_id, pack_id, tier) WHERE kind = 'pack' AND ended_at IS NULL;
CREATE UNIQUE INDEX entitlements_sound_key ON entitlements (account_id, sound_id, tier) WHERE kind = 'sound' AND ended_at IS NULL;
-- What is sold exclusively is sold once.
CREATE UNIQUE INDEX entitlements_exclusive_pack_key ON entitlements (pack_id) WHERE kind = 'pack' AND tier = 'exclusive' AND ended_at IS NULL;
CREATE UNIQUE INDEX entitlements_exclusive_sound_key ON entitlements (sound_id) WHERE kind = 'sound' AND tier = 'exclusive' AND ended_at IS NULL;
CREATE INDEX entitlements_exclusive ON entitlements (edition_id) WHERE tier = 'exclusive' AND ended_at IS NULL;

-- Whether an edition may be handed to an account since it came to own it: not when it holds what was sold exclusively to
-- somebody else by then.
-- +goose StatementBegin
CREATE FUNCTION edition_open_to(edition uuid, account uuid, since timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM edition_files f
        JOIN editions own ON own.id = f.edition_id
        JOIN entitlements x ON x.pack_id = own.pack_id AND x.tier = 'exclusive' AND x.ended_at IS NULL
            AND (x.kind = 'pack' OR x.sound_id = f.sound_id)
        WHERE f.edition_id = edition AND x.account_id <> account AND x.created_at <= since)
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION edition_open_to;
DROP INDEX entitlements_exclusive, entitlements_exclusive_sound_key, entitlements_exclusive_pack_key, entitlements_sound_key, entitlements_pack_key;
CREATE UNIQUE INDEX entitlements_pack_key ON entitlements (account_id, pack_id) WHERE kind = 'pack' AND ended_at IS NULL;
CREATE UNIQUE INDEX entitlements_sound_key ON entitlements (account_id, sound_id) WHERE kind = 'sound' AND ended_at IS NULL;
DROP TRIGGER order_lines_tier_guard ON order_lines;
DROP FUNCTION order_lines_tier_guard;
ALTER TABLE entitlements DROP COLUMN tier;
ALTER TABLE order_lines DROP COLUMN tier;
ALTER TABLE cart_lines DROP COLUMN tier, DROP COLUMN offered;
ALTER TABLE listing_sounds DROP COLUMN extended_price, DROP COLUMN exclusive_price;
ALTER TABLE listings DROP COLUMN extended_price, DROP COLUMN exclusive_price, DROP COLUMN suggested_price;
ALTER TABLE packs DROP COLUMN extended_price, DROP COLUMN exclusive_price, DROP COLUMN sound_extended_price, DROP COLUMN sound_exclusive_price,
    DROP COLUMN suggested_price;
DROP FUNCTION tier_rank;
