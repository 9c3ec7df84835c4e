-- +goose Up
-- More accounts and kinds of the book; what was allowed stays allowed.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_account,
    ADD CONSTRAINT ledger_entries_account CHECK (account ~ '^(stripe_clearing|stripe_fees|platform_revenue|platform_coupons|platform_bank|buyer_refunds|disputes|producer:[0-9a-f-]{36})$');
ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_kind,
    ADD CONSTRAINT ledger_transactions_kind CHECK (kind IN ('sale', 'refund', 'fee', 'payout', 'transfer', 'reversal', 'dispute'));
CREATE INDEX ledger_entries_account_at ON ledger_entries (account, created_at);
CREATE INDEX ledger_entries_at ON ledger_entries USING brin (created_at);

-- +goose StatementBegin
CREATE FUNCTION rules_are_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are added, never changed', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'rules_are_added';
END $$;
-- +goose StatementEnd

-- The commission of single producers, by the time from which it holds; NULL is the platform's again.
CREATE TABLE producer_commission_rules (
    producer_id  uuid NOT NULL REFERENCES accounts (id),
    valid_from   timestamptz NOT NULL,
    basis_points int,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (producer_id, valid_from),
    CONSTRAINT producer_commission_rules_points CHECK (basis_points BETWEEN 0 AND 10000)
);
-- How many days a producer's share waits before it is transferred, by the time from which it holds.
CREATE TABLE hold_rules (
    valid_from timestamptz PRIMARY KEY,
    days       int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT hold_rules_days CHECK (days BETWEEN 0 AND 90)
);
INSERT INTO hold_rules (valid_from, days) VALUES ('-infinity', 7);
CREATE TRIGGER commission_rules_kept BEFORE UPDATE OR DELETE ON commission_rules FOR EACH ROW EXECUTE FUNCTION rules_are_added();
CREATE TRIGGER producer_commission_rules_kept BEFORE UPDATE OR DELETE ON producer_commission_rules FOR EACH ROW EXECUTE FUNCTION rules_are_added();
CREATE TRIGGER hold_rules_kept BEFORE UPDATE OR DELETE ON hold_rules FOR EACH ROW EXECUTE FUNCTION rules_are_added();

-- A producer's account at the payment provider. The key is stored before the provider is asked.
CREATE TABLE connected_accounts (
    producer_id        uuid PRIMARY KEY REFERENCES accounts (id),
    country            text NOT NULL,
    idempotency_key    text NOT NULL,
    provider_id        text,
    details_submitted  boolean NOT NULL DEFAULT false,
    transfers_enabled  boolean NOT NULL DEFAULT false,
    payouts_enabled    boolean NOT NULL DEFAULT false,
    requirements       text[] NOT NULL DEFAULT '{}', -- that wait for the producer
    pending            text[] NOT NULL DEFAULT '{}', -- that the provider is checking
    disabled_reason    text NOT NULL DEFAULT '',
    checked_at         timestamptz,                  -- when the provider was last asked
    created_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT connected_accounts_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT connected_accounts_provider_key UNIQUE (provider_id),
    CONSTRAINT connected_accounts_country CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT connected_accounts_enabled CHECK (provider_id IS NOT NULL OR NOT (transfers_enabled OR payouts_enabled))
);
CREATE INDEX connected_accounts_checked ON connected_accounts (checked_at NULLS FIRST);

-- What one producer earned by one order, what of it was taken back by refunds and disputes, and what was sent less what was
-- reversed. What is still to be sent is amount - taken_back - sent; below zero it is to be reversed.
CREATE TABLE producer_shares (
    order_id    uuid NOT NULL REFERENCES orders (id),
    producer_id uuid NOT NULL REFERENCES accounts (id),
    currency    text NOT NULL,
    amount      bigint NOT NULL,
    taken_back  bigint NOT NULL DEFAULT 0,
    sent        bigint NOT NULL DEFAULT 0,
    held_until  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, producer_id),
    CONSTRAINT producer_shares_amounts CHECK (amount > 0 AND taken_back BETWEEN 0 AND amount AND sent BETWEEN 0 AND amount)
);
CREATE INDEX producer_shares_due ON producer_shares (producer_id, currency, held_until) WHERE amount - taken_back - sent <> 0;

-- A sale makes the shares, whichever release books it.
-- +goose StatementBegin
CREATE FUNCTION producer_shares_earned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    t ledger_transactions;
    producer uuid;
BEGIN
    SELECT * INTO t FROM ledger_transactions WHERE id = NEW.transaction_id;
    IF t.kind <> 'sale' OR t.order_id IS NULL THEN
        RETURN NULL;
    END IF;
    producer := substr(NEW.account, 10)::uuid;
    IF t.demo AND NOT (SELECT demo FROM accounts WHERE id = producer) THEN
        RETURN NULL; -- a demo buyer's money is not a real producer's
    END IF;
    INSERT INTO producer_shares AS s (order_id, producer_id, currency, amount, held_until, created_at)
    VALUES (t.order_id, producer, NEW.currency, -NEW.amount, t.created_at + make_interval(days => (
        SELECT days FROM hold_rules WHERE valid_from <= t.created_at ORDER BY valid_from DESC LIMIT 1)), t.created_at)
    ON CONFLICT (order_id, producer_id) DO UPDATE SET amount = s.amount + EXCLUDED.amount;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_entries_earned AFTER INSERT ON ledger_entries FOR EACH ROW
    WHEN (NEW.account LIKE 'producer:%' AND NEW.amount < 0) EXECUTE FUNCTION producer_shares_earned();
INSERT INTO producer_shares (order_id, producer_id, currency, amount, held_until, created_at)
SELECT t.order_id, a.id, e.currency, -sum(e.amount), t.created_at + interval '7 days', t.created_at
FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id JOIN accounts a ON 'producer:' || a.id = e.account
WHERE t.kind = 'sale' AND t.order_id IS NOT NULL AND (NOT t.demo OR a.demo)
GROUP BY t.order_id, a.id, e.currency, t.created_at;

-- Money on its way to a producer. Stored with its key before the provider is asked.
CREATE TABLE transfers (
    id              uuid PRIMARY KEY,
    order_id        uuid NOT NULL,
    producer_id     uuid NOT NULL,
    currency        text NOT NULL,
    amount          bigint NOT NULL,
    destination     text NOT NULL, -- the connected account
    source          text NOT NULL, -- the charge
    idempotency_key text NOT NULL,
    state           text NOT NULL DEFAULT 'prepared',
    reason          text NOT NULL DEFAULT '', -- why the provider refused it
    provider_id     text,
    created_at      timestamptz NOT NULL,
    sent_at         timestamptz,
    FOREIGN KEY (order_id, producer_id) REFERENCES producer_shares (order_id, producer_id),
    CONSTRAINT transfers_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT transfers_provider_key UNIQUE (provider_id),
    CONSTRAINT transfers_amount CHECK (amount > 0),
    CONSTRAINT transfers_state CHECK (state IN ('prepared', 'sent', 'refused') AND (state = 'sent') = (provider_id IS NOT NULL) AND (state = 'refused') = (reason <> ''))
);
CREATE UNIQUE INDEX transfers_under_way_key ON transfers (order_id, producer_id) WHERE state = 'prepared';
CREATE INDEX transfers_share ON transfers (order_id, producer_id);
CREATE INDEX transfers_producer ON transfers (producer_id, currency) WHERE state = 'prepared';

-- Money that comes back from a producer.
CREATE TABLE transfer_reversals (
    id              uuid PRIMARY KEY,
    transfer_id     uuid NOT NULL REFERENCES transfers (id),
    amount          bigint NOT NULL,
    idempotency_key text NOT NULL,
    state           text NOT NULL DEFAULT 'prepared',
    reason          text NOT NULL DEFAULT '',
    provider_id     text,
    created_at      timestamptz NOT NULL,
    done_at         timestamptz,
    CONSTRAINT transfer_reversals_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT transfer_reversals_provider_key UNIQUE (provider_id),
    CONSTRAINT transfer_reversals_amount CHECK (amount > 0),
    CONSTRAINT transfer_reversals_state CHECK (state IN ('prepared', 'done', 'refused') AND (state = 'done') = (provider_id IS NOT NULL) AND (state = 'refused') = (reason <> ''))
);
CREATE UNIQUE INDEX transfer_reversals_under_way_key ON transfer_reversals (transfer_id) WHERE state = 'prepared';

-- What a refund or a lost dispute takes from a producer's share; each counts once.
CREATE TABLE take_backs (
    cause       text NOT NULL, -- the refund's or the dispute's id
    order_id    uuid NOT NULL,
    producer_id uuid NOT NULL,
    amount      bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cause, order_id, producer_id),
    FOREIGN KEY (order_id, producer_id) REFERENCES producer_shares (order_id, producer_id),
    CONSTRAINT take_backs_amount CHECK (amount > 0)
);

-- What the provider pays to producers' banks, as it told last.
CREATE TABLE payouts (
    id          text PRIMARY KEY, -- at the provider
    producer_id uuid NOT NULL REFERENCES connected_accounts (producer_id),
    currency    text NOT NULL,
    amount      bigint NOT NULL,
    state       text NOT NULL,
    arrives_on  date NOT NULL,
    failure     text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    checked_at  timestamptz NOT NULL,
    CONSTRAINT payouts_state CHECK (state IN ('pending', 'in_transit', 'paid', 'failed', 'canceled'))
);
CREATE INDEX payouts_producer ON payouts (producer_id, created_at DESC);
CREATE INDEX payouts_unsettled ON payouts (checked_at) WHERE state IN ('pending', 'in_transit');

-- Sums of an account's entries up to a moment, so that a balance need not add up its whole history. Always the same as the
-- entries say: they are never changed, and nothing is written before a moment that is an hour past.
CREATE TABLE ledger_checkpoints (
    account  text NOT NULL,
    currency text NOT NULL,
    demo     boolean NOT NULL,
    kind     text NOT NULL,
    until    timestamptz NOT NULL, -- entries created before
    amount   bigint NOT NULL,
    PRIMARY KEY (account, until, currency, demo, kind)
);

-- +goose Down
DROP TABLE ledger_checkpoints;
DROP TABLE payouts;
DROP TABLE take_backs;
DROP TABLE transfer_reversals;
DROP TABLE transfers;
DROP TRIGGER ledger_entries_earned ON ledger_entries;
DROP FUNCTION producer_shares_earned;
DROP TABLE producer_shares;
DROP TABLE connected_accounts;
DROP TRIGGER commission_rules_kept ON commission_rules;
DROP TABLE hold_rules;
DROP TABLE producer_commission_rules;
DROP FUNCTION rules_are_added;
DROP INDEX ledger_entries_at;
DROP INDEX ledger_entries_account_at;
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_account,
    ADD CONSTRAINT ledger_entries_account CHECK (account ~ '^(stripe_clearing|stripe_fees|platform_revenue|buyer_refunds|producer:[0-9a-f-]{36})$');
ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_kind,
    ADD CONSTRAINT ledger_transactions_kind CHECK (kind IN ('sale', 'refund', 'fee', 'payout', 'reversal'));
