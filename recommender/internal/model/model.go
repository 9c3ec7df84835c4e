// Package model is what the service knows of taste: who cares about which pack as a matrix, and the walks and factorisations
// that package cf makes of it, with packs by their ids. A model is made in the background and read only; people who came or
// acted since are folded in when they ask.
package model

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"crateful.dev/recommender/internal/cf"
	"crateful.dev/recommender/internal/history"
)

const (
	mostPacks  = 300 // strongest packs of one person that count
	mostListed = 200 // packs that somebody may like
	mostNear   = 60  // packs near one
	mostRising = 200 // packs
	damping    = 3   // shared people at which likeness is trusted half
)

// recipe is what `recommender evaluate` chose on a part of Last.fm kept back (docs/recommender.md), with fewer dimensions and
// factorisations: an answer reads all of them.
var recipe = cf.Recipe{
	ALS: cf.ALSOptions{
		Dim: 48, Sweeps: 10, Steps: 3, Unobserved: 0.065, Regularise: 0.054, Frequency: 0.79,
		Seed: 1, Workers: max(1, runtime.NumCPU()/2),
	},
	Models:   2,
	Walk:     cf.WalkOptions{Alpha: 0.6, Beta: 0.45, Neighbours: 100},
	Constant: 1,
	ByWalk:   0.3,
}

// Interest is how much somebody cares about a pack, above 0 up to 1.
type Interest struct {
	PackID string
	Weight float64
}

// Interests are a person's in packs, strongest first.
func Interests(t history.Taste, now time.Time) []Interest { return interests(t.Packs, now) }

func interests(met []history.Pack, now time.Time) []Interest {
	out := make([]Interest, 0, len(met))
	for _, p := range met {
		if w := Weight(p.Acts, now); w > faintest {
			out = append(out, Interest{p.ID, w})
		}
	}
	slices.SortFunc(out, func(a, b Interest) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.PackID, b.PackID))
	})
	return out[:min(len(out), mostPacks)]
}

// Model answers for many at once.
type Model struct {
	packs  []string // by item, ascending
	item   map[string]int32
	fans   *cf.Matrix // people by item
	rising []Rising
	blend  *cf.Blend
	given  string // where its factors come from; empty: trained here
	rooms  sync.Pool
	sounds *Model // nil in a model of sounds
}

// Build makes a model of all tastes as of now. The same tastes, in the same order, and time give the same model.
func Build(tastes iter.Seq[history.Taste], now time.Time) *Model { return BuildOf(tastes, now, nil) }

// BuildOf makes a model with given factors instead of training its own; nil trains.
func BuildOf(tastes iter.Seq[history.Taste], now time.Time, given *Given) *Model {
	packs, sounds := newGathering(), newGathering()
	people := 0
	for t := range tastes {
		packs.add(people, t.Packs, now)
		sounds.add(people, t.Sounds, now)
		people++
	}
	m := packs.model(people, recipe, given)
	m.sounds = sounds.model(people, walkAlone, nil)
	return m
}

// walkAlone is the recipe for sounds: each is known to few, and lists of them begin with one.
var walkAlone = cf.Recipe{ALS: cf.ALSOptions{Workers: recipe.ALS.Workers}, Walk: recipe.Walk, Constant: recipe.Constant, ByWalk: 1}

// gathering is who cares about what, as it comes.
type gathering struct {
	item    map[string]int32
	entries []cf.Entry
	lately  tally
}

func newGathering() *gathering { return &gathering{item: map[string]int32{}, lately: tally{}} }

func (g *gathering) add(person int, met []history.Pack, now time.Time) {
	for _, in := range interests(met, now) {
		item, known := g.item[in.PackID]
		if !known {
			item = int32(len(g.item)) //nolint:gosec // fewer than 2^31 packs
			g.item[in.PackID] = item
		}
		g.entries = append(g.entries, cf.Entry{Person: int32(person), Item: item, Weight: float32(in.Weight)}) //nolint:gosec // fewer than 2^31 people
	}
	for _, p := range met {
		if w := Lately(p.Acts, now); w > 0 {
			g.lately.add(p.ID, w)
		}
	}
}

func (g *gathering) model(people int, r cf.Recipe, given *Given) *Model {
	m := &Model{item: g.item, packs: slices.Sorted(maps.Keys(g.item)), rising: g.lately.rising()}
	number := make([]int32, len(m.packs)) // by the number of first sight
	for i, id := range m.packs {
		number[m.item[id]] = int32(i) //nolint:gosec // fewer than 2^31 packs
		m.item[id] = int32(i)         //nolint:gosec // as above
	}
	for n := range g.entries {
		g.entries[n].Item = number[g.entries[n].Item]
	}
	matrix := cf.NewMatrix(people, len(m.packs), g.entries)
	m.fans = matrix.Transposed().Places()
	if given != nil {
		m.blend, m.given = given.blend(matrix, m.packs), given.Name
	} else {
		m.blend = cf.TrainBlend(matrix, r)
	}
	m.blend.ForgetPeople()
	m.open()
	return m
}

// Sounds is the model of single sounds, in which sounds take the place of packs. It has no factorisations.
func (m *Model) Sounds() *Model { return m.sounds }

// Saved is a model to be written somewhere.
type Saved struct {
	Packs  []string
	Fans   cf.SavedMatrix
	Rising []Rising
	Blend  cf.SavedBlend
	Given  string
	Sounds *Saved // nil in a model of sounds
}

// Save shares its slices with the model.
func (m *Model) Save() Saved {
	out := Saved{m.packs, m.fans.Save(), m.rising, m.blend.Save(), m.given, nil}
	if m.sounds != nil {
		sounds := m.sounds.Save()
		out.Sounds = &sounds
	}
	return out
}

// Restore is the model that was saved; ok is false when it was made by another recipe.
func Restore(s Saved) (m *Model, ok bool) {
	want := recipe
	if s.Given != "" {
		want.ALS, want.Models = s.Blend.Recipe.ALS, s.Blend.Recipe.Models
	}
	if s.Sounds == nil || !s.Blend.Recipe.Alike(want) || !s.Sounds.Blend.Recipe.Alike(walkAlone) {
		return nil, false
	}
	m = restore(s)
	m.sounds = restore(*s.Sounds)
	return m, true
}

func restore(s Saved) *Model {
	m := &Model{given: s.Given, packs: s.Packs, item: make(map[string]int32, len(s.Packs)), fans: s.Fans.Matrix(), rising: s.Rising, blend: s.Blend.Blend()}
	for i, id := range m.packs {
		m.item[id] = int32(i) //nolint:gosec // fewer than 2^31 packs
	}
	m.open()
	return m
}

// open makes it ready to answer.
func (m *Model) open() { m.rooms.New = func() any { return cf.NewRoom(len(m.packs)) } }

// Given names the trainer of its factors; empty when they were trained here.
func (m *Model) Given() string { return m.given }

// Knows says whether anybody met a pack when the model was made.
func (m *Model) Knows(pack string) bool {
	_, ok := m.item[pack]
	return ok
}

// Rising is a pack that many care about lately.
type Rising struct {
	PackID  string
	Support float64 // the sum of everybody's interest of the last week, which fades within days
	People  int     // distinct, who did anything with it in the last week
}

// Rising lists the packs that most care about lately, most first.
func (m *Model) Rising() []Rising { return m.rising }

// tally sums up who cares lately.
type tally map[string]*Rising

func (t tally) add(pack string, weight float64) {
	r := t[pack]
	if r == nil {
		r = &Rising{PackID: pack}
		t[pack] = r
	}
	r.Support += weight
	r.People++
}

func (t tally) rising() []Rising {
	out := make([]Rising, 0, len(t))
	for _, r := range t {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Rising) int {
		return cmp.Or(cmp.Compare(b.Support, a.Support), cmp.Compare(a.PackID, b.PackID))
	})
	return slices.Clone(out[:min(len(out), mostRising)])
}

// Together counts the people who care about both packs.
func (m *Model) Together(a, b string) int {
	i, known := m.item[a]
	j, too := m.item[b]
	if !known || !too {
		return 0
	}
	these, _ := m.fans.Row(int(i))
	those, _ := m.fans.Row(int(j))
	n := 0
	for len(these) > 0 && len(those) > 0 {
		switch {
		case these[0] < those[0]:
			these = these[1:]
		case these[0] > those[0]:
			those = those[1:]
		default:
			n, these, those = n+1, these[1:], those[1:]
		}
	}
	return n
}

// Near is a pack like another.
type Near struct {
	PackID   string
	Likeness float64 // 0 to 1
	People   int     // distinct people who care about both
}

// Near lists the packs like one, nearest first. Likeness is that of the walk against the nearest one's, trusted the less the
// fewer people stand behind it.
func (m *Model) Near(pack string) []Near {
	i, ok := m.item[pack]
	if !ok {
		return nil
	}
	row := m.blend.Near(int(i))
	out := make([]Near, 0, min(len(row), mostNear))
	for _, s := range row[:min(len(row), mostNear)] {
		n := m.Together(pack, m.packs[s.Item])
		trust := float64(n) / float64(n+damping)
		out = append(out, Near{m.packs[s.Item], float64(s.Score/row[0].Score) * trust, n})
	}
	slices.SortStableFunc(out, func(a, b Near) int { return cmp.Compare(b.Likeness, a.Likeness) })
	return out
}

// Liking is a pack that somebody may like.
type Liking struct {
	PackID string
	Score  float64 // 0 to 1, of the strongest
}

// For lists what somebody with these interests may like, best first, without what they have.
func (m *Model) For(interests []Interest) []Liking {
	items, weights := m.row(interests)
	if len(items) == 0 {
		return nil
	}
	room := m.rooms.Get().(*cf.Room) //nolint:forcetypeassert // nothing else is put in
	defer m.rooms.Put(room)
	list := m.blend.ForNew(items, weights, mostListed, room)
	out := make([]Liking, len(list))
	for n, s := range list {
		out[n] = Liking{m.packs[s.Item], float64(s.Score / list[0].Score)}
	}
	return out
}

// Because finds which of the interests says most for a pack, and how many people care about both; ok is false when nobody does.
func (m *Model) Because(interests []Interest, pack string) (because string, people int, ok bool) {
	other, known := m.item[pack]
	if !known {
		return "", 0, false
	}
	items, weights := m.row(interests)
	item, ok := m.blend.Because(items, weights, other)
	if !ok {
		return "", 0, false
	}
	because = m.packs[item]
	people = m.Together(because, pack)
	return because, people, people > 0
}

// row has the packs that the model knows, as it knows them, ascending.
func (m *Model) row(interests []Interest) (items []int32, weights []float32) {
	known := make([]cf.Entry, 0, len(interests))
	for _, in := range interests {
		if i, ok := m.item[in.PackID]; ok {
			known = append(known, cf.Entry{Item: i, Weight: float32(in.Weight)})
		}
	}
	slices.SortFunc(known, func(a, b cf.Entry) int { return cmp.Compare(a.Item, b.Item) })
	for _, e := range known {
		items, weights = append(items, e.Item), append(weights, e.Weight)
	}
	return items, weights
}

// Digest is SHA-256 over what lies near each pack, in a fixed order, likeness rounded to 1e-6: the same history and time give
// the same digest.
func (m *Model) Digest() string {
	h := sha256.New()
	var number [16]byte
	for _, id := range m.packs {
		for _, n := range m.Near(id) {
			binary.BigEndian.PutUint64(number[:8], uint64(math.Round(n.Likeness*1e6)))
			binary.BigEndian.PutUint64(number[8:], uint64(n.People)) //nolint:gosec // a count
			h.Write([]byte(id + " " + n.PackID + " "))
			h.Write(number[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
