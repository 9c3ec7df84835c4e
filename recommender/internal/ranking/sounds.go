package ranking

import (
	"crateful.dev/models/events"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/content"
)

// alikePacks is among how many of the packs most like a sound's own sounds that go with it are looked for.
const alikePacks = 20

// SimilarSounds ranks sounds like one sound: those that people tried who tried it, and those of its pack and packs like it that
// have its tempo and family of keys.
func (r Ranker) SimilarSounds(soundID string, limit int) []api.Item {
	list := candidates{}
	for _, n := range r.Model.Sounds().Near(soundID) {
		if p, _, ok := r.Shelf.Sound(n.PackID); ok {
			list.sound(p, n.PackID).add(togetherWeight*n.Likeness, told(api.Reason{Kind: string(events.ReasonTogether), People: n.People, SoundID: soundID}))
		}
	}
	if own, self, ok := r.Shelf.Sound(soundID); ok {
		r.fitting(list, own, self, 1)
		near := r.Shelf.Nearest(own.ID)
		for _, n := range near[:min(alikePacks, len(near))] {
			if p, ok := r.Shelf.Get(n.PackID); ok {
				r.fitting(list, p, self, n.Likeness)
			}
		}
	}
	delete(list, soundID)
	return list.pick(&Person{}, limit)
}

func (r Ranker) fitting(list candidates, p *content.Pack, self content.Sound, likeness float64) {
	for _, s := range p.Sounds {
		if self.Fits(s) {
			list.sound(p, s.ID).add(contentWeight*likeness, told(api.Reason{Kind: string(events.ReasonFeel), SoundID: self.ID}))
		}
	}
}

func (list candidates) sound(p *content.Pack, id string) *candidate {
	return list.put(candidate{id: id, sound: true, pack: p})
}
