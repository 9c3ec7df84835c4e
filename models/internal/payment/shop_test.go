package payment_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/library"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

// shop is everything that buying needs, on a real database and with the real Stripe client.
type shop struct {
	t       *testing.T
	db      *postgres.DB
	stripe  *stripetest.Server
	asked   *asking
	orders  *order.Service
	carts   *cart.Service
	library *library.Service
	*proofs
	stopped []string // from downloading
	sales   *ledger.Service
	payouts *payout.Service
	ahead   atomic.Int64 // how far the clock is ahead
	records *recorder
}

// recorder writes interactions to the outbox under the account's own id, and can be made to fail.
type recorder struct {
	unit tx.Unit
	fail atomic.Pointer[error]
}

func (r *recorder) Record(ctx context.Context, who auth.Caller, data events.InteractionRecordedV1) error {
	if err := r.fail.Load(); err != nil {
		return *err
	}
	data.PersonID = who.AccountID + who.Visitor
	return r.unit.Append(ctx, data.PersonID, 0, data)
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, db: postgrestest.New(t), stripe: stripetest.New(t)}
	unit := postgrestest.Unit(t, s.db)
	gateway, err := payment.New(payment.Config{
		SecretKey: "sk_test_x", WebhookSecret: stripetest.Secret, APIURL: s.stripe.URL, PublicURL: "http://shop.test",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.asked = &asking{Gateway: gateway}
	s.records = &recorder{unit: unit}
	store := postgres.NewOrderStore(s.db)
	s.proofs = s.newProofs(t, unit, store, 1)
	s.orders = order.NewService(order.Config{
		Unit: unit, Store: store, Book: postgres.NewLedgerStore(s.db), Buyers: store, Recorder: s.records, Gateway: s.asked,
		Catalogue: &catalog.Service{Store: postgres.NewPackStore(s.db), Unit: unit, Log: slog.New(slog.DiscardHandler), Now: s.now},
		Limits:    postgres.NewLimiter(s.db, 1), Papers: s.proofs, Desk: store, Audit: audit.New(postgres.NewAuditStore(s.db)), Log: slog.New(slog.DiscardHandler), Now: s.now,
	})
	s.carts = cart.NewService(unit, postgres.NewCartStore(s.db), s.records, postgres.NewLimiter(s.db, 1), s.now)
	s.library = library.NewService(unit, postgres.NewLibraryStore(s.db), s.records, s)
	s.sales = ledger.NewService(postgres.NewLedgerStore(s.db), s.now)
	accounts := postgres.NewPayoutStore(s.db)
	s.payouts = payout.NewService(payout.Config{
		Unit: unit, Store: accounts, Book: postgres.NewLedgerStore(s.db), Gateway: gateway, People: accounts, Log: slog.New(slog.DiscardHandler),
		PublicURL: "http://shop.test", Now: s.now,
	})
	return s
}

func (s *shop) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func (s *shop) wait(d time.Duration) { s.ahead.Add(int64(d)) }

func (s *shop) account() string {
	return postgrestest.Account(s.t, s.db, "user-"+tx.NewID()[24:])
}

func (s *shop) pack(price int64, sounds ...int64) postgrestest.Listing {
	return postgrestest.Pack(s.t, s.db, s.account(), price, sounds...)
}

// packIn is a pack that is sold in another currency than euros.
func (s *shop) packIn(currency string, price int64) postgrestest.Listing {
	s.t.Helper()
	pack := s.pack(price)
	postgrestest.Exec(s.t, s.db, "WITH p AS (UPDATE packs SET currency = $2 WHERE id = $1) UPDATE listings SET currency = $2 WHERE pack_id = $1", pack.PackID, currency)
	return pack
}

func (s *shop) fill(buyer string, items ...api.Item) api.Cart {
	s.t.Helper()
	added, err := s.carts.Add(s.t.Context(), auth.Caller{AccountID: buyer}, items)
	if err != nil {
		s.t.Fatal(err)
	}
	return added.Cart
}

func packItem(l postgrestest.Listing) api.Item { return api.Item{Kind: api.ItemPack, ID: l.PackID} }

func soundItem(l postgrestest.Listing, i int) api.Item {
	return api.Item{Kind: api.ItemSound, ID: l.Sounds[i]}
}

func (s *shop) place(buyer string) *order.Order {
	s.t.Helper()
	o, err := s.orders.Place(s.t.Context(), buyer, api.CreateOrder{})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *shop) order(id string) *order.Order {
	s.t.Helper()
	o, err := s.orders.GetAny(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// session is the Stripe id of the order's last payment page.
func session(o *order.Order) string { return o.Attempts[len(o.Attempts)-1].SessionID }

// deliver sends an event as a signed webhook.
func (s *shop) deliver(event map[string]any) order.Result {
	s.t.Helper()
	payload, signature := stripetest.Sign(s.t, event, stripetest.Secret, time.Now())
	result, err := s.orders.Webhook(s.t.Context(), payload, signature)
	if err != nil {
		s.t.Fatal(err)
	}
	return result
}

// unbooked is an order of one pack for 12.00 that is paid at Stripe, of which no webhook has told yet.
func (s *shop) unbooked(buyer string) *order.Order {
	s.t.Helper()
	s.fill(buyer, packItem(s.pack(1200)))
	o := s.place(buyer)
	s.stripe.Pay(session(o), false)
	return o
}

// buy pays the buyer's cart and returns the paid order.
func (s *shop) buy(buyer string, items ...api.Item) *order.Order {
	s.t.Helper()
	s.fill(buyer, items...)
	o := s.place(buyer)
	if o.Total > 0 {
		s.stripe.Pay(session(o), false)
		s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
	}
	if o = s.order(o.ID); o.State != api.OrderPaid {
		s.t.Fatalf("order is %s, want paid", o.State)
	}
	return o
}

func (s *shop) count(sql string, args ...any) int64 {
	s.t.Helper()
	return postgrestest.One[int64](s.t, s.db, sql, args...)
}

// balanced says that every ledger transaction sums to zero, and returns the sum of one account.
func (s *shop) balance(account string) int64 {
	s.t.Helper()
	if n := s.count("SELECT count(*) FROM (SELECT 1 FROM ledger_entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0) x"); n != 0 {
		s.t.Errorf("%d ledger transactions do not sum to zero", n)
	}
	return s.count("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entries WHERE account = $1", account)
}

func caller(account string) auth.Caller { return auth.Caller{AccountID: account} }

func owner(account string) cart.Owner { return cart.Owner{AccountID: account} }
