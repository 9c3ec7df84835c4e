package order

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/coupon"
	"crateful.dev/models/internal/tx"
)

// CheckoutLifetime is how long a payment page can be paid; the provider's shortest is 30 minutes.
const CheckoutLifetime = 31 * time.Minute

// RetryWindow is how long a failed or expired order may be paid again at its prices.
const RetryWindow = 24 * time.Hour

// maxAttempts bounds the payment pages of one order.
const maxAttempts = 20

// Buyers knows accounts as buyers.
type Buyers interface {
	Buyer(ctx context.Context, accountID string) (Buyer, error)
}

// Recorder notes purchases for recommendations, inside the transaction of the context.
type Recorder interface {
	Record(ctx context.Context, who auth.Caller, data events.InteractionRecordedV1) error
}

// Limiter slows down callers who ask too often.
type Limiter interface {
	Take(ctx context.Context, bucket string, burst int, interval time.Duration) error
}

// What one account may ask for: payment pages cost the provider's patience.
const (
	checkoutBurst    = 20
	checkoutInterval = 15 * time.Second
)

// Service takes orders and settles payments.
type Service struct {
	unit      tx.Unit
	store     Store
	book      Book
	buyers    Buyers
	recorder  Recorder
	catalogue Catalogue
	gateway   Gateway
	limits    Limiter
	desk      Desk
	audit     Audit
	papers    Papers
	log       *slog.Logger
	now       func() time.Time
	newID     func() string
}

// Config is what a Service needs. Gateway may be nil: then only free orders can be placed.
type Config struct {
	Unit      tx.Unit
	Store     Store
	Book      Book
	Buyers    Buyers
	Recorder  Recorder
	Catalogue Catalogue
	Gateway   Gateway
	Limits    Limiter
	Desk      Desk
	Audit     Audit
	Papers    Papers
	Log       *slog.Logger
	Now       func() time.Time // nil: the clock
}

// NewService returns a Service.
func NewService(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{
		unit: c.Unit, store: c.Store, book: c.Book, buyers: c.Buyers, recorder: c.Recorder, catalogue: c.Catalogue, gateway: c.Gateway, limits: c.Limits,
		desk: c.Desk, audit: c.Audit, papers: c.Papers, log: c.Log, now: func() time.Time { return c.Now().UTC() }, newID: tx.NewID,
	}
}

// Place orders the payable lines of the account's cart, an order per currency, and opens the payment page of the first that
// is to be paid, which is the answer. Placing the same cart again gives the same orders.
func (s *Service) Place(ctx context.Context, accountID string, in api.CreateOrder) (*Order, error) {
	if err := s.limitCheckout(ctx, accountID); err != nil {
		return nil, err
	}
	var first *Order
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		placed, err := s.place(ctx, accountID, in)
		if err == nil {
			first = firstToPay(placed)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if payable(first) {
		return s.openCheckout(ctx, first.ID)
	}
	return s.store.Order(ctx, first.ID)
}

func payable(o *Order) bool { return o.State == api.OrderOpen || o.State == api.OrderAwaitingPayment }

// firstToPay is the order that comes next, or the first when none is to be paid.
func firstToPay(orders []*Order) *Order {
	if at := slices.IndexFunc(orders, payable); at >= 0 {
		return orders[at]
	}
	return orders[0]
}

func (s *Service) limitCheckout(ctx context.Context, accountID string) error {
	return s.limits.Take(ctx, "checkout:"+accountID, checkoutBurst, checkoutInterval)
}

func (s *Service) place(ctx context.Context, accountID string, in api.CreateOrder) ([]*Order, error) {
	buyer, err := s.buyers.Buyer(ctx, accountID)
	if err != nil {
		return nil, fmt.Errorf("read buyer: %w", err)
	}
	lines, code, err := s.store.LockCart(ctx, accountID)
	if err != nil {
		return nil, fmt.Errorf("lock cart: %w", err)
	}
	if in.Invoice != nil {
		details, err := cleanInvoice(*in.Invoice)
		if err != nil {
			return nil, err
		}
		if err := s.store.SaveInvoice(ctx, accountID, details); err != nil {
			return nil, err
		}
	}
	priced, err := cart.Evaluate(lines, code, s.now())
	if err != nil {
		return nil, err
	}
	totals, err := chooseTotals(priced, in)
	if err != nil {
		return nil, err
	}
	orders, fresh := make([]*Order, len(totals)), make([]*Order, 0, len(totals))
	for i, total := range totals {
		o := s.draft(buyer, priced, total, code)
		live, err := s.store.Live(ctx, accountID, o.Fingerprint)
		if err != nil {
			return nil, fmt.Errorf("look for an open order: %w", err)
		}
		if orders[i] = live; live == nil {
			orders[i], fresh = o, append(fresh, o)
		}
	}
	if len(orders) > 1 {
		if err := s.group(ctx, orders); err != nil {
			return nil, err
		}
	}
	return orders, s.storeFresh(ctx, accountID, fresh)
}

// storeFresh stores new orders: what is to be paid is held, what is free is delivered.
func (s *Service) storeFresh(ctx context.Context, accountID string, fresh []*Order) error {
	var paying []*Order
	for _, o := range fresh {
		if err := s.replace(ctx, accountID, o.Currency); err != nil {
			return err
		}
		if err := s.store.Insert(ctx, o); err != nil {
			return fmt.Errorf("store order: %w", err)
		}
		if o.Total > 0 {
			paying = append(paying, o)
			continue
		}
		if err := s.deliver(ctx, o, nil); err != nil {
			return err
		}
		if err := s.save(ctx, o); err != nil {
			return err
		}
	}
	return s.hold(ctx, s.now().Add(CheckoutLifetime), paying...)
}

// group puts orders of one cart under one checkout: the one that some of them have already, or a new one.
func (s *Service) group(ctx context.Context, orders []*Order) error {
	id := ""
	for _, o := range orders {
		if id == "" {
			id = o.CheckoutID
		}
	}
	if id == "" {
		id = s.newID()
		if err := s.store.Begin(ctx, id, orders[0].Buyer.AccountID, s.now()); err != nil {
			return fmt.Errorf("begin checkout: %w", err)
		}
	}
	for _, o := range orders {
		if o.CheckoutID != "" {
			continue // of an earlier state of the cart: it stays where the buyer left it
		}
		o.CheckoutID = id
		if o.Number == 0 {
			continue // not stored yet
		}
		if err := s.store.Join(ctx, o.ID, id); err != nil {
			return fmt.Errorf("bring order %s into checkout %s: %w", o.ID, id, err)
		}
	}
	return nil
}

// chooseTotals picks what to order, sorted by currency, and refuses what cannot be charged or is not what the buyer saw.
func chooseTotals(priced api.Cart, in api.CreateOrder) ([]api.CartTotal, error) {
	var totals []api.CartTotal
	for _, t := range priced.Totals {
		if t.Lines > 0 && (in.Currency == "" || in.Currency == t.Currency) {
			totals = append(totals, t)
		}
	}
	if len(totals) == 0 {
		return nil, errs.New(errs.CodeConflict, "cart_empty", "There is nothing in the cart that can be bought.")
	}
	if !expected(totals, in) {
		return nil, errs.New(errs.CodeConflict, "price_changed", "The total has changed. Look at the cart again; nothing was ordered.")
	}
	for _, t := range totals {
		if t.BelowMinimum > 0 {
			return nil, errs.New(errs.CodeInvalid, "below_minimum_charge", "The total is below the smallest card payment.")
		}
		if t.Total > cart.MaxTotal || t.Subtotal > cart.MaxTotal {
			return nil, errs.New(errs.CodeInvalid, "above_maximum_charge", "The total is above the largest card payment. Buy in two orders.")
		}
	}
	return totals, nil
}

// expected says whether the totals are those that the buyer saw.
func expected(totals []api.CartTotal, in api.CreateOrder) bool {
	if in.ExpectedTotal != nil && (len(totals) != 1 || totals[0].Total != *in.ExpectedTotal) {
		return false
	}
	if in.ExpectedTotals == nil {
		return true
	}
	saw := make(map[string]int64, len(in.ExpectedTotals))
	for _, m := range in.ExpectedTotals {
		saw[m.Currency] = m.Amount
	}
	for _, t := range totals {
		if amount, ok := saw[t.Currency]; !ok || amount != t.Total {
			return false
		}
	}
	return len(in.ExpectedTotals) == len(totals)
}

func (s *Service) draft(buyer Buyer, priced api.Cart, total api.CartTotal, code *coupon.Coupon) *Order {
	now := s.now()
	o := &Order{
		ID: s.newID(), State: api.OrderOpen, Buyer: buyer, Currency: total.Currency, Subtotal: total.Subtotal,
		Credit: total.Credit, Discount: total.Discount, Total: total.Total, CreatedAt: now, UpdatedAt: now,
	}
	if total.Discount > 0 {
		o.Coupon = code
	}
	for _, l := range priced.Lines {
		if l.Payable == nil || l.Payable.Currency != total.Currency {
			continue
		}
		line := Line{
			ID: s.newID(), Position: len(o.Lines), Kind: l.Kind, PackID: l.PackID, PackSlug: l.PackSlug, PackTitle: l.PackTitle,
			EditionID: l.EditionID, Edition: l.Edition, SoundID: l.SoundID, SoundName: l.SoundName, Seller: l.Seller,
			LicenceCode: l.LicenceCode, Tier: l.Tier, CoverKey: l.CoverKey, Price: l.Price.Amount, State: api.LinePending,
		}
		if l.Credit != nil {
			line.Credit, line.CreditSounds = l.Credit.Amount.Amount, l.Credit.Sounds
		}
		if l.Discount != nil {
			line.Discount, line.BorneBy = l.Discount.Amount, code.BorneBy()
		}
		o.Lines = append(o.Lines, line)
	}
	o.Fingerprint = Fingerprint(buyer.AccountID, o.Currency, o.Lines)
	return o
}

// replace cancels orders of an earlier state of the cart, so that one cart is not paid twice from two tabs.
func (s *Service) replace(ctx context.Context, accountID, currency string) error {
	older, err := s.store.Replaceable(ctx, accountID, currency)
	if err != nil {
		return fmt.Errorf("look for orders to replace: %w", err)
	}
	for _, o := range older {
		if err := s.cancel(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) cancel(ctx context.Context, o *Order) error {
	now := s.now()
	o.CancelledAt = &now
	if err := s.save(ctx, o); err != nil {
		return fmt.Errorf("cancel order %s: %w", o.ID, err)
	}
	for _, a := range o.Attempts {
		if a.State == AttemptOpen || a.State == AttemptPrepared {
			if err := s.unit.Enqueue(ctx, ExpireJob{OrderID: o.ID, Attempt: a.Number}, tx.Unique()); err != nil {
				return fmt.Errorf("close payment page of order %s: %w", o.ID, err)
			}
		}
	}
	return nil
}

// Get reads an order of the account.
func (s *Service) Get(ctx context.Context, accountID, id string) (*Order, error) {
	o, err := s.store.Order(ctx, id)
	if err != nil {
		return nil, err
	}
	if o.Buyer.AccountID != accountID {
		return nil, errs.NotFound("order")
	}
	return o, nil
}

// GetAny reads an order of anybody, for admins.
func (s *Service) GetAny(ctx context.Context, id string) (*Order, error) {
	return s.store.Order(ctx, id)
}

// List reads a page of the account's orders, newest first.
func (s *Service) List(ctx context.Context, accountID, cursor string, limit int) ([]*Order, string, error) {
	return s.store.Orders(ctx, accountID, cursor, limit)
}

// Cancel gives an order up that is not paid. Cancelling twice is harmless.
func (s *Service) Cancel(ctx context.Context, accountID, id string) (*Order, error) {
	if _, err := s.Get(ctx, accountID, id); err != nil {
		return nil, err
	}
	var out *Order
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, id)
		if err != nil {
			return err
		}
		out = o
		switch o.State {
		case api.OrderCancelled:
			return nil
		case api.OrderOpen, api.OrderAwaitingPayment, api.OrderFailed, api.OrderExpired:
			return s.cancel(ctx, o)
		default:
			return errs.New(errs.CodeConflict, "order_not_cancellable", "This order is paid or waiting for the bank.")
		}
	})
	return out, err
}

// OpenCheckout gives the order's payment page: the open one, or a new attempt after the last one failed or ran out.
func (s *Service) OpenCheckout(ctx context.Context, accountID, id string) (*Order, error) {
	if err := s.limitCheckout(ctx, accountID); err != nil {
		return nil, err
	}
	if _, err := s.Get(ctx, accountID, id); err != nil {
		return nil, err
	}
	return s.openCheckout(ctx, id)
}

func (s *Service) openCheckout(ctx context.Context, id string) (*Order, error) {
	if s.gateway == nil {
		return nil, errs.New(errs.CodeUnavailable, "payment_unavailable", "Card payments are not set up on this site.")
	}
	for range 3 {
		o, a, err := s.prepare(ctx, id)
		if err != nil || a == nil {
			return o, err
		}
		if a.State == AttemptOpen { // ran out by our clock: the provider knows what became of it
			if err := s.ask(ctx, o.ID, a.SessionID); err != nil {
				return nil, unavailable(err)
			}
			continue
		}
		session, err := s.gateway.Open(ctx, s.checkout(o, a))
		if errors.Is(err, ErrRefused) {
			s.log.WarnContext(ctx, "payment page refused", "order_id", o.ID, "attempt", a.Number, "error", err)
			if err := s.abandon(ctx, o.ID, a.Number); err != nil {
				return nil, err
			}
			if s.now().Sub(a.CreatedAt) < time.Minute {
				return nil, unavailable(err)
			}
			continue // the attempt was left over from a crash and is too old to be opened now
		}
		if err != nil {
			return nil, unavailable(err)
		}
		return s.apply(ctx, session)
	}
	return nil, unavailable(fmt.Errorf("order %s: no attempt could be opened", id))
}

func unavailable(err error) error {
	e := errs.Wrap(errs.CodeUnavailable, err, "payment_unavailable", "The payment page could not be opened. Nothing was charged; try again.")
	e.RetryAfter = 10 * time.Second
	return e
}

// prepare finds or stores the attempt to open. No attempt: the order is fine as it is.
func (s *Service) prepare(ctx context.Context, id string) (*Order, *Attempt, error) {
	var out *Order
	var attempt *Attempt
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, id)
		if err != nil {
			return err
		}
		out = o
		switch o.State {
		case api.OrderOpen, api.OrderAwaitingPayment, api.OrderFailed, api.OrderExpired:
		case api.OrderCancelled:
			return errs.New(errs.CodeConflict, "order_cancelled", "This order was given up. Order again from the cart.")
		default:
			return nil
		}
		if last := o.lastAttempt(); last != nil && !last.State.Over() {
			if last.State == AttemptOpen && s.now().Before(last.ExpiresAt) {
				return nil
			}
			attempt = last
			return nil
		}
		a, err := s.newAttempt(ctx, o)
		attempt = a
		return err
	})
	return out, attempt, err
}

func (s *Service) newAttempt(ctx context.Context, o *Order) (*Attempt, error) {
	if len(o.Attempts) >= maxAttempts || s.now().Sub(o.CreatedAt) > RetryWindow {
		return nil, errs.New(errs.CodeConflict, "order_stale", "This order is too old to be paid. Order again from the cart.")
	}
	if len(o.Attempts) > 0 && o.Coupon != nil && o.Coupon.State(s.now()) != api.CouponRunning { // it held for the first page
		return nil, errs.New(errs.CodeConflict, "order_stale", "The coupon of this order has ended. Order again from the cart.")
	}
	gone, err := s.store.Unavailable(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("check order %s: %w", o.ID, err)
	}
	if len(gone) > 0 {
		return nil, errs.New(errs.CodeConflict, "order_stale", "Something in this order is no longer sold or is yours already. Order again from the cart.")
	}
	now := s.now()
	expires := now.Add(CheckoutLifetime).Truncate(time.Second)
	if err := s.hold(ctx, expires, o); err != nil {
		return nil, err
	}
	number := len(o.Attempts) + 1
	o.ExpiredAt = nil
	o.Attempts = append(o.Attempts, Attempt{
		Number: number, State: AttemptPrepared, Key: AttemptKey(o.ID, number), ExpiresAt: expires, CreatedAt: now,
	})
	if err := s.save(ctx, o); err != nil {
		return nil, fmt.Errorf("store attempt %d of order %s: %w", number, o.ID, err)
	}
	return o.lastAttempt(), nil
}

func (s *Service) checkout(o *Order, a *Attempt) Checkout {
	c := Checkout{
		OrderID: o.ID, Number: o.NumberText(), Attempt: a.Number, Key: a.Key, Email: o.Buyer.Email,
		Currency: o.Currency, ExpiresAt: a.ExpiresAt, AtOnce: o.exclusive(),
	}
	for _, l := range o.Lines {
		c.Lines = append(c.Lines, CheckoutLine{Title: l.Title(), Amount: l.Amount()})
	}
	return c
}

func (s *Service) abandon(ctx context.Context, id string, attempt int) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		o, err := s.store.Lock(ctx, id)
		if err != nil {
			return err
		}
		a := o.attempt(attempt)
		if a == nil || a.State != AttemptPrepared {
			return nil
		}
		a.State = AttemptAbandoned
		return s.save(ctx, o)
	})
}
