-- +goose Up
-- Why the payment provider will not send a refund; such a refund is not asked for again.
ALTER TABLE refunds ADD COLUMN refused text NOT NULL DEFAULT '',
    ADD CONSTRAINT refunds_refused_check CHECK (refused = '' OR NOT done);
DROP INDEX refunds_pending;
CREATE INDEX refunds_pending ON refunds (created_at) WHERE NOT done AND refused = '';

-- +goose Down
DROP INDEX refunds_pending;
CREATE INDEX refunds_pending ON refunds (created_at) WHERE NOT done;
ALTER TABLE refunds DROP COLUMN refused;
