package saved

import (
	"context"
	"slices"

	"crateful.dev/models/api"
)

// Queries lists searches for the index to match.
func (s *Service) Queries(ctx context.Context, in api.SavedQueriesAsk) (api.SavedQueries, error) {
	limit := in.Limit
	if limit == 0 {
		limit = api.MaxSavedPage
	}
	return s.Store.Queries(ctx, in.After, limit)
}

// Report takes the index's word on what searches find of a pack, and has mails sent about what is new.
func (s *Service) Report(ctx context.Context, in api.SavedMatches) (api.SavedMatched, error) {
	out := api.SavedMatched{Unknown: []string{}}
	ids := make([]string, 0, len(in.Matches))
	for _, m := range in.Matches {
		ids = append(ids, m.SearchID)
	}
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		existing, err := s.Store.Existing(ctx, ids)
		if err != nil {
			return err
		}
		at, err := s.Store.Clock(ctx)
		if err != nil {
			return err
		}
		known := make(map[string]bool, len(existing))
		for _, id := range existing {
			known[id] = true
		}
		var searches, items []string
		for _, m := range in.Matches {
			if !known[m.SearchID] {
				out.Unknown = append(out.Unknown, m.SearchID)
				continue
			}
			found := m.SoundIDs
			if m.Pack {
				found = append(slices.Clone(found), in.PackID)
			}
			for _, item := range found {
				searches, items = append(searches, m.SearchID), append(items, item)
			}
		}
		if len(items) == 0 {
			return nil
		}
		added, err := s.Store.Add(ctx, in.PackID, searches, items, at)
		if err != nil || len(added) == 0 {
			return err
		}
		grown := make([]string, 0, len(added))
		for id, n := range added {
			grown, out.New = append(grown, id), out.New+n
		}
		slices.Sort(grown)
		if err := s.Store.Trim(ctx, grown, api.MaxSavedMatches, matchSlop); err != nil {
			return err
		}
		return s.mailLater(ctx, grown, at)
	})
	return out, err
}
