package content

// Saved is a shelf as a snapshot holds it.
type Saved struct {
	Packs     []Pack
	Revisions []int64          // of Packs
	Gone      map[string]int64 // revision at which a pack went away
}

// Save gives all of the shelf.
func (s *Shelf) Save() Saved {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := Saved{Gone: map[string]int64{}}
	for _, p := range s.packs {
		out.Packs, out.Revisions = append(out.Packs, *p), append(out.Revisions, p.revision)
	}
	for id, at := range s.gone {
		out.Gone[id] = at
	}
	return out
}

// Restore adds a saved shelf; what is newer already stays.
func (s *Shelf) Restore(saved Saved) {
	for i := range saved.Packs {
		p := saved.Packs[i]
		p.revision = saved.Revisions[i]
		s.put(&p)
	}
	for id, at := range saved.Gone {
		s.Remove(id, at)
	}
}
