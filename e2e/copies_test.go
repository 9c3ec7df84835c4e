package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/local/fleet"
)

// Two copies behind the balancer of production: one that stops by a signal costs nobody a request, one that is killed costs
// nothing that was acknowledged.
func TestCopiesStopAndDie(t *testing.T) {
	needReal(t)
	f, err := startFleet(fleet.Options{Balancer: "../deploy/nginx/nginx.conf"})
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	watch(t, f)
	s := site{URL: f.URL(), Mail: f.MailURL()}
	ctx := deadline(t, 9*time.Minute)

	producer, collector := s.newPerson(t, "Copies Maker"), s.newPerson(t, "Copies Collector")
	made, word := samplePack(t, "dusty", 140)
	pack := producer.newPack(t, made, listing{Title: title(word, 0), Price: 900, SoundPrice: 90})
	stopping := s.work(t, ctx, producer, collector, pack, word)
	readers := s.read(t, ctx, pack.Pack.Slug, word)
	stopping.busy(t)
	for _, m := range f.Members() {
		if !strings.Contains(m.Name, "-") { // those that have one copy
			continue
		}
		began := time.Now()
		must(t, m.Drain())
		took := time.Since(began)
		must(t, m.Start(ctx))
		t.Logf("%s stopped within %v", m.Name, took.Round(10*time.Millisecond))
		inUse(t, ctx, m)
	}
	stopping.end()
	read, failed := readers.end()
	t.Logf("%d requests of readers, %d crates, %d files, %d payments", read, len(stopping.crates), len(stopping.files), stopping.payments())
	failed = begun(append(failed, stopping.ends...))
	for _, err := range failed[:min(10, len(failed))] {
		t.Errorf("%d requests failed while copies stopped in order: %v", len(failed), explain(err))
	}
	stopping.kept(t, ctx)

	for _, service := range []string{"web", "experience", "models"} {
		dying := s.work(t, ctx, producer, s.newPerson(t, "Copies Collector"), pack, word)
		dying.busy(t)
		killed := f.Member(service + "-1")
		must(t, killed.Kill())
		_, err := s.stranger(t).Home(ctx) // the other copy answers
		must(t, err)
		dying.end()
		must(t, killed.Start(ctx))
		dying.kept(t, ctx)
		t.Logf("%s was killed, %d people lost a request", killed.Name, len(begun(dying.ends)))
	}
}

// begun leaves out what was still on its way when people were told to stop.
func begun(all []error) []error {
	return slices.DeleteFunc(all, func(err error) bool {
		return errors.Is(err, context.Canceled) || strings.Contains(err.Error(), context.Canceled.Error())
	})
}

// inUse waits until the balancer gives a copy work again: it leaves one alone for some seconds after it could not be reached.
func inUse(t testing.TB, ctx context.Context, m *fleet.Member) {
	t.Helper()
	const ours = 2 // requests of each look
	last, looks := 0.0, 0.0
	eventually(t, 30*time.Second, m.Name+" to be in use", func() (bool, error) {
		now, err := m.Metric(ctx, "crateful_http_requests_total")
		looks++
		first := last == 0
		if first {
			last, looks = now, 0
		}
		return err == nil && !first && now-last > ours*looks+10, err
	})
}

// work sets people to work on a pack.
func (s site) work(t testing.TB, ctx context.Context, producer, collector person, pack api.Workbench, word string) *traffic {
	t.Helper()
	w := &traffic{producer: producer, collector: collector, buyers: []person{s.newPerson(t, "Copies Buyer"), s.newPerson(t, "Copies Shopper")}}
	filling, err := producer.CreatePack(ctx, api.NewPack{Title: "Filling"})
	must(t, err)
	w.draft = filling.Pack.ID
	found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}})
	must(t, err)
	for _, sound := range found.Sounds {
		w.sounds = append(w.sounds, sound.ID)
	}
	w.begin(ctx)
	return w
}

// readers open pages without pause.
type readers struct {
	cancel  context.CancelFunc
	working sync.WaitGroup
	mu      sync.Mutex
	done    int
	failed  []error
}

func (s site) read(t testing.TB, ctx context.Context, slug, word string) *readers {
	t.Helper()
	r := &readers{}
	ctx, r.cancel = context.WithCancel(ctx)
	for _, path := range []string{"/", "/search?q=" + word, "/packs/" + slug, "/api/v1/search?q=" + word} {
		r.working.Go(func() {
			c := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
			defer c.CloseIdleConnections()
			for ctx.Err() == nil {
				err := visitOnce(ctx, c, s.URL+path)
				r.mu.Lock()
				if r.done++; err != nil && ctx.Err() == nil {
					r.failed = append(r.failed, err)
				}
				r.mu.Unlock()
			}
		})
	}
	return r
}

func visitOnce(ctx context.Context, c *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, res.Status)
	}
	return nil
}

func (r *readers) end() (done int, failed []error) {
	r.cancel()
	r.working.Wait()
	return r.done, r.failed
}
