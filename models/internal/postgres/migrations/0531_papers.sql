-- +goose Up
-- Receipts, invoices and credit notes. Their numbers have no gaps: the last one of each series and year stands here, is taken in
-- the transaction that stores the paper, and goes back with it. A second paper of the series waits meanwhile.
CREATE TABLE paper_series (
    series text NOT NULL,
    year   int NOT NULL,
    last   bigint NOT NULL,
    PRIMARY KEY (series, year),
    CONSTRAINT paper_series_last CHECK (last > 0)
);

CREATE TABLE papers (
    id        uuid PRIMARY KEY,
    kind      text NOT NULL,
    series    text NOT NULL,
    year      int NOT NULL,
    number    bigint NOT NULL,
    order_id  uuid NOT NULL REFERENCES orders (id),
    refund_id uuid REFERENCES refunds (id),
    amount    bigint NOT NULL, -- minor units of currency
    currency  text NOT NULL,
    facts     jsonb NOT NULL, -- all that is printed, as it was that day
    issued_at timestamptz NOT NULL,
    CONSTRAINT papers_number_key UNIQUE (series, year, number),
    CONSTRAINT papers_kind CHECK (kind IN ('receipt', 'invoice', 'credit_note') AND (kind = 'credit_note') = (refund_id IS NOT NULL)),
    CONSTRAINT papers_amount CHECK (amount > 0 AND currency ~ '^[A-Z]{3}$'),
    CONSTRAINT papers_refund_key UNIQUE (refund_id)
);
CREATE UNIQUE INDEX papers_order_key ON papers (order_id, kind) WHERE refund_id IS NULL;
CREATE INDEX papers_order ON papers (order_id, issued_at);

-- +goose StatementBegin
CREATE FUNCTION papers_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.year := extract(year FROM NEW.issued_at AT TIME ZONE 'UTC');
    INSERT INTO paper_series AS s (series, year, last) VALUES (NEW.series, NEW.year, 1)
        ON CONFLICT (series, year) DO UPDATE SET last = s.last + 1 RETURNING last INTO NEW.number;
    RETURN NEW;
END $$;
CREATE FUNCTION papers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'papers are kept as they were issued' USING ERRCODE = 'check_violation', CONSTRAINT = 'papers_kept';
END $$;
CREATE FUNCTION paper_series_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.series, NEW.year, NEW.last) = (OLD.series, OLD.year, OLD.last + 1) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'numbers of papers go up by one' USING ERRCODE = 'check_violation', CONSTRAINT = 'paper_series_gapless';
END $$;
-- +goose StatementEnd
CREATE TRIGGER papers_number BEFORE INSERT ON papers FOR EACH ROW EXECUTE FUNCTION papers_number();
CREATE TRIGGER papers_guard BEFORE UPDATE OR DELETE ON papers FOR EACH ROW EXECUTE FUNCTION papers_guard();
CREATE TRIGGER paper_series_guard BEFORE UPDATE OR DELETE ON paper_series FOR EACH ROW EXECUTE FUNCTION paper_series_guard();

-- +goose Down
DROP TABLE papers;
DROP TABLE paper_series;
DROP FUNCTION papers_number, papers_guard, paper_series_guard;
