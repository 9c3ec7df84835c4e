package local

import (
	"context"
	"net/url"
	"testing"
	"time"

	"crateful.dev/experience/client"
	"crateful.dev/kit/httpx"
)

// The catalogue comes through the public door, goes on where it was interrupted, comes once, and goes again.
func TestDemoCatalogue(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of work")
	}
	stack := startOn(t, dataDir(t))
	demo, err := stack.Demo()
	if err != nil {
		t.Fatal(err)
	}
	defer demo.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	accounts, err := demo.SignIns(ctx)
	if err != nil || len(accounts) != 3 {
		t.Fatalf("sign-ins %v, %v", accounts, err)
	}

	started := time.Now()
	interrupted, interrupt := context.WithCancel(ctx)
	if err := demo.Seed(interrupted, 0, func(p Progress) {
		if p.Packs >= 2 {
			interrupt()
		}
	}); err == nil {
		t.Error("seeding did not notice that it was interrupted")
	}
	interrupt()
	t.Logf("interrupted after %v", time.Since(started).Round(time.Second))
	if !demo.Wanted() {
		t.Error("half a catalogue passes for a whole one")
	}
	began, last := time.Now(), Progress{}
	if err := demo.Seed(ctx, 0, func(p Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	t.Logf("seeded in %v: %+v", time.Since(began).Round(time.Second), last)
	if demo.Wanted() || last.Packs != last.AllPacks || last.Buyers != last.AllBuyers {
		t.Errorf("it ended at %+v", last)
	}

	http := httpx.NewClient(httpx.ClientConfig{BaseURL: stack.URL()})
	defer http.Close()
	api := client.New(http)
	stranger := api.For(client.Caller{})
	found, err := stranger.Search(ctx, url.Values{"in": {"packs"}})
	if err != nil {
		t.Fatal(err)
	}
	if found.Totals.Packs != int64(last.AllPacks) || found.Totals.Packs < 12 || found.Totals.Sounds < 150 {
		t.Errorf("search knows %d packs and %d sounds", found.Totals.Packs, found.Totals.Sounds)
	}
	for _, card := range found.Packs {
		if card.CoverKey == "" || card.Demo == nil {
			t.Errorf("%s lacks a cover or a demo track", card.Title)
		}
	}
	page, err := stranger.Pack(ctx, found.Packs[0].Slug, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.AlsoLike) == 0 {
		t.Error("thirty buyers, and nothing is alike")
	}

	began = time.Now()
	sum, err := demo.Remove(ctx)
	t.Logf("removed in %v: %+v", time.Since(began).Round(time.Second), sum)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Deleted+sum.Withdrawn != last.AllPacks || demo.Wanted() {
		t.Errorf("removed %+v of %d", sum, last.AllPacks)
	}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		found, err = stranger.Search(ctx, url.Values{"in": {"packs"}})
		if err == nil && found.Totals.Packs == 0 && found.Totals.Sounds == 0 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("search still knows %+v (%v)", found.Totals, err)
		}
	}
}
