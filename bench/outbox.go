package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"crateful.dev/experience/api"
)

const (
	outboxPacks    = 4
	outboxRequests = 60                     // of each way in each round
	outboxPace     = 200 * time.Millisecond // from one request to the next: what follows one is over before the next
	outboxGoal     = 1.2
	indexDelay     = 200 * time.Millisecond
)

// way is how a publish request brings a listing to the index.
type way int

const (
	wayNone        way = iota // only the transaction: the relay rests
	wayOutbox                 // as it is
	waySynchronous            // the transaction, and then the index before the request is answered
	ways
)

func (w way) String() string { return [ways]string{"none", "outbox", "synchronous"}[w] }

// asked is what became of the requests of one way while the index was in one state.
type asked struct {
	millis []float64 // failed ones too: that is how long somebody waited
	failed int
	rounds []float64 // the median of each round
}

// publishWithOutbox times publish requests of new revisions in three ways that take turns, while the index is healthy, slow
// and down. Index is an Elasticsearch when ELASTICSEARCH_URL names one, else the one inside the indexer.
func publishWithOutbox(ctx context.Context, b *bench) error {
	o, err := startOutbox(ctx, b)
	if err != nil {
		return err
	}
	return errors.Join(o.measure(ctx, b), o.stop())
}

// outboxSite is a site of its own with something between the index and who asks it.
type outboxSite struct {
	*site
	wire     *wire
	index    index
	relay    *relaySwitch
	producer person
	packs    []api.Workbench
	words    []string // by which search finds them
	cents    []int64  // their prices
	next     int
	kind     string
}

func startOutbox(ctx context.Context, b *bench) (_ *outboxSite, err error) {
	o := &outboxSite{kind: "index inside the indexer"}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.stop())
		}
	}()
	if address := os.Getenv("ELASTICSEARCH_URL"); address != "" {
		o.kind = "Elasticsearch"
		if o.wire, err = newWire(address); err != nil {
			return nil, err
		}
		if o.site, err = startSite(ctx, b.dir, "outbox", elasticsearchVariable+"="+o.wire.url()); err == nil {
			o.index, err = newElasticsearch(ctx, o.wire.url())
		}
	} else if o.site, err = startSite(ctx, b.dir, "outbox"); err == nil {
		env := o.Environments["experience"]
		if o.wire, err = newWire(valueOf(env, "INDEXER_URL")); err == nil {
			o.index = newEmbedded(o.wire.url(), valueOf(env, "CRATEFUL_SERVICE_TOKEN"))
		}
	}
	if err != nil {
		return nil, err
	}
	if o.relay, err = newRelaySwitch(ctx, valueOf(o.Environments["models"], "DATABASE_URL")); err != nil {
		return nil, err
	}
	if o.producer, err = o.join(ctx, true); err != nil {
		return nil, err
	}
	for i := range outboxPacks {
		if err := o.release(ctx, fmt.Sprintf("Way%d%x", i, time.Now().UnixNano()&0xffffff), uint64(2000+i)); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// release puts one more pack on sale.
func (o *outboxSite) release(ctx context.Context, word string, seed uint64) error {
	draft, err := o.producer.draft(ctx, word, seed)
	if err != nil {
		return err
	}
	if _, err := o.visible(ctx, o.producer, draft, word, 1200); err != nil {
		return err
	}
	live, err := o.producer.Workbench(ctx, draft.Pack.ID)
	if err != nil {
		return err
	}
	o.packs, o.words, o.cents = append(o.packs, live), append(o.words, word), append(o.cents, 1200)
	return nil
}

func (o *outboxSite) stop() error {
	var failed []error
	if o.relay != nil {
		failed = append(failed, o.relay.close())
	}
	if o.site != nil {
		failed = append(failed, o.site.stop())
	}
	if o.wire != nil {
		o.wire.close()
	}
	return errors.Join(failed...)
}

func (o *outboxSite) measure(ctx context.Context, b *bench) error {
	states := []struct {
		name string
		set  func() error
	}{
		{"healthy", func() error { return nil }},
		{"+200 ms", func() error { o.wire.slow(indexDelay); return nil }},
		{"down", func() error { o.wire.slow(0); return o.wire.down() }},
	}
	table := "| " + o.kind + " | none | outbox | outbox : none | synchronous | errors |\n|---|---|---|---|---|---|\n"
	for _, state := range states {
		if err := state.set(); err != nil {
			return err
		}
		var got outcome
		for round := -1; round < b.rounds; round++ { // the first warms up
			for turn := range ways {
				if err := o.round(ctx, (turn+way(round+1))%ways, state.name != "down", round >= 0, &got); err != nil {
					return fmt.Errorf("index %s: %w", state.name, err)
				}
			}
		}
		b.add(got.figures(state.name)...)
		table += got.row(state.name)
	}
	if err := o.relay.on(ctx); err != nil {
		return err
	}
	if err := o.wire.up(); err != nil {
		return err
	}
	began := time.Now()
	if err := o.caughtUp(ctx); err != nil {
		return err
	}
	b.add(figure{name: "index back → shows every revision published meanwhile", unit: " s", digits: 1, values: []float64{time.Since(began).Seconds()}})
	b.tables = append(b.tables, "publish request, p50 / p99 in ms\n\n"+table)
	return nil
}

// round sends the requests of one way.
func (o *outboxSite) round(ctx context.Context, w way, up, counts bool, got *outcome) error {
	if w == wayOutbox || w == waySynchronous && o.index.needsRelay() {
		if err := o.relay.on(ctx); err != nil {
			return err
		}
		if err := o.relay.drained(ctx); err != nil { // what other ways left behind
			return err
		}
		if up {
			if err := o.caughtUp(ctx); err != nil {
				return err
			}
		}
	} else if err := o.relay.off(ctx); err != nil {
		return err
	}
	var millis []float64
	pace := time.NewTicker(outboxPace)
	defer pace.Stop()
	for range outboxRequests {
		<-pace.C
		ms, failed, err := o.publish(ctx, w)
		if err != nil {
			return fmt.Errorf("%s: %w", w, err)
		}
		millis = append(millis, ms)
		if counts && failed {
			got[w].failed++
		}
	}
	if counts {
		got[w].millis = append(got[w].millis, millis...)
		got[w].rounds = append(got[w].rounds, median(millis))
	}
	return nil
}

// publish changes the price of the next pack and times the request that makes it public.
func (o *outboxSite) publish(ctx context.Context, w way) (millis float64, failed bool, err error) {
	i := o.next % len(o.packs)
	o.next++
	cents := 1201 + int64(o.next)%5000
	price := euros(cents)
	pack := o.packs[i].Pack
	changed, err := o.producer.ChangePack(ctx, pack.ID, pack.ETag, api.PackChange{Price: &price})
	if err != nil {
		return 0, false, explain(err)
	}
	began := time.Now()
	published, err := o.producer.Publish(ctx, pack.ID, changed.Pack.ETag)
	failed = err != nil
	if err == nil {
		o.packs[i], o.cents[i] = published, cents
		if w == waySynchronous {
			failed = o.index.show(ctx, published, cents) != nil
		}
	}
	took := time.Since(began)
	if err != nil { // it may have been done all the same
		if o.packs[i], err = o.producer.Workbench(ctx, pack.ID); err != nil {
			return 0, false, err
		}
		if !o.packs[i].Pack.Unpublished {
			o.cents[i] = cents
		}
	}
	return float64(took.Microseconds()) / 1000, failed, ctx.Err()
}

// caughtUp waits until the public search shows the price of every pack.
func (o *outboxSite) caughtUp(ctx context.Context) error {
	reader := o.stranger()
	return wait(ctx, time.Minute, 10*time.Millisecond, "search to catch up", func() (bool, error) {
		for i, word := range o.words {
			shown, err := price(ctx, reader, word)
			if err != nil || shown != o.cents[i] {
				return false, err
			}
		}
		return true, nil
	})
}

func (a asked) shown() string {
	return fmt.Sprintf("%.1f / %.1f", median(a.millis), quantile(a.millis, 0.99))
}

func (a asked) against(none asked) (p50, p99 float64) {
	return median(a.millis) / median(none.millis), quantile(a.millis, 0.99) / quantile(none.millis, 0.99)
}

// outcome is that of all ways.
type outcome [ways]asked

// row is a line of the published table. Errors are of none, outbox and synchronous.
func (got *outcome) row(state string) string {
	none, outbox, synchronous := got[wayNone], got[wayOutbox], got[waySynchronous]
	p50, p99 := outbox.against(none)
	return fmt.Sprintf("| %s | %s | %s | %.2f / %.2f | %s | %d, %d, %d of %d |\n",
		state, none.shown(), outbox.shown(), p50, p99, synchronous.shown(), none.failed, outbox.failed, synchronous.failed, len(none.millis))
}

func (got *outcome) figures(state string) []figure {
	var ratios []float64
	for round, none := range got[wayNone].rounds {
		ratios = append(ratios, got[wayOutbox].rounds[round]/none)
	}
	failed := got[wayOutbox].failed
	return []figure{
		{name: "publish request with the outbox : without (median), index " + state, goal: "≤ 1.2, no errors", digits: 2, values: ratios, ok: func(v []float64) bool {
			return median(v) <= outboxGoal && failed == 0
		}},
	}
}
