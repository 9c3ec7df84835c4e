package rows

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	models "crateful.dev/models/api"
)

// Set collects the rows and cards of a screen so that all are marked with one call.
type Set struct {
	sounds []*api.SoundRow
	packs  []*api.PackCard

	producer  string
	following *bool
	pack      string
	single    string
	holding   *Holding
}

// Sounds adds rows.
func (s *Set) Sounds(rows []api.SoundRow) {
	for i := range rows {
		s.sounds = append(s.sounds, &rows[i])
	}
}

// Sound adds one row; nil adds nothing.
func (s *Set) Sound(row *api.SoundRow) {
	if row != nil {
		s.sounds = append(s.sounds, row)
	}
}

// Packs adds cards, with the sounds their ▶ plays.
func (s *Set) Packs(cards []api.PackCard) {
	for i := range cards {
		s.Pack(&cards[i])
	}
}

// Pack adds one card; nil adds nothing.
func (s *Set) Pack(card *api.PackCard) {
	if card != nil {
		s.packs = append(s.packs, card)
		s.Sound(card.Demo)
	}
}

// Follows asks whether the viewer follows a producer.
func (s *Set) Follows(producerID string, into *bool) { s.producer, s.following = producerID, into }

// Of asks what the viewer has of a pack, and of one sound of it unless soundID is empty, and which revision of the pack is on sale.
func (s *Set) Of(packID, soundID string, into *Holding) {
	s.pack, s.single, s.holding = packID, soundID, into
}

// Holding is what somebody has of one pack.
type Holding struct {
	Revision int64       // on sale now; 0: none
	Sounds   int         // single sounds that are owned
	Tier     models.Tier // the largest licence to the pack, or to the one sound; empty: none
}

// Viewers knows what people have to do with things.
type Viewers interface {
	Viewer(ctx context.Context, in models.ViewerQuery) (models.Viewer, error)
}

const (
	thingsAtOnce = models.MaxViewerThings // ids in one call
	callsAtOnce  = 4
)

// Ask finds out about the signed-in viewer of the rows: one call for all but the longest screens.
func (s *Set) Ask(ctx context.Context, from Viewers) (models.Viewer, error) {
	sounds, packs := s.ids()
	first := models.ViewerQuery{ProducerID: s.producer, PackID: s.pack, SoundID: s.single}
	var more []models.ViewerQuery
	split(sounds, packs, thingsAtOnce, func(sounds, packs []string) {
		if first.SoundIDs == nil && first.PackIDs == nil {
			first.SoundIDs, first.PackIDs = sounds, packs
			return
		}
		more = append(more, models.ViewerQuery{SoundIDs: sounds, PackIDs: packs})
	})
	if len(more) == 0 {
		return from.Viewer(ctx, first)
	}
	var out models.Viewer
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(callsAtOnce)
	for i, q := range append(more, first) {
		g.Go(func() error {
			v, err := from.Viewer(ctx, q)
			mu.Lock()
			defer mu.Unlock()
			owned, liked := out.Owned, out.Liked // the rest is the same in each
			if i == len(more) {
				out = v
			}
			out.Owned = models.Owned{SoundIDs: slices.Concat(owned.SoundIDs, v.Owned.SoundIDs), PackIDs: slices.Concat(owned.PackIDs, v.Owned.PackIDs)}
			out.Liked = models.LikedThings{SoundIDs: slices.Concat(liked.SoundIDs, v.Liked.SoundIDs), PackIDs: slices.Concat(liked.PackIDs, v.Liked.PackIDs)}
			return err
		})
	}
	return out, g.Wait()
}

// Mark sets what the viewer owns, likes, has in the cart and made. me is empty for visitors, and v is empty for strangers.
func (s *Set) Mark(v models.Viewer, me string) {
	if s.following != nil {
		*s.following = v.Following
	}
	if s.holding != nil {
		*s.holding = Holding{v.PackRevision, v.PackSounds, v.PackTier}
		if tierRank(v.SoundTier) > tierRank(v.PackTier) {
			s.holding.Tier = v.SoundTier
		}
	}
	owned, liked := setOf(v.Owned.SoundIDs, v.Owned.PackIDs), setOf(v.Liked.SoundIDs, v.Liked.PackIDs) // ids of sounds and packs never meet
	inCart := make(map[string]bool, len(v.Cart.Items))
	for _, item := range v.Cart.Items {
		inCart[item.ID] = true
	}
	muted := newMuted(v.Muted)
	for _, row := range s.sounds {
		row.Marks = api.Marks{Owned: owned[row.ID] || owned[row.Pack.ID], Liked: liked[row.ID], InCart: inCart[row.ID], Yours: me != "" && row.Pack.Producer.ID == me, Muted: muted.sound(row)}
	}
	for _, card := range s.packs {
		card.Marks = api.Marks{Owned: owned[card.ID], Liked: liked[card.ID], InCart: inCart[card.ID], Yours: me != "" && card.Producer.ID == me, Muted: muted.pack(card)}
	}
}

// muted is what a person does not want to be recommended.
type muted struct {
	things  map[string]bool // ids of packs, sounds and producers
	because map[string]bool // packs
	reasons map[string]bool
}

func newMuted(m models.MutedThings) muted {
	return muted{setOf(m.PackIDs, m.SoundIDs, m.ProducerIDs), setOf(m.Because), setOf(m.Reasons)}
}

func (m muted) pack(card *api.PackCard) bool {
	return m.things[card.ID] || m.things[card.Producer.ID] || m.reason(card.Reason)
}

func (m muted) sound(row *api.SoundRow) bool {
	return m.things[row.ID] || m.things[row.Pack.ID] || m.things[row.Pack.Producer.ID] || m.reason(row.Reason)
}

func (m muted) reason(r *api.Reason) bool {
	return r != nil && (m.reasons[r.Kind] || m.because[r.PackID])
}

func setOf(lists ...[]string) map[string]bool {
	set := map[string]bool{}
	for _, id := range slices.Concat(lists...) {
		set[id] = true
	}
	return set
}

func (s *Set) ids() (sounds, packs []string) {
	seen := map[string]bool{"": true}
	for _, row := range s.sounds {
		if !seen[row.ID] {
			seen[row.ID] = true
			sounds = append(sounds, row.ID)
		}
		if pack := row.Pack.ID; !seen[pack] { // with it all its sounds are owned
			seen[pack] = true
			packs = append(packs, pack)
		}
	}
	for _, card := range s.packs {
		if !seen[card.ID] {
			seen[card.ID] = true
			packs = append(packs, card.ID)
		}
	}
	return sounds, packs
}

// split calls do with at most size ids of both kinds together until all were named.
func split(sounds, packs []string, size int, do func(sounds, packs []string)) {
	for len(sounds)+len(packs) > 0 {
		some := sounds[:min(len(sounds), size)]
		others := packs[:min(len(packs), size-len(some))]
		sounds, packs = sounds[len(some):], packs[len(others):]
		do(some, others)
	}
}
