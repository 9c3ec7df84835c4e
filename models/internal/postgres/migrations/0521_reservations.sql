-- +goose Up
-- What can be sold once, or a limited number of times, is held for an order while it is paid: an exclusive licence, the
-- uses of a coupon. A slot is free again when its time is over, unless it was used.
CREATE TABLE reservations (
    subject  text NOT NULL,
    slot     bigint NOT NULL CONSTRAINT reservations_slot_check CHECK (slot >= 1),
    order_id uuid NOT NULL REFERENCES orders (id),
    until    timestamptz NOT NULL,
    used     boolean NOT NULL DEFAULT false,
    CONSTRAINT reservations_pkey PRIMARY KEY (subject, slot),
    CONSTRAINT reservations_order_key UNIQUE (order_id, subject)
);
CREATE INDEX reservations_free ON reservations (subject, until) WHERE NOT used;

-- +goose StatementBegin
CREATE FUNCTION reservations_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used THEN
        RAISE EXCEPTION 'a used reservation does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'reservations_used';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER reservations_guard BEFORE UPDATE OR DELETE ON reservations FOR EACH ROW EXECUTE FUNCTION reservations_guard();

-- +goose Down
DROP TABLE reservations;
DROP FUNCTION reservations_guard;
