-- +goose Up
CREATE TABLE packs (
    id                uuid PRIMARY KEY,
    producer_id       uuid NOT NULL CONSTRAINT packs_producer_fkey REFERENCES accounts (id),
    slug              text NOT NULL CONSTRAINT packs_slug_key UNIQUE
                      CONSTRAINT packs_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 80),
    title             text NOT NULL CONSTRAINT packs_title_check CHECK (char_length(title) BETWEEN 1 AND 120 AND title !~ '[\x01-\x1f\x7f]'),
    description       text NOT NULL DEFAULT '' CONSTRAINT packs_description_check CHECK (char_length(description) <= 5000),
    genre             text NOT NULL DEFAULT '' CONSTRAINT packs_genre_check CHECK (length(genre) <= 40),
    tags              text[] NOT NULL DEFAULT '{}' CONSTRAINT packs_tags_check CHECK (cardinality(tags) <= 15),
    currency          text NOT NULL DEFAULT 'EUR' CONSTRAINT packs_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    price             bigint CONSTRAINT packs_price_check CHECK (price = 0 OR price BETWEEN 50 AND 100000),
    sound_price       bigint CONSTRAINT packs_sound_price_check CHECK (sound_price = 0 OR sound_price BETWEEN 50 AND 100000),
    licence           text NOT NULL DEFAULT 'standard' CONSTRAINT packs_licence_check CHECK (licence IN ('standard')),
    made_with_ai      boolean,
    rights_version    text,
    rights_text       text,
    rights_at         timestamptz,
    demo_sound_id     uuid,
    cover_sha256      text CONSTRAINT packs_cover_check CHECK (cover_sha256 ~ '^[0-9a-f]{64}$'),       -- the producer's own
    drawn_cover       text CONSTRAINT packs_drawn_cover_check CHECK (drawn_cover ~ '^[0-9a-f]{64}$'),  -- drawn from the waveform
    state             text NOT NULL DEFAULT 'draft' CONSTRAINT packs_state_check
                      CHECK (state IN ('draft', 'checking', 'ready', 'publishing', 'live', 'withdrawn', 'taken_down')),
    listed            boolean NOT NULL DEFAULT false,
    unpublished       boolean NOT NULL DEFAULT false,
    version           bigint NOT NULL DEFAULT 1 CONSTRAINT packs_version_check CHECK (version > 0),
    revision          bigint NOT NULL DEFAULT 0 CONSTRAINT packs_revision_check CHECK (revision >= 0),
    edition_id        uuid,            -- what buyers get
    building_id       uuid,            -- the edition the analyzer is at work on
    pending           jsonb,           -- the listing as it will be when that edition exists
    publish_failed    text NOT NULL DEFAULT '',
    taken_down_for    text NOT NULL DEFAULT '' CONSTRAINT packs_taken_down_for_length_check CHECK (char_length(taken_down_for) <= 2000),
    demo              boolean NOT NULL DEFAULT false,
    published_at      timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT packs_rights_check CHECK ((rights_version IS NULL) = (rights_at IS NULL) AND (rights_version IS NULL) = (rights_text IS NULL)),
    CONSTRAINT packs_listed_check CHECK (CASE WHEN state = 'live' THEN listed WHEN state = 'publishing' THEN true ELSE NOT listed END),
    CONSTRAINT packs_listed_whole_check CHECK (NOT listed OR (edition_id IS NOT NULL AND published_at IS NOT NULL AND revision > 0)),
    CONSTRAINT packs_building_check CHECK ((state = 'publishing') = (building_id IS NOT NULL) AND (building_id IS NULL) = (pending IS NULL)),
    CONSTRAINT packs_taken_down_for_check CHECK ((state = 'taken_down') = (taken_down_for <> ''))
);
CREATE INDEX packs_producer_idx ON packs (producer_id, updated_at DESC, id DESC);

-- The moves of a pack, the same list as in package catalog; a test compares the two.
-- +goose StatementBegin
CREATE FUNCTION packs_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.revision <> 0 THEN
            RAISE EXCEPTION 'a pack begins as a draft' USING ERRCODE = 'check_violation', CONSTRAINT = 'packs_transition_check';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'checking'), ('draft', 'ready'), ('checking', 'draft'), ('checking', 'ready'), ('ready', 'draft'), ('ready', 'checking'),
        ('ready', 'publishing'), ('publishing', 'live'), ('publishing', 'draft'), ('publishing', 'checking'), ('publishing', 'ready'), ('publishing', 'withdrawn'),
        ('publishing', 'taken_down'), ('live', 'publishing'), ('live', 'withdrawn'), ('live', 'taken_down'), ('withdrawn', 'publishing'),
        ('withdrawn', 'live'), ('withdrawn', 'taken_down'), ('taken_down', 'withdrawn'), ('taken_down', 'live')) THEN
        RAISE EXCEPTION 'a pack cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'packs_transition_check';
    END IF;
    IF NEW.revision < OLD.revision OR NEW.version < OLD.version THEN
        RAISE EXCEPTION 'revision and version only grow' USING ERRCODE = 'check_violation', CONSTRAINT = 'packs_revision_check';
    END IF;
    IF NEW.producer_id <> OLD.producer_id OR NEW.published_at IS DISTINCT FROM OLD.published_at AND OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'producer and first publication stay' USING ERRCODE = 'check_violation', CONSTRAINT = 'packs_fixed_check';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER packs_guard BEFORE INSERT OR UPDATE ON packs FOR EACH ROW EXECUTE FUNCTION packs_guard();

-- Former slugs lead to the pack.
CREATE TABLE pack_slugs (
    slug       text PRIMARY KEY,
    pack_id    uuid NOT NULL REFERENCES packs (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pack_slugs_pack_idx ON pack_slugs (pack_id);

-- Files that were offered and do not belong in a pack.
CREATE TABLE pack_left_out (
    pack_id uuid NOT NULL REFERENCES packs (id) ON DELETE CASCADE,
    path    text NOT NULL,
    name    text NOT NULL,
    PRIMARY KEY (pack_id, path)
);

-- What was published and is no more; the index must be able to learn it again.
CREATE TABLE deleted_packs (
    pack_id    uuid PRIMARY KEY,
    revision   bigint NOT NULL,
    sound_ids  uuid[] NOT NULL,
    deleted_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE deleted_packs, pack_left_out, pack_slugs, packs;
DROP FUNCTION packs_guard;
