-- +goose Up
-- Every public key that signed certificates. Private keys are in no database.
CREATE TABLE licence_keys (
    id         text PRIMARY KEY,
    public_key bytea NOT NULL,
    since      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT licence_keys_id CHECK (id = encode(substring(sha256(public_key) FOR 8), 'hex') AND length(public_key) = 32)
);

-- The personal licence of one purchase, frozen with it: names, handles and templates change, this does not.
CREATE TABLE licences (
    entitlement_id uuid PRIMARY KEY REFERENCES entitlements (id),
    facts          jsonb NOT NULL,
    template       text NOT NULL,
    text           text NOT NULL,
    text_sha256    text NOT NULL,
    shows_name     boolean NOT NULL DEFAULT false, -- the holder's choice, for the public page of the certificates
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT licences_text_sha256 CHECK (text_sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex'))
);

-- What was signed for it: one for the edition that was bought, and one for each later edition that its owner asked for.
CREATE TABLE certificates (
    id             uuid PRIMARY KEY,
    entitlement_id uuid NOT NULL REFERENCES licences (entitlement_id),
    edition_id     uuid NOT NULL REFERENCES editions (id),
    document       text NOT NULL,
    key_id         text NOT NULL REFERENCES licence_keys (id),
    issued_at      timestamptz NOT NULL,
    CONSTRAINT certificates_edition_key UNIQUE (entitlement_id, edition_id)
);

-- +goose StatementBegin
CREATE FUNCTION licences_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'licences' THEN
        IF to_jsonb(NEW) - 'shows_name' = to_jsonb(OLD) - 'shows_name' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% are frozen', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_frozen';
END $$;
-- +goose StatementEnd
CREATE TRIGGER licences_guard BEFORE UPDATE OR DELETE ON licences FOR EACH ROW EXECUTE FUNCTION licences_guard();
CREATE TRIGGER certificates_guard BEFORE UPDATE OR DELETE ON certificates FOR EACH ROW EXECUTE FUNCTION licences_guard();
CREATE TRIGGER licence_keys_guard BEFORE UPDATE OR DELETE ON licence_keys FOR EACH ROW EXECUTE FUNCTION licences_guard();

-- +goose Down
DROP TABLE certificates;
DROP TABLE licences;
DROP TABLE licence_keys;
DROP FUNCTION licences_guard;
