-- +goose Up
-- What admins did. Rows stay as they were written; the actor's e-mail is the one of that day.
CREATE TABLE audit_log (
    id           uuid PRIMARY KEY,
    at           timestamptz NOT NULL,
    actor_id     uuid,
    actor_email  text NOT NULL DEFAULT '',
    via          text NOT NULL CONSTRAINT audit_log_via_check CHECK (via <> ''),
    request_id   text NOT NULL DEFAULT '' CONSTRAINT audit_log_request_check CHECK (length(request_id) <= 64),
    action       text NOT NULL CONSTRAINT audit_log_action_check CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$' AND length(action) <= 60),
    subject_kind text NOT NULL CONSTRAINT audit_log_subject_kind_check CHECK (subject_kind ~ '^[a-z_]+$' AND length(subject_kind) <= 40),
    subject_id   text NOT NULL DEFAULT '' CONSTRAINT audit_log_subject_id_check CHECK (length(subject_id) <= 300),
    subject_name text NOT NULL DEFAULT '',
    reason       text NOT NULL DEFAULT '' CONSTRAINT audit_log_reason_check CHECK (char_length(reason) <= 2000),
    data         jsonb NOT NULL DEFAULT '{}' CONSTRAINT audit_log_data_check CHECK (jsonb_typeof(data) = 'object')
);
CREATE INDEX audit_log_actor_idx ON audit_log (actor_id, id DESC);
CREATE INDEX audit_log_subject_idx ON audit_log (subject_id, id DESC);
CREATE INDEX audit_log_action_idx ON audit_log (action text_pattern_ops, id DESC);

-- +goose StatementBegin
CREATE FUNCTION audit_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_log_append_only_check';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_rows_guard BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_guard();
CREATE TRIGGER audit_log_table_guard BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard();

-- +goose Down
DROP TABLE audit_log;
DROP FUNCTION audit_log_guard;
