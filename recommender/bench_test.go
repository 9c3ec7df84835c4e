package recommender

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kfake"

	"crateful.dev/kit/kafka"
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
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, events.TopicPacks, events.TopicInteractions))
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	s, err := New(b.Context(), Config{KafkaBrokers: broker.ListenAddrs(), BuildPause: time.Hour, Data: b.TempDir(), SnapshotEvery: time.Hour}, slog.New(slog.DiscardHandler))
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
	debug.FreeOSMemory()

	spent = cpuSeconds()
	askAll(b, s, crowdAsked, "")
	b.ReportMetric(1000*(cpuSeconds()-spent)/crowdAsked, "CPU-ms/for-you")
	b.ReportMetric(residentMiB(b), "MiB/resident")
	building := make(chan struct{})
	go func() {
		defer close(building)
		build(st, shopNow, nil)
	}()
	askAll(b, s, crowdAsked, "-while-building")
	<-building

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
	purchases(b, s)
}

// askAll has some people ask at once, one question after the other.
func askAll(b *testing.B, s *Service, times int, when string) {
	millis := make([][]float64, crowdAsk)
	var all sync.WaitGroup
	for n := range crowdAsk {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 9)) //nolint:gosec // who asks
			for range times / crowdAsk {
				began := time.Now()
				s.ForYou(api.ForYou{PersonID: shopPerson(r.IntN(crowdPeople)), Limit: 10})
				millis[n] = append(millis[n], float64(time.Since(began).Microseconds())/1000)
			}
		})
	}
	all.Wait()
	report(b, slices.Concat(millis...), "for-you"+when)
}

func report(b *testing.B, millis []float64, what string) {
	slices.Sort(millis)
	b.ReportMetric(millis[len(millis)/2], "ms/"+what+"-p50")
	b.ReportMetric(millis[len(millis)*99/100], "ms/"+what+"-p99")
}

const crowdBought = 300

// purchases go through Kafka, one after the other: each is of what is recommended first, and must make it go away.
func purchases(b *testing.B, s *Service) {
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() {
		cancel()
		<-ended //nolint:errcheck // it was told to stop
	}()
	for !s.caughtUp() {
		time.Sleep(10 * time.Millisecond)
	}
	writer := kafka.NewWriter(s.kafka())
	defer writer.Close()
	var millis []float64
	for n := range crowdBought {
		person := shopPerson(n * 331 % crowdPeople)
		first := func() string {
			if list := s.ForYou(api.ForYou{PersonID: person, Limit: 1}); len(list) > 0 {
				return list[0].PackID
			}
			return ""
		}
		pack := first()
		if pack == "" {
			continue // they never acted
		}
		e, err := events.New(uuid.Must(uuid.NewV7()).String(), person, 0, time.Now(), "", events.InteractionRecordedV1{PersonID: person, Kind: events.KindPurchase, PackID: pack})
		if err != nil {
			b.Fatal(err)
		}
		value, err := json.Marshal(e)
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := writer.Write(ctx, kafka.Message{Topic: events.TopicInteractions, Key: []byte(person), Value: value}); err != nil {
			b.Fatal(err)
		}
		for first() == pack {
			if time.Since(began) > time.Minute {
				b.Fatalf("%s is still recommended to %s, who bought it a minute ago", pack, person)
			}
		}
		millis = append(millis, float64(time.Since(began).Microseconds())/1000)
	}
	report(b, millis, "bought")
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

// residentMiB is what the process holds of the machine's memory.
func residentMiB(b *testing.B) float64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return float64(resident*os.Getpagesize()) / (1 << 20)
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
