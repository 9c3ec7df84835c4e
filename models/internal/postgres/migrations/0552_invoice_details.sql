-- +goose Up
-- What a buyer wants on invoices. A paper keeps what stood here when it was issued.
CREATE TABLE invoice_details (
    account_id uuid PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    name       text NOT NULL,
    address    text[] NOT NULL,
    tax_id     text NOT NULL,
    CONSTRAINT invoice_details_sizes CHECK (length(name) <= 200 AND cardinality(address) <= 6 AND length(array_to_string(address, ' ')) <= 500 AND tax_id ~ '^[A-Z0-9]{0,20}$')
);

-- +goose Down
DROP TABLE invoice_details;
