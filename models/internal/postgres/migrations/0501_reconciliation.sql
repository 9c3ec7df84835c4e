-- +goose Up
-- What the payment provider says moved on our balance. reference is the transaction of the book that tells of the same.
CREATE TABLE balance_transactions (
    id         text PRIMARY KEY,
    type       text NOT NULL,
    source     text NOT NULL,
    payment    text NOT NULL DEFAULT '', -- the payment behind a charge
    reference  text NOT NULL DEFAULT '',
    currency   text NOT NULL,
    amount     bigint NOT NULL,
    fee        bigint NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX balance_transactions_at ON balance_transactions (created_at);
CREATE INDEX balance_transactions_reference ON balance_transactions (reference);

-- Where the book and the provider disagree. A difference that is gone is cleared, not deleted.
CREATE TABLE book_differences (
    kind       text NOT NULL,
    reference  text NOT NULL, -- of the book, or the provider's when the book has none
    currency   text NOT NULL,
    ours       bigint NOT NULL,
    theirs     bigint NOT NULL,
    at         timestamptz NOT NULL,
    found_at   timestamptz NOT NULL,
    cleared_at timestamptz,
    PRIMARY KEY (kind, reference),
    CONSTRAINT book_differences_kind CHECK (kind IN ('missing_here', 'missing_there', 'amount'))
);
CREATE INDEX book_differences_open ON book_differences (found_at) WHERE cleared_at IS NULL;

CREATE TABLE book_checks (
    at           timestamptz PRIMARY KEY,
    transactions bigint NOT NULL,
    differences  bigint NOT NULL
);

-- +goose Down
DROP TABLE book_checks;
DROP TABLE book_differences;
DROP TABLE balance_transactions;
