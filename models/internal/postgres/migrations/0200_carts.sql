-- +goose Up
-- A cart belongs to an account or to a visitor who has not signed in. Lines keep what they were called and cost when
-- they were added, so that a pack that is gone can still be named.
CREATE TABLE carts (
    id         uuid PRIMARY KEY,
    account_id uuid REFERENCES accounts (id) ON DELETE CASCADE,
    visitor    text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT carts_account_key UNIQUE (account_id),
    CONSTRAINT carts_visitor_key UNIQUE (visitor),
    CONSTRAINT carts_one_owner CHECK ((account_id IS NULL) <> (visitor IS NULL))
);
CREATE INDEX carts_visitor_age ON carts (updated_at) WHERE visitor IS NOT NULL;

CREATE TABLE cart_lines (
    id         uuid PRIMARY KEY,
    cart_id    uuid NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
    position   bigint GENERATED ALWAYS AS IDENTITY,
    kind       text NOT NULL,
    pack_id    uuid NOT NULL,
    sound_id   uuid,
    pack_slug  text NOT NULL,
    pack_title text NOT NULL,
    sound_name text NOT NULL DEFAULT '',
    producer_id uuid NOT NULL,
    price      bigint NOT NULL,
    currency   text NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT cart_lines_kind CHECK (kind = 'pack' AND sound_id IS NULL OR kind = 'sound' AND sound_id IS NOT NULL),
    CONSTRAINT cart_lines_price CHECK (price >= 0 AND currency ~ '^[A-Z]{3}$')
);
CREATE UNIQUE INDEX cart_lines_pack_key ON cart_lines (cart_id, pack_id) WHERE kind = 'pack';
CREATE UNIQUE INDEX cart_lines_sound_key ON cart_lines (cart_id, sound_id) WHERE kind = 'sound';

-- +goose Down
DROP TABLE cart_lines;
DROP TABLE carts;
