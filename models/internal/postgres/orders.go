package postgres

import (
	"context"
	"slices"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/clause"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/coupon"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/tier"
	"crateful.dev/models/internal/tx"
)

// OrderStore keeps orders, their payments and refunds.
type OrderStore struct{ db *DB }

// NewOrderStore returns an OrderStore.
func NewOrderStore(db *DB) *OrderStore { return &OrderStore{db: db} }

var (
	_ order.Store  = (*OrderStore)(nil)
	_ order.Buyers = (*OrderStore)(nil)
)

// Buyer reads an account as a buyer.
func (s *OrderStore) Buyer(ctx context.Context, accountID string) (order.Buyer, error) {
	b := order.Buyer{AccountID: accountID}
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT email, name, demo FROM accounts WHERE id = $1 AND disabled_at IS NULL", accountID).
		Scan(&b.Email, &b.Name, &b.Demo)
	return b, translate(err, "account")
}

// Order reads an order.
func (s *OrderStore) Order(ctx context.Context, id string) (out *order.Order, err error) {
	err = s.db.Snapshot(ctx, func(ctx context.Context) error {
		out, err = s.one(ctx, id, false)
		return err
	})
	return out, err
}

// Lock reads an order and holds it to the end of the transaction.
func (s *OrderStore) Lock(ctx context.Context, id string) (*order.Order, error) {
	return s.one(ctx, id, true)
}

func (s *OrderStore) one(ctx context.Context, id string, lock bool) (*order.Order, error) {
	if !tx.ValidID(id) {
		return nil, errs.NotFound("order")
	}
	query := s.db.gorm(ctx).Where("id = ?", id)
	if lock {
		query = query.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var row orderRow
	if err := query.Take(&row).Error; err != nil {
		return nil, translate(err, "order")
	}
	orders, err := s.whole(ctx, []orderRow{row})
	if err != nil {
		return nil, err
	}
	return orders[0], nil
}

// Orders reads a page of an account's orders, newest first; cursor is the last id of the page before.
func (s *OrderStore) Orders(ctx context.Context, accountID, cursor string, limit int) (orders []*order.Order, next string, err error) {
	err = s.db.Snapshot(ctx, func(ctx context.Context) error {
		orders, next, err = s.page(ctx, accountID, cursor, limit)
		return err
	})
	return orders, next, err
}

func (s *OrderStore) page(ctx context.Context, accountID, cursor string, limit int) ([]*order.Order, string, error) {
	query := s.db.gorm(ctx).Where("buyer_id = ?", accountID)
	if cursor != "" {
		query = query.Where("id < ?", cursor)
	}
	var rows []orderRow
	if err := query.Order("id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, "", translate(err, "orders")
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].ID
	}
	orders, err := s.whole(ctx, rows)
	return orders, next, err
}

// whole adds lines, attempts, payments and refunds.
func (s *OrderStore) whole(ctx context.Context, rows []orderRow) ([]*order.Order, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]string, len(rows))
	orders := make([]*order.Order, len(rows))
	byID := make(map[string]*order.Order, len(rows))
	for i, r := range rows {
		ids[i], orders[i] = r.ID, r.order()
		byID[r.ID] = orders[i]
	}
	if err := s.addCoupons(ctx, rows, byID); err != nil {
		return nil, err
	}
	if err := s.addParts(ctx, orders); err != nil {
		return nil, err
	}
	db := s.db.gorm(ctx)
	var lines []orderLineRow
	if err := db.Model(&orderLineRow{}).Select("order_lines.*, a.handle AS producer_handle, a.name AS producer_name").
		Joins("JOIN accounts a ON a.id = order_lines.producer_id").Where("order_id IN ?", ids).
		Order("order_id, position").Find(&lines).Error; err != nil {
		return nil, translate(err, "order lines")
	}
	for _, r := range lines {
		byID[r.OrderID].Lines = append(byID[r.OrderID].Lines, r.line())
	}
	var attempts []attemptRow
	if err := db.Where("order_id IN ?", ids).Order("order_id, attempt").Find(&attempts).Error; err != nil {
		return nil, translate(err, "payment attempts")
	}
	for _, r := range attempts {
		byID[r.OrderID].Attempts = append(byID[r.OrderID].Attempts, r.attempt())
	}
	var payments []paymentRow
	if err := db.Where("order_id IN ?", ids).Order("order_id, id").Find(&payments).Error; err != nil {
		return nil, translate(err, "payments")
	}
	for _, r := range payments {
		byID[r.OrderID].Payments = append(byID[r.OrderID].Payments, r.payment())
	}
	var refunds []refundRow
	if err := db.Where("order_id IN ?", ids).Order("order_id, id").Find(&refunds).Error; err != nil {
		return nil, translate(err, "refunds")
	}
	for _, r := range refunds {
		byID[r.OrderID].Refunds = append(byID[r.OrderID].Refunds, r.refund())
	}
	return orders, s.wentBack(ctx, ids, byID)
}

// addCoupons reads the coupons of orders as they are now. Uses are counted for all buyers together.
func (s *OrderStore) addCoupons(ctx context.Context, rows []orderRow, byID map[string]*order.Order) error {
	var ids []string
	for _, r := range rows {
		if r.CouponID != nil {
			ids = append(ids, *r.CouponID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := readCoupons(ctx, s.db, "", "WHERE c.id = ANY ($2::uuid[])", ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		for i := range list {
			if r.CouponID != nil && list[i].ID == *r.CouponID {
				byID[r.ID].Coupon = &list[i]
			}
		}
	}
	return nil
}

// addParts reads what stands under the same checkouts, without what was given up.
func (s *OrderStore) addParts(ctx context.Context, orders []*order.Order) error {
	var checkouts []string
	for _, o := range orders {
		if o.CheckoutID != "" {
			checkouts = append(checkouts, o.CheckoutID)
		}
	}
	if len(checkouts) == 0 {
		return nil
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT checkout_id, id, number, state, currency, total FROM orders
		WHERE checkout_id = ANY ($1::uuid[]) ORDER BY currency, number`, checkouts)
	if err != nil {
		return translate(err, "checkouts")
	}
	var checkout string
	var p order.CheckoutPart
	_, err = pgx.ForEachRow(rows, []any{&checkout, &p.ID, &p.Number, &p.State, &p.Currency, &p.Total}, func() error {
		for _, o := range orders {
			if o.CheckoutID == checkout && (p.State != api.OrderCancelled || p.ID == o.ID) {
				o.Parts = append(o.Parts, p)
			}
		}
		return nil
	})
	return translate(err, "checkouts")
}

// Begin stores a new checkout.
func (s *OrderStore) Begin(ctx context.Context, checkoutID, buyerID string, at time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO checkouts (id, buyer_id, created_at) VALUES ($1, $2, $3)", checkoutID, buyerID, at)
	return translate(err, "checkout")
}

// Join brings an order into a checkout.
func (s *OrderStore) Join(ctx context.Context, orderID, checkoutID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE orders SET checkout_id = $2 WHERE id = $1", orderID, checkoutID)
	return translate(err, "order")
}

func (s *OrderStore) ids(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, translate(err, "orders")
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, translate(err, "orders")
}

// Unsettled lists orders the payment provider should be asked about.
func (s *OrderStore) Unsettled(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return s.ids(ctx, `SELECT o.id FROM orders o WHERE coalesce(o.checked_at, o.updated_at) < $1 AND EXISTS (
		SELECT 1 FROM payment_attempts a WHERE a.order_id = o.id AND a.state IN ('open', 'processing') AND a.session_id IS NOT NULL)
		ORDER BY coalesce(o.checked_at, o.updated_at), o.id LIMIT $2`, before, limit)
}

// Stale lists open orders without a payment page created before.
func (s *OrderStore) Stale(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return s.ids(ctx, "SELECT id FROM orders WHERE state = 'open' AND created_at < $1 ORDER BY created_at, id LIMIT $2", before, limit)
}

// PendingRefunds lists refunds the provider should have been asked for.
func (s *OrderStore) PendingRefunds(ctx context.Context, before time.Time, limit int) ([]order.RefundJob, error) {
	var rows []refundRow
	if err := s.db.gorm(ctx).Where("state = 'asked' AND created_at < ?", before).Order("created_at").Limit(limit).Find(&rows).Error; err != nil {
		return nil, translate(err, "refunds")
	}
	jobs := make([]order.RefundJob, len(rows))
	for i, r := range rows {
		jobs[i] = order.RefundJob{OrderID: r.OrderID, RefundID: r.ID, Try: r.Attempt}
	}
	return jobs, nil
}

// Checked notes that the provider was asked.
func (s *OrderStore) Checked(ctx context.Context, orderID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE orders SET checked_at = now() WHERE id = $1", orderID)
	return translate(err, "order")
}

// LockCart holds the account's cart and reads it.
func (s *OrderStore) LockCart(ctx context.Context, accountID string) ([]cart.Line, *coupon.Coupon, error) {
	owner := cart.Owner{AccountID: accountID}
	id, err := lockCart(ctx, s.db, owner)
	if err != nil {
		return nil, nil, err
	}
	lines, err := cartLines(ctx, s.db, id, accountID)
	if err != nil {
		return nil, nil, err
	}
	code, err := NewCartStore(s.db).Coupon(ctx, owner)
	return lines, code, err
}

// Live finds the unfinished order of this content.
func (s *OrderStore) Live(ctx context.Context, buyerID, fingerprint string) (*order.Order, error) {
	ids, err := s.ids(ctx, `SELECT id FROM orders WHERE buyer_id = $1 AND fingerprint = $2
		AND state IN ('open', 'awaiting_payment', 'waiting_for_bank') FOR UPDATE`, buyerID, fingerprint)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return s.one(ctx, ids[0], false)
}

// Replaceable lists the buyer's orders in this currency that wait for or on a payment page.
func (s *OrderStore) Replaceable(ctx context.Context, buyerID, currency string) ([]*order.Order, error) {
	ids, err := s.ids(ctx, `SELECT id FROM orders WHERE buyer_id = $1 AND currency = $2 AND state IN ('open', 'awaiting_payment')
		ORDER BY id FOR UPDATE`, buyerID, currency)
	if err != nil {
		return nil, err
	}
	orders := make([]*order.Order, 0, len(ids))
	for _, id := range ids {
		o, err := s.one(ctx, id, false)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// Insert stores a new order. It begins open.
func (s *OrderStore) Insert(ctx context.Context, o *order.Order) error {
	row := newOrderRow(o)
	if err := s.db.gorm(ctx).Omit("number").Clauses(clause.Returning{Columns: []clause.Column{{Name: "number"}}}).Create(&row).Error; err != nil {
		return translate(err, "order")
	}
	o.Number = row.Number
	lines := make([]orderLineRow, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = newOrderLineRow(o.ID, l)
	}
	return translate(s.db.gorm(ctx).Omit("producer_handle", "producer_name").Create(&lines).Error, "order lines")
}

// Save writes what may change.
func (s *OrderStore) Save(ctx context.Context, o *order.Order) error {
	o.UpdatedAt = time.Now().UTC()
	q := s.db.pgx(ctx)
	if _, err := q.Exec(ctx, `UPDATE orders SET state = $2, refunded = $3, attention = $4, cancelled_at = $5, expired_at = $6,
		returned_at = $7, paid_at = $8, updated_at = $9 WHERE id = $1`,
		o.ID, o.State, o.Refunded, o.Attention, o.CancelledAt, o.ExpiredAt, o.ReturnedAt, o.PaidAt, o.UpdatedAt); err != nil {
		return translate(err, "order")
	}
	if err := s.saveLines(ctx, o); err != nil {
		return err
	}
	if len(o.Attempts) > 0 {
		rows := make([]attemptRow, len(o.Attempts))
		for i, a := range o.Attempts {
			rows[i] = newAttemptRow(o.ID, a)
		}
		if err := s.db.gorm(ctx).Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "order_id"}, {Name: "attempt"}},
			DoUpdates: clause.AssignmentColumns([]string{"state", "session_id", "url"}),
		}).Create(&rows).Error; err != nil {
			return translate(err, "payment attempts")
		}
	}
	if len(o.Payments) > 0 {
		rows := make([]paymentRow, len(o.Payments))
		for i, p := range o.Payments {
			rows[i] = newPaymentRow(o.ID, p)
		}
		if err := s.db.gorm(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}).Create(&rows).Error; err != nil {
			return translate(err, "payments")
		}
	}
	if len(o.Refunds) > 0 {
		rows := make([]refundRow, len(o.Refunds))
		for i, r := range o.Refunds {
			rows[i] = newRefundRow(o.ID, r)
		}
		if err := s.db.gorm(ctx).Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "id"}},
			DoUpdates: clause.AssignmentColumns([]string{"state", "attempt", "done", "refused", "problem", "provider_id"}),
		}).Create(&rows).Error; err != nil {
			return translate(err, "refunds")
		}
	}
	return s.saveWentBack(ctx, o)
}

func (s *OrderStore) saveLines(ctx context.Context, o *order.Order) error {
	var ids, states, reasons []string
	for _, l := range o.Lines {
		if l.State != api.LinePending {
			ids, states, reasons = append(ids, l.ID), append(states, string(l.State)), append(reasons, l.Reason)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := s.db.pgx(ctx).Exec(ctx, `UPDATE order_lines l SET state = n.state, reason = n.reason
		FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, state, reason) WHERE l.id = n.id AND l.state <> n.state`, ids, states, reasons)
	return translate(err, "order lines")
}

// RecordEvent stores an event once.
func (s *OrderStore) RecordEvent(ctx context.Context, e order.Event) (bool, error) {
	var session *string
	if e.Session != nil {
		session = &e.Session.ID
	}
	tag, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO payment_events (id, type, session_id, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO NOTHING`, e.ID, e.Type, session, e.Created)
	return tag.RowsAffected() == 1, translate(err, "payment event")
}

// EventOutcome notes what an event did.
func (s *OrderStore) EventOutcome(ctx context.Context, eventID, outcome, orderID string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE payment_events SET outcome = $2, order_id = $3 WHERE id = $1", eventID, outcome, nullable(orderID))
	return translate(err, "payment event")
}

// Unavailable says which lines cannot be delivered. It makes other deliveries to the buyer wait, so that nothing is
// delivered twice, and holds the listings, so that nothing goes off sale meanwhile. Packs are locked before listings, as
// publishing and withdrawing do.
func (s *OrderStore) Unavailable(ctx context.Context, o *order.Order) (map[string]string, error) {
	q := s.db.pgx(ctx)
	if _, err := q.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('library:' || $1::text, 0))", o.Buyer.AccountID); err != nil {
		return nil, translate(err, "library")
	}
	seen := make(map[string]bool)
	var packs []string
	for _, l := range o.Lines {
		if !seen[l.PackID] {
			seen[l.PackID] = true
			packs = append(packs, l.PackID)
		}
	}
	sort.Strings(packs)
	strength := "FOR SHARE"
	if slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.Tier == api.TierExclusive }) {
		strength = "FOR NO KEY UPDATE" // the sale will take them off sale
	}
	if _, err := q.Exec(ctx, "SELECT id FROM packs WHERE id = ANY ($1::uuid[]) ORDER BY id "+strength, packs); err != nil {
		return nil, translate(err, "packs")
	}
	sold, err := s.soldExclusively(ctx, o)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, "SELECT pack_id FROM listings WHERE pack_id = ANY ($1::uuid[]) AND listed", packs)
	if err != nil {
		return nil, translate(err, "listings")
	}
	listed := make(map[string]bool)
	var id string
	if _, err := pgx.ForEachRow(rows, []any{&id}, func() error { listed[id] = true; return nil }); err != nil {
		return nil, translate(err, "listings")
	}
	rows, err = q.Query(ctx, `SELECT coalesce(sound_id, pack_id), tier FROM entitlements
		WHERE account_id = $1 AND pack_id = ANY ($2::uuid[]) AND ended_at IS NULL AND order_id <> $3 ORDER BY tier_rank(tier)`, o.Buyer.AccountID, packs, o.ID)
	if err != nil {
		return nil, translate(err, "entitlements")
	}
	owned := make(map[string]api.Tier) // by pack and by sound; the most stands last
	var thing string
	var most api.Tier
	if _, err := pgx.ForEachRow(rows, []any{&thing, &most}, func() error { owned[thing] = most; return nil }); err != nil {
		return nil, translate(err, "entitlements")
	}
	out := make(map[string]string)
	for _, l := range o.Lines {
		switch {
		case tier.Covers(owned[l.PackID], l.Tier), l.SoundID != "" && tier.Covers(owned[l.SoundID], l.Tier):
			out[l.ID] = api.ReasonAlreadyOwned
		case sold[l.ID]:
			out[l.ID] = api.ReasonSoldExclusively
		case !listed[l.PackID]:
			out[l.ID] = api.ReasonTakenOffSale
		}
	}
	return out, nil
}

// soldExclusively finds the lines that hold something somebody else bought exclusively.
func (s *OrderStore) soldExclusively(ctx context.Context, o *order.Order) (map[string]bool, error) {
	ids, err := s.ids(ctx, `SELECT l.id FROM order_lines l WHERE l.order_id = $1 AND CASE l.kind
		WHEN 'pack' THEN NOT edition_open_to(l.edition_id, $2, now())
		ELSE EXISTS (SELECT 1 FROM entitlements x WHERE x.pack_id = l.pack_id AND x.tier = 'exclusive' AND x.ended_at IS NULL
			AND x.account_id <> $2 AND (x.kind = 'pack' AND x.edition_id = l.edition_id OR x.sound_id = l.sound_id)) END`, o.ID, o.Buyer.AccountID)
	sold := make(map[string]bool, len(ids))
	for _, id := range ids {
		sold[id] = true
	}
	return sold, err
}

// Grant stores entitlements and empties the cart of what was bought, single sounds of bought packs included.
func (s *OrderStore) Grant(ctx context.Context, o *order.Order) error {
	q := s.db.pgx(ctx)
	for _, l := range o.Lines {
		if l.State != api.LineGranted {
			continue
		}
		if _, err := q.Exec(ctx, `INSERT INTO entitlements
			(id, account_id, kind, pack_id, sound_id, edition_id, producer_id, order_id, order_line_id, paid, currency, demo, tier)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			tx.NewID(), o.Buyer.AccountID, l.Kind, l.PackID, nullable(l.SoundID), l.EditionID, l.Seller.ID, o.ID, l.ID,
			l.Amount(), o.Currency, o.Buyer.Demo, l.Tier); err != nil {
			return translate(err, "entitlement")
		}
	}
	_, err := q.Exec(ctx, `DELETE FROM cart_lines c USING carts, entitlements e
		WHERE carts.id = c.cart_id AND carts.account_id = $1 AND e.order_id = $2 AND tier_rank(e.tier) >= tier_rank(c.tier)
			AND (e.kind = 'pack' AND e.pack_id = c.pack_id OR e.kind = 'sound' AND e.sound_id = c.sound_id)`, o.Buyer.AccountID, o.ID)
	return translate(err, "cart lines")
}
