package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/coupon"
)

// CouponStore keeps coupons.
type CouponStore struct{ db *DB }

// NewCouponStore returns a CouponStore.
func NewCouponStore(db *DB) *CouponStore { return &CouponStore{db: db} }

var _ coupon.Store = (*CouponStore)(nil)

// couponSQL reads coupons with their uses; $1 is the account that asks, or null. What was paid counts as used, also when
// the money went back since.
const couponSQL = `
SELECT c.id, c.code, coalesce(a.id::text, ''), coalesce(a.handle, ''), coalesce(a.name, ''), coalesce(c.pack_id::text, ''), coalesce(p.title, ''),
    coalesce(c.percent, 0), c.amount, coalesce(c.currency, ''), c.max_uses, c.per_person, c.starts_at, c.ends_at, c.paused, c.created_by, c.created_at,
    (SELECT count(*) FROM orders o WHERE o.coupon_id = c.id AND o.paid_at IS NOT NULL),
    (SELECT count(*) FROM reservations r WHERE r.subject = 'coupon:' || c.id AND NOT r.used AND r.until > now()),
    (SELECT count(*) FROM orders o WHERE o.coupon_id = c.id AND o.paid_at IS NOT NULL AND o.buyer_id = $1::uuid),
    ARRAY(SELECT o.currency FROM orders o WHERE o.coupon_id = c.id AND o.paid_at IS NOT NULL GROUP BY o.currency ORDER BY o.currency),
    ARRAY(SELECT sum(o.discount)::bigint FROM orders o WHERE o.coupon_id = c.id AND o.paid_at IS NOT NULL GROUP BY o.currency ORDER BY o.currency)
FROM coupons c LEFT JOIN accounts a ON a.id = c.producer_id LEFT JOIN packs p ON p.id = c.pack_id `

func scanCoupon(row pgx.CollectableRow) (coupon.Coupon, error) {
	var c coupon.Coupon
	var producer api.ProducerRef
	var amount *int64
	var currency string
	var currencies []string
	var given []int64
	err := row.Scan(&c.ID, &c.Code, &producer.ID, &producer.Handle, &producer.Name, &c.PackID, &c.PackTitle, &c.Percent, &amount, &currency,
		&c.MaxUses, &c.PerPerson, &c.StartsAt, &c.EndsAt, &c.Paused, &c.CreatedBy, &c.CreatedAt, &c.Used, &c.Held, &c.Mine, &currencies, &given)
	if producer.ID != "" {
		c.Producer = &producer
	}
	if amount != nil {
		c.Amount = &api.Money{Amount: *amount, Currency: currency}
	}
	for i := range given {
		c.Given = append(c.Given, api.Money{Amount: given[i], Currency: currencies[i]})
	}
	c.StartsAt, c.EndsAt, c.CreatedAt = c.StartsAt.UTC(), utc(c.EndsAt), c.CreatedAt.UTC()
	return c, err
}

// readCoupons reads coupons as an account sees them.
func readCoupons(ctx context.Context, db *DB, accountID, where string, args ...any) ([]coupon.Coupon, error) {
	rows, err := db.pgx(ctx).Query(ctx, couponSQL+where, append([]any{nullable(accountID)}, args...)...)
	if err != nil {
		return nil, translate(err, "coupons")
	}
	list, err := pgx.CollectRows(rows, scanCoupon)
	return list, translate(err, "coupons")
}

func oneCoupon(ctx context.Context, db *DB, accountID, where string, args ...any) (coupon.Coupon, error) {
	list, err := readCoupons(ctx, db, accountID, where, args...)
	if err == nil && len(list) == 0 {
		err = translate(pgx.ErrNoRows, "coupon")
	}
	if err != nil {
		return coupon.Coupon{}, err
	}
	return list[0], nil
}

// Create implements coupon.Store.
func (s *CouponStore) Create(ctx context.Context, c coupon.Coupon) error {
	var producer, percent, amount, currency any
	if c.Producer != nil {
		producer = c.Producer.ID
	}
	if c.Amount != nil {
		amount, currency = c.Amount.Amount, c.Amount.Currency
	} else {
		percent = c.Percent
	}
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO coupons (id, code, producer_id, pack_id, percent, amount, currency, max_uses, per_person, starts_at, ends_at,
			created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
		c.ID, c.Code, producer, nullable(c.PackID), percent, amount, currency, c.MaxUses, c.PerPerson, c.StartsAt, c.EndsAt, c.CreatedBy, c.CreatedAt)
	return translate(err, "coupon")
}

// Coupon implements coupon.Store.
func (s *CouponStore) Coupon(ctx context.Context, id string) (coupon.Coupon, error) {
	return oneCoupon(ctx, s.db, "", "WHERE c.id = $2", id)
}

// List implements coupon.Store.
func (s *CouponStore) List(ctx context.Context, producerID, cursor string, limit int) ([]coupon.Coupon, error) {
	return readCoupons(ctx, s.db, "", `WHERE ($2::uuid IS NULL OR c.producer_id = $2) AND ($3::uuid IS NULL OR c.id < $3) ORDER BY c.id DESC LIMIT $4`,
		nullable(producerID), nullable(cursor), limit)
}

// Change implements coupon.Store.
func (s *CouponStore) Change(ctx context.Context, id string, paused bool, endsAt *time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "UPDATE coupons SET paused = $2, ends_at = $3, updated_at = now() WHERE id = $1", id, paused, endsAt)
	return translate(err, "coupon")
}

// OwnPack implements coupon.Store.
func (s *CouponStore) OwnPack(ctx context.Context, accountID, packID string) (string, bool, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT title FROM packs WHERE id = $1 AND producer_id = $2", packID, accountID)
	if err != nil {
		return "", false, translate(err, "pack")
	}
	titles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(titles) == 0 {
		return "", false, translate(err, "pack")
	}
	return titles[0], true, nil
}

// Coupon reads the coupon of the owner's cart; nil when there is none.
func (s *CartStore) Coupon(ctx context.Context, owner cart.Owner) (*coupon.Coupon, error) {
	condition, value := where(owner)
	condition = strings.Replace(condition, "$1", "$2", 1)
	list, err := readCoupons(ctx, s.db, owner.AccountID, "JOIN carts k ON k.coupon_id = c.id WHERE k."+condition, value)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// FindCoupon finds a coupon by its code, as an account may use it.
func (s *CartStore) FindCoupon(ctx context.Context, accountID, code string) (coupon.Coupon, error) {
	return oneCoupon(ctx, s.db, accountID, "WHERE c.code = $2", code)
}

// SetCoupon puts a coupon into the owner's cart, or takes it out.
func (s *CartStore) SetCoupon(ctx context.Context, owner cart.Owner, couponID string) error {
	id, err := lockCart(ctx, s.db, owner)
	if err != nil {
		return err
	}
	_, err = s.db.pgx(ctx).Exec(ctx, "UPDATE carts SET coupon_id = $2 WHERE id = $1", id, nullable(couponID))
	return translate(err, "cart")
}
