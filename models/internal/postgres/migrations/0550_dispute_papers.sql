-- +goose Up
-- A dispute that was lost takes back a part of an invoice, as a refund does: it has a credit note too.
ALTER TABLE papers ADD COLUMN dispute_id uuid REFERENCES disputes (id);
ALTER TABLE papers DROP CONSTRAINT papers_kind,
    ADD CONSTRAINT papers_kind CHECK (kind IN ('receipt', 'invoice', 'credit_note') AND (kind = 'credit_note') = (num_nonnulls(refund_id, dispute_id) = 1)
        AND num_nonnulls(refund_id, dispute_id) <= 1),
    ADD CONSTRAINT papers_dispute_key UNIQUE (dispute_id);
DROP INDEX papers_order_key;
CREATE UNIQUE INDEX papers_order_key ON papers (order_id, kind) WHERE kind <> 'credit_note';

-- +goose Down
DROP INDEX papers_order_key;
CREATE UNIQUE INDEX papers_order_key ON papers (order_id, kind) WHERE refund_id IS NULL;
ALTER TABLE papers DROP CONSTRAINT papers_kind,
    ADD CONSTRAINT papers_kind CHECK (kind IN ('receipt', 'invoice', 'credit_note') AND (kind = 'credit_note') = (refund_id IS NOT NULL));
ALTER TABLE papers DROP COLUMN dispute_id;
