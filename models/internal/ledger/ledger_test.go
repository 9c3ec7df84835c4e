package ledger_test

import (
	"context"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

func TestSplit(t *testing.T) {
	for _, row := range []struct {
		amount       int64
		points       int
		toUs, toThem int64
	}{
		{1200, 1500, 180, 1020},
		{999, 1500, 149, 850},
		{1, 1500, 0, 1},
		{0, 1500, 0, 0},
		{50, 0, 0, 50},
		{50, 10_000, 50, 0},
		{math.MaxInt64, 10_000, math.MaxInt64, 0},
	} {
		got, err := ledger.Split(row.amount, row.points)
		if err != nil || got.Commission != row.toUs || got.Producer != row.toThem {
			t.Errorf("%d at %d is %+v (%v)", row.amount, row.points, got, err)
		}
	}
	for _, wrong := range []struct {
		amount int64
		points int
	}{{-1, 1500}, {1, -1}, {1, 10_001}} {
		if _, err := ledger.Split(wrong.amount, wrong.points); err == nil {
			t.Errorf("%+v is divided", wrong)
		}
	}
}

func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		amount := rapid.Int64Range(0, math.MaxInt64).Draw(r, "amount")
		points := rapid.IntRange(0, 10_000).Draw(r, "points")
		got, err := ledger.Split(amount, points)
		if err != nil || got.Commission < 0 || got.Producer < 0 || got.Commission+got.Producer != amount {
			r.Fatalf("%d at %d is %+v (%v)", amount, points, got, err)
		}
	})
}

func TestCheckRefuses(t *testing.T) {
	entry := func(amount int64, currency string) ledger.Entry {
		return ledger.Entry{Account: ledger.StripeClearing, Amount: amount, Currency: currency}
	}
	for name, entries := range map[string][]ledger.Entry{
		"nothing":              nil,
		"one entry":            {entry(1, "EUR")},
		"a sum":                {entry(2, "EUR"), entry(-1, "EUR")},
		"a sum in a currency":  {entry(1, "EUR"), entry(-1, "USD")},
		"an entry of nothing":  {entry(1, "EUR"), entry(-1, "EUR"), entry(0, "EUR")},
		"an overflow to zero":  {entry(math.MaxInt64, "EUR"), entry(1, "EUR"), entry(math.MinInt64, "EUR")},
		"an entry of nobody's": {{Amount: 1, Currency: "EUR"}, entry(-1, "EUR")},
	} {
		if err := (ledger.Transaction{Reference: "r", Entries: entries}).Check(); err == nil {
			t.Errorf("%s is booked", name)
		}
	}
}

// Whatever is sold, delivered and refunded: every transaction sums to zero, so does the book, buyers are owed nothing in the
// end, and what the provider holds is what producers and the platform have.
func TestBookBalancesOverRandomHistories(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	store := postgres.NewLedgerStore(db)
	unit := postgrestest.Unit(t, db)
	producers := []string{tx.NewID(), tx.NewID()}
	sum := func(where string) int64 {
		return postgrestest.One[int64](t, db, "SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entries WHERE "+where)
	}
	rapid.Check(t, func(r *rapid.T) {
		points := rapid.IntRange(0, 10_000).Draw(r, "commission")
		var lines []ledger.SoldLine
		var owed int64
		for range rapid.IntRange(1, 5).Draw(r, "lines") {
			l := ledger.SoldLine{
				ProducerID: rapid.SampledFrom(producers).Draw(r, "producer"), Amount: rapid.Int64Range(0, 100_000).Draw(r, "amount"),
				BasisPoints: points, Delivered: rapid.Bool().Draw(r, "delivered"),
			}
			if !l.Delivered {
				owed += l.Amount
			}
			lines = append(lines, l)
		}
		reference := "test:" + tx.NewID()
		sale, ok, err := ledger.Sale("", reference, "EUR", false, lines)
		if err != nil {
			r.Fatal(err)
		}
		if !ok {
			return
		}
		post := func(t ledger.Transaction) error {
			return unit.WithinTx(r.Context(), func(ctx context.Context) error { return store.Post(ctx, t) })
		}
		if err := post(sale); err != nil {
			r.Fatal(err)
		}
		if err := post(sale); err == nil {
			r.Fatal("the same sale was booked twice")
		}
		if owed > 0 {
			back, err := ledger.Refund(ledger.Movement{Reference: "refund:" + tx.NewID(), Currency: "EUR"}, owed)
			if err != nil {
				r.Fatal(err)
			}
			if err := post(back); err != nil {
				r.Fatal(err)
			}
		}
		if n := sum("true"); n != 0 {
			r.Fatalf("the book sums to %d", n)
		}
		if n := sum("account = 'buyer_refunds'"); n != 0 {
			r.Fatalf("buyers are owed %d", n)
		}
		if held, due := sum("account = 'stripe_clearing'"), sum("account LIKE 'producer:%' OR account = 'platform_revenue'"); held != -due {
			r.Fatalf("the provider holds %d, %d is due", held, -due)
		}
	})
}

func TestTheDatabaseKeepsTheBook(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	producer := ledger.Producer(tx.NewID())
	post := func(entries ...ledger.Entry) error { // past Check, as a mistake would
		return postgrestest.Unit(t, db).WithinTx(t.Context(), func(ctx context.Context) error {
			pgtx, _ := db.Tx(ctx)
			id := tx.NewID()
			if _, err := pgtx.Exec(ctx, "INSERT INTO ledger_transactions (id, kind, reference, demo) VALUES ($1, 'sale', $2, false)", id, id); err != nil {
				return err
			}
			for _, e := range entries {
				if _, err := pgtx.Exec(ctx, "INSERT INTO ledger_entries (id, transaction_id, account, currency, amount) VALUES ($1, $2, $3, $4, $5)",
					tx.NewID(), id, string(e.Account), e.Currency, e.Amount); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := post(ledger.Entry{Account: ledger.StripeClearing, Amount: 5, Currency: "EUR"}, ledger.Entry{Account: producer, Amount: -5, Currency: "EUR"}); err != nil {
		t.Fatal(err)
	}
	for name, entries := range map[string][]ledger.Entry{
		"no entries":           nil,
		"a sum":                {{Account: ledger.StripeClearing, Amount: 5, Currency: "EUR"}, {Account: producer, Amount: -4, Currency: "EUR"}},
		"a sum in a currency":  {{Account: ledger.StripeClearing, Amount: 5, Currency: "EUR"}, {Account: producer, Amount: -5, Currency: "USD"}},
		"an unknown account":   {{Account: "pocket", Amount: 5, Currency: "EUR"}, {Account: producer, Amount: -5, Currency: "EUR"}},
		"an entry of nothing":  {{Account: ledger.StripeClearing, Amount: 0, Currency: "EUR"}},
		"two that overflow":    {{Account: ledger.StripeClearing, Amount: math.MaxInt64, Currency: "EUR"}, {Account: producer, Amount: math.MaxInt64, Currency: "EUR"}},
		"a currency of no one": {{Account: ledger.StripeClearing, Amount: 5, Currency: "euro"}, {Account: producer, Amount: -5, Currency: "euro"}},
	} {
		if err := post(entries...); err == nil {
			t.Errorf("%s was committed", name)
		}
	}
	for _, sql := range []string{
		"UPDATE ledger_entries SET amount = amount * 2", "DELETE FROM ledger_entries", "TRUNCATE ledger_entries",
		"UPDATE ledger_transactions SET kind = 'refund'", "DELETE FROM ledger_transactions", "TRUNCATE ledger_transactions CASCADE",
	} {
		if _, err := db.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	if n := postgrestest.One[int64](t, db, "SELECT count(*) FROM ledger_entries"); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

func TestCommissionRuleByTime(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	store := postgres.NewLedgerStore(db)
	now := time.Now().UTC()
	producer, other := tx.NewID(), postgrestest.Account(t, db, "other")
	postgrestest.Exec(t, db, "INSERT INTO commission_rules (valid_from, basis_points) VALUES ($1, 1000)", now)
	postgrestest.Exec(t, db, "INSERT INTO producer_commission_rules (producer_id, valid_from, basis_points) VALUES ($1, $2, 500), ($1, $3, NULL)", other, now, now.Add(time.Hour))
	for at, want := range map[time.Time]int{now.Add(-time.Second): 1500, now.Add(time.Second): 500, now.Add(2 * time.Hour): 1000} {
		if got, err := store.CommissionBasisPoints(t.Context(), other, at); err != nil || got != want {
			t.Errorf("of a producer with a rule at %s: %d (%v), want %d", at, got, err, want)
		}
	}
	for at, want := range map[time.Time]int{now.Add(-time.Second): 1500, now.Add(time.Second): 1000} {
		if got, err := store.CommissionBasisPoints(t.Context(), producer, at); err != nil || got != want {
			t.Errorf("at %s: %d (%v), want %d", at, got, err, want)
		}
	}
}
