-- +goose Up
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     uuid NOT NULL CONSTRAINT outbox_event_id_key UNIQUE,
    topic        text NOT NULL,
    key          text NOT NULL CONSTRAINT outbox_key_check CHECK (key <> ''),
    type         text NOT NULL,
    revision     bigint NOT NULL CONSTRAINT outbox_revision_check CHECK (revision >= 0),
    committed_at timestamptz NOT NULL,
    message      bytea NOT NULL CONSTRAINT outbox_message_check CHECK (octet_length(message) <= 4194304),
    sent_at      timestamptz,
    partition    integer,
    kafka_offset bigint,
    CONSTRAINT outbox_sent_check CHECK ((sent_at IS NULL) = (partition IS NULL AND kafka_offset IS NULL))
);
CREATE INDEX outbox_unsent_idx ON outbox (id) WHERE sent_at IS NULL;
CREATE INDEX outbox_subject_idx ON outbox (topic, key, revision DESC);
CREATE INDEX outbox_sent_idx ON outbox (sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE idempotency_keys (
    owner      text NOT NULL,
    route      text NOT NULL,
    key        text NOT NULL CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    body_hash  bytea NOT NULL,
    status     integer,
    headers    jsonb,
    body       bytea,
    locked_at  timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (owner, route, key)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

CREATE UNLOGGED TABLE rate_limits (
    bucket     text NOT NULL PRIMARY KEY,
    tokens     double precision NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX rate_limits_updated_idx ON rate_limits (updated_at);

-- +goose Down
DROP TABLE rate_limits;
DROP TABLE idempotency_keys;
DROP TABLE outbox;
