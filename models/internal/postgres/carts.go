package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/tier"
	"crateful.dev/models/internal/tx"
)

// CartStore keeps carts.
type CartStore struct{ db *DB }

// NewCartStore returns a CartStore.
func NewCartStore(db *DB) *CartStore { return &CartStore{db: db} }

var _ cart.Store = (*CartStore)(nil)

// where names the owner's cart; $1 is the value.
func where(owner cart.Owner) (condition, value string) {
	if owner.AccountID != "" {
		return "account_id = $1", owner.AccountID
	}
	return "visitor = $1", owner.VisitorID
}

// Lines reads the owner's lines with what the catalogue and the library say now.
func (s *CartStore) Lines(ctx context.Context, owner cart.Owner) ([]cart.Line, error) {
	condition, value := where(owner)
	var id string
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT id FROM carts WHERE "+condition, value).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, translate(err, "cart")
	}
	return cartLines(ctx, s.db, id, owner.AccountID)
}

const cartLinesSQL = `
SELECT l.id, l.kind, l.pack_id, coalesce(l.sound_id::text, ''), l.price, l.currency, l.added_at,
    coalesce(p.slug, l.pack_slug), coalesce(p.title, l.pack_title), coalesce(s.name, l.sound_name),
    coalesce('covers/' || nullif(p.cover_sha256, ''), ''), coalesce(p.licence, ''),
    l.producer_id, coalesce(a.handle, ''), coalesce(a.name, ''),
    coalesce(p.edition_id::text, ''), coalesce(p.edition, 0),
    coalesce(p.listed AND (l.kind = 'pack' OR NOT s.removed), false), l.tier, l.offered,
    ` + tierPrices + `, coalesce(p.currency, l.currency),
    EXISTS (SELECT 1 FROM entitlements e WHERE e.account_id = $2 AND e.ended_at IS NULL AND tier_rank(e.tier) >= tier_rank(l.tier)
        AND (e.kind = 'pack' AND e.pack_id = l.pack_id OR e.kind = 'sound' AND e.sound_id = l.sound_id)),
    coalesce(l.producer_id = $2, false),
    CASE l.tier WHEN 'exclusive' THEN (SELECT count(DISTINCT e.account_id) FROM entitlements e WHERE e.pack_id = l.pack_id
        AND e.ended_at IS NULL AND e.account_id IS DISTINCT FROM $2
        AND (l.kind = 'pack' OR e.kind = 'pack' OR e.sound_id = l.sound_id)) ELSE 0 END
FROM cart_lines l
LEFT JOIN listings p ON p.pack_id = l.pack_id
LEFT JOIN listing_sounds s ON s.sound_id = l.sound_id AND s.pack_id = l.pack_id
LEFT JOIN accounts a ON a.id = l.producer_id
WHERE l.cart_id = $1 ORDER BY l.position`

// tierPrices are the prices of a pack p, or of a sound s of it when there is one.
const tierPrices = `CASE WHEN s.sound_id IS NULL THEN p.price ELSE s.price END,
    CASE WHEN s.sound_id IS NULL THEN p.extended_price ELSE s.extended_price END,
    CASE WHEN s.sound_id IS NULL THEN p.exclusive_price ELSE s.exclusive_price END,
    CASE WHEN s.sound_id IS NULL THEN p.suggested_price END`

func cartLines(ctx context.Context, db *DB, cartID, accountID string) ([]cart.Line, error) {
	rows, err := db.pgx(ctx).Query(ctx, cartLinesSQL, cartID, nullable(accountID))
	if err != nil {
		return nil, translate(err, "cart lines")
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (cart.Line, error) {
		var l cart.Line
		var offered *int64
		var licence string
		err := row.Scan(&l.ID, &l.Kind, &l.PackID, &l.SoundID, &l.Added.Amount, &l.Added.Currency, &l.AddedAt,
			&l.PackSlug, &l.PackTitle, &l.SoundName, &l.CoverKey, &licence,
			&l.Seller.ID, &l.Seller.Handle, &l.Seller.Name, &l.EditionID, &l.Edition, &l.Sold, &l.Tier, &offered,
			&l.Prices.Standard, &l.Prices.Extended, &l.Prices.Exclusive, &l.Prices.Suggested, &l.Price.Currency,
			&l.Owned, &l.OwnWork, &l.Owners)
		l.AddedAt, l.LicenceCode = l.AddedAt.UTC(), cart.LicenceCode(l.Tier, licence)
		price, offeredTier := l.Prices.Charged(l.Tier, offered)
		l.Price.Amount = price
		if l.Sold = l.Sold && offeredTier; !l.Sold {
			l.EditionID, l.Edition = "", 0
		}
		return l, err
	})
	if err != nil {
		return nil, translate(err, "cart lines")
	}
	if accountID == "" || len(lines) == 0 {
		return lines, nil
	}
	return lines, addPaid(ctx, db, accountID, lines)
}

// addPaid finds what the account paid before for single sounds of the packs in the lines, and for lesser licences.
func addPaid(ctx context.Context, db *DB, accountID string, lines []cart.Line) error {
	packs := make([]string, len(lines))
	for i, l := range lines {
		packs[i] = l.PackID
	}
	rows, err := db.pgx(ctx).Query(ctx, `SELECT pack_id, coalesce(sound_id::text, ''), paid, currency FROM entitlements
		WHERE account_id = $1 AND ended_at IS NULL AND pack_id = ANY ($2::uuid[]) ORDER BY id`, accountID, packs)
	if err != nil {
		return translate(err, "owned sounds")
	}
	ofPack, ofSound := make(map[string][]cart.PaidSound), make(map[string][]cart.PaidSound)
	var pack string
	var paid cart.PaidSound
	if _, err := pgx.ForEachRow(rows, []any{&pack, &paid.SoundID, &paid.Paid.Amount, &paid.Paid.Currency}, func() error {
		ofPack[pack] = append(ofPack[pack], paid)
		if paid.SoundID != "" {
			ofSound[paid.SoundID] = append(ofSound[paid.SoundID], cart.PaidSound{Paid: paid.Paid})
		}
		return nil
	}); err != nil {
		return translate(err, "owned sounds")
	}
	for i := range lines {
		if lines[i].Kind == api.ItemPack {
			lines[i].PaidSounds = ofPack[lines[i].PackID]
		} else {
			lines[i].PaidSounds = ofSound[lines[i].SoundID]
		}
	}
	return nil
}

// Count tells what is in the cart.
func (s *CartStore) Count(ctx context.Context, owner cart.Owner) (api.CartCount, error) {
	condition, value := where(owner)
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT l.kind, coalesce(l.sound_id, l.pack_id) FROM cart_lines l
		JOIN carts c ON c.id = l.cart_id WHERE c.`+condition+` ORDER BY l.position`, value)
	if err != nil {
		return api.CartCount{}, translate(err, "cart")
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (api.Item, error) {
		var i api.Item
		return i, row.Scan(&i.Kind, &i.ID)
	})
	if err != nil {
		return api.CartCount{}, translate(err, "cart")
	}
	if items == nil {
		items = []api.Item{}
	}
	return api.CartCount{Lines: len(items), Items: items}, nil
}

// Offered reads a pack or a sound as a line that the account could add.
func (s *CartStore) Offered(ctx context.Context, accountID string, kind api.ItemKind, id string) (cart.Line, error) {
	l := cart.Line{Kind: kind, Tier: api.TierStandard}
	from := "LEFT JOIN listing_sounds s ON false WHERE p.pack_id = $1"
	if kind == api.ItemSound {
		from = "JOIN listing_sounds s ON s.pack_id = p.pack_id WHERE s.sound_id = $1"
	}
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT p.pack_id, coalesce(s.sound_id::text, ''), p.slug, p.title, coalesce(s.name, ''), p.producer_id,
			p.listed AND coalesce(NOT s.removed, true), `+tierPrices+`, p.currency,
			coalesce((SELECT e.tier FROM entitlements e WHERE e.account_id = $2 AND e.ended_at IS NULL
				AND (e.kind = 'pack' AND e.pack_id = p.pack_id OR e.kind = 'sound' AND e.sound_id = s.sound_id)
				ORDER BY tier_rank(e.tier) DESC LIMIT 1), ''),
			p.producer_id = $2
		FROM listings p `+from, id, accountID).Scan(
		&l.PackID, &l.SoundID, &l.PackSlug, &l.PackTitle, &l.SoundName, &l.Seller.ID, &l.Sold, &l.Prices.Standard, &l.Prices.Extended,
		&l.Prices.Exclusive, &l.Prices.Suggested, &l.Price.Currency, &l.OwnedTier, &l.OwnWork,
	)
	if err != nil {
		return l, translate(err, string(kind))
	}
	price, offered := l.Prices.Charged(l.Tier, nil)
	l.Owned, l.Price.Amount, l.Sold = l.OwnedTier != "", price, l.Sold && offered
	lines := []cart.Line{l}
	err = addPaid(ctx, s.db, accountID, lines)
	return lines[0], err
}

// lockCart finds or makes the owner's cart and holds it to the end of the transaction.
func lockCart(ctx context.Context, db *DB, owner cart.Owner) (string, error) {
	column, value := "account_id", owner.AccountID
	if owner.AccountID == "" {
		column, value = "visitor", owner.VisitorID
	}
	var id string
	err := db.pgx(ctx).QueryRow(ctx, "INSERT INTO carts (id, "+column+") VALUES ($1, $2) ON CONFLICT ("+column+
		") DO UPDATE SET updated_at = now() RETURNING id", tx.NewID(), value).Scan(&id)
	return id, translate(err, "cart")
}

// Add stores items that can be bought.
func (s *CartStore) Add(ctx context.Context, owner cart.Owner, items []api.Item, limit int) ([]cart.Addition, error) {
	cartID, err := lockCart(ctx, s.db, owner)
	if err != nil {
		return nil, err
	}
	var count int
	if err := s.db.pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM cart_lines WHERE cart_id = $1", cartID).Scan(&count); err != nil {
		return nil, translate(err, "cart")
	}
	out := make([]cart.Addition, len(items))
	for i, item := range items {
		out[i], err = s.add(ctx, cartID, owner.AccountID, item, count >= limit)
		if err != nil {
			return nil, err
		}
		if out[i].Outcome == api.CartAdded {
			count++
		}
	}
	return out, nil
}

const sellableSQL = `
SELECT p.pack_id, coalesce(s.sound_id::text, ''), p.slug, p.title, coalesce(s.name, ''), p.producer_id, ` + tierPrices + `, p.currency,
    coalesce(l.id::text, ''), coalesce(l.tier, ''), l.offered,
    coalesce((SELECT e.tier FROM entitlements e WHERE e.account_id = $3 AND e.ended_at IS NULL
        AND (e.kind = 'pack' AND e.pack_id = p.pack_id OR e.kind = 'sound' AND e.sound_id = s.sound_id)
        ORDER BY tier_rank(e.tier) DESC LIMIT 1), ''),
    coalesce(p.producer_id = $3, false), p.demo
FROM listings p `

const inCart = " LEFT JOIN cart_lines l ON l.cart_id = $2 AND l.pack_id = p.pack_id AND l.sound_id IS NOT DISTINCT FROM s.sound_id "

func (s *CartStore) add(ctx context.Context, cartID, accountID string, item api.Item, full bool) (cart.Addition, error) {
	sql := sellableSQL + "LEFT JOIN listing_sounds s ON false" + inCart + "WHERE p.listed AND p.pack_id = $1"
	if item.Kind == api.ItemSound {
		sql = sellableSQL + "JOIN listing_sounds s ON s.pack_id = p.pack_id" + inCart + "WHERE p.listed AND s.sound_id = $1 AND NOT s.removed AND s.price IS NOT NULL"
	}
	var a cart.Addition
	var slug, title, name, currency, line string
	var prices tier.Prices
	var chosen, owned api.Tier
	var offered *int64
	var own bool
	err := s.db.pgx(ctx).QueryRow(ctx, sql, item.ID, cartID, nullable(accountID)).Scan(
		&a.PackID, &a.SoundID, &slug, &title, &name, &a.ProducerID, &prices.Standard, &prices.Extended, &prices.Exclusive, &prices.Suggested,
		&currency, &line, &chosen, &offered, &owned, &own, &a.Demo,
	)
	if errors.Is(err, pgx.ErrNoRows) {
		return cart.Addition{Outcome: api.CartNotSold}, nil
	}
	if err != nil {
		return a, translate(err, "listing")
	}
	want := item.Tier
	if want == "" {
		if want = chosen; want == "" {
			want = api.TierStandard
		}
	}
	_, sold := prices.Of(want)
	switch {
	case own:
		a.Outcome = api.CartOwnWork
	case tier.Covers(owned, want):
		a.Outcome = api.CartOwned
	case !sold:
		return cart.Addition{Outcome: api.CartNotSold}, nil
	case line != "":
		a.Outcome, err = s.choose(ctx, line, prices, currency, want, chosen, item.Offered, offered)
	case full:
		a.Outcome = api.CartFull
	default:
		if item.Offered != nil {
			if err := prices.CheckOffer(want, *item.Offered); err != nil {
				return a, err
			}
		}
		price, _ := prices.Charged(want, item.Offered)
		a.Outcome = api.CartAdded
		_, err = s.db.pgx(ctx).Exec(ctx, `INSERT INTO cart_lines
			(id, cart_id, kind, pack_id, sound_id, pack_slug, pack_title, sound_name, producer_id, price, currency, tier, offered)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			tx.NewID(), cartID, item.Kind, a.PackID, nullable(a.SoundID), slug, title, name, a.ProducerID, price, currency, want, item.Offered)
		err = translate(err, "cart line")
	}
	return a, err
}

// choose gives a line of the cart the tier and the amount that were asked for; nil keeps the amount.
func (s *CartStore) choose(ctx context.Context, line string, prices tier.Prices, currency string, want, was api.Tier, ask, before *int64) (api.CartOutcome, error) {
	offered := before
	if ask != nil {
		if err := prices.CheckOffer(want, *ask); err != nil {
			return "", err
		}
		offered = ask
	}
	if want == was && (ask == nil || before != nil && *ask == *before) {
		return api.CartAlready, nil
	}
	price, ok := prices.Charged(want, offered)
	if !ok {
		return api.CartNotSold, nil
	}
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE cart_lines SET tier = $2, offered = $3, price = $4, currency = $5 WHERE id = $1", line, want, offered, price, currency)
	return api.CartChanged, translate(err, "cart line")
}

// Change gives a line of the owner's cart another tier or amount.
func (s *CartStore) Change(ctx context.Context, owner cart.Owner, lineID string, in api.ChangeCartLine) error {
	condition, value := where(owner)
	var prices tier.Prices
	var currency string
	var chosen api.Tier
	var offered *int64
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT "+tierPrices+`, p.currency, l.tier, l.offered
		FROM cart_lines l JOIN carts c ON c.id = l.cart_id JOIN listings p ON p.pack_id = l.pack_id AND p.listed
		LEFT JOIN listing_sounds s ON s.sound_id = l.sound_id AND s.pack_id = l.pack_id
		WHERE c.`+condition+" AND l.id = $2 AND coalesce(NOT s.removed, true) FOR UPDATE OF l", value, lineID).
		Scan(&prices.Standard, &prices.Extended, &prices.Exclusive, &prices.Suggested, &currency, &chosen, &offered)
	if err != nil {
		return translate(err, "cart line")
	}
	want := in.Tier
	if want == "" {
		want = chosen
	}
	if _, ok := prices.Of(want); !ok {
		return errs.Invalid(errs.Field{Name: "tier", Reason: "not_offered", Detail: "This licence is not offered."})
	}
	_, err = s.choose(ctx, lineID, prices, currency, want, chosen, in.Offered, offered)
	return err
}

// Remove takes one line out of the owner's cart.
func (s *CartStore) Remove(ctx context.Context, owner cart.Owner, lineID string) error {
	condition, value := where(owner)
	_, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM cart_lines l USING carts c WHERE c.id = l.cart_id AND c."+condition+" AND l.id = $2", value, lineID)
	return translate(err, "cart line")
}

// Empty takes all lines out of the owner's cart.
func (s *CartStore) Empty(ctx context.Context, owner cart.Owner) error {
	condition, value := where(owner)
	_, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM cart_lines l USING carts c WHERE c.id = l.cart_id AND c."+condition, value)
	return translate(err, "cart lines")
}

// AcceptPrices remembers the prices of now.
func (s *CartStore) AcceptPrices(ctx context.Context, owner cart.Owner) error {
	lines, err := s.Lines(ctx, owner)
	if err != nil {
		return err
	}
	var ids, currencies []string
	var prices []int64
	for _, l := range lines {
		if l.Sold {
			ids, prices, currencies = append(ids, l.ID), append(prices, l.Price.Amount), append(currencies, l.Price.Currency)
		}
	}
	_, err = s.db.pgx(ctx).Exec(ctx, `UPDATE cart_lines l SET price = n.price, currency = n.currency
		FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS n (id, price, currency) WHERE l.id = n.id`, ids, prices, currencies)
	return translate(err, "cart lines")
}

// Merge moves the visitor's lines behind the account's.
func (s *CartStore) Merge(ctx context.Context, visitor, accountID string, limit int) error {
	q := s.db.pgx(ctx)
	var from string
	err := q.QueryRow(ctx, "SELECT id FROM carts WHERE visitor = $1 FOR UPDATE", visitor).Scan(&from)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return translate(err, "cart")
	}
	into, err := lockCart(ctx, s.db, cart.Owner{AccountID: accountID})
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `WITH moved AS (DELETE FROM cart_lines WHERE cart_id = $1 RETURNING *)
		INSERT INTO cart_lines (id, cart_id, kind, pack_id, sound_id, pack_slug, pack_title, sound_name, producer_id, price, currency, tier, offered, added_at)
		SELECT gen_random_uuid(), $2, kind, pack_id, sound_id, pack_slug, pack_title, sound_name, producer_id, price, currency, tier, offered, added_at
		FROM (SELECT * FROM moved m WHERE NOT EXISTS (SELECT 1 FROM cart_lines l
				WHERE l.cart_id = $2 AND l.pack_id = m.pack_id AND l.sound_id IS NOT DISTINCT FROM m.sound_id)
			ORDER BY position LIMIT greatest($3 - (SELECT count(*) FROM cart_lines WHERE cart_id = $2), 0)) AS fresh`, from, into, limit)
	if err != nil {
		return translate(err, "cart lines")
	}
	if _, err := q.Exec(ctx, "UPDATE carts c SET coupon_id = coalesce(c.coupon_id, v.coupon_id) FROM carts v WHERE c.id = $1 AND v.id = $2", into, from); err != nil {
		return translate(err, "cart")
	}
	_, err = q.Exec(ctx, "DELETE FROM carts WHERE id = $1", from)
	return translate(err, "cart")
}

// Forget drops visitors' carts not used since before.
func (s *CartStore) Forget(ctx context.Context, before time.Time) (int64, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, "DELETE FROM carts WHERE visitor IS NOT NULL AND updated_at < $1", before)
	return tag.RowsAffected(), translate(err, "carts")
}

// nullable turns an empty id into NULL.
func nullable(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}
