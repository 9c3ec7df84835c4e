package recommender

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/snapshot"
)

// A large shop: people of some scenes, who mostly stay in them, and packs of which few are known to many.
const (
	crowdPeople = 100_000
	crowdPacks  = 20_000
	crowdActs   = 43 // of each person, on average
	crowdScenes = 60
	crowdAsk    = 8 // at once
	crowdAsked  = 4_000
)

// BenchmarkCrowd prints what docs/benchmarks.md tells of the recommender: `make bench-recommender`.
func BenchmarkCrowd(b *testing.B) {
	for b.Loop() {
		crowd(b)
	}
}

func crowd(b *testing.B) {
	s, err := New(b.Context(), Config{KafkaBrokers: []string{"127.0.0.1:1"}, BuildPause: time.Second, Data: b.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	st := s.state.Load()
	fillShop(st)
	runtime.GC()
	b.ReportMetric(heapMiB(), "MiB/history")

	spent := cpuSeconds()
	made := build(st, shopNow, nil)
	b.ReportMetric(cpuSeconds()-spent, "CPU-s/build")
	b.ReportMetric(made.took.Seconds(), "s/build")
	s.built.Store(made)
	runtime.GC()
	b.ReportMetric(heapMiB(), "MiB/serving")
	debug.SetGCPercent(30) // as the command does

	millis := make([][]float64, crowdAsk)
	var all sync.WaitGroup
	for n := range crowdAsk {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 9)) //nolint:gosec // who asks
			for range crowdAsked / crowdAsk {
				began := time.Now()
				s.ForYou(api.ForYou{PersonID: shopPerson(r.IntN(crowdPeople)), Limit: 10})
				millis[n] = append(millis[n], float64(time.Since(began).Microseconds())/1000)
			}
		})
	}
	all.Wait()
	sorted := slices.Sorted(slices.Values(slices.Concat(millis...)))
	b.ReportMetric(sorted[len(sorted)/2], "ms/for-you-p50")
	b.ReportMetric(sorted[len(sorted)*99/100], "ms/for-you-p99")

	began := time.Now()
	if err := snapshot.Write(s.cfg.Data, snapshot.Head{}, snapshot.State{History: st.history, Shelf: st.shelf, Model: made.model}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s/snapshot")
	began = time.Now()
	if _, _, err := snapshot.Read(s.cfg.Data, ""); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s/restart")
}

var shopNow = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func shopPerson(n int) string { return fmt.Sprintf("01900000-0000-7000-8000-%012d", n) }
func shopPack(n int) string   { return fmt.Sprintf("01900000-0000-7000-9000-%012d", n) }

func fillShop(st *state) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time
	const each = crowdPacks / crowdScenes
	known := rand.NewZipf(r, 1.1, 8, each-1)
	for n := range crowdPacks {
		st.shelf.Put(events.Listing{
			ID: shopPack(n), Genre: fmt.Sprint("genre", n/each%20), Producer: events.Producer{ID: fmt.Sprint("producer", n%2000)}, PublishedAt: shopNow.Add(-time.Duration(n) * time.Hour),
		}, 1)
	}
	kinds := []events.Kind{events.KindView, events.KindPreview, events.KindPreview, events.KindLike, events.KindCart, events.KindPurchase}
	for p := range crowdPeople {
		home, other := r.IntN(crowdScenes), r.IntN(crowdScenes)
		for range r.IntN(2 * crowdActs) {
			scene := home
			switch r.IntN(10) {
			case 0, 1:
				scene = other
			case 2:
				scene = r.IntN(crowdScenes)
			}
			pack := scene*each + int(known.Uint64()) //nolint:gosec // below each
			st.history.Record(events.InteractionRecordedV1{PersonID: shopPerson(p), Kind: kinds[r.IntN(len(kinds))], PackID: shopPack(pack)},
				shopNow.Add(-time.Duration(r.IntN(400*24))*time.Hour))
		}
	}
}

func heapMiB() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse) / (1 << 20)
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
