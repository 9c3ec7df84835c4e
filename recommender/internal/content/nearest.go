package content

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	mostNear   = 60    // packs near one
	leastAlike = 0.15  // likeness that says something
	keptTimes  = 100   // a list is kept so many times longer than it took to make
	mostKept   = 2_000 // lists; 1.5 kB each
)

// Near is a pack like another.
type Near struct {
	PackID   string
	Likeness float64 // 0 to 1
	Sounding bool    // sound says more than genre and tags
}

// nearby remembers lists of what is near.
type nearby struct {
	mu    sync.Mutex
	lists map[string]keptList
}

type keptList struct {
	version int64 // of the shelf
	until   time.Time
	near    []Near
}

// Nearest lists the live packs most like one, nearest first, by comparing it with all. A list is made anew when the shelf has
// changed and making it is cheap against how long it was kept, so that a shop where something is published all the time does
// not compare all the time; who shows a list asks Get whether a pack is still there.
func (s *Shelf) Nearest(id string) []Near {
	s.mu.RLock()
	version := s.version
	s.mu.RUnlock()
	s.near.mu.Lock()
	kept, ok := s.near.lists[id]
	s.near.mu.Unlock()
	if ok && (kept.version == version || time.Now().Before(kept.until)) {
		return kept.near
	}
	began := time.Now()
	list := s.compare(id)
	s.near.mu.Lock()
	defer s.near.mu.Unlock()
	if s.near.lists == nil || len(s.near.lists) >= mostKept {
		s.near.lists = map[string]keptList{}
	}
	s.near.lists[id] = keptList{version, time.Now().Add(keptTimes * time.Since(began)), list}
	return list
}

func (s *Shelf) compare(id string) []Near {
	s.mu.RLock()
	defer s.mu.RUnlock()
	self, ok := s.packs[id]
	if !ok {
		return nil
	}
	var list []Near
	for _, p := range s.packs {
		if p == self {
			continue
		}
		if likeness, sounding := Likeness(self, p); likeness >= leastAlike {
			list = append(list, Near{p.ID, likeness, sounding})
		}
	}
	slices.SortFunc(list, func(a, b Near) int {
		return cmp.Or(cmp.Compare(b.Likeness, a.Likeness), cmp.Compare(a.PackID, b.PackID))
	})
	return slices.Clone(list[:min(len(list), mostNear)])
}
