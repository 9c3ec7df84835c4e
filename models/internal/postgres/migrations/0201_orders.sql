-- +goose Up
CREATE TABLE orders (
    id           uuid PRIMARY KEY,
    number       bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001),
    buyer_id     uuid NOT NULL REFERENCES accounts (id),
    buyer_email  text NOT NULL,
    buyer_name   text NOT NULL,
    demo         boolean NOT NULL,
    state        text NOT NULL DEFAULT 'open',
    currency     text NOT NULL,
    subtotal     bigint NOT NULL,
    credit       bigint NOT NULL,
    total        bigint NOT NULL,
    refunded     bigint NOT NULL DEFAULT 0,
    fingerprint  text NOT NULL,
    attention    text NOT NULL DEFAULT '',
    cancelled_at timestamptz,
    expired_at   timestamptz,
    returned_at  timestamptz,
    paid_at      timestamptz,
    checked_at   timestamptz, -- when the payment provider was last asked
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT orders_number_key UNIQUE (number),
    CONSTRAINT orders_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT orders_amounts CHECK (
        subtotal BETWEEN 0 AND 99999999 AND credit BETWEEN 0 AND subtotal AND total = subtotal - credit),
    CONSTRAINT orders_chargeable CHECK (total = 0 OR total >= 50),
    CONSTRAINT orders_refunded CHECK (refunded >= 0),
    CONSTRAINT orders_paid CHECK ((paid_at IS NOT NULL) = (state IN ('paid', 'refunding_unavailable', 'refunded_unavailable', 'refunded')))
);
-- One cart content has one order at a time.
CREATE UNIQUE INDEX orders_live_key ON orders (buyer_id, fingerprint) WHERE state IN ('open', 'awaiting_payment', 'waiting_for_bank');
CREATE INDEX orders_buyer ON orders (buyer_id, id DESC);
CREATE INDEX orders_waiting ON orders (created_at) WHERE state = 'open';

-- The same list stands in package order; a test compares the two.
CREATE TABLE order_transitions (
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO order_transitions (from_state, to_state)
SELECT f, t FROM (VALUES
    ('open', ARRAY['awaiting_payment', 'waiting_for_bank', 'paid', 'failed', 'cancelled', 'expired', 'needs_attention', 'refunding_unavailable']),
    ('awaiting_payment', ARRAY['open', 'waiting_for_bank', 'paid', 'failed', 'cancelled', 'expired', 'needs_attention', 'refunding_unavailable']),
    ('waiting_for_bank', ARRAY['paid', 'failed', 'cancelled', 'expired', 'needs_attention', 'refunding_unavailable']),
    ('failed', ARRAY['open', 'awaiting_payment', 'waiting_for_bank', 'paid', 'cancelled', 'expired', 'needs_attention', 'refunding_unavailable']),
    ('expired', ARRAY['open', 'awaiting_payment', 'waiting_for_bank', 'paid', 'failed', 'cancelled', 'needs_attention', 'refunding_unavailable']),
    ('cancelled', ARRAY['waiting_for_bank', 'paid', 'needs_attention', 'refunding_unavailable']),
    ('needs_attention', ARRAY['paid', 'refunding_unavailable', 'cancelled']),
    ('paid', ARRAY['refunded']),
    ('refunding_unavailable', ARRAY['refunded_unavailable'])
) AS v (f, ts), unnest(ts) AS t;

-- +goose StatementBegin
CREATE FUNCTION orders_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'orders are not deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_kept';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'an order begins open, not %', NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_transition';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM order_transitions WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'an order cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_transition';
    END IF;
    IF (NEW.id, NEW.number, NEW.buyer_id, NEW.currency, NEW.subtotal, NEW.credit, NEW.total, NEW.fingerprint, NEW.demo, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.number, OLD.buyer_id, OLD.currency, OLD.subtotal, OLD.credit, OLD.total, OLD.fingerprint, OLD.demo, OLD.created_at) THEN
        RAISE EXCEPTION 'what was ordered does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER orders_guard BEFORE INSERT OR UPDATE OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION orders_guard();

CREATE TABLE order_lines (
    id            uuid PRIMARY KEY,
    order_id      uuid NOT NULL REFERENCES orders (id),
    position      int NOT NULL,
    kind          text NOT NULL,
    pack_id       uuid NOT NULL REFERENCES packs (id),
    edition_id    uuid NOT NULL REFERENCES editions (id),
    edition       int NOT NULL,
    sound_id      uuid,
    pack_slug     text NOT NULL,
    pack_title    text NOT NULL,
    sound_name    text NOT NULL DEFAULT '',
    producer_id   uuid NOT NULL REFERENCES accounts (id),
    licence       text NOT NULL,
    cover_key     text NOT NULL DEFAULT '',
    price         bigint NOT NULL,
    credit        bigint NOT NULL,
    credit_sounds int NOT NULL,
    state         text NOT NULL DEFAULT 'pending',
    reason        text NOT NULL DEFAULT '',
    CONSTRAINT order_lines_position_key UNIQUE (order_id, position),
    CONSTRAINT order_lines_kind CHECK (kind = 'pack' AND sound_id IS NULL OR kind = 'sound' AND sound_id IS NOT NULL),
    CONSTRAINT order_lines_amounts CHECK (price BETWEEN 0 AND 99999999 AND credit BETWEEN 0 AND price),
    CONSTRAINT order_lines_state CHECK (state IN ('pending', 'granted', 'unavailable') AND (reason <> '') = (state = 'unavailable'))
);
CREATE INDEX order_lines_pack ON order_lines (pack_id);

-- +goose StatementBegin
CREATE FUNCTION order_lines_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'order lines are not deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'order_lines_kept';
    END IF;
    IF (NEW.id, NEW.order_id, NEW.kind, NEW.pack_id, NEW.edition_id, NEW.sound_id, NEW.producer_id, NEW.price, NEW.credit)
        IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.kind, OLD.pack_id, OLD.edition_id, OLD.sound_id, OLD.producer_id, OLD.price, OLD.credit)
        OR OLD.state <> 'pending' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'an order line does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'order_lines_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER order_lines_guard BEFORE UPDATE OR DELETE ON order_lines FOR EACH ROW EXECUTE FUNCTION order_lines_guard();

-- One payment page each. Stored before the provider is asked.
CREATE TABLE payment_attempts (
    order_id        uuid NOT NULL REFERENCES orders (id),
    attempt         int NOT NULL,
    state           text NOT NULL,
    idempotency_key text NOT NULL,
    session_id      text,
    url             text NOT NULL DEFAULT '',
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (order_id, attempt),
    CONSTRAINT payment_attempts_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT payment_attempts_session_key UNIQUE (session_id),
    CONSTRAINT payment_attempts_number CHECK (attempt >= 1),
    CONSTRAINT payment_attempts_state CHECK (state IN ('prepared', 'abandoned', 'open', 'processing', 'expired', 'failed', 'mismatch', 'paid'))
);
CREATE INDEX payment_attempts_unsettled ON payment_attempts (created_at) WHERE state IN ('prepared', 'open', 'processing');

-- Money that arrived.
CREATE TABLE payments (
    id          uuid PRIMARY KEY,
    order_id    uuid NOT NULL,
    attempt     int NOT NULL,
    provider_id text NOT NULL,
    amount      bigint NOT NULL,
    duplicate   boolean NOT NULL,
    received_at timestamptz NOT NULL,
    FOREIGN KEY (order_id, attempt) REFERENCES payment_attempts (order_id, attempt),
    CONSTRAINT payments_provider_key UNIQUE (provider_id),
    CONSTRAINT payments_attempt_key UNIQUE (order_id, attempt),
    CONSTRAINT payments_amount CHECK (amount > 0)
);
CREATE UNIQUE INDEX payments_order_key ON payments (order_id) WHERE NOT duplicate;

-- Money that goes back.
CREATE TABLE refunds (
    id          uuid PRIMARY KEY,
    order_id    uuid NOT NULL REFERENCES orders (id),
    payment_id  uuid NOT NULL REFERENCES payments (id),
    amount      bigint NOT NULL,
    reason      text NOT NULL,
    done        boolean NOT NULL DEFAULT false,
    provider_id text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refunds_provider_key UNIQUE (provider_id),
    CONSTRAINT refunds_amount CHECK (amount > 0)
);
CREATE INDEX refunds_order ON refunds (order_id);
CREATE INDEX refunds_pending ON refunds (created_at) WHERE NOT done;

-- Every event of the payment provider we have acted on.
CREATE TABLE payment_events (
    id          text PRIMARY KEY,
    type        text NOT NULL,
    session_id  text,
    order_id    uuid,
    outcome     text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL, -- at the provider
    received_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE payment_events;
DROP TABLE refunds;
DROP TABLE payments;
DROP TABLE payment_attempts;
DROP TABLE order_lines;
DROP FUNCTION order_lines_guard;
DROP TABLE orders;
DROP FUNCTION orders_guard;
DROP TABLE order_transitions;
