-- +goose Up
CREATE TABLE sounds (
    id                uuid PRIMARY KEY,
    pack_id           uuid NOT NULL CONSTRAINT sounds_pack_fkey REFERENCES packs (id) ON DELETE CASCADE,
    upload_id         uuid NOT NULL CONSTRAINT sounds_upload_key UNIQUE CONSTRAINT sounds_upload_fkey REFERENCES uploads (id),
    sha256            text NOT NULL CONSTRAINT sounds_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    audio_sha256      text NOT NULL DEFAULT '',
    size_bytes        bigint NOT NULL CONSTRAINT sounds_size_check CHECK (size_bytes > 0),
    format            text NOT NULL CONSTRAINT sounds_format_check CHECK (format IN ('wav', 'aiff', 'flac', 'mp3', 'ogg')),
    sample_rate       integer NOT NULL CONSTRAINT sounds_rate_check CHECK (sample_rate BETWEEN 1 AND 1000000),
    channels          integer NOT NULL CONSTRAINT sounds_channels_check CHECK (channels BETWEEN 1 AND 64),
    bit_depth         integer NOT NULL CONSTRAINT sounds_depth_check CHECK (bit_depth BETWEEN 0 AND 64),
    frames            bigint NOT NULL CONSTRAINT sounds_frames_check CHECK (frames > 0),
    loudness          double precision NOT NULL CONSTRAINT sounds_loudness_check CHECK (loudness BETWEEN -200 AND 100),
    true_peak         double precision NOT NULL CONSTRAINT sounds_peak_check CHECK (true_peak BETWEEN -300 AND 100),
    waveform          bytea NOT NULL CONSTRAINT sounds_waveform_check CHECK (octet_length(waveform) = 96),
    peaks_key         text NOT NULL,
    preview_key       text NOT NULL,
    measured_type     text NOT NULL CONSTRAINT sounds_measured_type_check CHECK (measured_type IN ('loop', 'one-shot')),
    type_confidence   double precision NOT NULL CONSTRAINT sounds_type_confidence_check CHECK (type_confidence BETWEEN 0 AND 1),
    measured_key      text NOT NULL DEFAULT '',
    key_confidence    double precision NOT NULL CONSTRAINT sounds_key_confidence_check CHECK (key_confidence BETWEEN 0 AND 1),
    measured_tempo    double precision NOT NULL DEFAULT 0 CONSTRAINT sounds_measured_tempo_check CHECK (measured_tempo BETWEEN 0 AND 1000),
    tempo_confidence  double precision NOT NULL CONSTRAINT sounds_tempo_confidence_check CHECK (tempo_confidence BETWEEN 0 AND 1),
    hints             jsonb NOT NULL DEFAULT '[]',
    features          jsonb NOT NULL DEFAULT '[]',
    feature_version   integer NOT NULL DEFAULT 0,
    analyzer          text NOT NULL,
    -- What the producer set; null: nothing, empty or 0: none. No analysis overwrites it.
    stated_type       text CONSTRAINT sounds_stated_type_check CHECK (stated_type IN ('loop', 'one-shot')),
    stated_key        text CONSTRAINT sounds_stated_key_check CHECK (stated_key ~ '^([A-G][#b]?m?)?$'),
    stated_tempo      double precision CONSTRAINT sounds_stated_tempo_check CHECK (stated_tempo = 0 OR stated_tempo BETWEEN 20 AND 400),
    instrument        text CONSTRAINT sounds_instrument_check CHECK (length(instrument) <= 30),
    tags              text[] NOT NULL DEFAULT '{}' CONSTRAINT sounds_tags_check CHECK (cardinality(tags) <= 15),
    price_set         text NOT NULL DEFAULT 'default' CONSTRAINT sounds_price_set_check CHECK (price_set IN ('default', 'pack', 'own')),
    price             bigint CONSTRAINT sounds_price_check CHECK (price = 0 OR price BETWEEN 50 AND 100000),
    keep_twin         boolean NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL,
    CONSTRAINT sounds_own_price_check CHECK ((price_set = 'own') = (price IS NOT NULL))
);
CREATE INDEX sounds_pack_idx ON sounds (pack_id);
CREATE INDEX sounds_sha256_idx ON sounds (sha256);
CREATE INDEX sounds_preview_idx ON sounds (preview_key);
CREATE INDEX sounds_peaks_idx ON sounds (peaks_key);

-- An immutable set of files: what is bought, kept and certified.
CREATE TABLE editions (
    id           uuid PRIMARY KEY,
    pack_id      uuid NOT NULL CONSTRAINT editions_pack_fkey REFERENCES packs (id),
    number       integer NOT NULL CONSTRAINT editions_number_check CHECK (number > 0),
    title        text NOT NULL,
    files_digest text NOT NULL,
    size_bytes   bigint NOT NULL CONSTRAINT editions_size_check CHECK (size_bytes >= 0), -- of all files
    state        text NOT NULL DEFAULT 'building' CONSTRAINT editions_state_check CHECK (state IN ('building', 'built', 'failed')),
    tries        integer NOT NULL DEFAULT 0 CONSTRAINT editions_tries_check CHECK (tries BETWEEN 0 AND 3),
    zip_key      text,
    zip_bytes    bigint CONSTRAINT editions_zip_bytes_check CHECK (zip_bytes > 0),
    zip_sha256   text CONSTRAINT editions_zip_sha256_check CHECK (zip_sha256 ~ '^[0-9a-f]{64}$'),
    created_at   timestamptz NOT NULL,
    built_at     timestamptz,
    CONSTRAINT editions_number_key UNIQUE (pack_id, number),
    CONSTRAINT editions_built_check CHECK ((state = 'built') = (zip_key IS NOT NULL) AND (zip_key IS NULL) = (zip_bytes IS NULL)
        AND (zip_key IS NULL) = (zip_sha256 IS NULL) AND (zip_key IS NULL) = (built_at IS NULL))
);
CREATE TABLE edition_files (
    edition_id uuid NOT NULL CONSTRAINT edition_files_edition_fkey REFERENCES editions (id) ON DELETE CASCADE,
    path       text NOT NULL, -- in the zip
    sha256     text NOT NULL CONSTRAINT edition_files_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes bigint NOT NULL CONSTRAINT edition_files_size_check CHECK (size_bytes > 0),
    kind       text NOT NULL CONSTRAINT edition_files_kind_check CHECK (kind IN ('sound', 'extra')),
    sound_id   uuid, -- stays when the sound is gone
    PRIMARY KEY (edition_id, path),
    CONSTRAINT edition_files_sound_check CHECK ((kind = 'sound') = (sound_id IS NOT NULL))
);
CREATE INDEX edition_files_sha256_idx ON edition_files (sha256);
CREATE INDEX edition_files_sound_idx ON edition_files (sound_id) WHERE sound_id IS NOT NULL;
ALTER TABLE packs ADD CONSTRAINT packs_edition_fkey FOREIGN KEY (edition_id) REFERENCES editions (id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT packs_building_fkey FOREIGN KEY (building_id) REFERENCES editions (id) DEFERRABLE INITIALLY DEFERRED;

-- A built edition never changes, and its files never do.
-- +goose StatementBegin
CREATE FUNCTION editions_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'built' OR NEW.pack_id <> OLD.pack_id OR NEW.number <> OLD.number OR NEW.files_digest <> OLD.files_digest
        OR NEW.size_bytes <> OLD.size_bytes THEN
        RAISE EXCEPTION 'an edition does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'editions_immutable_check';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION edition_files_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the files of an edition do not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_files_immutable_check';
END $$;
-- +goose StatementEnd
CREATE TRIGGER editions_guard BEFORE UPDATE ON editions FOR EACH ROW EXECUTE FUNCTION editions_guard();
CREATE TRIGGER edition_files_guard BEFORE UPDATE ON edition_files FOR EACH ROW EXECUTE FUNCTION edition_files_guard();

-- +goose Down
ALTER TABLE packs DROP CONSTRAINT packs_edition_fkey, DROP CONSTRAINT packs_building_fkey;
DROP TABLE edition_files, editions, sounds;
DROP FUNCTION editions_guard, edition_files_guard;
