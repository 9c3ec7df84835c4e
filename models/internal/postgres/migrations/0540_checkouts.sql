-- +goose Up
-- A cart with things in several currencies becomes an order per currency; they are paid one after another under one checkout.
CREATE TABLE checkouts (
    id         uuid PRIMARY KEY,
    buyer_id   uuid NOT NULL REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    CONSTRAINT checkouts_buyer_key UNIQUE (id, buyer_id)
);
ALTER TABLE orders
    ADD COLUMN checkout_id uuid,
    ADD CONSTRAINT orders_checkout FOREIGN KEY (checkout_id, buyer_id) REFERENCES checkouts (id, buyer_id);
CREATE INDEX orders_checkout ON orders (checkout_id) WHERE checkout_id IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION orders_checkout_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.checkout_id IS DISTINCT FROM OLD.checkout_id THEN
        RAISE EXCEPTION 'an order stays in its checkout' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER orders_checkout_guard BEFORE UPDATE ON orders FOR EACH ROW WHEN (OLD.checkout_id IS NOT NULL) EXECUTE FUNCTION orders_checkout_guard();

-- +goose Down
DROP TRIGGER orders_checkout_guard ON orders;
DROP FUNCTION orders_checkout_guard;
DROP INDEX orders_checkout;
ALTER TABLE orders DROP COLUMN checkout_id;
DROP TABLE checkouts;
