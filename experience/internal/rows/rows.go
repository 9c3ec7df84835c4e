// Package rows turns what models and the indexer answer into the rows and cards of the experience API, and marks them
// with what the viewer has to do with each.
package rows

import (
	"crateful.dev/experience/api"
	indexer "crateful.dev/indexer/api"
	models "crateful.dev/models/api"
)

// Money of models.
func Money(m models.Money) api.Money { return api.Money{Amount: m.Amount, Currency: m.Currency} }

// MoneyPtr of models; nil stays nil.
func MoneyPtr(m *models.Money) *api.Money {
	if m == nil {
		return nil
	}
	out := Money(*m)
	return &out
}

// Producer of models.
func Producer(p models.ProducerRef) api.ProducerRef {
	return api.ProducerRef{ID: p.ID, Handle: p.Handle, Name: p.Name}
}

// Sound of models.
func Sound(s models.SoundRow) api.SoundRow {
	return api.SoundRow{
		ID: s.ID, Name: s.Name, Folder: s.Folder, Type: s.Type, Instrument: s.Instrument, Key: s.Key, KeyUnsure: s.KeyUnsure,
		TempoBPM: s.TempoBPM, TempoUnsure: s.TempoUnsure, Tags: List(s.Tags), DurationSeconds: s.DurationSeconds,
		LoudnessLUFS: s.LoudnessLUFS, TruePeakDBTP: s.TruePeakDBTP, Waveform: List(s.Waveform), Price: MoneyPtr(s.Price), Gone: s.Gone,
		Pack: api.PackRef{
			ID: s.Pack.ID, Slug: s.Pack.Slug, Title: s.Pack.Title, CoverKey: s.Pack.CoverKey,
			Price: Money(s.Pack.Price), Producer: Producer(s.Pack.Producer),
		},
	}
}

// Sounds of models.
func Sounds(in []models.SoundRow) []api.SoundRow {
	out := make([]api.SoundRow, len(in))
	for i, s := range in {
		out[i] = Sound(s)
	}
	return out
}

// Pack of models.
func Pack(p models.PackCard) api.PackCard {
	card := api.PackCard{
		PackRef: api.PackRef{
			ID: p.ID, Slug: p.Slug, Title: p.Title, CoverKey: p.CoverKey, Price: Money(p.Price), Producer: Producer(p.Producer),
		},
		Genre: p.Genre, Sounds: p.Sounds, Loops: p.Loops, OneShots: p.OneShots, TempoMin: p.TempoMin, TempoMax: p.TempoMax,
		PublishedAt: p.PublishedAt, Gone: p.Gone,
	}
	if p.Demo != nil {
		demo := Sound(*p.Demo)
		card.Demo = &demo
	}
	return card
}

// Packs of models.
func Packs(in []models.PackCard) []api.PackCard {
	out := make([]api.PackCard, len(in))
	for i, p := range in {
		out[i] = Pack(p)
	}
	return out
}

// FoundSound of the indexer.
func FoundSound(s indexer.SoundRow) api.SoundRow {
	return api.SoundRow{
		ID: s.ID, Name: s.Name, Folder: s.Folder, Type: s.Type, Instrument: s.Instrument, Key: s.Key, KeyUnsure: s.KeyUnsure,
		TempoBPM: s.TempoBPM, TempoUnsure: s.TempoUnsure, Tags: List(s.Tags), DurationSeconds: s.DurationSeconds,
		LoudnessLUFS: s.LoudnessLUFS, TruePeakDBTP: s.TruePeakDBTP, Waveform: List(s.Waveform), Price: foundMoney(s.Price),
		Pack: api.PackRef{
			ID: s.Pack.ID, Slug: s.Pack.Slug, Title: s.Pack.Title, CoverKey: s.Pack.CoverKey,
			Price: api.Money(s.Pack.Price), Producer: foundProducer(s.Producer),
		},
	}
}

// FoundPack of the indexer.
func FoundPack(p indexer.PackRow) api.PackCard {
	ref := api.PackRef{
		ID: p.ID, Slug: p.Slug, Title: p.Title, CoverKey: p.CoverKey, Price: api.Money(p.Price), Producer: foundProducer(p.Producer),
	}
	card := api.PackCard{
		PackRef: ref, Genre: p.Genre, Sounds: p.Sounds, Loops: p.Loops, OneShots: p.OneShots, PublishedAt: p.PublishedAt,
	}
	if s := p.PreviewSound; s != nil {
		card.Demo = &api.SoundRow{
			ID: s.ID, Name: s.Name, Type: s.Type, TempoBPM: s.TempoBPM, Tags: []string{}, DurationSeconds: s.DurationSeconds,
			LoudnessLUFS: s.LoudnessLUFS, TruePeakDBTP: s.TruePeakDBTP, Waveform: List(s.Waveform), Pack: ref,
		}
	}
	return card
}

// FoundProducer of the indexer.
func FoundProducer(p indexer.ProducerRow) api.ProducerCard {
	return api.ProducerCard{ProducerRef: foundProducer(p.Producer), Packs: int(p.Packs), Sounds: int(p.Sounds)}
}

func foundProducer(p indexer.Producer) api.ProducerRef {
	return api.ProducerRef{ID: p.ID, Handle: p.Handle, Name: p.Name}
}

func foundMoney(m *indexer.Money) *api.Money {
	if m == nil {
		return nil
	}
	out := api.Money(*m)
	return &out
}

// List is in, never nil: JSON says [] and not null.
func List[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// Genres of models.
func Genres(in []models.Genre) []api.Genre {
	out := make([]api.Genre, len(in))
	for i, g := range in {
		out[i] = Genre(g)
	}
	return out
}

// Genre of models.
func Genre(g models.Genre) api.Genre { return api.Genre{Slug: g.Slug, Name: g.Name, Packs: g.Packs} }

// Licence of models.
func Licence(l models.Licence) api.Licence {
	out := api.Licence{Code: l.Code, Name: l.Name, Text: l.Text, Lines: make([]api.LicenceLine, len(l.Lines))}
	for i, line := range l.Lines {
		out.Lines[i] = api.LicenceLine{Allowed: line.Allowed, Text: line.Text}
	}
	return out
}

// CopySounds gives rows that can be marked without touching in.
func CopySounds(in []api.SoundRow) []api.SoundRow {
	return append(make([]api.SoundRow, 0, len(in)), in...)
}

// CopyPack gives a card that can be marked without touching in.
func CopyPack(in api.PackCard) api.PackCard {
	if in.Demo != nil {
		demo := *in.Demo
		in.Demo = &demo
	}
	return in
}

// CopyPacks gives cards that can be marked without touching in.
func CopyPacks(in []api.PackCard) []api.PackCard {
	out := make([]api.PackCard, len(in))
	for i, card := range in {
		out[i] = CopyPack(card)
	}
	return out
}
