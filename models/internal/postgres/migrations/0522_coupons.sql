-- +goose Up
-- A coupon of the platform has neither producer nor pack, one of a producer may be for a single pack. The issuer bears it.
CREATE TABLE coupons (
    id          uuid PRIMARY KEY,
    code        text NOT NULL, -- upper case
    producer_id uuid REFERENCES accounts (id),
    pack_id     uuid REFERENCES packs (id) ON DELETE CASCADE,
    percent     int,
    amount      bigint, -- minor units of currency
    currency    text,
    max_uses    bigint,
    per_person  bigint,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    paused      boolean NOT NULL DEFAULT false,
    created_by  uuid NOT NULL REFERENCES accounts (id),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT coupons_code_key UNIQUE (code),
    CONSTRAINT coupons_code CHECK (code ~ '^[A-Z0-9-]{4,32}$'),
    CONSTRAINT coupons_worth CHECK (percent BETWEEN 1 AND 100 AND amount IS NULL AND currency IS NULL
        OR percent IS NULL AND amount BETWEEN 1 AND 1000000 AND currency ~ '^[A-Z]{3}$'),
    CONSTRAINT coupons_limits CHECK (max_uses >= 1 AND per_person >= 1 AND ends_at > starts_at),
    CONSTRAINT coupons_pack CHECK (pack_id IS NULL OR producer_id IS NOT NULL)
);
CREATE INDEX coupons_producer ON coupons (producer_id, id DESC);

ALTER TABLE carts ADD COLUMN coupon_id uuid REFERENCES coupons (id) ON DELETE SET NULL;

ALTER TABLE orders
    ADD COLUMN coupon_id uuid REFERENCES coupons (id),
    ADD COLUMN coupon_code text NOT NULL DEFAULT '',
    ADD COLUMN discount bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT orders_amounts,
    ADD CONSTRAINT orders_amounts CHECK (
        subtotal BETWEEN 0 AND 99999999 AND credit BETWEEN 0 AND subtotal AND discount BETWEEN 0 AND subtotal - credit
        AND total = subtotal - credit - discount),
    ADD CONSTRAINT orders_coupon CHECK (discount = 0 OR coupon_id IS NOT NULL AND coupon_code <> '');
CREATE INDEX orders_coupon ON orders (coupon_id) WHERE coupon_id IS NOT NULL;
ALTER TABLE order_lines
    ADD COLUMN discount bigint NOT NULL DEFAULT 0,
    ADD COLUMN borne_by text NOT NULL DEFAULT '',
    ADD CONSTRAINT order_lines_discount CHECK (discount BETWEEN 0 AND price - credit AND borne_by IN ('', 'platform', 'producer')
        AND (discount > 0) = (borne_by <> ''));

-- +goose StatementBegin
CREATE FUNCTION discounts_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.discount <> OLD.discount THEN
        RAISE EXCEPTION 'what was ordered does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER orders_discount_guard BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION discounts_guard();
CREATE TRIGGER order_lines_discount_guard BEFORE UPDATE ON order_lines FOR EACH ROW EXECUTE FUNCTION discounts_guard();

-- +goose Down
DROP TRIGGER order_lines_discount_guard ON order_lines;
DROP TRIGGER orders_discount_guard ON orders;
DROP FUNCTION discounts_guard;
ALTER TABLE order_lines DROP CONSTRAINT order_lines_discount, DROP COLUMN discount, DROP COLUMN borne_by;
ALTER TABLE orders DROP CONSTRAINT orders_amounts, DROP COLUMN coupon_id, DROP COLUMN coupon_code, DROP COLUMN discount,
    ADD CONSTRAINT orders_amounts CHECK (subtotal BETWEEN 0 AND 99999999 AND credit BETWEEN 0 AND subtotal AND total = subtotal - credit);
ALTER TABLE carts DROP COLUMN coupon_id;
DROP TABLE coupons;
