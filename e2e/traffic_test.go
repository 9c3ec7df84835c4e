package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"crateful.dev/experience/api"
)

// traffic is people at work without pause: what was acknowledged to them must be there for ever.
type traffic struct {
	producer, collector person
	buyers              []person
	draft               string   // pack that files go into
	sounds              []string // bought one after the other

	mu     sync.Mutex
	crates []string         // ids
	files  map[string]int64 // path → size
	orders []*purchase
	ends   []error // why people stopped

	working sync.WaitGroup
	cancel  context.CancelFunc
}

type purchase struct {
	buyer int
	order string
	paid  bool // the payment page said thanks
}

// begin sets people to work until the site goes away or end is called.
func (w *traffic) begin(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	w.files = map[string]int64{}
	work := func(what func() error) {
		w.working.Go(func() {
			if err := what(); err != nil {
				w.note(func() { w.ends = append(w.ends, err) })
			}
		})
	}
	for n := range 2 {
		work(func() error { return w.collect(ctx, n) })
		work(func() error { return w.upload(ctx, n) })
	}
	for buyer := range w.buyers {
		work(func() error { return w.shop(ctx, buyer) })
	}
}

func (w *traffic) end() {
	w.cancel()
	w.working.Wait()
}

func (w *traffic) note(what func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what()
}

func (w *traffic) collect(ctx context.Context, worker int) error {
	for n := 0; ctx.Err() == nil && n < 200; n++ {
		name := fmt.Sprintf("crate %d-%d", worker, n)
		made, err := w.collector.CreateCrate(ctx, api.CrateChange{Name: &name})
		if err != nil {
			return err
		}
		w.note(func() { w.crates = append(w.crates, made.ID) })
	}
	return nil
}

func (w *traffic) upload(ctx context.Context, worker int) error {
	for n := 0; ctx.Err() == nil; n++ {
		data, path := good(), fmt.Sprintf("Hit_%d_%d.wav", worker, n)
		offered, err := w.producer.Upload(ctx, w.draft, api.UploadRequest{Files: []api.UploadFile{{Fingerprint: sum(data), Path: path, SizeBytes: int64(len(data))}}})
		if err != nil {
			return err
		}
		if _, err := w.producer.Deliver(ctx, http.DefaultClient, offered.Uploads[0], bytes.NewReader(data), int64(len(data))); err != nil {
			return err
		}
		w.note(func() { w.files[path] = int64(len(data)) })
	}
	return nil
}

func (w *traffic) shop(ctx context.Context, buyer int) error {
	who := w.buyers[buyer]
	for _, sound := range w.sounds {
		cart, err := who.AddToCart(ctx, api.Things{SoundIDs: []string{sound}})
		if err != nil {
			return err
		}
		order, err := who.Checkout(ctx, newKey(), api.Checkout{ExpectedTotal: cart.Totals[0].Total})
		if err != nil {
			return err
		}
		bought := &purchase{buyer: buyer, order: order.ID}
		w.note(func() { w.orders = append(w.orders, bought) })
		got, err := request{Method: http.MethodPost, URL: order.PayURL, Body: url.Values{"use": {"4242424242424242"}}}.send(ctx)
		if err != nil || got.Status != http.StatusSeeOther {
			return fmt.Errorf("pay: %d (%w)", got.Status, err)
		}
		w.note(func() { bought.paid = true })
		for order.State != "paid" { // then the cart is empty again
			if order, err = who.Order(ctx, order.ID, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *traffic) payments() (n int) {
	for _, o := range w.orders {
		if o.paid {
			n++
		}
	}
	return n
}

// busy waits until all of them have done a good deal.
func (w *traffic) busy(t testing.TB) {
	t.Helper()
	eventually(t, time.Minute, "much traffic", func() (enough bool, err error) {
		w.note(func() {
			if len(w.ends) > 0 {
				t.Fatalf("somebody stopped before the site did: %v", w.ends)
			}
			enough = len(w.crates) >= 20 && len(w.files) >= 6 && w.payments() >= 3
			err = fmt.Errorf("%d crates, %d files, %d payments", len(w.crates), len(w.files), w.payments())
		})
		return enough, err
	})
}

// kept checks that all that was acknowledged is there.
func (w *traffic) kept(t testing.TB, ctx context.Context) {
	t.Helper()
	t.Logf("acknowledged before the kill: %d crates, %d files, %d orders, %d payments", len(w.crates), len(w.files), len(w.orders), w.payments())
	crates, err := w.collector.Crates(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range w.crates {
		if !slices.ContainsFunc(crates.Crates, func(c api.CrateCard) bool { return c.ID == id }) {
			if _, err := w.collector.Crate(ctx, id, ""); err != nil {
				t.Errorf("the crate %s is lost: %v", id, err)
			}
		}
	}
	eventually(t, time.Minute, "the files to be checked", func() (bool, error) {
		bench, err := w.producer.Workbench(ctx, w.draft)
		if err != nil {
			return false, err
		}
		for path, size := range w.files {
			at := slices.IndexFunc(bench.Files, func(f api.StudioFile) bool { return f.Path == path })
			if at < 0 {
				t.Fatalf("the file %s is lost", path)
			}
			if f := bench.Files[at]; f.State != "ready" && f.State != "needs_look" || f.SizeBytes != size {
				return false, fmt.Errorf("%s is %s with %d bytes", path, f.State, f.SizeBytes)
			}
		}
		return true, nil
	})
	for _, p := range w.orders {
		eventually(t, time.Minute, "order "+p.order, func() (bool, error) {
			o, err := w.buyers[p.buyer].Order(ctx, p.order, true)
			return err == nil && (o.State == "paid" || !p.paid), fmt.Errorf("it is %q (%w)", o.State, err)
		})
	}
}

// sold counts what the buyers own and the orders they have paid, which is the same.
func (w *traffic) sold(t testing.TB, ctx context.Context) (sold int) {
	t.Helper()
	for _, who := range w.buyers {
		orders, err := who.Orders(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		paid := 0
		for _, o := range orders.Orders {
			if o.State == "paid" {
				paid++
			}
		}
		owned, err := who.Library(ctx, "", "", "")
		if err != nil || len(owned.Items) != paid {
			t.Errorf("%d sounds are owned and %d orders paid (%v)", len(owned.Items), paid, err)
		}
		sold += paid
	}
	return sold
}
