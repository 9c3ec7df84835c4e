// Package cart prices what somebody is about to buy. It knows the rules of a cart: what counts, what is owned, what a
// pack costs to somebody who owns sounds of it. Turning a cart into a purchase belongs to package order.
package cart

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/coupon"
	"crateful.dev/models/internal/tier"
)

// MaxTotal is the largest sum one payment may have, in minor units (the payment provider's eight digits).
const MaxTotal = 99_999_999

// Owner is whose cart it is: an account, or a visitor who has not signed in. Exactly one is set.
type Owner struct {
	AccountID string
	VisitorID string
}

// Valid says whether exactly one owner is named.
func (o Owner) Valid() bool { return (o.AccountID == "") != (o.VisitorID == "") }

// Line is a line as stored, with what the catalogue and the library say about it now.
type Line struct {
	ID      string
	Kind    api.ItemKind
	PackID  string
	SoundID string
	Added   api.Money // price when added
	AddedAt time.Time

	PackSlug    string
	PackTitle   string
	SoundName   string
	CoverKey    string
	LicenceCode string
	Seller      api.ProducerRef
	EditionID   string
	Edition     int
	Tier        api.Tier
	Prices      tier.Prices
	Sold        bool      // live, and sold in this form and tier
	Price       api.Money // price now; meaningful when Sold

	OwnedTier  api.Tier // the most that the account owns of the thing; told by Store.Offered
	Owned      bool     // in this tier or one that includes it, singly or with its pack
	OwnWork    bool
	Owners     int64       // others who own it; for Exclusive only
	PaidSounds []PaidSound // what the account paid for before that counts towards this
}

// PaidSound is a single sound of the pack the account owns, with what was paid for it; without a SoundID it is a lesser
// licence of the line's own pack or sound.
type PaidSound struct {
	SoundID string
	Paid    api.Money
}

// LicenceCode names the wording of a tier: Standard has the pack's own.
func LicenceCode(t api.Tier, ofPack string) string {
	if t == api.TierStandard {
		return ofPack
	}
	return string(t)
}

// Evaluate prices the lines of a cart at a time. The answer's lines keep the given order. c is the cart's coupon, or nil.
func Evaluate(lines []Line, c *coupon.Coupon, now time.Time) (api.Cart, error) {
	packLine := make(map[string]Line) // pack id → the line that buys it
	for _, l := range lines {
		if l.Kind == api.ItemPack && l.Sold && !l.Owned && !l.OwnWork {
			packLine[l.PackID] = l
		}
	}
	out := api.Cart{Lines: make([]api.CartLine, 0, len(lines)), Totals: []api.CartTotal{}}
	totals := make(map[string]*api.CartTotal)
	for _, l := range lines {
		view := view(l)
		if whole, ok := packLine[l.PackID]; ok && l.Kind == api.ItemSound && tier.Covers(whole.Tier, l.Tier) {
			view.IncludedIn = whole.ID
		}
		if l.Sold && !l.Owned && !l.OwnWork && view.IncludedIn == "" {
			if err := count(&view, l, totals); err != nil {
				return api.Cart{}, err
			}
		}
		out.Lines = append(out.Lines, view)
	}
	if c != nil {
		out.Coupon = redeem(c, out.Lines, totals, now)
	}
	for _, t := range totals {
		t.BelowMinimum = BelowMinimum(t.Total, t.Currency)
		out.Totals = append(out.Totals, *t)
	}
	sort.Slice(out.Totals, func(i, j int) bool { return out.Totals[i].Currency < out.Totals[j].Currency })
	return out, nil
}

func view(l Line) api.CartLine {
	v := api.CartLine{
		ID: l.ID, Kind: l.Kind, PackID: l.PackID, PackSlug: l.PackSlug, PackTitle: l.PackTitle,
		SoundID: l.SoundID, SoundName: l.SoundName, EditionID: l.EditionID, Edition: l.Edition,
		LicenceCode: l.LicenceCode, Tier: l.Tier, Tiers: l.Prices.Offered(l.Price.Currency), CoverKey: l.CoverKey, Seller: l.Seller,
		AddedPrice: l.Added, Owned: l.Owned, OwnWork: l.OwnWork, Owners: l.Owners, NoLongerSold: !l.Sold, AddedAt: l.AddedAt,
	}
	if l.Prices.Suggested != nil {
		v.Suggested = &api.Money{Amount: *l.Prices.Suggested, Currency: l.Price.Currency}
	}
	if l.Sold {
		price := l.Price
		v.Price, v.PriceChanged = &price, price != l.Added
	}
	return v
}

func count(view *api.CartLine, l Line, totals map[string]*api.CartTotal) error {
	if l.Price.Amount < 0 || l.Price.Amount > MaxTotal || l.Price.Currency == "" {
		return fmt.Errorf("price cart line %s: price %d %q is out of range", l.ID, l.Price.Amount, l.Price.Currency)
	}
	credit := Credit(l.Price, l.PaidSounds)
	if credit.Amount.Amount > 0 {
		view.Credit = &credit
	}
	payable := api.Money{Amount: l.Price.Amount - credit.Amount.Amount, Currency: l.Price.Currency}
	view.Payable = &payable
	t := totals[payable.Currency]
	if t == nil {
		t = &api.CartTotal{Currency: payable.Currency, MinimumCharge: MinimumCharge(payable.Currency)}
		totals[payable.Currency] = t
	}
	if t.Subtotal > math.MaxInt64-l.Price.Amount {
		return fmt.Errorf("sum cart: subtotal overflows")
	}
	t.Lines++
	t.Subtotal += l.Price.Amount
	t.Credit += credit.Amount.Amount
	t.Total += payable.Amount
	return nil
}

// redeem takes off what a coupon takes off, or says why it takes nothing. It counts once per payment: one with fewer uses
// left than the cart has currencies is for the first of them.
func redeem(c *coupon.Coupon, lines []api.CartLine, totals map[string]*api.CartTotal, now time.Time) *api.CartCoupon {
	out := &api.CartCoupon{Code: c.Code, Percent: c.Percent, Amount: c.Amount, State: c.State(now)}
	if out.State != api.CouponRunning {
		return out
	}
	out.State = api.CouponNotForThese
	left := c.Left()
	for _, currency := range slices.Sorted(maps.Keys(totals)) {
		total, used := totals[currency], false
		if left == 0 {
			break
		}
		var at []int
		var amounts []int64
		for i, l := range lines {
			if l.Payable != nil && l.Payable.Currency == currency && c.Covers(l.Seller.ID, l.PackID) {
				at, amounts = append(at, i), append(amounts, l.Payable.Amount)
			}
		}
		for n, off := range c.Takes(currency, amounts) {
			if off == 0 {
				continue
			}
			l := &lines[at[n]]
			l.Discount = &api.Money{Amount: off, Currency: currency}
			l.Payable = &api.Money{Amount: l.Payable.Amount - off, Currency: currency}
			total.Discount += off
			total.Total -= off
			used = true
		}
		if used {
			out.State = api.CouponRunning
			left--
		}
	}
	return out
}

// Addition is what became of one item that was to be added.
type Addition struct {
	Outcome    api.CartOutcome
	PackID     string
	SoundID    string
	ProducerID string
	Demo       bool
}

// Store keeps carts. A cart that does not exist is empty. Lines come in the order they were added.
type Store interface {
	Lines(ctx context.Context, owner Owner) ([]Line, error)
	Count(ctx context.Context, owner Owner) (api.CartCount, error)
	// Coupon is the coupon of the cart, with its uses by the owner; nil when there is none.
	Coupon(ctx context.Context, owner Owner) (*coupon.Coupon, error)
	// Invoice is what the account wants on papers; nil: it never said anything.
	Invoice(ctx context.Context, accountID string) (*api.InvoiceDetails, error)
	// FindCoupon finds one by its clean code; errs.NotFound when there is none.
	FindCoupon(ctx context.Context, accountID, code string) (coupon.Coupon, error)
	// SetCoupon puts a coupon into the cart inside the transaction of the context; an empty id takes it out.
	SetCoupon(ctx context.Context, owner Owner, couponID string) error
	// Offered is a pack or a sound as a line that the account could add; not found when it was never on sale.
	Offered(ctx context.Context, accountID string, kind api.ItemKind, id string) (Line, error)
	// Add stores the items that are sold and not there yet, with their price now, up to limit lines. It runs inside the
	// transaction of the context and answers in the order of items.
	Add(ctx context.Context, owner Owner, items []api.Item, limit int) ([]Addition, error)
	// Change gives a line another tier or amount; errs.NotFound when there is no such line.
	Change(ctx context.Context, owner Owner, lineID string, in api.ChangeCartLine) error
	Remove(ctx context.Context, owner Owner, lineID string) error
	Empty(ctx context.Context, owner Owner) error
	// AcceptPrices makes the price now the remembered price of every line that is sold.
	AcceptPrices(ctx context.Context, owner Owner) error
	// Merge moves a visitor's lines into the account's cart, up to limit lines, inside the transaction of the context.
	Merge(ctx context.Context, visitor, accountID string, limit int) error
	// Forget drops visitors' carts not used since before.
	Forget(ctx context.Context, before time.Time) (int64, error)
}
