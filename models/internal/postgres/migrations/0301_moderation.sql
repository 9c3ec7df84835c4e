-- +goose Up
ALTER TABLE api_tokens DROP CONSTRAINT api_tokens_scopes_check;
ALTER TABLE api_tokens ADD CONSTRAINT api_tokens_scopes_check
    CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'library', 'studio', 'admin']);

-- Why a pack is off sale by an admin's hand, and what it was before.
CREATE TABLE take_downs (
    id           uuid PRIMARY KEY,
    pack_id      uuid NOT NULL CONSTRAINT take_downs_pack_fkey REFERENCES packs (id) ON DELETE CASCADE,
    with_account boolean NOT NULL, -- because its producer's account was disabled
    reason       text NOT NULL CONSTRAINT take_downs_reason_check CHECK (char_length(reason) BETWEEN 1 AND 2000),
    files_kept   boolean NOT NULL, -- who owns it can still download it
    unpublished  boolean NOT NULL, -- it had changes that buyers did not see
    by           uuid,
    at           timestamptz NOT NULL,
    ended_at     timestamptz,
    CONSTRAINT take_downs_files_check CHECK (files_kept OR NOT with_account)
);
CREATE UNIQUE INDEX take_downs_open_key ON take_downs (pack_id) WHERE ended_at IS NULL;
CREATE INDEX take_downs_pack_idx ON take_downs (pack_id);
INSERT INTO take_downs (id, pack_id, with_account, reason, files_kept, unpublished, at)
    SELECT gen_random_uuid(), id, false, taken_down_for, true, false, updated_at FROM packs WHERE state = 'taken_down';

-- Nothing of a disabled account is on sale: its packs cannot be listed, and it cannot be disabled while one is.
-- +goose StatementBegin
CREATE FUNCTION packs_producer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts WHERE id = NEW.producer_id AND disabled_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the producer''s account is disabled' USING ERRCODE = 'check_violation', CONSTRAINT = 'packs_producer_disabled_check';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION accounts_disabled_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM packs WHERE producer_id = NEW.id AND listed) THEN
        RAISE EXCEPTION 'packs of this account are on sale' USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_disabled_check';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER packs_producer_guard BEFORE UPDATE ON packs FOR EACH ROW WHEN (NEW.listed AND NOT OLD.listed)
    EXECUTE FUNCTION packs_producer_guard();
CREATE CONSTRAINT TRIGGER accounts_disabled_guard AFTER UPDATE ON accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.disabled_at IS NOT NULL AND OLD.disabled_at IS NULL) EXECUTE FUNCTION accounts_disabled_guard();

CREATE TABLE appeals (
    id           uuid PRIMARY KEY,
    pack_id      uuid NOT NULL CONSTRAINT appeals_pack_fkey REFERENCES packs (id) ON DELETE CASCADE,
    take_down_id uuid NOT NULL CONSTRAINT appeals_take_down_fkey REFERENCES take_downs (id) ON DELETE CASCADE,
    text         text NOT NULL CONSTRAINT appeals_text_check CHECK (char_length(text) BETWEEN 10 AND 4000),
    state        text NOT NULL DEFAULT 'open' CONSTRAINT appeals_state_check CHECK (state IN ('open', 'granted', 'refused')),
    answer       text NOT NULL DEFAULT '' CONSTRAINT appeals_answer_check CHECK (char_length(answer) <= 2000),
    resolved_by  uuid,
    resolved_at  timestamptz,
    created_at   timestamptz NOT NULL,
    CONSTRAINT appeals_resolved_check CHECK ((state = 'open') = (resolved_at IS NULL)),
    CONSTRAINT appeals_refused_check CHECK (state <> 'refused' OR answer <> '')
);
CREATE UNIQUE INDEX appeals_open_key ON appeals (pack_id) WHERE state = 'open';
CREATE INDEX appeals_pack_idx ON appeals (pack_id, id DESC);
CREATE INDEX appeals_state_idx ON appeals (state, id);

-- All reports about one thing that are open together. What was reported may be gone by now, so nothing is referred to.
CREATE TABLE report_cases (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CONSTRAINT report_cases_kind_check CHECK (kind IN ('pack', 'sound')),
    subject_id  uuid NOT NULL,
    pack_id     uuid NOT NULL,
    producer_id uuid NOT NULL,
    name        text NOT NULL,
    state       text NOT NULL DEFAULT 'open' CONSTRAINT report_cases_state_check CHECK (state IN ('open', 'dismissed', 'taken_down')),
    note        text NOT NULL DEFAULT '' CONSTRAINT report_cases_note_check CHECK (char_length(note) <= 2000),
    resolved_by uuid,
    resolved_at timestamptz,
    opened_at   timestamptz NOT NULL,
    CONSTRAINT report_cases_pack_check CHECK (kind = 'sound' OR subject_id = pack_id),
    CONSTRAINT report_cases_resolved_check CHECK ((state = 'open') = (resolved_at IS NULL))
);
CREATE UNIQUE INDEX report_cases_open_key ON report_cases (kind, subject_id) WHERE state = 'open';
CREATE INDEX report_cases_state_idx ON report_cases (state, id);
CREATE INDEX report_cases_pack_idx ON report_cases (pack_id);

CREATE TABLE reports (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL CONSTRAINT reports_case_fkey REFERENCES report_cases (id),
    reason      text NOT NULL CONSTRAINT reports_reason_check
                CHECK (reason IN ('copyright', 'not_as_described', 'offensive', 'stolen', 'spam', 'other')),
    text        text NOT NULL CONSTRAINT reports_text_check CHECK (char_length(text) <= 4000),
    email       text NOT NULL CONSTRAINT reports_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length(email) <= 254),
    reporter_id uuid CONSTRAINT reports_reporter_fkey REFERENCES accounts (id),
    created_at  timestamptz NOT NULL,
    CONSTRAINT reports_other_check CHECK (reason <> 'other' OR text <> '')
);
CREATE UNIQUE INDEX reports_once_key ON reports (case_id, lower(email));

-- An answer stands.
-- +goose StatementBegin
CREATE FUNCTION resolved_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'it was answered before' USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_answered_check';
END $$;
-- +goose StatementEnd
CREATE TRIGGER appeals_answered BEFORE UPDATE ON appeals FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION resolved_guard();
CREATE TRIGGER report_cases_answered BEFORE UPDATE ON report_cases FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION resolved_guard();

-- +goose Down
DROP TABLE reports, report_cases, appeals;
DROP FUNCTION resolved_guard;
DROP TRIGGER accounts_disabled_guard ON accounts;
DROP TRIGGER packs_producer_guard ON packs;
DROP FUNCTION accounts_disabled_guard, packs_producer_guard;
DROP TABLE take_downs;
DELETE FROM api_tokens WHERE 'admin' = ANY (scopes);
ALTER TABLE api_tokens DROP CONSTRAINT api_tokens_scopes_check;
ALTER TABLE api_tokens ADD CONSTRAINT api_tokens_scopes_check CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'library', 'studio']);
