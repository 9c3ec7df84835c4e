package view

import (
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

// PackCard is a pack in a grid or list.
type PackCard struct {
	ID       string
	Title    string
	URL      string
	CoverKey string
	Maker    Link
	Price    string
	Sounds   string // "138 sounds"
	Demo     *SoundRow
	Reason   string
	New      bool // to the one who looks
	Gone     string
	Owned    bool
	InCart   bool
	Mutes    []Mute // what can be said against a recommendation
	From     string // the list that recommends it
}

// NewPackCard shows a pack.
func NewPackCard(l *messages.Locale, c api.PackCard) PackCard {
	out := PackCard{
		ID: c.ID, Title: c.Title, URL: "/packs/" + c.Slug, CoverKey: c.CoverKey,
		Maker: Link{c.Producer.Name, "/@" + c.Producer.Handle},
		Price: l.MoneyShort(c.Price.Amount, c.Price.Currency), Sounds: l.N("count.sounds", int64(c.Sounds)),
		Reason: reason(l, c.Reason), Owned: c.Marks.Owned, InCart: c.Marks.InCart,
	}
	if c.Marks.Owned {
		out.Price = l.T("card.owned")
	}
	if c.Gone != "" {
		out.Gone = l.T("gone." + c.Gone)
		out.Price = l.T("row.gone")
	}
	if c.Demo != nil && c.Gone == "" {
		demo := NewSoundRow(l, *c.Demo)
		out.Demo = &demo
	}
	return out
}

// NewPackCards shows many.
func NewPackCards(l *messages.Locale, cards []api.PackCard) []PackCard {
	out := make([]PackCard, 0, len(cards))
	for _, c := range cards {
		out = append(out, NewPackCard(l, c))
	}
	return out
}

// Recommended is a shelf of recommendations. mine says whether somebody is there whose mutes can be kept; from is the name of
// the list, as interactions carry it.
func Recommended(l *messages.Locale, title, from string, cards []api.PackCard, mine bool) Shelf {
	out := Shelf{Title: title, From: from, Cards: NewPackCards(l, cards), Wide: true}
	for i := range out.Cards {
		out.Cards[i].From = from
		if mine && cards[i].Reason != nil {
			out.Cards[i].Mutes = mutesOf(l, cards[i])
		}
	}
	return out
}

// Shelf is a head with cards under it.
type Shelf struct {
	Title string
	More  *Link
	Cards []PackCard
	From  string // the list, of recommendations
	Wide  bool   // five in a line, or one line to push sideways
}

// ProducerCard is a producer in a list or on top of their shop.
type ProducerCard struct {
	Name      string
	Handle    string
	URL       string
	Initials  string
	AvatarKey string
	Numbers   string // "3 packs · 138 sounds · 1,204 followers"
	Following bool
	Yours     bool
}

// NewProducerCard shows a producer.
func NewProducerCard(l *messages.Locale, c api.ProducerCard) ProducerCard {
	return ProducerCard{
		Name: c.Name, Handle: c.Handle, URL: "/@" + c.Handle, Initials: Initials(c.Name), AvatarKey: c.AvatarKey,
		Numbers: strings.Join([]string{
			l.N("count.packs", int64(c.Packs)), l.N("count.sounds", int64(c.Sounds)), l.N("count.followers", int64(c.Followers)),
		}, " · "),
		Following: c.Following, Yours: c.Yours,
	}
}
