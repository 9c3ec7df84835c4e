-- +goose Up
-- headers: of a dead letter that is sent again; null: those the relay makes. refusals: how often Kafka would not take the event.
ALTER TABLE outbox ADD COLUMN headers jsonb,
    ADD COLUMN refusals integer NOT NULL DEFAULT 0 CONSTRAINT outbox_refusals_check CHECK (refusals >= 0),
    ADD COLUMN refused_at timestamptz,
    ADD COLUMN refusal text NOT NULL DEFAULT '';

-- What became of dead letters. A letter without a row is open.
CREATE TABLE dead_letters (
    topic     text NOT NULL, -- the dead one
    partition integer NOT NULL,
    "offset"  bigint NOT NULL CONSTRAINT dead_letters_offset_check CHECK ("offset" >= 0),
    outcome   text NOT NULL CONSTRAINT dead_letters_outcome_check CHECK (outcome IN ('redriven', 'dismissed', 'superseded')),
    event_id  uuid, -- of the outbox row by which it was sent again
    actor_id  uuid,
    dealt_at  timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, "offset"),
    CONSTRAINT dead_letters_event_check CHECK ((outcome = 'redriven') = (event_id IS NOT NULL))
);

-- Sounds to be measured again. A row goes once its pack's listing shows what was found.
CREATE TABLE measurements (
    upload_id  uuid PRIMARY KEY CONSTRAINT measurements_upload_fkey REFERENCES uploads (id) ON DELETE CASCADE,
    pack_id    uuid NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CONSTRAINT measurements_state_check CHECK (state IN ('waiting', 'asked', 'measured', 'failed')),
    attempt    integer NOT NULL DEFAULT 0 CONSTRAINT measurements_attempt_check CHECK (attempt >= 0), -- as the request says
    tries      integer NOT NULL DEFAULT 0 CONSTRAINT measurements_tries_check CHECK (tries BETWEEN 0 AND 3), -- begun by the analyzer in this attempt
    reason     text NOT NULL DEFAULT '',
    detail     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT measurements_failed_check CHECK ((state = 'failed') = (reason <> ''))
);
CREATE INDEX measurements_state_idx ON measurements (state, created_at, upload_id);
CREATE INDEX measurements_pack_idx ON measurements (pack_id);
CREATE INDEX sounds_feature_version_idx ON sounds (feature_version);

-- Looks at the whole of storage.
CREATE TABLE sweeps (
    id       uuid PRIMARY KEY,
    asked    boolean NOT NULL, -- by an admin
    asked_at timestamptz NOT NULL,
    begun_at timestamptz,
    ended_at timestamptz,
    removed  bigint NOT NULL DEFAULT 0,
    missing  bigint NOT NULL DEFAULT 0,
    error    text NOT NULL DEFAULT '',
    CONSTRAINT sweeps_order_check CHECK (ended_at IS NULL OR begun_at IS NOT NULL)
);
CREATE INDEX sweeps_asked_idx ON sweeps (asked_at);
CREATE UNIQUE INDEX sweeps_waiting_key ON sweeps (asked) WHERE begun_at IS NULL;

ALTER TABLE missing_objects ADD COLUMN first_reported_at timestamptz;
UPDATE missing_objects SET first_reported_at = reported_at;
ALTER TABLE missing_objects ALTER COLUMN first_reported_at SET DEFAULT now(), ALTER COLUMN first_reported_at SET NOT NULL;

-- What needs somebody has to be found without reading everything.
ALTER TABLE orders ADD COLUMN attended_at timestamptz; -- when an admin last said that what was wrong is settled
CREATE INDEX orders_attention_idx ON orders (id) WHERE state = 'needs_attention';
CREATE INDEX refunds_refused_idx ON refunds (order_id) WHERE refused <> '';
CREATE INDEX uploads_crashed_idx ON uploads (updated_at) WHERE state = 'refused' AND reason = 'analyzer_crashed' AND removed_at IS NULL;

-- +goose Down
DROP INDEX uploads_crashed_idx, refunds_refused_idx, orders_attention_idx;
ALTER TABLE orders DROP COLUMN attended_at;
ALTER TABLE missing_objects DROP COLUMN first_reported_at;
DROP TABLE sweeps;
DROP INDEX sounds_feature_version_idx;
DROP TABLE measurements, dead_letters;
ALTER TABLE outbox DROP COLUMN refusal, DROP COLUMN refused_at, DROP COLUMN refusals, DROP COLUMN headers;
