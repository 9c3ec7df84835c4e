// Package content compares packs by what they are: genre, tags, tempo, key and the analyzer's audio features. It
// answers where nobody has been yet.
package content

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"crateful.dev/models/events"
)

// Pack is what the comparison keeps of a listing.
type Pack struct {
	ID          string
	ProducerID  string
	Genre       string
	Tags        map[string]bool
	Tempo       float64 // median BPM of the loops; 0 when unknown
	Keys        map[string]float64
	Features    []float64 // mean over the sounds, unit length
	FeatVersion int
	PublishedAt time.Time
	Popularity  float64
	Sounds      []Sound
	revision    int64
}

// Sound is what the comparison keeps of a sound.
type Sound struct {
	ID     string
	Type   string  // loop | one-shot
	Tempo  float64 // BPM; 0 when unknown
	Family int8    // of its key; see familyOf
}

// Shelf holds the live packs; safe for concurrent use. Late and repeated events change nothing.
type Shelf struct {
	mu      sync.RWMutex
	packs   map[string]*Pack
	by      map[string]map[string]*Pack // producer → packs
	of      map[string]*Pack            // sound → pack
	gone    map[string]int64            // revision at which a pack went away
	version int64                       // counts changes
	near    nearby
}

// NewShelf makes an empty shelf.
func NewShelf() *Shelf {
	return &Shelf{packs: map[string]*Pack{}, by: map[string]map[string]*Pack{}, of: map[string]*Pack{}, gone: map[string]int64{}}
}

// Put takes a published listing at its revision.
func (s *Shelf) Put(l events.Listing, revision int64) {
	p := describe(l)
	p.revision = revision
	s.put(p)
}

func (s *Shelf) put(p *Pack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.packs[p.ID]; (old != nil && old.revision >= p.revision) || s.gone[p.ID] >= p.revision {
		return
	}
	s.drop(p.ID)
	delete(s.gone, p.ID)
	s.packs[p.ID] = p
	for i := range p.Sounds {
		s.of[p.Sounds[i].ID] = p
	}
	if s.by[p.ProducerID] == nil {
		s.by[p.ProducerID] = map[string]*Pack{}
	}
	s.by[p.ProducerID][p.ID] = p
}

// drop takes a pack off the shelf.
func (s *Shelf) drop(id string) {
	s.version++
	old := s.packs[id]
	if old == nil {
		return
	}
	delete(s.packs, id)
	for i := range old.Sounds {
		delete(s.of, old.Sounds[i].ID)
	}
	delete(s.by[old.ProducerID], id)
	if len(s.by[old.ProducerID]) == 0 {
		delete(s.by, old.ProducerID)
	}
}

// Remove takes a pack away at a revision.
func (s *Shelf) Remove(pack string, revision int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.packs[pack]; old != nil && old.revision > revision {
		return
	}
	s.drop(pack)
	s.gone[pack] = max(s.gone[pack], revision)
}

// Get finds a live pack.
func (s *Shelf) Get(id string) (*Pack, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.packs[id]
	return p, ok
}

// Sound finds a sound of a live pack.
func (s *Shelf) Sound(id string) (*Pack, Sound, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := s.of[id]
	if p == nil {
		return nil, Sound{}, false
	}
	for _, one := range p.Sounds {
		if one.ID == id {
			return p, one, true
		}
	}
	return nil, Sound{}, false
}

// Of lists a producer's live packs, in any order.
func (s *Shelf) Of(producer string) []*Pack {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.by[producer]))
}

// Newest lists live packs, the one published last first.
func (s *Shelf) Newest(most int) []*Pack {
	s.mu.RLock()
	all := slices.Collect(maps.Values(s.packs))
	s.mu.RUnlock()
	slices.SortFunc(all, func(a, b *Pack) int {
		return cmp.Or(b.PublishedAt.Compare(a.PublishedAt), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), most)]
}

// Len counts the live packs.
func (s *Shelf) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.packs)
}

func describe(l events.Listing) *Pack {
	p := &Pack{
		ID: l.ID, ProducerID: l.Producer.ID, Genre: l.Genre, Tags: map[string]bool{}, Keys: map[string]float64{},
		PublishedAt: l.PublishedAt, Popularity: l.Popularity,
	}
	for _, tag := range l.Tags {
		p.Tags[strings.ToLower(tag)] = true
	}
	var tempos []float64
	for i := range l.Sounds {
		sound := &l.Sounds[i]
		p.Sounds = append(p.Sounds, soundOf(sound))
		if sound.TempoBPM > 0 && !sound.TempoUnsure {
			tempos = append(tempos, sound.TempoBPM)
		}
		if sound.Key != "" && !sound.KeyUnsure {
			p.Keys[sound.Key]++
		}
		if len(sound.Features) == 0 || sound.FeatureVersion < p.FeatVersion {
			continue
		}
		if sound.FeatureVersion > p.FeatVersion || len(p.Features) != len(sound.Features) {
			p.Features, p.FeatVersion = make([]float64, len(sound.Features)), sound.FeatureVersion
		}
		for j, v := range sound.Features {
			p.Features[j] += float64(v)
		}
	}
	if len(tempos) > 0 {
		sort.Float64s(tempos)
		p.Tempo = tempos[len(tempos)/2]
	}
	unit(p.Features)
	total := 0.0
	for _, n := range p.Keys {
		total += n
	}
	for key := range p.Keys {
		p.Keys[key] /= total
	}
	return p
}

func unit(v []float64) {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	if sum == 0 {
		return
	}
	for i := range v {
		v[i] /= math.Sqrt(sum)
	}
}

// Likeness is how alike two packs are, 0 to 1, and whether sound (tempo, key, features) says more
// than genre and tags.
func Likeness(a, b *Pack) (score float64, sounding bool) {
	label := 0.0
	if a.Genre != "" && a.Genre == b.Genre {
		label += 0.6
	}
	label += 0.4 * jaccard(a.Tags, b.Tags)

	feel, weight := 0.0, 0.0
	if a.Tempo > 0 && b.Tempo > 0 {
		// Half and double time feel the same.
		octaves := math.Abs(math.Log2(a.Tempo / b.Tempo))
		octaves = math.Min(octaves, math.Abs(octaves-1))
		feel += 0.3 * math.Exp(-octaves*octaves/0.02)
		weight += 0.3
	}
	if len(a.Keys) > 0 && len(b.Keys) > 0 {
		overlap := 0.0
		for key, share := range a.Keys {
			overlap += math.Min(share, b.Keys[key])
		}
		feel += 0.2 * overlap
		weight += 0.2
	}
	if a.FeatVersion > 0 && a.FeatVersion == b.FeatVersion && len(a.Features) == len(b.Features) {
		dot := 0.0
		for i := range a.Features {
			dot += a.Features[i] * b.Features[i]
		}
		feel += 0.5 * max(dot, 0)
		weight += 0.5
	}
	if weight == 0 {
		return 0.7 * label, false
	}
	feel /= weight
	return 0.5*label + 0.5*feel, feel > label
}

func jaccard(a, b map[string]bool) float64 {
	both := 0
	for tag := range a {
		if b[tag] {
			both++
		}
	}
	if all := len(a) + len(b) - both; all > 0 {
		return float64(both) / float64(all)
	}
	return 0
}
