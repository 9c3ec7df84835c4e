-- +goose Up
-- What refunds and disputes are booked as; what was allowed stays allowed.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_account,
    ADD CONSTRAINT ledger_entries_account CHECK (account ~ '^(stripe_clearing|stripe_fees|platform_revenue|platform_coupons|platform_bank|buyer_refunds|disputes|producer:[0-9a-f-]{36})$');
ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_kind,
    ADD CONSTRAINT ledger_transactions_kind CHECK (kind IN ('sale', 'refund', 'fee', 'payout', 'transfer', 'reversal', 'dispute'));

-- How many days after the payment a producer may give money back alone, and a buyer may ask for it. Rows are added, never changed.
CREATE TABLE refund_rules (
    valid_from    timestamptz PRIMARY KEY,
    producer_days int NOT NULL,
    buyer_days    int NOT NULL,
    CONSTRAINT refund_rules_days CHECK (producer_days BETWEEN 0 AND 180 AND buyer_days BETWEEN 0 AND 180)
);
INSERT INTO refund_rules (valid_from, producer_days, buyer_days) VALUES ('-infinity', 30, 30);
-- +goose StatementBegin
CREATE FUNCTION refund_rules_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refund rules are added, never changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_rules_kept';
END $$;
-- +goose StatementEnd
CREATE TRIGGER refund_rules_kept BEFORE UPDATE OR DELETE ON refund_rules FOR EACH ROW EXECUTE FUNCTION refund_rules_kept();

-- A line that was delivered may be refunded or charged back later, as a whole.
ALTER TABLE order_lines DROP CONSTRAINT order_lines_state,
    ADD CONSTRAINT order_lines_state CHECK (state IN ('pending', 'granted', 'unavailable', 'refunded', 'charged_back') AND (reason <> '') = (state = 'unavailable'));
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION order_lines_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'order lines are not deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'order_lines_kept';
    END IF;
    IF (NEW.id, NEW.order_id, NEW.kind, NEW.pack_id, NEW.edition_id, NEW.sound_id, NEW.producer_id, NEW.price, NEW.credit)
        IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.kind, OLD.pack_id, OLD.edition_id, OLD.sound_id, OLD.producer_id, OLD.price, OLD.credit)
        OR OLD.state <> 'pending' AND NEW.state <> OLD.state AND NOT (OLD.state = 'granted' AND NEW.state IN ('refunded', 'charged_back')) THEN
        RAISE EXCEPTION 'an order line does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'order_lines_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- The same lists stand in package order; a test compares them.
CREATE TABLE refund_transitions (
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO refund_transitions (from_state, to_state) VALUES
    ('asked', 'sent'), ('asked', 'arrived'), ('asked', 'failed'), ('asked', 'refused'),
    ('sent', 'arrived'), ('sent', 'failed'), ('arrived', 'failed'),
    ('refused', 'asked'), ('refused', 'sent'), ('refused', 'arrived'), ('failed', 'asked');
CREATE TABLE dispute_transitions (
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO dispute_transitions (from_state, to_state)
SELECT f.state, t.state FROM unnest(ARRAY['warning', 'warning_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost']) WITH ORDINALITY AS f (state, n)
    JOIN unnest(ARRAY['warning', 'warning_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost']) WITH ORDINALITY AS t (state, n) ON f.n < t.n;

-- A refund goes through states; done and refused are what the release before knows of them.
ALTER TABLE refunds
    ADD COLUMN state text NOT NULL DEFAULT 'asked',
    ADD COLUMN attempt int NOT NULL DEFAULT 1,
    ADD COLUMN problem text NOT NULL DEFAULT '', -- why it failed after the provider had taken it
    ADD COLUMN given_by text NOT NULL DEFAULT 'platform',
    ADD COLUMN giver_id uuid REFERENCES accounts (id),
    ADD COLUMN note text NOT NULL DEFAULT '', -- words to the buyer
    ADD COLUMN checked_at timestamptz, -- when the provider was last asked
    ADD CONSTRAINT refunds_attempt CHECK (attempt >= 1),
    ADD CONSTRAINT refunds_given_by CHECK (given_by IN ('platform', 'admin', 'producer', 'provider') AND (giver_id IS NOT NULL OR given_by IN ('platform', 'provider', 'admin')));
UPDATE refunds SET state = CASE WHEN refused <> '' THEN 'refused' WHEN done THEN 'sent' ELSE 'asked' END;
CREATE INDEX refunds_on_their_way ON refunds (checked_at NULLS FIRST) WHERE state = 'sent';
-- +goose StatementBegin
CREATE FUNCTION refunds_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'refunds are not deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_kept';
    END IF;
    IF NEW.state = 'asked' AND (TG_OP = 'INSERT' OR OLD.state = 'asked') THEN -- the release before sets the other two alone
        NEW.state := CASE WHEN NEW.refused <> '' THEN 'refused' WHEN NEW.done THEN 'sent' ELSE 'asked' END;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM refund_transitions WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'a refund cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_transition';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.order_id, NEW.payment_id, NEW.amount, NEW.reason, NEW.given_by) IS DISTINCT FROM
        (OLD.id, OLD.order_id, OLD.payment_id, OLD.amount, OLD.reason, OLD.given_by) THEN
        RAISE EXCEPTION 'what is refunded does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_fixed';
    END IF;
    IF NEW.done <> (NEW.state IN ('sent', 'arrived', 'failed')) OR (NEW.refused <> '') <> (NEW.state = 'refused') OR (NEW.problem <> '') <> (NEW.state = 'failed') THEN
        RAISE EXCEPTION 'a refund that is % says otherwise', NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_state';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER refunds_guard BEFORE INSERT OR UPDATE OR DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION refunds_guard();

-- A buyer's bank takes a payment back. Everything of it is what the provider said last.
CREATE TABLE disputes (
    id          uuid PRIMARY KEY,
    provider_id text NOT NULL,
    order_id    uuid NOT NULL REFERENCES orders (id),
    payment_id  uuid NOT NULL REFERENCES payments (id),
    amount      bigint NOT NULL,
    currency    text NOT NULL,
    reason      text NOT NULL,
    state       text NOT NULL,
    due_at      timestamptz, -- until when evidence is taken
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    checked_at  timestamptz NOT NULL DEFAULT now(), -- when the provider was last asked
    CONSTRAINT disputes_provider_key UNIQUE (provider_id),
    CONSTRAINT disputes_amount CHECK (amount > 0 AND currency ~ '^[A-Z]{3}$'),
    CONSTRAINT disputes_state CHECK (state IN ('warning', 'warning_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost')),
    CONSTRAINT disputes_closed CHECK ((closed_at IS NOT NULL) = (state IN ('warning_closed', 'won', 'lost')))
);
CREATE INDEX disputes_order ON disputes (order_id);
CREATE INDEX disputes_open ON disputes (checked_at) WHERE closed_at IS NULL;
-- +goose StatementBegin
CREATE FUNCTION disputes_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'disputes are not deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'disputes_kept';
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM dispute_transitions WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'a dispute cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'disputes_transition';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER disputes_guard BEFORE UPDATE OR DELETE ON disputes FOR EACH ROW EXECUTE FUNCTION disputes_guard();

-- Money that a dispute moved: taken is negative, given back positive.
CREATE TABLE dispute_movements (
    provider_id text PRIMARY KEY, -- the balance transaction
    dispute_id  uuid NOT NULL REFERENCES disputes (id),
    amount      bigint NOT NULL,
    fee         bigint NOT NULL,
    booked_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dispute_movements_dispute ON dispute_movements (dispute_id);

-- What of a line went back, by a refund or by a dispute that was lost.
CREATE TABLE line_returns (
    order_line_id  uuid NOT NULL REFERENCES order_lines (id),
    refund_id      uuid REFERENCES refunds (id),
    dispute_id     uuid REFERENCES disputes (id),
    amount         bigint NOT NULL,
    producer_share bigint NOT NULL, -- of amount
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT line_returns_cause CHECK ((refund_id IS NULL) <> (dispute_id IS NULL)),
    CONSTRAINT line_returns_refund_key UNIQUE (order_line_id, refund_id),
    CONSTRAINT line_returns_dispute_key UNIQUE (order_line_id, dispute_id),
    CONSTRAINT line_returns_amount CHECK (amount > 0 AND producer_share >= 0)
);
-- +goose StatementBegin
CREATE FUNCTION line_returns_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what went back is not changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'line_returns_kept';
    END IF;
    IF (SELECT sum(r.amount) FROM line_returns r WHERE r.order_line_id = NEW.order_line_id) > (SELECT price - credit FROM order_lines WHERE id = NEW.order_line_id) THEN
        RAISE EXCEPTION 'more went back than was paid for the line' USING ERRCODE = 'check_violation', CONSTRAINT = 'line_returns_most';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER line_returns_guard AFTER INSERT OR UPDATE OR DELETE ON line_returns FOR EACH ROW EXECUTE FUNCTION line_returns_guard();

-- A buyer asks for the money of a line.
CREATE TABLE refund_requests (
    id            uuid PRIMARY KEY,
    order_id      uuid NOT NULL REFERENCES orders (id),
    order_line_id uuid NOT NULL REFERENCES order_lines (id),
    buyer_id      uuid NOT NULL REFERENCES accounts (id),
    producer_id   uuid NOT NULL REFERENCES accounts (id),
    reason        text NOT NULL,
    state         text NOT NULL DEFAULT 'asked',
    answer        text NOT NULL DEFAULT '',
    answered_by   text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL,
    decided_at    timestamptz,
    CONSTRAINT refund_requests_state CHECK (state IN ('asked', 'granted', 'declined', 'withdrawn') AND (state = 'asked') = (decided_at IS NULL)),
    CONSTRAINT refund_requests_answered CHECK (answered_by IN ('', 'producer', 'admin') AND (answered_by <> '' OR state <> 'declined')),
    CONSTRAINT refund_requests_words CHECK (length(reason) BETWEEN 1 AND 2000 AND length(answer) <= 2000)
);
CREATE UNIQUE INDEX refund_requests_open_key ON refund_requests (order_line_id) WHERE state = 'asked';
CREATE INDEX refund_requests_order ON refund_requests (order_id);
CREATE INDEX refund_requests_producer ON refund_requests (producer_id, id DESC);
-- +goose StatementBegin
CREATE FUNCTION refund_requests_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'asked' OR (NEW.order_line_id, NEW.buyer_id, NEW.producer_id, NEW.reason) IS DISTINCT FROM
        (OLD.order_line_id, OLD.buyer_id, OLD.producer_id, OLD.reason) THEN
        RAISE EXCEPTION 'a request is answered once' USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_requests_once';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER refund_requests_guard BEFORE UPDATE OR DELETE ON refund_requests FOR EACH ROW EXECUTE FUNCTION refund_requests_guard();

-- What a refund or a dispute was asked about comes with the payment.
CREATE INDEX line_returns_refund ON line_returns (refund_id);
CREATE INDEX line_returns_dispute ON line_returns (dispute_id);

-- +goose Down
DROP TABLE refund_requests;
DROP FUNCTION refund_requests_guard;
DROP TABLE line_returns;
DROP FUNCTION line_returns_guard;
DROP TABLE dispute_movements;
DROP TABLE disputes;
DROP FUNCTION disputes_guard;
DROP TRIGGER refunds_guard ON refunds;
DROP FUNCTION refunds_guard;
ALTER TABLE refunds DROP COLUMN state, DROP COLUMN attempt, DROP COLUMN problem, DROP COLUMN given_by, DROP COLUMN giver_id, DROP COLUMN note, DROP COLUMN checked_at;
DROP TABLE dispute_transitions;
DROP TABLE refund_transitions;
DROP TABLE refund_rules;
DROP FUNCTION refund_rules_kept;
