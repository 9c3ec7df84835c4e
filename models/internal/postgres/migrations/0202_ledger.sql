-- +goose Up
-- The platform's commission, by the time from which it holds. Rows are added, never changed.
CREATE TABLE commission_rules (
    valid_from   timestamptz PRIMARY KEY,
    basis_points int NOT NULL,
    CONSTRAINT commission_rules_points CHECK (basis_points BETWEEN 0 AND 10000)
);
INSERT INTO commission_rules (valid_from, basis_points) VALUES ('-infinity', 1500);

CREATE TABLE ledger_transactions (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL,
    reference  text NOT NULL,
    order_id   uuid REFERENCES orders (id),
    demo       boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ledger_transactions_reference_key UNIQUE (reference),
    CONSTRAINT ledger_transactions_kind CHECK (kind IN ('sale', 'refund', 'fee', 'payout', 'reversal'))
);
CREATE INDEX ledger_transactions_order ON ledger_transactions (order_id);

-- Debits are positive, credits negative.
CREATE TABLE ledger_entries (
    id             uuid PRIMARY KEY,
    transaction_id uuid NOT NULL REFERENCES ledger_transactions (id),
    account        text NOT NULL,
    currency       text NOT NULL,
    amount         bigint NOT NULL,
    order_line_id  uuid REFERENCES order_lines (id),
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ledger_entries_amount CHECK (amount <> 0),
    CONSTRAINT ledger_entries_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ledger_entries_account CHECK (account ~ '^(stripe_clearing|stripe_fees|platform_revenue|buyer_refunds|producer:[0-9a-f-]{36})$')
);
CREATE INDEX ledger_entries_transaction ON ledger_entries (transaction_id);
CREATE INDEX ledger_entries_account_id ON ledger_entries (account, id);
CREATE INDEX ledger_entries_line ON ledger_entries (order_line_id);

-- +goose StatementBegin
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_append_only';
END $$;
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tid uuid;
    unbalanced text;
    total numeric;
BEGIN
    IF TG_TABLE_NAME = 'ledger_transactions' THEN
        tid := NEW.id;
    ELSE
        tid := NEW.transaction_id;
    END IF;
    SELECT currency, sum(amount) INTO unbalanced, total FROM ledger_entries
        WHERE transaction_id = tid GROUP BY currency HAVING sum(amount) <> 0 LIMIT 1;
    IF unbalanced IS NOT NULL THEN
        RAISE EXCEPTION 'ledger transaction % sums to % %', tid, total, unbalanced USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ledger_entries WHERE transaction_id = tid) THEN
        RAISE EXCEPTION 'ledger transaction % has no entries', tid USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_transactions_kept BEFORE UPDATE OR DELETE ON ledger_transactions FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_entries_kept BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_transactions_not_emptied BEFORE TRUNCATE ON ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_entries_not_emptied BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON ledger_transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();

-- +goose Down
DROP TABLE ledger_entries;
DROP TABLE ledger_transactions;
DROP FUNCTION ledger_balanced;
DROP FUNCTION ledger_append_only;
DROP TABLE commission_rules;
