-- +goose Up
-- Whether who sells for money must be connected for payouts: so where payments are set up. models says it when it starts.
CREATE TABLE selling_rule (
    only_one           boolean PRIMARY KEY DEFAULT true CONSTRAINT selling_rule_only_one CHECK (only_one),
    paid_needs_payouts boolean NOT NULL
);
INSERT INTO selling_rule (paid_needs_payouts) VALUES (false);

-- Nothing of a producer who never was connected begins to cost something. What was for sale before the rule held, or before the
-- provider stopped an account, stays.
-- +goose StatementBegin
CREATE FUNCTION paid_needs_payouts(producer uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT paid_needs_payouts FROM selling_rule) AND NOT EXISTS (SELECT 1 FROM connected_accounts
        WHERE producer_id = producer AND provider_id IS NOT NULL AND (details_submitted OR transfers_enabled AND payouts_enabled)) THEN
        RAISE EXCEPTION 'who is not connected for payouts sells nothing for money' USING ERRCODE = 'check_violation', CONSTRAINT = 'paid_needs_payouts';
    END IF;
END $$;
CREATE FUNCTION listings_paid_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM paid_needs_payouts(NEW.producer_id);
    RETURN NULL;
END $$;
CREATE FUNCTION listing_sounds_paid_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM paid_needs_payouts((SELECT producer_id FROM listings WHERE pack_id = NEW.pack_id));
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- After, as an upsert that updates fires what comes before an insert too.
CREATE TRIGGER listings_paid_new AFTER INSERT ON listings FOR EACH ROW
    WHEN (greatest(NEW.price, NEW.extended_price, NEW.exclusive_price, NEW.suggested_price) > 0) EXECUTE FUNCTION listings_paid_guard();
CREATE TRIGGER listings_paid_now AFTER UPDATE ON listings FOR EACH ROW
    WHEN (greatest(NEW.price, NEW.extended_price, NEW.exclusive_price, NEW.suggested_price) > 0
        AND coalesce(greatest(OLD.price, OLD.extended_price, OLD.exclusive_price, OLD.suggested_price), 0) = 0) EXECUTE FUNCTION listings_paid_guard();
CREATE TRIGGER listing_sounds_paid_new AFTER INSERT ON listing_sounds FOR EACH ROW
    WHEN (greatest(NEW.price, NEW.extended_price, NEW.exclusive_price) > 0) EXECUTE FUNCTION listing_sounds_paid_guard();
CREATE TRIGGER listing_sounds_paid_now AFTER UPDATE ON listing_sounds FOR EACH ROW
    WHEN (greatest(NEW.price, NEW.extended_price, NEW.exclusive_price) > 0 AND coalesce(greatest(OLD.price, OLD.extended_price, OLD.exclusive_price), 0) = 0)
    EXECUTE FUNCTION listing_sounds_paid_guard();

-- +goose Down
DROP TRIGGER listing_sounds_paid_now ON listing_sounds;
DROP TRIGGER listing_sounds_paid_new ON listing_sounds;
DROP TRIGGER listings_paid_now ON listings;
DROP TRIGGER listings_paid_new ON listings;
DROP FUNCTION listing_sounds_paid_guard;
DROP FUNCTION listings_paid_guard;
DROP FUNCTION paid_needs_payouts;
DROP TABLE selling_rule;
