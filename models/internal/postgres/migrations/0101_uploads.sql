-- +goose Up
CREATE TABLE uploads (
    id           uuid PRIMARY KEY,
    owner_id     uuid NOT NULL CONSTRAINT uploads_owner_fkey REFERENCES accounts (id),
    pack_id      uuid CONSTRAINT uploads_pack_fkey REFERENCES packs (id) ON DELETE SET NULL,
    parent_id    uuid CONSTRAINT uploads_parent_fkey REFERENCES uploads (id) ON DELETE SET NULL,
    replaces     uuid CONSTRAINT uploads_replaces_fkey REFERENCES uploads (id) ON DELETE SET NULL,
    standby      boolean NOT NULL DEFAULT false, -- takes the place of replaces when it is ready
    purpose      text NOT NULL CONSTRAINT uploads_purpose_check CHECK (purpose IN ('sound', 'extra', 'archive', 'cover', 'avatar', 'banner')),
    fingerprint  text NOT NULL CONSTRAINT uploads_fingerprint_check CHECK (length(fingerprint) BETWEEN 1 AND 1400),
    path         text NOT NULL CONSTRAINT uploads_path_check CHECK (octet_length(path) BETWEEN 1 AND 1024 AND path !~ '(^|/)\.{0,2}(/|$)' AND path !~ '[\x01-\x1f\x7f\\]'),
    path_key     text NOT NULL, -- path with letter case folded
    size_bytes   bigint NOT NULL CONSTRAINT uploads_size_check CHECK (size_bytes BETWEEN 1 AND 2147483648),
    done_bytes   bigint NOT NULL DEFAULT 0,
    object_key   text NOT NULL CONSTRAINT uploads_object_key UNIQUE CONSTRAINT uploads_object_check CHECK (object_key ~ '^incoming/[0-9a-f-]{36}$'),
    multipart_id text NOT NULL DEFAULT '' CONSTRAINT uploads_multipart_check CHECK (length(multipart_id) <= 1024),
    part_bytes   bigint NOT NULL DEFAULT 0 CONSTRAINT uploads_part_check CHECK (part_bytes >= 0),
    etag         text NOT NULL DEFAULT '' CONSTRAINT uploads_etag_check CHECK (length(etag) <= 200),
    state        text NOT NULL DEFAULT 'waiting' CONSTRAINT uploads_state_check CHECK (state IN ('waiting', 'uploading', 'checking', 'ready', 'refused')),
    attempt      integer NOT NULL DEFAULT 0 CONSTRAINT uploads_attempt_check CHECK (attempt >= 0),
    tries        integer NOT NULL DEFAULT 0 CONSTRAINT uploads_tries_check CHECK (tries BETWEEN 0 AND 3),
    reason       text NOT NULL DEFAULT '',
    params       jsonb NOT NULL DEFAULT '{}',
    detail       text NOT NULL DEFAULT '',
    media_sha256 text CONSTRAINT uploads_media_check CHECK (media_sha256 ~ '^[0-9a-f]{64}$'),
    picture      text CONSTRAINT uploads_picture_check CHECK (picture ~ '^[0-9a-f]{64}$'),
    removed_at   timestamptz,
    swept_at     timestamptz,
    created_at   timestamptz NOT NULL,
    completed_at timestamptz,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT uploads_place_check CHECK (pack_id IS NOT NULL OR purpose IN ('avatar', 'banner') OR removed_at IS NOT NULL),
    CONSTRAINT uploads_done_check CHECK (done_bytes BETWEEN 0 AND size_bytes),
    CONSTRAINT uploads_completed_check CHECK ((state IN ('waiting', 'uploading')) = (completed_at IS NULL)),
    CONSTRAINT uploads_bytes_check CHECK (state <> 'checking' OR (etag <> '' AND attempt > 0 AND done_bytes = size_bytes)),
    CONSTRAINT uploads_ready_check CHECK (state <> 'ready' OR purpose = 'archive'
        OR (purpose IN ('sound', 'extra') AND media_sha256 IS NOT NULL) OR (purpose IN ('cover', 'avatar', 'banner') AND picture IS NOT NULL)),
    CONSTRAINT uploads_refused_check CHECK ((state = 'refused') = (reason <> ''))
);
-- One place in a pack holds one file, also on disks that ignore letter case.
CREATE UNIQUE INDEX uploads_path_key ON uploads (pack_id, path_key)
    WHERE removed_at IS NULL AND NOT standby AND purpose IN ('sound', 'extra', 'archive');
-- The same file offered again goes on where it stopped.
CREATE UNIQUE INDEX uploads_open_key ON uploads (owner_id, coalesce(pack_id, '00000000-0000-0000-0000-000000000000'), purpose, fingerprint)
    WHERE removed_at IS NULL AND state IN ('waiting', 'uploading');
CREATE INDEX uploads_pack_idx ON uploads (pack_id) WHERE pack_id IS NOT NULL;
CREATE INDEX uploads_parent_idx ON uploads (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX uploads_replaces_idx ON uploads (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX uploads_unswept_idx ON uploads (updated_at) WHERE swept_at IS NULL;
CREATE INDEX uploads_media_idx ON uploads (media_sha256) WHERE media_sha256 IS NOT NULL;
CREATE INDEX uploads_picture_idx ON uploads (picture) WHERE picture IS NOT NULL;

-- +goose Down
DROP TABLE uploads;
