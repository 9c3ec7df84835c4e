package cart

import (
	"context"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/coupon"
	"crateful.dev/models/internal/tier"
	"crateful.dev/models/internal/tx"
)

// VisitorLifetime is how long the cart of a visitor is kept after its last use.
const VisitorLifetime = 90 * 24 * time.Hour

// Recorder notes what people do, inside the transaction of the context.
type Recorder interface {
	Record(ctx context.Context, who auth.Caller, data events.InteractionRecordedV1) error
}

// Service answers for carts.
type Service struct {
	unit     tx.Runner
	store    Store
	recorder Recorder
	limits   Limiter
	now      func() time.Time
}

// Limiter slows down callers who ask too often.
type Limiter interface {
	Take(ctx context.Context, bucket string, burst int, interval time.Duration) error
}

// NewService returns a Service over store. now may be nil.
func NewService(unit tx.Runner, store Store, recorder Recorder, limits Limiter, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{unit: unit, store: store, recorder: recorder, limits: limits, now: now}
}

// OwnerOf is whose cart a caller uses: the account's, or the visitor's before sign-in.
func OwnerOf(who auth.Caller) Owner {
	if who.SignedIn() {
		return Owner{AccountID: who.AccountID}
	}
	return Owner{VisitorID: who.Visitor}
}

// Get prices the owner's cart as of now.
func (s *Service) Get(ctx context.Context, owner Owner) (api.Cart, error) {
	if !owner.Valid() {
		return api.Cart{}, errs.New(errs.CodeInvalid, "no_cart_owner", "Sign in, or allow the visitor cookie, to use the cart.")
	}
	lines, err := s.store.Lines(ctx, owner)
	if err != nil {
		return api.Cart{}, fmt.Errorf("read cart: %w", err)
	}
	c, err := s.store.Coupon(ctx, owner)
	if err != nil {
		return api.Cart{}, fmt.Errorf("read coupon of cart: %w", err)
	}
	out, err := Evaluate(lines, c, s.now().UTC())
	if err != nil || owner.AccountID == "" {
		return out, err
	}
	if out.Invoice, err = s.store.Invoice(ctx, owner.AccountID); err != nil {
		return out, fmt.Errorf("read invoice details: %w", err)
	}
	return out, nil
}

// Redeem puts a coupon into the cart, or says why it cannot be used.
func (s *Service) Redeem(ctx context.Context, owner Owner, code string) (api.Cart, error) {
	if !owner.Valid() {
		return api.Cart{}, errs.New(errs.CodeInvalid, "no_cart_owner", "Sign in, or allow the visitor cookie, to use the cart.")
	}
	if err := s.limits.Take(ctx, "coupon:"+owner.AccountID+owner.VisitorID, couponTries, couponInterval); err != nil {
		return api.Cart{}, err
	}
	unknown := errs.New(errs.CodeNotFound, "coupon_unknown", "There is no such code. Look at its spelling.")
	if code = coupon.CleanCode(code); code == "" || len(code) > 64 {
		return api.Cart{}, unknown
	}
	c, err := s.store.FindCoupon(ctx, owner.AccountID, code)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return api.Cart{}, unknown
	}
	if err != nil {
		return api.Cart{}, fmt.Errorf("find coupon: %w", err)
	}
	lines, err := s.store.Lines(ctx, owner)
	if err != nil {
		return api.Cart{}, fmt.Errorf("read cart: %w", err)
	}
	priced, err := Evaluate(lines, &c, s.now().UTC())
	if err != nil {
		return api.Cart{}, err
	}
	if state := priced.Coupon.State; state != api.CouponRunning {
		return api.Cart{}, errs.New(errs.CodeConflict, "coupon_"+string(state), couponWords[state])
	}
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error { return s.store.SetCoupon(ctx, owner, c.ID) })
	if err != nil {
		return api.Cart{}, fmt.Errorf("redeem coupon: %w", err)
	}
	return priced, nil
}

// What one cart may try: codes are short enough to guess.
const (
	couponTries    = 10
	couponInterval = 30 * time.Second
)

var couponWords = map[api.CouponState]string{
	api.CouponNotStarted:  "This code cannot be used yet.",
	api.CouponPaused:      "This code cannot be used at the moment.",
	api.CouponEnded:       "This code has ended.",
	api.CouponUsedUp:      "This code has been used as often as it may be.",
	api.CouponUsedByYou:   "You have used this code already.",
	api.CouponNotForThese: "This code is not for the things in the cart.",
}

// DropCoupon takes the coupon out.
func (s *Service) DropCoupon(ctx context.Context, owner Owner) (api.Cart, error) {
	if owner.Valid() {
		err := s.unit.WithinTx(ctx, func(ctx context.Context) error { return s.store.SetCoupon(ctx, owner, "") })
		if err != nil {
			return api.Cart{}, fmt.Errorf("drop coupon: %w", err)
		}
	}
	return s.Get(ctx, owner)
}

// Count tells what is in the cart without pricing it.
func (s *Service) Count(ctx context.Context, owner Owner) (api.CartCount, error) {
	if !owner.Valid() {
		return api.CartCount{Items: []api.Item{}}, nil
	}
	return s.store.Count(ctx, owner)
}

// Offer tells what a pack or a single sound costs an account, less what it paid for parts of it and for lesser licences.
func (s *Service) Offer(ctx context.Context, accountID string, kind api.ItemKind, id string) (api.Offer, error) {
	line, err := s.store.Offered(ctx, accountID, kind, id)
	switch {
	case err != nil:
		return api.Offer{}, fmt.Errorf("price %s %s: %w", kind, id, err)
	case !line.Sold:
		return api.Offer{}, errs.New(errs.CodeGone, "not_sold", "This is not offered any more.")
	}
	offer := api.Offer{PackID: line.PackID, SoundID: line.SoundID, List: line.Price, Price: line.Price, Owned: line.OwnedTier != "", Tiers: []api.TierOffer{}}
	for _, o := range line.Prices.Offered(line.Price.Currency) {
		t := api.TierOffer{Tier: o.Tier, List: o.Price, Owned: tier.Covers(line.OwnedTier, o.Tier)}
		t.Price, t.Credit = less(o.Price, line.PaidSounds)
		offer.Tiers = append(offer.Tiers, t)
	}
	offer.Price, offer.Credit = less(line.Price, line.PaidSounds)
	return offer, nil
}

// less takes what was paid before off a price; nil: nothing was.
func less(price api.Money, paid []PaidSound) (api.Money, *api.CartCredit) {
	credit := Credit(price, paid)
	if credit.Amount.Amount == 0 {
		return price, nil
	}
	price.Amount -= credit.Amount.Amount
	return price, &credit
}

// Add puts items into the caller's cart.
func (s *Service) Add(ctx context.Context, who auth.Caller, items []api.Item) (api.AddedToCart, error) {
	owner := OwnerOf(who)
	if err := validItems(owner, items); err != nil {
		return api.AddedToCart{}, err
	}
	added := make([]api.AddedItem, len(items))
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		additions, err := s.store.Add(ctx, owner, items, api.MaxCartLines)
		if err != nil {
			return err
		}
		for i, a := range additions {
			added[i] = api.AddedItem{Item: items[i], Outcome: a.Outcome}
			if a.Outcome != api.CartAdded {
				continue
			}
			if err := s.recorder.Record(ctx, who, events.InteractionRecordedV1{
				Kind: events.KindCart, PackID: a.PackID, SoundID: a.SoundID, ProducerID: a.ProducerID,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return api.AddedToCart{}, fmt.Errorf("add to cart: %w", err)
	}
	cart, err := s.Get(ctx, owner)
	if err != nil {
		return api.AddedToCart{}, err
	}
	return api.AddedToCart{Added: added, Cart: cart}, nil
}

func validItems(owner Owner, items []api.Item) error {
	if !owner.Valid() {
		return errs.New(errs.CodeInvalid, "no_cart_owner", "Sign in, or allow the visitor cookie, to use the cart.")
	}
	if len(items) == 0 || len(items) > api.MaxAddToCart {
		return errs.Invalid(errs.Field{Name: "items", Reason: "count", Detail: fmt.Sprintf("Add 1 to %d items at a time.", api.MaxAddToCart)})
	}
	for i, item := range items {
		if item.Kind != api.ItemPack && item.Kind != api.ItemSound {
			return errs.Invalid(errs.Field{Name: fmt.Sprintf("items.%d.kind", i), Reason: "unknown_kind", Detail: "Kind must be pack or sound."})
		}
		if !tx.ValidID(item.ID) {
			return errs.Invalid(errs.Field{Name: fmt.Sprintf("items.%d.id", i), Reason: "invalid_id", Detail: "This is not an id."})
		}
		if item.Tier != "" && !tier.Valid(item.Tier) {
			return errs.Invalid(errs.Field{Name: fmt.Sprintf("items.%d.tier", i), Reason: "unknown_tier", Detail: "There is no such licence."})
		}
	}
	return nil
}

// Change gives a line another licence, or the amount the buyer names.
func (s *Service) Change(ctx context.Context, owner Owner, lineID string, in api.ChangeCartLine) (api.Cart, error) {
	if !tx.ValidID(lineID) || !owner.Valid() {
		return api.Cart{}, errs.NotFound("cart line")
	}
	if in.Tier != "" && !tier.Valid(in.Tier) {
		return api.Cart{}, errs.Invalid(errs.Field{Name: "tier", Reason: "unknown_tier", Detail: "There is no such licence."})
	}
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error { return s.store.Change(ctx, owner, lineID, in) })
	if err != nil {
		return api.Cart{}, fmt.Errorf("change cart line: %w", err)
	}
	return s.Get(ctx, owner)
}

// Remove takes one line out; a line that is not there is no error, so that pressing twice is harmless.
func (s *Service) Remove(ctx context.Context, owner Owner, lineID string) (api.Cart, error) {
	if tx.ValidID(lineID) && owner.Valid() {
		if err := s.store.Remove(ctx, owner, lineID); err != nil {
			return api.Cart{}, fmt.Errorf("remove cart line: %w", err)
		}
	}
	return s.Get(ctx, owner)
}

// Empty takes all lines out.
func (s *Service) Empty(ctx context.Context, owner Owner) (api.Cart, error) {
	if owner.Valid() {
		if err := s.store.Empty(ctx, owner); err != nil {
			return api.Cart{}, fmt.Errorf("empty cart: %w", err)
		}
	}
	return s.Get(ctx, owner)
}

// AcceptPrices remembers the prices of now.
func (s *Service) AcceptPrices(ctx context.Context, owner Owner) (api.Cart, error) {
	if owner.Valid() {
		if err := s.store.AcceptPrices(ctx, owner); err != nil {
			return api.Cart{}, fmt.Errorf("accept prices: %w", err)
		}
	}
	return s.Get(ctx, owner)
}

// Merge gives a visitor's cart to the account that signed in. It runs inside the transaction of the sign-in.
func (s *Service) Merge(ctx context.Context, visitor, accountID string) error {
	if err := s.store.Merge(ctx, visitor, accountID, api.MaxCartLines); err != nil {
		return fmt.Errorf("merge carts: %w", err)
	}
	return nil
}

// ForgetJob drops carts of visitors who did not come back.
type ForgetJob struct{}

// Kind names the job in the queue.
func (ForgetJob) Kind() string { return "cart_forget_visitors" }

// Forget is the job.
func (s *Service) Forget(ctx context.Context, _ ForgetJob) error {
	if _, err := s.store.Forget(ctx, s.now().UTC().Add(-VisitorLifetime)); err != nil {
		return fmt.Errorf("forget old carts: %w", err)
	}
	return nil
}
