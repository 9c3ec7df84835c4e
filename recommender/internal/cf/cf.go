// Package cf is item-to-item collaborative filtering over distinct people: two packs are alike when the same people
// care about both, each person counts once per pair and old acts fade.
//
// Similarity is the cosine of the packs' columns in the person × pack matrix (Sarwar et al., "Item-based
// collaborative filtering recommendation algorithms", WWW 2001), damped by n/(n+Shrink) for n shared people.
package cf

import (
	"math"
	"sort"
	"time"

	"crateful.dev/models/events"
	"crateful.dev/recommender/internal/history"
)

// Options tune a build. The zero value of a field takes its default.
type Options struct {
	HalfLife   time.Duration // an act this old counts half; 180 days
	Shrink     float64       // shared people at which a similarity is trusted half; 3
	Neighbours int           // kept per pack; 60
	MaxPacks   int           // strongest packs of one person that count; 300
}

func (o Options) withDefaults() Options {
	if o.HalfLife <= 0 {
		o.HalfLife = 180 * 24 * time.Hour
	}
	if o.Shrink <= 0 {
		o.Shrink = 3
	}
	if o.Neighbours <= 0 {
		o.Neighbours = 60
	}
	if o.MaxPacks <= 0 {
		o.MaxPacks = 300
	}
	return o
}

// kindWeight is how much an act says about taste.
var kindWeight = map[events.Kind]float64{
	events.KindPurchase: 1,
	events.KindLike:     0.6,
	events.KindCart:     0.5,
	events.KindDownload: 0.5,
	events.KindPreview:  0.2,
	events.KindView:     0.08,
}

// Weight is a person's interest in a pack at a time, between 0 and 1: the strongest of the acts, faded by age.
func (o Options) Weight(c history.Contact, now time.Time) float64 {
	o = o.withDefaults()
	strongest := 0.0
	for kind, at := range c {
		w := kindWeight[kind]
		if kind == events.KindLike && !c.Liked() {
			w = 0
		}
		age := max(now.Sub(at), 0)
		w *= math.Exp2(-float64(age) / float64(o.HalfLife))
		strongest = max(strongest, w)
	}
	return strongest
}

// Neighbour is a pack like another.
type Neighbour struct {
	PackID     string
	Similarity float64 // 0 to 1
	People     int     // distinct people who care about both
}

// Model is what a build gives; read only.
type Model struct {
	near    map[string][]Neighbour // strongest first
	support map[string]float64     // pack → faded number of people
}

// Near is the packs like this one, strongest first.
func (m *Model) Near(pack string) []Neighbour { return m.near[pack] }

// Support is the faded number of people who care about a pack.
func (m *Model) Support(pack string) float64 { return m.support[pack] }

// Packs is all packs with neighbours, sorted.
func (m *Model) Packs() []string {
	ids := make([]string, 0, len(m.near))
	for id := range m.near {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

type vote struct {
	pack   int32
	weight float64
}

type pair struct{ a, b int32 }

type shared struct {
	dot    float64
	people int32
}

// Build makes a model of all tastes as of now. The same tastes and time give the same model.
func Build(tastes []history.Taste, now time.Time, opts Options) *Model {
	opts = opts.withDefaults()
	index, ids := map[string]int32{}, []string{}
	norm, support := []float64{}, []float64{}
	pairs := map[pair]shared{}

	for _, t := range tastes {
		votes := make([]vote, 0, len(t.Packs))
		names := make([]string, 0, len(t.Packs))
		for id := range t.Packs {
			names = append(names, id)
		}
		sort.Strings(names)
		for _, id := range names {
			w := opts.Weight(t.Packs[id], now)
			if w <= 0.01 {
				continue
			}
			i, ok := index[id]
			if !ok {
				i = int32(len(ids)) //nolint:gosec // fewer than 2^31 packs
				index[id] = i
				ids = append(ids, id)
				norm, support = append(norm, 0), append(support, 0)
			}
			votes = append(votes, vote{i, w})
		}
		if len(votes) > opts.MaxPacks {
			sort.SliceStable(votes, func(i, j int) bool { return votes[i].weight > votes[j].weight })
			votes = votes[:opts.MaxPacks]
		}
		// A person with wide taste says less about each pair.
		width := 1 / math.Sqrt(math.Log2(2+float64(len(votes))))
		for _, v := range votes {
			w := v.weight * width
			norm[v.pack] += w * w
			support[v.pack] += v.weight
		}
		for i := range votes {
			for j := i + 1; j < len(votes); j++ {
				key := pair{min(votes[i].pack, votes[j].pack), max(votes[i].pack, votes[j].pack)}
				s := pairs[key]
				s.dot += votes[i].weight * votes[j].weight * width * width
				s.people++
				pairs[key] = s
			}
		}
	}

	m := &Model{near: map[string][]Neighbour{}, support: map[string]float64{}}
	for i, id := range ids {
		m.support[id] = support[i]
	}
	for key, s := range pairs {
		n := float64(s.people)
		sim := s.dot / math.Sqrt(norm[key.a]*norm[key.b]) * n / (n + opts.Shrink)
		a, b := ids[key.a], ids[key.b]
		m.near[a] = append(m.near[a], Neighbour{b, sim, int(s.people)})
		m.near[b] = append(m.near[b], Neighbour{a, sim, int(s.people)})
	}
	for id, list := range m.near {
		sort.Slice(list, func(i, j int) bool {
			if list[i].Similarity != list[j].Similarity {
				return list[i].Similarity > list[j].Similarity
			}
			return list[i].PackID < list[j].PackID
		})
		m.near[id] = list[:min(len(list), opts.Neighbours):min(len(list), opts.Neighbours)]
	}
	return m
}
