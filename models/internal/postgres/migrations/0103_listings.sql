-- +goose Up
-- What buyers see of a pack that was ever published: the state at its last publication.
CREATE TABLE listings (
    pack_id      uuid PRIMARY KEY CONSTRAINT listings_pack_fkey REFERENCES packs (id) ON DELETE CASCADE,
    listed       boolean NOT NULL,
    gone         text NOT NULL DEFAULT '' CONSTRAINT listings_gone_check CHECK (gone IN ('', 'withdrawn', 'taken_down')),
    revision     bigint NOT NULL CONSTRAINT listings_revision_check CHECK (revision > 0),
    producer_id  uuid NOT NULL CONSTRAINT listings_producer_fkey REFERENCES accounts (id),
    slug         text NOT NULL,
    title        text NOT NULL,
    genre        text NOT NULL,
    tags         text[] NOT NULL,
    currency     text NOT NULL,
    price        bigint NOT NULL CONSTRAINT listings_price_check CHECK (price = 0 OR price BETWEEN 50 AND 100000),
    licence      text NOT NULL,
    cover_sha256 text,
    edition_id   uuid NOT NULL CONSTRAINT listings_edition_fkey REFERENCES editions (id),
    edition      integer NOT NULL,
    size_bytes   bigint NOT NULL,
    sounds       integer NOT NULL,
    popularity   double precision NOT NULL DEFAULT 0,
    bought       bigint NOT NULL DEFAULT 0,
    demo         boolean NOT NULL DEFAULT false,
    published_at timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    card         bytea NOT NULL,  -- rendered for lists
    page         bytea NOT NULL,  -- rendered for the pack's page
    listing      bytea NOT NULL,  -- as the last event told it
    CONSTRAINT listings_gone_listed_check CHECK (listed = (gone = ''))
);
ALTER TABLE listings ALTER page SET STORAGE EXTERNAL; -- read far more often than written: not packed
CREATE INDEX listings_newest_idx ON listings (published_at DESC, pack_id DESC) WHERE listed;
CREATE INDEX listings_popular_idx ON listings (popularity DESC, pack_id DESC) WHERE listed;
CREATE INDEX listings_genre_idx ON listings (genre, published_at DESC, pack_id DESC) WHERE listed;
CREATE INDEX listings_producer_idx ON listings (producer_id, published_at DESC, pack_id DESC) WHERE listed;
CREATE INDEX listings_free_idx ON listings (published_at DESC, pack_id DESC) WHERE listed AND price = 0;
CREATE INDEX listings_tags_idx ON listings USING gin (tags) WHERE listed;
CREATE INDEX listings_cover_idx ON listings (cover_sha256) WHERE cover_sha256 IS NOT NULL;
CREATE INDEX listings_slug_idx ON listings (slug);

-- All sounds a pack ever published.
CREATE TABLE listing_sounds (
    sound_id    uuid PRIMARY KEY,
    pack_id     uuid NOT NULL CONSTRAINT listing_sounds_pack_fkey REFERENCES listings (pack_id) ON DELETE CASCADE,
    position    integer NOT NULL,
    removed     boolean NOT NULL DEFAULT false,
    name        text NOT NULL,
    folder      text NOT NULL,
    sha256      text NOT NULL,
    size_bytes  bigint NOT NULL,
    price       bigint CONSTRAINT listing_sounds_price_check CHECK (price = 0 OR price BETWEEN 50 AND 100000), -- null: only with the pack
    preview_key text NOT NULL,
    peaks_key   text NOT NULL,
    tags        text[] NOT NULL,
    row         bytea NOT NULL, -- rendered for lists
    facts       bytea NOT NULL  -- the rest of the sound's page
);
CREATE INDEX listing_sounds_pack_idx ON listing_sounds (pack_id, position);
CREATE INDEX listing_sounds_sha256_idx ON listing_sounds (sha256);
CREATE INDEX listing_sounds_preview_idx ON listing_sounds (preview_key);
CREATE INDEX listing_sounds_peaks_idx ON listing_sounds (peaks_key);
CREATE INDEX listing_sounds_tags_idx ON listing_sounds USING gin (tags) WHERE NOT removed;

-- Popularity: score is the base-2 logarithm of a sum of weights that grow with time (forward decay), so that it needs no
-- update while nothing happens.
CREATE TABLE pack_scores (
    pack_id      uuid PRIMARY KEY CONSTRAINT pack_scores_pack_fkey REFERENCES packs (id) ON DELETE CASCADE,
    score        double precision NOT NULL,
    published    double precision NOT NULL DEFAULT 0, -- the quantised value that the last revision told
    bought       bigint NOT NULL DEFAULT 0,
    published_at timestamptz NOT NULL DEFAULT '-infinity', -- when a change of it made a revision
    updated_at   timestamptz NOT NULL
);
CREATE INDEX pack_scores_due_idx ON pack_scores (updated_at);
CREATE TABLE pack_plays (
    pack_id uuid NOT NULL CONSTRAINT pack_plays_pack_fkey REFERENCES packs (id) ON DELETE CASCADE,
    day     date NOT NULL,
    plays   bigint NOT NULL CONSTRAINT pack_plays_check CHECK (plays >= 0),
    PRIMARY KEY (pack_id, day)
);

-- Objects that rows refer to and storage does not have.
CREATE TABLE missing_objects (
    key         text PRIMARY KEY CONSTRAINT missing_objects_check CHECK (length(key) BETWEEN 1 AND 300),
    reported_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE missing_objects, pack_plays, pack_scores, listing_sounds, listings;
