package spark_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
	"crateful.dev/recommender/internal/spark"
)

// Spark's lists may foretell worse than ours by so much, as a share.
const mostWorse = 0.03

// scenes are people who mostly keep to one of some scenes, each with packs of their own, and what each did last.
func scenes() (before *history.History, after map[string][]string) {
	const people, packs, of, each = 2_000, 300, 10, 25
	r := rand.New(rand.NewPCG(5, 6))
	known := rand.NewZipf(r, 1.2, 6, packs/of-1)
	before, after = history.New(), map[string][]string{}
	kinds := []events.Kind{events.KindPreview, events.KindLike, events.KindPurchase}
	for p := range people {
		person, met := fmt.Sprint("person", p), map[string]bool{}
		for range each {
			scene := p % of
			if r.IntN(4) == 0 {
				scene = r.IntN(of)
			}
			pack := fmt.Sprint("pack", scene, "-", known.Uint64())
			switch {
			case met[pack]:
			case r.IntN(5) == 0:
				after[person] = append(after[person], pack)
			default:
				did(before, person, kinds[r.IntN(len(kinds))], pack, time.Duration(r.IntN(2000))*time.Hour)
			}
			met[pack] = true
		}
	}
	return before, after
}

// ndcg is that of the first ten for what people turned out to do.
func ndcg(m *model.Model, tastes iter.Seq[history.Taste], after map[string][]string) float64 {
	sum, n := 0.0, 0
	for t := range tastes {
		wanted := after[t.ID]
		if len(wanted) == 0 {
			continue
		}
		gain, best := 0.0, 0.0
		list := m.For(model.Interests(t, now))
		for at := range 10 {
			by := 1 / math.Log2(float64(at)+2)
			if at < len(list) && slices.Contains(wanted, list[at].PackID) {
				gain += by
			}
			if at < len(wanted) {
				best += by
			}
		}
		sum, n = sum+gain/best, n+1
	}
	return sum / float64(n)
}

// overlap is the mean share of the first ten that two models have in common.
func overlap(a, b *model.Model, tastes iter.Seq[history.Taste]) float64 {
	sum, n := 0.0, 0
	first := func(m *model.Model, t history.Taste) map[string]bool {
		out := map[string]bool{}
		for _, l := range m.For(model.Interests(t, now))[:10] {
			out[l.PackID] = true
		}
		return out
	}
	for t := range tastes {
		those := first(b, t)
		for id := range first(a, t) {
			if those[id] {
				sum++
			}
		}
		n++
	}
	return sum / float64(10*n)
}

// The job, on Spark itself, finds what our own training finds.
func TestSparkFindsWhatWeFind(t *testing.T) {
	submit := os.Getenv("CRATEFUL_TEST_SPARK")
	if submit == "" {
		t.Skip("CRATEFUL_TEST_SPARK is not set: `make test-real` runs this")
	}
	before, after := scenes()
	export, out := t.TempDir(), t.TempDir()
	if _, err := spark.Write(t.Context(), spark.Folder(export), before.All(), spark.Export{At: now}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	job := exec.CommandContext(ctx, submit, "--master", "local[2]", "--driver-memory", "1g", "--conf", "spark.ui.enabled=false",
		"--conf", "spark.sql.shuffle.partitions=4", "../../spark/train.py", "--events", export, "--out", out)
	job.Env = append(os.Environ(), "PATH="+filepath.Dir(submit)+":"+os.Getenv("PATH")) // its Python has Spark's
	began := time.Now()
	if said, err := job.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Logf("the job took %v", time.Since(began).Round(time.Second))
	trained, err := spark.ReadManifest(t.Context(), spark.Folder(out))
	if err != nil {
		t.Fatal(err)
	}
	given, err := trained.Read(t.Context(), spark.Folder(out))
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := model.Build(before.All(), now), model.BuildOf(before.All(), now, given)
	// Without people's acts there is popularity alone: what both must beat by far.
	popular := popularity(before)
	value, other, floor := ndcg(ours, before.All(), after), ndcg(theirs, before.All(), after), popular(after)
	t.Logf("nDCG@10: ours %.4f, Spark %.4f, popularity %.4f; %.0f %% of the first ten are the same", value, other, floor, 100*overlap(ours, theirs, before.All()))
	if other < value*(1-mostWorse) {
		t.Errorf("nDCG@10 of Spark's factors is %.4f, of ours %.4f", other, value)
	}
	if value < 2*floor || other < 2*floor {
		t.Errorf("ours %.4f, Spark %.4f, popularity %.4f", value, other, floor)
	}
	if same := overlap(ours, theirs, before.All()); same < 0.7 {
		t.Errorf("%.0f %% of the first ten are the same", 100*same)
	}
	if theirs.Given() != given.Name || ours.Given() != "" {
		t.Errorf("trained by %q and %q", theirs.Given(), ours.Given())
	}
}

// popularity scores one list for all: what most people met, without what somebody has.
func popularity(h *history.History) func(after map[string][]string) float64 {
	met, have := map[string]int{}, map[string][]string{}
	for t := range h.All() {
		for _, p := range t.Packs {
			met[p.ID]++
			have[t.ID] = append(have[t.ID], p.ID)
		}
	}
	var order []string
	for id := range met {
		order = append(order, id)
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(met[b], met[a]), cmp.Compare(a, b)) })
	return func(after map[string][]string) float64 {
		sum, n := 0.0, 0
		for person, wanted := range after {
			gain, best, at := 0.0, 0.0, 0
			for _, id := range order {
				if slices.Contains(have[person], id) {
					continue
				}
				if slices.Contains(wanted, id) {
					gain += 1 / math.Log2(float64(at)+2)
				}
				if at++; at == 10 {
					break
				}
			}
			for at := range min(10, len(wanted)) {
				best += 1 / math.Log2(float64(at)+2)
			}
			sum, n = sum+gain/best, n+1
		}
		return sum / float64(n)
	}
}
