package payment_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment/stripetest"
)

// asking is a gateway that can be held after it was answered, before anybody acts on the answer.
type asking struct {
	order.Gateway
	answered atomic.Pointer[func()] // after the provider said how a payment page stands
	verified atomic.Pointer[func()] // after a webhook was found to be true
}

func (a *asking) Session(ctx context.Context, id string) (order.Session, error) {
	s, err := a.Gateway.Session(ctx, id)
	held(&a.answered)
	return s, err
}

func (a *asking) Verify(payload []byte, signature string) (order.Event, error) {
	e, err := a.Gateway.Verify(payload, signature)
	held(&a.verified)
	return e, err
}

func held(at *atomic.Pointer[func()]) {
	if wait := at.Load(); wait != nil {
		(*wait)()
	}
}

// gate is a place in the code where one waits until another has come by.
type gate struct {
	reached, open chan struct{}
	once          sync.Once
}

func newGate() *gate { return &gate{reached: make(chan struct{}), open: make(chan struct{})} }

func (g *gate) pass() {
	g.once.Do(func() { close(g.reached) })
	<-g.open
}

// The reconciler and the webhook know the same at the same time, and each is held between knowing and acting while the other
// acts. There is one payment, whoever comes first.
func TestWebhookAgainstReconciler(t *testing.T) {
	t.Parallel()
	for name, race := range map[string]func(t *testing.T, s *shop, o *order.Order, reconcile, webhook func()){
		"the webhook acts while the reconciler holds the answer": func(_ *testing.T, s *shop, _ *order.Order, reconcile, webhook func()) {
			g := newGate()
			wait := g.pass
			s.asked.answered.Store(&wait)
			var wg sync.WaitGroup
			wg.Go(reconcile)
			<-g.reached
			webhook()
			close(g.open)
			wg.Wait()
		},
		"the reconciler acts while the webhook is held": func(_ *testing.T, s *shop, _ *order.Order, reconcile, webhook func()) {
			g := newGate()
			wait := g.pass
			s.asked.verified.Store(&wait)
			var wg sync.WaitGroup
			wg.Go(webhook)
			<-g.reached
			reconcile()
			close(g.open)
			wg.Wait()
		},
		"both act at once": func(_ *testing.T, s *shop, _ *order.Order, reconcile, webhook func()) {
			answered, verified := newGate(), newGate()
			one, other := answered.pass, verified.pass
			s.asked.answered.Store(&one)
			s.asked.verified.Store(&other)
			var wg sync.WaitGroup
			wg.Go(reconcile)
			wg.Go(webhook)
			<-answered.reached
			<-verified.reached
			close(answered.open)
			close(verified.open)
			wg.Wait()
		},
		"the reconciler holds an answer from before it was paid": func(t *testing.T, s *shop, o *order.Order, reconcile, webhook func()) {
			t.Helper()
			g := newGate()
			wait := g.pass
			for field, was := range map[string]any{"status": "open", "payment_status": "unpaid"} {
				now := s.stripe.Field(session(o), field)
				s.stripe.Set(session(o), field, was)
				defer s.stripe.Set(session(o), field, now)
			}
			s.asked.answered.Store(&wait)
			var wg sync.WaitGroup
			wg.Go(reconcile)
			<-g.reached
			webhook()
			close(g.open)
			wg.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			o := s.unbooked(s.account())
			payload, signature := stripetest.Sign(t, s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)), stripetest.Secret, time.Now())
			s.wait(3 * time.Minute) // old enough for the reconciler
			race(t, s, o, func() {
				if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
					t.Error(err)
				}
			}, func() {
				if _, err := s.orders.Webhook(t.Context(), payload, signature); err != nil {
					t.Error(err)
				}
			})
			if got := s.order(o.ID).State; got != api.OrderPaid {
				t.Errorf("order is %s", got)
			}
			for what, sql := range map[string]string{
				"payments":            "SELECT count(*) FROM payments WHERE NOT duplicate",
				"all payments":        "SELECT count(*) FROM payments",
				"events":              "SELECT count(*) FROM payment_events WHERE outcome = 'applied'",
				"ledger transactions": "SELECT count(*) FROM ledger_transactions",
				"entitlements":        "SELECT count(*) FROM entitlements",
				"receipts":            "SELECT count(*) FROM river_job WHERE kind = 'mail'",
			} {
				if n := s.count(sql); n != 1 {
					t.Errorf("%d %s, want 1", n, what)
				}
			}
			if got := s.balance("stripe_clearing"); got != 1200 {
				t.Errorf("clearing holds %d", got)
			}
		})
	}
}
