package payment_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"pgregory.net/rapid"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// history is one run of buying, paying, refunding, disputing and paying out, with things going wrong between any two steps.
type history struct {
	*shop
	producers []string
	orders    []string
	buyers    []string
	disputes  []string
	admin     string
}

// historyTime is after how long no new history begins.
const historyTime = 25 * time.Second

var errFault = errors.New("a fault")

// step does one thing. What fails by a fault is tried again by somebody later, as jobs and webhooks are.
func (h *history) step(r *rapid.T) {
	ctx := h.t.Context()
	fault := rapid.SampledFrom([]string{"", "", "", "answer lost", "away", "our transaction fails"}).Draw(r, "fault")
	switch fault {
	case "answer lost":
		h.stripe.Drop(manyTries)
	case "away":
		h.stripe.Down(true)
	case "our transaction fails":
		h.records.fail.Store(&errFault)
	}
	defer h.heal()
	what := rapid.SampledFrom([]string{"buy", "buy", "pay", "pay", "webhook", "refund", "part", "dashboard", "dispute", "decide", "jobs", "transfer", "reconcile"}).Draw(r, "what")
	if what == "buy" {
		producer := rapid.SampledFrom(h.producers).Draw(r, "producer")
		buyer := h.account()
		h.fillQuietly(buyer, postgrestest.Pack(h.t, h.db, producer, rapid.Int64Range(50, 5000).Draw(r, "price")),
			postgrestest.Pack(h.t, h.db, rapid.SampledFrom(h.producers).Draw(r, "other producer"), 333))
		if o, err := h.shop.orders.Place(ctx, buyer, api.CreateOrder{}); err == nil {
			h.orders, h.buyers = append(h.orders, o.ID), append(h.buyers, buyer)
		}
		return
	}
	if len(h.orders) == 0 {
		return
	}
	o := h.order(rapid.SampledFrom(h.orders).Draw(r, "order"))
	line := rapid.SampledFrom(o.Lines).Draw(r, "line")
	paidAtStripe := len(o.Attempts) > 0 && session(o) != "" && h.stripe.Status(session(o)) == "complete"
	switch what {
	case "pay":
		if len(o.Attempts) > 0 && session(o) != "" && !paidAtStripe {
			h.stripe.Pay(session(o), false)
		}
	case "webhook":
		if paidAtStripe {
			h.tell(h.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
		}
		for _, d := range h.disputes {
			h.tell(h.stripe.About(stripe.EventTypeChargeDisputeUpdated, d))
		}
	case "refund", "part":
		give := order.Give{LineID: line.ID, Note: "x", Returned: &line.Returned}
		if what == "part" {
			give.Amount = rapid.Int64Range(1, 100).Draw(r, "amount")
		}
		_, _ = h.shop.orders.GiveByAdmin(ctx, o.ID, h.admin, give) // refused when there is nothing left, or a dispute
	case "dashboard":
		if o.PaidAt != nil && line.Left() > 0 && !o.Disputed() && o.Refunded == 0 {
			h.stripe.RefundInDashboard(paymentOf(o), line.Left())
		}
	case "dispute":
		if o.PaidAt != nil && len(o.Disputes) == 0 && o.Refunded == 0 {
			h.disputes = append(h.disputes, h.stripe.Dispute(paymentOf(o), o.Total))
			h.tell(h.stripe.About(stripe.EventTypeChargeDisputeCreated, h.disputes[len(h.disputes)-1]))
		}
	case "decide":
		if len(h.disputes) > 0 {
			h.stripe.Decide(rapid.SampledFrom(h.disputes).Draw(r, "dispute"), rapid.Bool().Draw(r, "won"))
		}
	case "jobs":
		_ = h.jobs()
	case "transfer":
		h.wait(8 * 24 * time.Hour)
		_ = h.payouts.Transfer(ctx, payout.TransferJob{})
	case "reconcile":
		_ = h.shop.orders.Reconcile(ctx, order.ReconcileJob{})
	}
}

func (h *history) heal() {
	h.stripe.Drop(0)
	h.stripe.Down(false)
	h.records.fail.Store(nil)
}

func (h *history) fillQuietly(buyer string, packs ...postgrestest.Listing) {
	fault := h.records.fail.Swap(nil)
	defer h.records.fail.Store(fault)
	for _, p := range packs {
		h.fill(buyer, packItem(p))
	}
}

// tell sends a webhook, twice.
func (h *history) tell(event map[string]any) {
	payload, signature := stripetest.Sign(h.t, event, stripetest.Secret, time.Now())
	for range 2 {
		_, _ = h.shop.orders.Webhook(h.t.Context(), payload, signature)
	}
}

// jobs does what the queue holds of money, each twice, as a queue may.
func (h *history) jobs() error {
	var problems []error
	for range 2 {
		for _, id := range h.orders {
			for _, r := range h.order(id).Refunds {
				problems = append(problems, h.shop.orders.Refund(h.t.Context(), order.RefundJob{OrderID: id, RefundID: r.ID, Try: r.Try}))
			}
		}
		rows, err := h.db.Pool().Query(h.t.Context(), "SELECT args::text FROM river_job WHERE kind = 'payout_take_back' ORDER BY id")
		if err != nil {
			return err
		}
		var all []string
		for rows.Next() {
			var args string
			problems = append(problems, rows.Scan(&args))
			all = append(all, args)
		}
		rows.Close()
		for _, args := range all {
			var job payout.TakeBackJob
			if err := json.Unmarshal([]byte(args), &job); err != nil {
				return err
			}
			problems = append(problems, h.payouts.TakeBack(h.t.Context(), job),
				h.payouts.Reverse(h.t.Context(), payout.ReverseJob{OrderID: job.OrderID, ProducerID: job.ProducerID}))
		}
	}
	return errors.Join(problems...)
}

// settle lets everything that waits come to its end, without any webhook.
func (h *history) settle() error {
	h.heal()
	for range 3 {
		h.wait(2 * time.Hour)
		if err := h.shop.orders.Reconcile(h.t.Context(), order.ReconcileJob{}); err != nil {
			return err
		}
		if err := h.jobs(); err != nil {
			return err
		}
		if err := h.payouts.Transfer(h.t.Context(), payout.TransferJob{}); err != nil {
			return err
		}
	}
	return nil
}

// CHECKS 11: over random histories of buy, pay, refund, dispute, transfer and payout, with a fault in any step, the book sums to
// zero and is what Stripe holds, nothing is charged, refunded or transferred twice, nobody has what was not paid for, and nobody
// lacks what was.
func TestMoneyIsRightOverRandomHistories(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	began := time.Now()
	rapid.Check(t, func(r *rapid.T) {
		if time.Since(began) > historyTime {
			return
		}
		h := &history{shop: s, producers: []string{s.connected(), s.connected()}, admin: s.account()}
		for range rapid.IntRange(4, 25).Draw(r, "steps") {
			h.step(r)
		}
		if err := h.settle(); err != nil {
			r.Fatalf("it does not come to an end: %v", err)
		}
		for what, sql := range map[string]string{
			"ledger transactions that do not sum to zero": "SELECT count(*) FROM (SELECT 1 FROM ledger_entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0) x",
			"orders paid twice":                           "SELECT count(*) FROM (SELECT 1 FROM payments WHERE NOT duplicate GROUP BY order_id HAVING count(*) > 1) x",
			"lines with access that is not paid":          "SELECT count(*) FROM entitlements e JOIN order_lines l ON l.id = e.order_line_id JOIN orders o ON o.id = l.order_id WHERE e.ended_at IS NULL AND (l.state <> 'granted' OR o.paid_at IS NULL)",
			"lines paid without access":                   "SELECT count(*) FROM order_lines l WHERE l.state = 'granted' AND NOT EXISTS (SELECT 1 FROM entitlements e WHERE e.order_line_id = l.id AND e.ended_at IS NULL)",
			"lines of which too much went back":           "SELECT count(*) FROM order_lines l WHERE (SELECT sum(amount) FROM line_returns r WHERE r.order_line_id = l.id) > l.price - l.credit",
			"shares of which too much was sent":           "SELECT count(*) FROM producer_shares WHERE sent > amount - taken_back",
			"refunds on their way":                        "SELECT count(*) FROM refunds WHERE state NOT IN ('arrived', 'refused')",
		} {
			if n := s.count(sql); n != 0 {
				r.Errorf("%d %s", n, what)
			}
		}
		for _, id := range h.orders {
			o := h.order(id)
			if paid := len(o.Attempts) > 0 && session(o) != "" && s.stripe.Status(session(o)) == "complete"; paid != (o.PaidAt != nil) {
				r.Errorf("order %s is paid at Stripe: %t, here it is %s", id, paid, o.State)
			}
		}
		if book, held := s.count("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entries WHERE account = 'stripe_clearing'"), s.stripe.Holding(); book != held {
			r.Errorf("the book says that Stripe holds %d, it holds %d", book, held)
		}
		if sum := s.count("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entries"); sum != 0 {
			r.Errorf("the book sums to %d", sum)
		}
		owed := s.count("SELECT coalesce(-sum(amount), 0)::bigint FROM ledger_entries WHERE account = 'buyer_refunds'")
		if open := s.count(`SELECT coalesce(sum(CASE WHEN state = 'refused' THEN amount ELSE 0 END), 0)::bigint - coalesce((SELECT sum(amount) FROM refunds x
			WHERE x.reason = 'at_provider' AND NOT EXISTS (SELECT 1 FROM line_returns l WHERE l.refund_id = x.id)), 0)::bigint FROM refunds`); owed != open {
			r.Errorf("buyers are owed %d, refunds that wait for a person make it %d", owed, open)
		}
		for _, p := range h.producers {
			left := s.count("SELECT coalesce(sum(amount - taken_back - sent), 0)::bigint FROM producer_shares WHERE producer_id = $1", p)
			if book := s.count("SELECT coalesce(-sum(amount), 0)::bigint FROM ledger_entries WHERE account = $1", fmt.Sprint("producer:", p)); book != left {
				r.Errorf("the book owes a producer %d, the shares say %d", book, left)
			}
		}
	})
}
