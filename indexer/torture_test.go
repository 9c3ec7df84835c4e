package indexer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

// TestManyListings rebuilds an index of many listings while some of them are published, edited, withdrawn and deleted and
// people search all the time: no search fails, none is wrong, and in the end not one document differs from what models says.
// INDEXER_LISTINGS=20000 is what `make torture` runs.
func TestManyListings(t *testing.T) {
	t.Parallel()
	const sounds = 3
	listings, changes := 200, 60
	if many := os.Getenv("INDEXER_LISTINGS"); many != "" {
		var err error
		if listings, err = strconv.Atoi(many); err != nil || listings < 1000 {
			t.Fatalf("INDEXER_LISTINGS=%s: %v", many, err)
		}
		changes = 500
	}
	s := newStack(t)
	s.patience = 30*time.Second + time.Duration(listings)*20*time.Millisecond
	s.models.set(func(m *systemOfRecord) { m.page = max(15, listings/40) })
	id := func(n int) string { return fmt.Sprintf("p%06d", n) }
	word := func(n int) string { return fmt.Sprintf("Wort%06d", n) } // in one title
	began := time.Now()
	for from := 0; from < listings; from += 200 {
		var batch []events.Envelope
		for n := from; n < min(from+200, listings); n++ {
			batch = append(batch, s.event(id(n), 1, listing(id(n), word(n), sounds)))
		}
		s.sendAll(batch)
	}
	s.eventually("all read", s.caughtUp)
	s.eventually("all found", func() bool { // what was read last may not be visible yet
		r, err := s.client.Search(t.Context(), api.Query{Kind: api.KindPacks, NoFacets: true})
		return err == nil && r.Total == int64(listings)
	})
	t.Logf("%d listings in the index after %v", listings, time.Since(began).Round(time.Millisecond))

	// Whoever searches meets only listings that do not change, and each of them whole.
	ctx, cancel := context.WithCancel(t.Context())
	var people sync.WaitGroup
	defer people.Wait()
	defer cancel()
	var searches, slowest atomic.Int64
	for range 2 {
		people.Go(func() {
			for ctx.Err() == nil {
				n := changes + rand.IntN(listings-changes)
				asked := time.Now()
				r, err := s.client.Search(ctx, api.Query{Words: word(n)})
				if ctx.Err() != nil {
					return
				}
				of := func(row api.SoundRow) bool { return row.Pack.ID == id(n) }
				if err != nil || !slices.ContainsFunc(r.Sounds, of) || r.Sounds[0].Pack.ID != id(n) {
					t.Errorf("search %d for %s finds %d sounds, %v", searches.Load(), word(n), r.Total, err)
					return
				}
				searches.Add(1)
				slowest.Store(max(slowest.Load(), time.Since(asked).Milliseconds()))
				time.Sleep(10 * time.Millisecond) // a person, not a load test
			}
		})
	}

	began = time.Now()
	if _, err := s.client.StartReindex(t.Context(), api.StartReindex{By: "test"}); err != nil {
		t.Fatal(err)
	}
	live := listings
	var batch []events.Envelope
	say := func(pack string, revision int64, data events.Data) {
		batch = append(batch, s.event(pack, revision, data))
	}
	for n := range changes {
		var all []string
		for i := range sounds {
			all = append(all, fmt.Sprintf("%s-s%d", id(n), i))
		}
		switch n % 4 {
		case 0: // edited, with a sound less
			edited := listing(id(n), word(n)+" edited", sounds-1)
			edited.RemovedSoundIDs = all[sounds-1:]
			say(id(n), 2, edited)
		case 1: // withdrawn and published again
			say(id(n), 2, events.PackWithdrawnV1{PackID: id(n), SoundIDs: all})
			say(id(n), 3, listing(id(n), word(n), sounds))
		case 2:
			say(id(n), 2, events.PackWithdrawnV1{PackID: id(n), SoundIDs: all})
			live--
		default: // deleted; an event of before comes late
			say(id(n), 3, events.PackDeletedV1{PackID: id(n), SoundIDs: all})
			say(id(n), 2, listing(id(n), word(n), sounds))
			live--
		}
		say(fmt.Sprint("new", n), 1, listing(fmt.Sprint("new", n), "New", 1))
		live++
		if n%5 == 4 || n == changes-1 {
			s.sendAll(batch)
			batch = nil
		}
	}
	state, err := s.client.Reindex(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d listings changed and %d were published within %v; the rebuild is %s", changes, changes, time.Since(began).Round(time.Millisecond), state.Rebuild.State)
	if _, err := s.client.StartReindex(t.Context(), api.StartReindex{By: "test"}); state.Rebuild.Running() && reason(err) != api.ReasonReindexRunning {
		t.Errorf("a second rebuild: %v", err)
	}
	v := s.done().Verification
	t.Logf("rebuilt after %v: %d packs and %d documents compared, %d differ, %d repaired", time.Since(began).Round(time.Millisecond), v.Checked, v.Documents, v.Differences, v.Repaired)
	if v.Differences != 0 || v.InFlight != 0 {
		t.Errorf("verification %+v", *v)
	}
	s.isRight()
	if r := s.search(api.Query{Kind: api.KindPacks}); r.Total != int64(live) {
		t.Errorf("search knows %d packs, %d are on sale", r.Total, live)
	}
	for n := range changes {
		r := s.search(api.Query{Kind: api.KindPacks, Words: word(n)})
		found := slices.IndexFunc(r.Packs, func(row api.PackRow) bool { return row.ID == id(n) })
		if gone := n%4 >= 2; gone != (found < 0) {
			t.Errorf("listing %d is found: %v", n, !gone)
		}
		if n%4 == 0 && found >= 0 && (r.Packs[found].Sounds != sounds-1 || r.Packs[found].Title != word(n)+" edited") {
			t.Errorf("listing %d is found as before: %+v", n, r.Packs[found])
		}
	}
	cancel()
	people.Wait()
	t.Logf("%d searches meanwhile, the slowest took %d ms", searches.Load(), slowest.Load())
	if searches.Load() == 0 {
		t.Error("nobody searched")
	}
}

// sendAll sends many events at once.
func (s *stack) sendAll(batch []events.Envelope) {
	s.t.Helper()
	var msgs []kafka.Message
	for _, e := range batch {
		s.models.learn(e)
		msgs = append(msgs, kafka.Message{Topic: events.TopicPacks, Key: []byte(e.Subject), Value: encode(s.t, e)})
	}
	if err := s.writer.Write(s.t.Context(), msgs...); err != nil {
		s.t.Fatal(err)
	}
}
