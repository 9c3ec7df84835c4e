package payment_test

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// runRefunds does what the queue holds of refunds.
func (s *shop) runRefunds(o *order.Order) *order.Order {
	s.t.Helper()
	for _, r := range s.order(o.ID).Refunds {
		if err := s.orders.Refund(s.t.Context(), order.RefundJob{OrderID: o.ID, RefundID: r.ID, Try: r.Try}); err != nil {
			s.t.Fatal(err)
		}
	}
	return s.order(o.ID)
}

func (s *shop) owns(buyer string, l postgrestest.Listing) bool {
	s.t.Helper()
	_, err := s.library.Download(s.t.Context(), auth.Caller{AccountID: buyer}, api.DownloadRequest{Kind: api.ItemPack, ID: l.PackID})
	if err != nil && errs.CodeOf(err) != errs.CodeForbidden {
		s.t.Fatal(err)
	}
	return err == nil
}

func paymentOf(o *order.Order) string { return o.Payments[0].ProviderID }

func (s *shop) books(want map[string]int64) {
	s.t.Helper()
	for account, amount := range want {
		if got := s.balance(account); got != amount {
			s.t.Errorf("%s is %d, want %d", account, got, amount)
		}
	}
}

// CHECKS 25 and 11: a refund of a whole line ends what was delivered at once, is booked once and asked of Stripe once.
func TestRefundOfALineEndsIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack, other := s.pack(1200), s.pack(900)
	o := s.buy(buyer, packItem(pack), packItem(other))
	if !s.owns(buyer, pack) {
		t.Fatal("what was bought cannot be downloaded")
	}
	line := o.Lines[0]
	give := order.Give{LineID: line.ID, Note: "Sorry about that."}
	sold, err := s.orders.GiveByProducer(t.Context(), line.Seller.ID, give)
	if err != nil || sold.Line.State != api.LineRefunded || sold.Line.Left() != 0 {
		t.Fatalf("refund: %+v, %v", sold.Line, err)
	}
	if s.owns(buyer, pack) || !s.owns(buyer, other) {
		t.Error("the refunded pack can be downloaded, or the other cannot")
	}
	s.books(map[string]int64{"producer:" + pack.ProducerID: 0, "platform_revenue": -135, "buyer_refunds": -1200, "stripe_clearing": 2100})
	if _, err := s.orders.GiveByProducer(t.Context(), line.Seller.ID, give); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("a second refund of the line: %v", err)
	}
	s.runRefunds(o)
	if o = s.runRefunds(o); o.Refunds[0].State != api.RefundArrived || s.stripe.Refunds() != 1 || o.State != api.OrderPaid || o.Refunded != 1200 {
		t.Errorf("order is %s, refunds are %+v, Stripe made %d", o.State, o.Refunds, s.stripe.Refunds())
	}
	s.books(map[string]int64{"buyer_refunds": 0, "stripe_clearing": 900})
	for what, sql := range map[string]string{
		"take-back": "SELECT count(*) FROM river_job WHERE kind = 'payout_take_back' AND (args->>'amount')::int = 1020",
		"mail":      "SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'template' = 'refund_whole'",
	} {
		if n := s.count(sql); n != 1 {
			t.Errorf("%d jobs of %s, want 1", n, what)
		}
	}
	// Once refunded it can be bought again.
	if again := s.buy(buyer, packItem(pack)); again.ID == o.ID || !s.owns(buyer, pack) {
		t.Error("a refunded pack cannot be bought again")
	}
}

func TestRefundOfPartLeavesIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, admin := s.account(), s.account()
	pack := s.pack(999)
	o := s.buy(buyer, packItem(pack))
	line := o.Lines[0].ID
	none, third, two := int64(0), int64(333), int64(666)
	give := func(amount int64, returned *int64) error {
		_, err := s.orders.GiveByAdmin(t.Context(), o.ID, admin, order.Give{LineID: line, Amount: amount, Returned: returned, Note: "A part."})
		return err
	}
	for name, err := range map[string]error{
		"more than was paid": give(1000, &none), "less than nothing": give(-1, &none), "without a look": give(333, nil), "another look": give(333, &third),
	} {
		if err == nil {
			t.Errorf("%s was given", name)
		}
	}
	for i, seen := range []*int64{&none, &third, &two} {
		if err := give(333, seen); err != nil {
			t.Fatal(err)
		}
		if owns := s.owns(buyer, pack); owns != (i < 2) {
			t.Errorf("after %d thirds the buyer owns it: %t", i+1, owns)
		}
	}
	o = s.runRefunds(o)
	if o.State != api.OrderRefunded || o.Lines[0].State != api.LineRefunded || o.Refunded != 999 {
		t.Errorf("order is %s over %d, line %s", o.State, o.Refunded, o.Lines[0].State)
	}
	s.books(map[string]int64{"producer:" + pack.ProducerID: 0, "platform_revenue": 0, "buyer_refunds": 0, "stripe_clearing": 0})
	if n := s.count("SELECT count(*) FROM audit_log WHERE action = 'order.refund' AND subject_id = $1", o.ID); n != 3 {
		t.Errorf("%d rows in the audit log, want 3", n)
	}
	if _, err := s.db.Pool().Exec(t.Context(), "INSERT INTO line_returns (order_line_id, refund_id, amount, producer_share) SELECT order_line_id, gen_random_uuid(), 1, 0 FROM line_returns LIMIT 1"); err == nil {
		t.Error("the database lets more go back than was paid")
	}
}

// A producer may give back in time and what was theirs; a sound that lowered the price of its pack is not given back before it.
func TestWhoMayGiveBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200, 100)
	first := s.buy(buyer, soundItem(pack, 0))
	s.buy(buyer, packItem(pack))
	_, err := s.orders.GiveByProducer(t.Context(), pack.ProducerID, order.Give{LineID: first.Lines[0].ID, Note: "x"})
	if e, _ := errs.As(err); e == nil || e.Reason != "used_as_credit" {
		t.Errorf("a sound that was counted towards its pack: %v", err)
	}
	o := s.buy(buyer, packItem(s.pack(500)))
	line, seller := o.Lines[0].ID, o.Lines[0].Seller.ID
	if _, err := s.orders.GiveByProducer(t.Context(), pack.ProducerID, order.Give{LineID: line, Note: "x"}); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("somebody else's sale: %v", err)
	}
	s.wait(30*24*time.Hour + time.Minute)
	_, err = s.orders.GiveByProducer(t.Context(), seller, order.Give{LineID: line, Note: "x"})
	if e, _ := errs.As(err); e == nil || e.Reason != "refund_too_late" {
		t.Errorf("after its time: %v", err)
	}
	if _, err := s.orders.AskRefund(t.Context(), buyer, o.ID, line, "Too late?"); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("a request after its time: %v", err)
	}
	if _, err := s.orders.GiveByAdmin(t.Context(), o.ID, s.account(), order.Give{LineID: line, Note: "x"}); err != nil {
		t.Errorf("by an admin: %v", err)
	}
}

// A larger licence was paid for with what the smaller one had cost: the smaller goes back after the larger, and neither asking
// nor an admin gets around that.
func TestWhatAnUpgradeWasBuiltOnGoesBackAfterIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(900)
	s.tiers(pack, 2900, 40_000)
	base := s.buy(buyer, packItem(pack))
	upgrade := s.buy(buyer, in(api.TierExtended, packItem(pack)))
	some := int64(0)
	for who, give := range map[string]func() error{
		"the producer": func() error {
			_, err := s.orders.GiveByProducer(t.Context(), pack.ProducerID, order.Give{LineID: base.Lines[0].ID, Note: "x"})
			return err
		},
		"an admin, a part": func() error {
			_, err := s.orders.GiveByAdmin(t.Context(), base.ID, s.account(), order.Give{LineID: base.Lines[0].ID, Amount: 100, Returned: &some, Note: "x"})
			return err
		},
		"the buyer, asking": func() error {
			_, err := s.orders.AskRefund(t.Context(), buyer, base.ID, base.Lines[0].ID, "Not needed.")
			return err
		},
	} {
		if err := give(); reason(err) != "used_as_credit" {
			t.Errorf("%s: %v", who, err)
		}
	}
	if n := s.count("SELECT count(*) FROM entitlements WHERE account_id = $1 AND ended_at IS NULL", buyer); n != 2 || s.count("SELECT count(*) FROM refunds") != 0 {
		t.Errorf("%d licences are left", n)
	}
	for _, o := range []*order.Order{upgrade, base} {
		if _, err := s.orders.AskRefund(t.Context(), buyer, o.ID, o.Lines[0].ID, "Not needed."); err != nil {
			t.Fatal(err)
		}
		if _, err := s.orders.GiveByProducer(t.Context(), pack.ProducerID, order.Give{LineID: o.Lines[0].ID, Note: "x"}); err != nil {
			t.Fatal(err)
		}
		if o = s.runRefunds(s.order(o.ID)); o.State != api.OrderRefunded {
			t.Errorf("order is %s", o.State)
		}
	}
	s.books(map[string]int64{"producer:" + pack.ProducerID: 0, "platform_revenue": 0, "buyer_refunds": 0, "stripe_clearing": 0})
	if s.owns(buyer, pack) {
		t.Error("the buyer owns what went back")
	}
}

func TestBuyerAsksForARefund(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.buy(buyer, packItem(s.pack(1200)), packItem(s.pack(700)))
	one, two := o.Lines[0], o.Lines[1]
	ask := func(line, reason string) {
		t.Helper()
		if _, err := s.orders.AskRefund(t.Context(), buyer, o.ID, line, reason); err != nil {
			t.Fatal(err)
		}
	}
	ask(one.ID, "It is not what I heard.")
	ask(one.ID, "Pressed twice.")
	if n := s.count("SELECT count(*) FROM refund_requests"); n != 1 {
		t.Fatalf("%d requests, want 1", n)
	}
	if _, err := s.orders.AskRefund(t.Context(), s.account(), o.ID, one.ID, "Mine?"); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("somebody else asks: %v", err)
	}
	found, open, _, err := s.orders.SellerRequests(t.Context(), order.RequestQuery{ProducerID: one.Seller.ID, Limit: 10})
	if err != nil || open != 1 || len(found) != 1 || found[0].Reason != "It is not what I heard." || found[0].Line.ID != one.ID {
		t.Fatalf("the producer sees %+v, %d open, %v", found, open, err)
	}
	if _, err := s.orders.DeclineByProducer(t.Context(), one.Seller.ID, one.ID, "The preview is the whole loop."); err != nil {
		t.Fatal(err)
	}
	if _, err := s.orders.DeclineByProducer(t.Context(), one.Seller.ID, one.ID, "Again."); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("answered twice: %v", err)
	}
	ask(one.ID, "It clicks.")
	if _, err := s.orders.WithdrawRefund(t.Context(), buyer, o.ID, one.ID); err != nil {
		t.Fatal(err)
	}
	ask(two.ID, "I bought it twice.")
	if _, err := s.orders.GiveByProducer(t.Context(), two.Seller.ID, order.Give{LineID: two.ID, Note: "Of course."}); err != nil {
		t.Fatal(err)
	}
	o = s.order(o.ID)
	if r := o.Request(one.ID); r.State != api.RequestWithdrawn || r.DecidedAt == nil {
		t.Errorf("the first line's request is %+v", r)
	}
	if r := o.Request(two.ID); r.State != api.RequestGranted || r.Answer != "Of course." || r.AnsweredBy != "producer" {
		t.Errorf("the second line's request is %+v", r)
	}
	if _, err := s.db.Pool().Exec(t.Context(), "UPDATE refund_requests SET state = 'granted'"); err == nil {
		t.Error("the database lets a request be answered twice")
	}
}

// A refund that is on its way, then fails, is owed again and asked for anew; what is said of the first try later changes nothing.
func TestRefundFailsLaterAndGoesAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, admin := s.account(), s.account()
	o := s.buy(buyer, packItem(s.pack(1200)))
	if _, err := s.orders.GiveByAdmin(t.Context(), o.ID, admin, order.Give{LineID: o.Lines[0].ID, Note: "x"}); err != nil {
		t.Fatal(err)
	}
	s.stripe.RefundsAre("pending")
	if o = s.runRefunds(o); o.Refunds[0].State != api.RefundSent {
		t.Fatalf("refund is %s", o.Refunds[0].State)
	}
	first := o.Refunds[0].ProviderID
	s.books(map[string]int64{"buyer_refunds": 0, "stripe_clearing": 0})
	s.stripe.SetRefund(first, "failed")
	failed := s.stripe.About(stripe.EventTypeChargeRefundUpdated, first)
	for range 2 {
		s.deliver(failed)
	}
	s.deliver(s.stripe.About(stripe.EventTypeRefundUpdated, first))
	s.books(map[string]int64{"buyer_refunds": -1200, "stripe_clearing": 1200})
	c, err := s.orders.Case(t.Context(), o.ID)
	if err != nil || c.Stuck != api.StuckFailed || c.Attention == "" {
		t.Fatalf("stuck is %q, attention %q, %v", c.Stuck, c.Attention, err)
	}
	s.stripe.RefundsAre("succeeded")
	if _, err := s.orders.RefundAgain(t.Context(), o.ID, o.Refunds[0].ID, "The buyer has a new card."); err != nil {
		t.Fatal(err)
	}
	if o = s.runRefunds(o); o.Refunds[0].State != api.RefundArrived || o.Refunds[0].Try != 2 || o.Refunds[0].ProviderID == first {
		t.Fatalf("refund is %+v", o.Refunds[0])
	}
	s.deliver(s.stripe.About(stripe.EventTypeChargeRefundUpdated, first))
	if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
		t.Fatal(err)
	}
	s.books(map[string]int64{"buyer_refunds": 0, "stripe_clearing": 0})
	if c, err = s.orders.Case(t.Context(), o.ID); err != nil || c.Stuck != "" || len(c.Refunds) != 1 {
		t.Errorf("stuck is %q with %d refunds, %v", c.Stuck, len(c.Refunds), err)
	}
}

// What is refunded in Stripe's dashboard is booked and ends what it was for; when that is not known a person says it.
func TestRefundsMadeAtStripe(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack, other := s.pack(1200), s.pack(700)
	o := s.buy(buyer, packItem(pack), packItem(other))
	s.stripe.RefundInDashboard(paymentOf(o), 1200)
	told := s.stripe.ChargeRefunded(paymentOf(o))
	for range 2 {
		s.deliver(told)
	}
	if o = s.order(o.ID); len(o.Refunds) != 1 || o.Refunds[0].GivenBy != api.GivenByProvider || o.Lines[0].State != api.LineRefunded || o.Attention != "" {
		t.Fatalf("refunds are %+v, attention %q", o.Refunds, o.Attention)
	}
	if s.owns(buyer, pack) || !s.owns(buyer, other) {
		t.Error("the wrong things can be downloaded")
	}
	s.books(map[string]int64{"producer:" + pack.ProducerID: 0, "buyer_refunds": 0, "stripe_clearing": 700})

	// Without any webhook, and of an amount that could be for either.
	third, fourth := s.pack(500), s.pack(600)
	unclear := s.buy(buyer, packItem(third), packItem(fourth))
	s.stripe.RefundInDashboard(paymentOf(unclear), 250)
	for range 2 {
		if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := s.orders.Case(t.Context(), unclear.ID)
	if err != nil || c.Stuck != api.StuckUnknown || len(c.Refunds) != 1 || len(c.Refunds[0].Parts) != 0 {
		t.Fatalf("stuck is %q, refunds are %+v, %v", c.Stuck, c.Refunds, err)
	}
	s.books(map[string]int64{"buyer_refunds": 250, "producer:" + fourth.ProducerID: -510})
	if c, err = s.orders.Assign(t.Context(), unclear.ID, c.Refunds[0].ID, unclear.Lines[1].ID, "They wrote to us."); err != nil || c.Stuck != "" {
		t.Fatalf("stuck is %q, %v", c.Stuck, err)
	}
	s.books(map[string]int64{"buyer_refunds": 0, "producer:" + fourth.ProducerID: -510 + 212})
	if !s.owns(buyer, fourth) {
		t.Error("a part that went back ended the whole")
	}
}

// CHECKS 11: each dispute takes effect once; what was bought stays until it is lost; money that the bank took is booked.
func TestDisputeLost(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, admin := s.account(), s.account()
	postgrestest.Exec(t, s.db, "UPDATE accounts SET admin = true WHERE id = $1", admin)
	pack := s.pack(1200)
	o := s.buy(buyer, packItem(pack))
	dispute := s.stripe.Dispute(paymentOf(o), 1200)
	opened := s.stripe.About(stripe.EventTypeChargeDisputeCreated, dispute)
	for range 2 {
		s.deliver(opened)
	}
	s.deliver(s.stripe.About(stripe.EventTypeChargeDisputeFundsWithdrawn, dispute))
	s.books(map[string]int64{"disputes": 1200, "stripe_fees": 1500, "stripe_clearing": -1500, "producer:" + pack.ProducerID: -1020})
	c, err := s.orders.Case(t.Context(), o.ID)
	if err != nil || c.Stuck != api.StuckDispute || len(c.Disputes) != 1 || c.Disputes[0].DueAt == nil || !s.owns(buyer, pack) {
		t.Fatalf("stuck is %q, disputes are %+v, %v", c.Stuck, c.Disputes, err)
	}
	_, err = s.orders.GiveByAdmin(t.Context(), o.ID, admin, order.Give{LineID: o.Lines[0].ID, Note: "x"})
	if e, _ := errs.As(err); e == nil || e.Reason != "order_disputed" {
		t.Errorf("a refund of what the bank takes back: %v", err)
	}
	s.stripe.Decide(dispute, false)
	closed := s.stripe.About(stripe.EventTypeChargeDisputeClosed, dispute)
	for range 2 {
		s.deliver(closed)
	}
	s.deliver(opened)
	s.books(map[string]int64{"disputes": 0, "producer:" + pack.ProducerID: 0, "platform_revenue": 0, "stripe_clearing": -1500})
	if o = s.order(o.ID); o.State != api.OrderRefunded || o.Lines[0].State != api.LineChargedBack || s.owns(buyer, pack) {
		t.Errorf("order is %s, line %s", o.State, o.Lines[0].State)
	}
	for sql, want := range map[string]int64{
		"SELECT count(*) FROM river_job WHERE kind = 'payout_take_back'":                                      1,
		"SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'template' = 'dispute_opened'":         2, // admin and producer
		"SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'template' = 'dispute_lost'":           2,
		"SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'template' = 'payment_taken_back'":     1,
		"SELECT count(*) FROM ledger_transactions WHERE kind = 'dispute' AND reference LIKE 'dispute:%:lost'": 1,
	} {
		if n := s.count(sql); n != want {
			t.Errorf("%d of %s, want %d", n, sql, want)
		}
	}
}

// No webhook comes at all: the reconciler finds the dispute, and later that it was won.
func TestDisputeIsFoundWithoutAWebhook(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200)
	o := s.buy(buyer, packItem(pack))
	dispute := s.stripe.Dispute(paymentOf(o), 1200)
	reconcile := func() {
		t.Helper()
		if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
			t.Fatal(err)
		}
	}
	reconcile()
	if o = s.order(o.ID); len(o.Disputes) != 1 || o.Disputes[0].State != api.DisputeNeedsResponse {
		t.Fatalf("disputes are %+v", o.Disputes)
	}
	s.stripe.Decide(dispute, true)
	s.wait(2 * time.Hour)
	reconcile()
	reconcile()
	if o = s.order(o.ID); o.Disputes[0].State != api.DisputeWon || o.Disputes[0].ClosedAt == nil || o.State != api.OrderPaid || !s.owns(buyer, pack) {
		t.Errorf("dispute is %+v, order %s", o.Disputes[0], o.State)
	}
	s.books(map[string]int64{"disputes": 0, "stripe_fees": 0, "stripe_clearing": 1200, "producer:" + pack.ProducerID: -1020})
}

// What is not ours is noted and left.
func TestEventsAboutOthersPayments(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	dispute := s.stripe.Dispute("pi_of_somebody_else", 500)
	for _, event := range []map[string]any{s.stripe.About(stripe.EventTypeChargeDisputeCreated, dispute), s.stripe.ChargeRefunded("pi_of_somebody_else")} {
		payload, signature := stripetest.Sign(t, event, stripetest.Secret, time.Now())
		if result, err := s.orders.Webhook(t.Context(), payload, signature); err != nil || result.Outcome != order.OutcomeIgnored {
			t.Errorf("%v did %s, %v", event["type"], result.Outcome, err)
		}
	}
}
