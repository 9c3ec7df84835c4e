package payment_test

import (
	"testing"
	"time"

	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// Purchases reach a pack's popularity, those of demo accounts only the demo catalogue's.
func TestPurchasesCountForPopularity(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	store := postgres.NewPackStore(s.db)
	real, demo := s.pack(1200), s.pack(900)
	postgrestest.Exec(t, s.db, "UPDATE packs SET demo = true WHERE id = $1", demo.PackID)
	bought := func(packID string, want int64) {
		t.Helper()
		for range 2 { // counting twice counts once
			if err := store.CountPurchases(t.Context(), 20, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		score, err := store.Score(t.Context(), packID)
		if err != nil || score.Bought != want || score.Some != (want > 0) {
			t.Errorf("score %+v, %v; want %d bought", score, err, want)
		}
		sold, err := store.Sold(t.Context(), []string{packID}, time.Now())
		if err != nil || sold[packID].Month != want {
			t.Errorf("sold %+v, %v; want %d", sold, err, want)
		}
	}
	visitor := s.account()
	postgrestest.Exec(t, s.db, "UPDATE accounts SET demo = true WHERE id = $1", visitor)
	s.buy(visitor, packItem(real), packItem(demo))
	bought(real.PackID, 0)
	bought(demo.PackID, 1)
	s.buy(s.account(), packItem(real))
	bought(real.PackID, 1)
}
