package catalog

import (
	"context"

	"crateful.dev/models/api"
)

// Remeasured brings what the analyzer found anew to the listing of a pack, as a new revision. What was stated when it was
// published stays, and changes that were not published yet stay unpublished.
func (s *Service) Remeasured(ctx context.Context, id string) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if _, err := s.Store.LockPack(ctx, id); err != nil {
			return err
		}
		sounds, err := s.Store.Sounds(ctx, id)
		if err != nil {
			return err
		}
		var tooLarge error
		if err := s.again(ctx, id, 0, func(p *Published) {
			p.remeasure(sounds)
			tooLarge = p.fit()
		}); err != nil {
			return err
		}
		return tooLarge
	})
}

// remeasure replaces what was measured. Words in the file's name and chunks were read anew too, and still come before.
func (p *Published) remeasure(sounds []Sound) {
	byID := make(map[string]*Sound, len(sounds))
	for i := range sounds {
		byID[sounds[i].ID] = &sounds[i]
	}
	for i := range p.Listing.Sounds {
		e, page := &p.Listing.Sounds[i], &p.Sounds[i]
		s, ok := byID[e.ID]
		if !ok || s.Facts.SHA256 != e.SHA256 {
			continue // taken out or replaced, and that is not published yet
		}
		f := &s.Facts
		e.LoudnessLUFS, e.TruePeakDBTP, e.Waveform, e.PreviewKey = f.LoudnessLUFS, f.TruePeakDBTP, f.Waveform, f.PreviewKey
		e.Features, e.FeatureVersion, page.PeaksKey = f.Features, f.FeatureVersion, f.PeaksKey
		unstated := *s
		unstated.Stated = api.StatedFacts{}
		if s.Stated.Type == nil {
			e.Type = unstated.shown().kind
		}
		unstated.Stated.Type = &e.Type // on which it depends whether a tempo is shown
		v := unstated.shown()
		if page.KeyFrom == measured || page.KeyFrom == "" && s.Stated.Key == nil {
			e.Key, e.KeyUnsure, page.KeyFrom = v.key, v.keyUnsure, v.keyFrom
		}
		if page.TempoFrom == measured || page.TempoFrom == "" && s.Stated.TempoBPM == nil {
			e.TempoBPM, e.TempoUnsure, page.TempoFrom = v.tempo, v.tempoUnsure, v.tempoFrom
		}
	}
}

// measured is where a value came from that nobody stated.
const measured = "measured"
