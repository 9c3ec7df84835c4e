package stripesandbox_test

import (
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"crateful.dev/local/internal/stripesandbox"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/payout"
)

// onboarded is a connected account whose onboarding ended so.
func onboarded(t *testing.T, api *client.API, end string) *stripe.Account {
	t.Helper()
	a, err := api.Accounts.New(&stripe.AccountParams{Type: stripe.String("express"), Country: stripe.String("DE")})
	if err != nil {
		t.Fatal(err)
	}
	link, err := api.AccountLinks.New(&stripe.AccountLinkParams{
		Account: &a.ID, Type: stripe.String("account_onboarding"), ReturnURL: stripe.String("http://shop.test/back"), RefreshURL: stripe.String("http://shop.test/again"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, location, _ := submit(t, link.URL, url.Values{"end": {end}}); status != 303 || location != "http://shop.test/back" {
		t.Fatalf("onboarding answers %d to %s", status, location)
	}
	if a, err = api.Accounts.GetByID(a.ID, nil); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestOnboardingEnds(t *testing.T) {
	_, api := start(t, nil)
	if a := onboarded(t, api, "open"); a.PayoutsEnabled || !a.DetailsSubmitted || !slices.Equal(a.Requirements.CurrentlyDue, []string{"individual.verification.document"}) {
		t.Errorf("left open: %+v", a.Requirements)
	}
	if a := onboarded(t, api, "rejected"); a.PayoutsEnabled || a.Requirements.DisabledReason != "rejected.other" {
		t.Errorf("rejected: %+v", a.Requirements)
	}
	if a := onboarded(t, api, "done"); !a.PayoutsEnabled || a.Capabilities.Transfers != "active" {
		t.Errorf("done: %+v", a.Capabilities)
	}
}

// Out of one charge goes at most what it brought; what comes back may go again; the rest is paid out, with events.
func TestTransfersAndPayouts(t *testing.T) {
	shop := receive(t)
	var ahead atomic.Int64
	sandbox, api := start(t, func(o *stripesandbox.Options) {
		o.WebhookURL, o.PayoutDelay = shop.URL, time.Hour
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	session := open(t, api, 1200)
	pay(t, session.URL, stripesandbox.CardSucceeds)
	shop.await(t, "checkout.session.completed")
	intent, err := api.PaymentIntents.Get(shop.session(t, "checkout.session.completed").PaymentIntent.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	charge := intent.LatestCharge.ID
	to := onboarded(t, api, "done")
	send := func(amount int64, destination, source string) (*stripe.Transfer, error) {
		return api.Transfers.New(&stripe.TransferParams{
			Amount: &amount, Currency: stripe.String("eur"), Destination: &destination, SourceTransaction: &source, TransferGroup: stripe.String("order_1"),
		})
	}
	for name, try := range map[string]func() (*stripe.Transfer, error){
		"more than the charge":  func() (*stripe.Transfer, error) { return send(1201, to.ID, charge) },
		"nothing":               func() (*stripe.Transfer, error) { return send(0, to.ID, charge) },
		"to nobody":             func() (*stripe.Transfer, error) { return send(100, "acct_none", charge) },
		"to a rejected account": func() (*stripe.Transfer, error) { return send(100, onboarded(t, api, "rejected").ID, charge) },
		"out of no charge":      func() (*stripe.Transfer, error) { return send(100, to.ID, "ch_none") },
	} {
		if _, err := try(); err == nil {
			t.Errorf("a transfer of %s is made", name)
		}
	}
	sent, err := send(1000, to.ID, charge)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := send(201, to.ID, charge); err == nil {
		t.Error("more than the charge is sent in two transfers")
	}
	back := int64(400)
	reversed, err := api.TransferReversals.New(&stripe.TransferReversalParams{ID: &sent.ID, Amount: &back})
	if err != nil {
		t.Fatal(err)
	}
	again, err := send(600, to.ID, charge)
	if err != nil {
		t.Errorf("what came back does not go again: %v", err)
	}
	var amounts []int64
	for it := api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{Expand: []*string{stripe.String("data.source")}}); it.Next(); {
		b := it.BalanceTransaction()
		amounts = append(amounts, b.Amount)
		if b.Type == stripe.BalanceTransactionTypeTransferRefund && b.Source.TransferReversal.ID != reversed.ID {
			t.Errorf("the reversal's source is %+v", b.Source)
		}
	}
	if want := []int64{-600, 400, -1000, 1200}; !slices.Equal(amounts, want) {
		t.Errorf("the balance moved by %v, want %v", amounts, want)
	}
	own, err := api.Transfers.New(&stripe.TransferParams{Amount: stripe.Int64(50), Currency: stripe.String("eur"), Destination: &to.ID})
	if err != nil || own.SourceTransaction != nil {
		t.Errorf("out of the platform's own balance: %+v, %v", own, err)
	}
	if _, err := api.TransferReversals.New(&stripe.TransferReversalParams{ID: &own.ID, Amount: stripe.Int64(50)}); err != nil {
		t.Errorf("and back: %v", err)
	}
	shop.await(t, "transfer.created", "transfer.reversed")
	sandbox.SetWebhookURL("") // signatures of tomorrow are not acceptable today
	ahead.Store(int64(2 * time.Hour))
	var it *payout.Iter
	for _, state := range []stripe.PayoutStatus{stripe.PayoutStatusInTransit, stripe.PayoutStatusPaid} {
		wait(t, "a payout that is "+string(state), func() bool {
			params := &stripe.PayoutListParams{}
			params.SetStripeAccount(to.ID)
			it = api.Payouts.List(params)
			return it.Next() && it.Payout().Amount == 1200 && it.Payout().Status == state
		})
		ahead.Add(int64(2 * time.Hour))
	}
	var told []string
	for e := api.Events.List(&stripe.EventListParams{Types: []*string{stripe.String("payout.created"), stripe.String("payout.paid")}}); e.Next(); {
		told = append(told, string(e.Event().Type)+" of "+e.Event().Account)
	}
	if want := []string{"payout.paid of " + to.ID, "payout.created of " + to.ID}; !slices.Equal(told, want) {
		t.Errorf("the events are %q, want %q", told, want)
	}
	if _, err := api.TransferReversals.New(&stripe.TransferReversalParams{ID: &again.ID}); err == nil {
		t.Error("what was paid out comes back")
	}
	if _, err := api.Payouts.Get(it.Payout().ID, nil); err == nil {
		t.Error("the platform sees an account's payout as its own")
	}
}
