package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"crateful.dev/local/internal/stripesandbox"
)

// paid is a session paid with the card.
func paid(t *testing.T, api *client.API, card string) *stripe.CheckoutSession {
	t.Helper()
	s := open(t, api, 1200)
	if status, _, body := pay(t, s.URL, card); status != http.StatusSeeOther {
		t.Fatalf("paying with %s: %d %s", card, status, body)
	}
	s, err := api.CheckoutSessions.Get(s.ID, nil)
	if err != nil || s.PaymentIntent == nil {
		t.Fatal(err)
	}
	return s
}

func onlyDispute(t *testing.T, api *client.API, payment string) (found *stripe.Dispute) {
	t.Helper()
	wait(t, "a dispute", func() bool {
		it := api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(payment)})
		for it.Next() {
			found = it.Dispute()
		}
		return found != nil
	})
	return found
}

func TestDisputes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		card   string
		won    string
		status stripe.DisputeStatus
		moved  []int64
		events []string
	}{
		"lost":    {stripesandbox.CardDisputed, "no", stripe.DisputeStatusLost, []int64{-1200}, []string{"charge.dispute.funds_withdrawn"}},
		"won":     {stripesandbox.CardDisputed, "yes", stripe.DisputeStatusWon, []int64{-1200, 1200}, []string{"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"}},
		"inquiry": {stripesandbox.CardInquiry, "yes", stripe.DisputeStatusWarningClosed, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := receive(t)
			s, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = shop.URL })
			session := paid(t, api, c.card)
			d := onlyDispute(t, api, session.PaymentIntent.ID)
			if !strings.Contains(string(d.Status), "needs_response") || d.EvidenceDetails == nil || d.EvidenceDetails.DueBy <= time.Now().Unix() || d.Amount != 1200 {
				t.Fatalf("the dispute is %+v", d)
			}
			_, err := api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(session.PaymentIntent.ID), Amount: stripe.Int64(1)})
			if name == "inquiry" != (err == nil) {
				t.Errorf("a refund meanwhile: %v", err)
			}
			if status, _, body := submit(t, s.URL()+"/disputes/"+d.ID+"/decide", url.Values{"won": {c.won}}); status != http.StatusSeeOther {
				t.Fatalf("deciding: %d %s", status, body)
			}
			if d, err = api.Disputes.Get(d.ID, nil); err != nil || d.Status != c.status || len(d.BalanceTransactions) != len(c.moved) {
				t.Fatalf("the dispute is %+v, %v", d, err)
			}
			for i, amount := range c.moved {
				if got := d.BalanceTransactions[i]; got.Amount != amount || got.Net != got.Amount-got.Fee {
					t.Errorf("movement %d is %+v", i, got)
				}
			}
			shop.await(t, append(c.events, "charge.dispute.created", "charge.dispute.closed")...)
			if status, _, _ := submit(t, s.URL()+"/disputes/"+d.ID+"/decide", url.Values{"won": {"no"}}); status == http.StatusSeeOther {
				t.Error("a dispute was decided twice")
			}
		})
	}
}

func TestRefundsThatTakeTheirTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		card        string
		first, last stripe.RefundStatus
	}{
		"late":  {stripesandbox.CardRefundLate, stripe.RefundStatusPending, stripe.RefundStatusSucceeded},
		"fails": {stripesandbox.CardRefundFails, stripe.RefundStatusSucceeded, stripe.RefundStatusFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := receive(t)
			_, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL = shop.URL })
			session := paid(t, api, c.card)
			r, err := api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(session.PaymentIntent.ID), Amount: stripe.Int64(700)})
			if err != nil || r.Status != c.first {
				t.Fatalf("refund is %+v, %v", r, err)
			}
			shop.await(t, "charge.refunded", "charge.refund.updated")
			if r, err = api.Refunds.Get(r.ID, nil); err != nil || r.Status != c.last || (r.FailureReason != "") != (name == "fails") {
				t.Errorf("refund is %+v, %v", r, err)
			}
		})
	}
}

// The bank asks first: only a yes pays, and a no charges nothing.
func TestTheBankAsks(t *testing.T) {
	t.Parallel()
	_, api := start(t, nil)
	s := open(t, api, 1200)
	status, _, body := pay(t, s.URL, stripesandbox.CardAsks)
	if status != http.StatusOK || !strings.Contains(body, "Your bank asks") {
		t.Fatalf("paying: %d %s", status, body)
	}
	if status, _, body = submit(t, s.URL+"/bank", url.Values{"answer": {"no"}}); status != http.StatusPaymentRequired || !strings.Contains(body, "Nothing was charged") {
		t.Errorf("a no: %d", status)
	}
	if got, err := api.CheckoutSessions.Get(s.ID, nil); err != nil || got.Status != stripe.CheckoutSessionStatusOpen || got.PaymentStatus != stripe.CheckoutSessionPaymentStatusUnpaid {
		t.Errorf("after a no the session is %s, %s, %v", got.Status, got.PaymentStatus, err)
	}
	if status, _, _ = pay(t, s.URL, stripesandbox.CardAsks); status != http.StatusOK {
		t.Fatalf("paying again: %d", status)
	}
	if status, _, _ = submit(t, s.URL+"/bank", url.Values{"answer": {"yes"}}); status != http.StatusSeeOther {
		t.Errorf("a yes: %d", status)
	}
	if got, err := api.CheckoutSessions.Get(s.ID, nil); err != nil || got.PaymentStatus != stripe.CheckoutSessionPaymentStatusPaid {
		t.Errorf("after a yes the session is %s, %v", got.PaymentStatus, err)
	}
}

// Deliveries are changed while it runs: nothing comes, then all of it.
func TestDeliveriesAreSwitched(t *testing.T) {
	t.Parallel()
	shop := receive(t)
	s, api := start(t, func(o *stripesandbox.Options) { o.WebhookURL, o.Deliveries.Never = shop.URL, true })
	session := paid(t, api, stripesandbox.CardSucceeds)
	it := api.Events.List(&stripe.EventListParams{DeliverySuccess: stripe.Bool(false)})
	waiting := 0
	for it.Next() {
		waiting++
	}
	if waiting == 0 || len(shop.types()) != 0 {
		t.Fatalf("%d events wait, %v came", waiting, shop.types())
	}
	if status, _, _ := submit(t, s.URL()+"/deliveries", url.Values{"twice": {"1"}}); status != http.StatusSeeOther {
		t.Fatalf("switching: %d", status)
	}
	shop.await(t, "checkout.session.completed", "checkout.session.completed")
	if status, body := look(t, s.URL()); status != http.StatusOK || !strings.Contains(body, session.ID) {
		t.Errorf("the overview is %d", status)
	}
	for _, act := range []string{"dispute", "refund"} { // disputed first: the refund is refused as Stripe does
		status, _, _ := submit(t, s.URL()+"/payments/"+session.ID+"/"+act, nil)
		if (status == http.StatusSeeOther) != (act == "dispute") {
			t.Errorf("%s from the overview: %d", act, status)
		}
	}
}
