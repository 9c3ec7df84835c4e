package payment_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func (s *shop) checkBook() []string {
	s.t.Helper()
	s.wait(2 * time.Hour)
	if err := s.payouts.CheckBook(s.t.Context(), payout.CheckBookJob{}); err != nil {
		s.t.Fatal(err)
	}
	desk, err := s.payouts.Desk(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	found := []string{}
	for _, d := range desk.Differences {
		found = append(found, d.Kind+" "+d.Reference)
	}
	slices.Sort(found)
	return found
}

// What Stripe says and what the book says: the same, until one of them is changed behind the other's back.
func TestTheBookAgreesWithStripe(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	o := s.sell(producer)
	s.sell(producer)
	gone := postgrestest.Pack(t, s.db, producer, 700)
	buyer := s.account()
	s.fill(buyer, packItem(gone))
	undelivered := s.place(buyer)
	postgrestest.Withdraw(t, s.db, gone.PackID)
	s.stripe.Pay(session(undelivered), false)
	s.deliver(s.stripe.Event("checkout.session.completed", session(undelivered)))
	for _, r := range s.order(undelivered.ID).Refunds {
		if err := s.orders.Refund(t.Context(), order.RefundJob{OrderID: undelivered.ID, RefundID: r.ID}); err != nil {
			t.Fatal(err)
		}
	}
	s.wait(hold)
	s.transfer()
	if found := s.checkBook(); len(found) != 0 {
		t.Errorf("differences are %v", found)
	}
	if n := s.count("SELECT count(*) FROM ledger_transactions WHERE kind = 'fee'"); n != 3 {
		t.Errorf("%d fees are booked, want 3", n)
	}
	if book := s.balance("stripe_clearing"); book != s.stripe.Balance() {
		t.Errorf("the book has %d at Stripe, Stripe has %d", book, s.stripe.Balance())
	}

	s.stripe.Move("charge", "ch_of_nobody", 500, 0)
	if err := s.db.WithinTx(t.Context(), func(ctx context.Context) error {
		reversal, err := ledger.Reversal(o.ID, "never-happened", producer, "EUR", false, 100)
		if err != nil {
			return err
		}
		return postgres.NewLedgerStore(s.db).Post(ctx, reversal)
	}); err != nil {
		t.Fatal(err)
	}
	found := s.checkBook()
	unknown := postgrestest.One[string](t, s.db, "SELECT id FROM balance_transactions WHERE source = 'ch_of_nobody'")
	if want := []string{"missing_here " + unknown, "missing_there reversal:never-happened"}; !slices.Equal(found, want) {
		t.Errorf("differences are %v, want %v", found, want)
	}
	postgrestest.Exec(t, s.db, "UPDATE balance_transactions SET amount = amount - 1 WHERE reference LIKE 'transfer:%' AND id = (SELECT min(id) FROM balance_transactions WHERE type = 'transfer')")
	if found := s.checkBook(); len(found) != 3 || found[0][:6] != "amount" {
		t.Errorf("differences are %v", found)
	}
	postgrestest.Exec(t, s.db, "UPDATE balance_transactions SET amount = amount + 1 WHERE reference LIKE 'transfer:%' AND id = (SELECT min(id) FROM balance_transactions WHERE type = 'transfer')")
	if found := s.checkBook(); len(found) != 2 {
		t.Errorf("what agrees again stays: %v", found)
	}
}

// A balance that was summed up before is the same as all entries say.
func TestCheckpointsSayWhatTheEntriesSay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	store := postgres.NewPayoutStore(s.db)
	now := func() time.Time { return postgrestest.One[time.Time](t, s.db, "SELECT clock_timestamp()") }
	line := payout.Line{ProducerID: producer, Currency: "EUR"}
	for i := range 4 {
		s.sell(producer)
		if i != 2 {
			if err := store.Checkpoint(t.Context(), now()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.Available(t.Context(), line, now().Add(hold))
		if want := -s.balance("producer:" + producer); err != nil || got != want || got != int64(1020*(i+1)) {
			t.Errorf("after %d sales %d (%v), want %d", i+1, got, err, want)
		}
	}
	overview, err := s.payouts.Overview(t.Context(), producer)
	if err != nil || len(overview.Balances) != 1 || overview.Balances[0].Held != 4080 || overview.Balances[0].Available != 0 {
		t.Fatalf("the overview is %+v, %v", overview, err)
	}
	s.wait(hold)
	s.transfer()
	overview, err = s.payouts.Overview(t.Context(), producer)
	if b := overview.Balances[0]; err != nil || b.Balance != 0 || b.Held != 0 || b.Available != 0 || b.Transferred != 4080 || b.OnItsWay != 4080 || b.PaidOut != 0 {
		t.Errorf("the balance is %+v, %v", b, err)
	}
}
