package storefront

import (
	"context"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/rows"
	models "crateful.dev/models/api"
	recommender "crateful.dev/recommender/api"
)

// recommendations are the shelves of the front page that the recommender fills. The page does without one that fails.
func (s *Storefront) recommendations(ctx context.Context, who *caller.Caller) (forYou []api.PackCard, because *api.Because, rising []api.PackCard) {
	ask, err := s.asking(ctx, who)
	s.Soft(ctx, "who asks for recommendations", err)
	var g errgroup.Group
	if ask.PersonID != "" {
		g.Go(func() error {
			found, err := s.Recommender.ForYou(ctx, ask)
			if err == nil {
				forYou, err = s.recommended(ctx, found.Items)
			}
			s.Soft(ctx, "for you", err)
			return nil
		})
		g.Go(func() error {
			found, err := s.Recommender.Because(ctx, ask)
			if err == nil && found.PackID != "" {
				because, err = s.becauseOf(ctx, found)
			}
			s.Soft(ctx, "because", err)
			return nil
		})
	}
	g.Go(func() error {
		found, err := s.Recommender.Rising(ctx, ask)
		if err == nil {
			rising, err = s.recommended(ctx, found.Items)
		}
		s.Soft(ctx, "new and rising", err)
		return nil
	})
	_ = g.Wait() // each says itself what failed
	return forYou, because, rising
}

// asking says for whom to recommend. Somebody who switched personal recommendations off, and a visitor who did nothing yet,
// are nobody in particular.
func (s *Storefront) asking(ctx context.Context, who *caller.Caller) (recommender.ForYou, error) {
	ask := recommender.ForYou{Limit: shelf + spare}
	switch {
	case who.SignedIn():
		if who.May(models.ScopeRead) {
			ask.PersonID = who.Person.PersonID
		}
	case who.Visitor != "":
		known, err := s.Models.Exchange(ctx, models.Exchange{Known: true})
		ask.PersonID, ask.Session = known.PersonID, true
		return ask, err
	}
	return ask, nil
}

func (s *Storefront) becauseOf(ctx context.Context, found recommender.Because) (*api.Because, error) {
	of, err := s.PacksByID(ctx, []string{found.PackID})
	if err != nil {
		return nil, err
	}
	pack, ok := of[found.PackID]
	if !ok {
		return nil, nil
	}
	cards, err := s.recommended(ctx, found.Items)
	return &api.Because{Pack: pack.PackRef, Packs: cards}, err
}

// recommended loads the cards of recommended packs and says why each is there.
func (s *Storefront) recommended(ctx context.Context, items []recommender.Item) ([]api.PackCard, error) {
	cards := []api.PackCard{}
	if len(items) == 0 {
		return cards, nil
	}
	ids := make([]string, 0, 2*len(items))
	for _, item := range items {
		ids = append(ids, item.PackID, item.Reason.PackID)
	}
	byID, err := s.PacksByID(ctx, ids)
	if err != nil {
		return cards, err
	}
	for _, item := range items {
		card, ok := byID[item.PackID]
		if !ok || card.Gone != "" {
			continue
		}
		reason := api.Reason{Kind: item.Reason.Kind, Count: item.Reason.People, PackID: item.Reason.PackID, Title: byID[item.Reason.PackID].Title}
		if item.Reason.Kind == "followed" {
			reason.Title = card.Producer.Name
		}
		card = rows.CopyPack(card)
		card.Reason = &reason
		cards = append(cards, card)
	}
	return cards, nil
}

// soundsLike are the rows of sounds like one, and why.
func (s *Storefront) soundsLike(ctx context.Context, id, name string) ([]api.SoundRow, error) {
	found, err := s.Recommender.SimilarSounds(ctx, id, shelf)
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	ids := make([]string, len(found.Items))
	for i, item := range found.Items {
		ids[i] = item.SoundID
	}
	byID, err := s.SoundsByID(ctx, ids)
	out := []api.SoundRow{}
	for _, item := range found.Items {
		if row, ok := byID[item.SoundID]; ok && row.Gone == "" {
			row = rows.CopySounds([]api.SoundRow{row})[0]
			row.Reason = &api.Reason{Kind: item.Reason.Kind, Count: item.Reason.People, SoundID: item.Reason.SoundID, Title: name}
			out = append(out, row)
		}
	}
	return out, err
}

// Of any ten in a row at most two are one producer's.
const (
	inARow    = 10
	mostOfOne = 2
)

// recommendable are the marked cards without what the viewer owns, made or muted, and without too many of one producer. The
// recommender leaves most of that out already, as soon as it has heard of it.
func recommendable(cards []api.PackCard) []api.PackCard {
	return varied(cards, func(card *api.PackCard) (api.Marks, string) { return card.Marks, card.Producer.ID })
}

func recommendableSounds(sounds []api.SoundRow) []api.SoundRow {
	return varied(sounds, func(row *api.SoundRow) (api.Marks, string) { return row.Marks, row.Pack.Producer.ID })
}

func varied[T any](list []T, of func(*T) (marks api.Marks, producer string)) []T {
	out, makers := []T{}, []string{}
	for i := range list {
		marks, maker := of(&list[i])
		same := 0
		for _, before := range makers[max(0, len(makers)-inARow+1):] {
			if before == maker {
				same++
			}
		}
		if !marks.Owned && !marks.Yours && !marks.Muted && same < mostOfOne {
			out, makers = append(out, list[i]), append(makers, maker)
		}
	}
	return out
}
