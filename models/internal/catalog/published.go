package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/tier"
)

// maxEventBytes is the most that pack.published.v1 may be as JSON.
const maxEventBytes = 2 << 20

// Published is a pack as buyers see it: the listing that search gets, and what only pages need.
type Published struct {
	Listing  events.Listing   `json:"listing"`
	Sounds   []PublishedSound `json:"sounds"` // beside Listing.Sounds, in the same order
	Tiers    TierPrices       `json:"tiers"`
	Revision int64            `json:"revision"`
	Gone     string           `json:"gone,omitempty"` // withdrawn | taken_down; "" while listed
}

// TierPrices are the prices beside the one search knows, in minor units; nil: not offered.
type TierPrices struct {
	Extended  *int64 `json:"extended,omitempty"`
	Exclusive *int64 `json:"exclusive,omitempty"`
	Suggested *int64 `json:"suggested,omitempty"` // set: buyers name the price, and the one search knows is the least
}

// with gives all prices of something whose Standard licence costs so much.
func (t TierPrices) with(standard *events.Money) tier.Prices {
	out := tier.Prices{Extended: t.Extended, Exclusive: t.Exclusive, Suggested: t.Suggested}
	if standard != nil {
		out.Standard = &standard.Amount
	}
	return out
}

// Offered lists the tiers that a sound of this Standard price can be bought in; nil: it is sold with its pack only.
func (t TierPrices) Offered(standard *api.Money) []api.TierPrice {
	if standard == nil {
		return []api.TierPrice{}
	}
	return t.with((*events.Money)(standard)).Offered(standard.Currency)
}

// PublishedSound is what a sound's page shows and search does not need.
type PublishedSound struct {
	Tiers     TierPrices `json:"tiers,omitzero"`
	PeaksKey  string     `json:"peaks_key"`
	KeyFrom   string     `json:"key_from,omitempty"`
	TempoFrom string     `json:"tempo_from,omitempty"`
}

// SoundFactsJSON is the part of a sound's page that its row lacks.
type SoundFactsJSON struct {
	Format       string `json:"format"`
	SampleRateHz int    `json:"sample_rate"`
	Channels     int    `json:"channels"`
	BitDepth     int    `json:"bit_depth"`
	Frames       int64  `json:"frames"`
	SizeBytes    int64  `json:"size_bytes"`
	SHA256       string `json:"sha256"`
	PublishedSound
}

// publish freezes the working copy. Edition, cover, revision and times are filled in when the pack goes live.
func publish(p *Pack, seller Seller, uploads []api.Upload, sounds []Sound) (Published, error) {
	demo := p.DemoSoundID
	if !slices.ContainsFunc(sounds, func(s Sound) bool { return s.ID == demo }) {
		demo = ""
	}
	out := Published{Listing: events.Listing{
		ID: p.ID, Slug: p.Slug, Title: p.Title, Description: p.Description, Genre: p.Genre, Tags: orEmpty(p.Tags),
		Producer: seller.producer(),
		Licence:  p.Licence, MadeWithAI: p.MadeWithAI != nil && *p.MadeWithAI, DemoSoundID: demo, Demo: p.Demo,
		Sounds: make([]events.Sound, 0, len(sounds)),
	}}
	l := &out.Listing
	if p.Price != nil {
		l.Price = events.Money{Amount: *p.Price, Currency: Currency}
	}
	out.Tiers = TierPrices{Extended: p.Extended, Exclusive: p.Exclusive, Suggested: p.Suggested}
	slices.SortFunc(sounds, func(a, b Sound) int {
		return cmp.Or(cmp.Compare(a.Folder(), b.Folder()), cmp.Compare(a.Name(), b.Name()))
	})
	for i := range sounds {
		s := &sounds[i]
		v := s.shown()
		e := events.Sound{
			ID: s.ID, Name: s.Name(), Folder: s.Folder(), Type: v.kind, Instrument: s.instrument(), Key: v.key, KeyUnsure: v.keyUnsure,
			TempoBPM: v.tempo, TempoUnsure: v.tempoUnsure, Tags: orEmpty(s.Tags), Frames: s.Facts.Frames, SampleRateHz: s.Facts.SampleRateHz,
			Channels: s.Facts.Channels, BitDepth: s.Facts.BitDepth, Format: s.Facts.Format, SizeBytes: s.Facts.SizeBytes, SHA256: s.Facts.SHA256,
			LoudnessLUFS: s.Facts.LoudnessLUFS, TruePeakDBTP: s.Facts.TruePeakDBTP, PreviewKey: s.Facts.PreviewKey, Waveform: s.Facts.Waveform,
			Features: s.Facts.Features, FeatureVersion: s.Facts.FeatureVersion,
		}
		if price := s.price(p); price != nil {
			e.Price = &events.Money{Amount: price.Amount, Currency: price.Currency}
		}
		if l.DemoSoundID == "" && v.kind == TypeLoop {
			l.DemoSoundID = s.ID
		}
		l.Sounds = append(l.Sounds, e)
		l.SizeBytes += s.Facts.SizeBytes
		beside := PublishedSound{PeaksKey: s.Facts.PeaksKey, KeyFrom: v.keyFrom, TempoFrom: v.tempoFrom}
		if e.Price != nil {
			beside.Tiers = TierPrices{Extended: p.SoundExtended, Exclusive: p.SoundExclusive}
		}
		out.Sounds = append(out.Sounds, beside)
	}
	if l.DemoSoundID == "" && len(sounds) > 0 {
		l.DemoSoundID = sounds[0].ID
	}
	l.Extras = events.Extras(countExtras(uploads))
	for _, u := range uploads {
		if u.Purpose == "extra" && u.State == api.UploadReady && !u.Removed {
			l.SizeBytes += u.SizeBytes
		}
	}
	l.FolderCounts = folders(l.Sounds)
	return out, out.fit()
}

// fit keeps the event under its limit, if need be without the features that only recommendations use.
func (p *Published) fit() error {
	const slack = 64 << 10 // for the envelope, removed ids and what is filled in later
	size, err := p.size()
	if err != nil || size <= maxEventBytes-slack {
		return err
	}
	for i := range p.Listing.Sounds {
		p.Listing.Sounds[i].Features, p.Listing.Sounds[i].FeatureVersion = nil, 0
	}
	if size, err = p.size(); err != nil || size <= maxEventBytes-slack {
		return err
	}
	return errs.New(errs.CodeConflict, "listing_too_large", "All names, folders and tags together are too long. Shorten some, or split the pack.")
}

func (p *Published) size() (int, error) {
	raw, err := json.Marshal(p.Listing)
	if err != nil {
		return 0, fmt.Errorf("encode listing of pack %s: %w", p.Listing.ID, err)
	}
	return len(raw), nil
}

// countExtras sorts the files that are not sounds into kinds.
func countExtras(uploads []api.Upload) api.Extras {
	var e api.Extras
	for _, u := range uploads {
		if u.Purpose != "extra" || u.Removed || u.State != api.UploadReady {
			continue
		}
		switch strings.ToLower(path.Ext(u.Path)) {
		case ".mid", ".midi":
			e.MIDI++
		case ".pdf", ".txt", ".md", ".rtf", ".jpg", ".jpeg", ".png", ".webp", ".doc", ".docx":
			e.Docs++
		case ".fxp", ".fxb", ".vstpreset", ".nmsv", ".adg", ".adv", ".als", ".alp", ".serumpreset", ".vital", ".vitalbank", ".h2p", ".sfz", ".nki", ".nkm",
			".exs", ".sxt", ".rx2", ".rex", ".fst", ".flp", ".logicx", ".xpm", ".pgm", ".ksd", ".bwpreset", ".aupreset", ".patch", ".sf2", ".cst", ".pst":
			e.Presets++
		default:
			e.Other++
		}
	}
	return e
}

// folders counts the sounds below every folder, parents included.
func folders(sounds []events.Sound) []events.Folder {
	counts := map[string]int{}
	for _, s := range sounds {
		for f := s.Folder; f != "" && f != "."; f = path.Dir(f) {
			counts[f]++
		}
	}
	out := make([]events.Folder, 0, len(counts))
	for p, n := range counts {
		out = append(out, events.Folder{Path: p, Count: n})
	}
	slices.SortFunc(out, func(a, b events.Folder) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// Ref is what a sound row says about the pack.
func (p *Published) Ref() api.PackRef {
	l := &p.Listing
	return api.PackRef{
		ID: l.ID, Slug: l.Slug, Title: l.Title, CoverKey: l.CoverKey, Price: api.Money(l.Price),
		Producer: api.ProducerRef{ID: l.Producer.ID, Handle: l.Producer.Handle, Name: l.Producer.Name},
	}
}

// Row renders a sound for lists.
func (p *Published) Row(i int) api.SoundRow {
	s := &p.Listing.Sounds[i]
	row := api.SoundRow{
		ID: s.ID, Name: s.Name, Folder: s.Folder, Type: s.Type, Instrument: s.Instrument, Key: s.Key, KeyUnsure: s.KeyUnsure, TempoBPM: s.TempoBPM,
		TempoUnsure: s.TempoUnsure, Tags: orEmpty(s.Tags), DurationSeconds: s.DurationSeconds(), LoudnessLUFS: s.LoudnessLUFS,
		TruePeakDBTP: s.TruePeakDBTP, Waveform: s.Waveform, Pack: p.Ref(),
	}
	if s.Price != nil {
		price := api.Money(*s.Price)
		row.Price = &price
	}
	return row
}

// Facts renders the rest of a sound's page.
func (p *Published) Facts(i int) SoundFactsJSON {
	s := &p.Listing.Sounds[i]
	return SoundFactsJSON{
		Format: s.Format, SampleRateHz: s.SampleRateHz, Channels: s.Channels, BitDepth: s.BitDepth, Frames: s.Frames, SizeBytes: s.SizeBytes,
		SHA256: s.SHA256, PublishedSound: p.Sounds[i],
	}
}

// Card renders the pack for grids.
func (p *Published) Card() api.PackCard {
	l := &p.Listing
	ref := p.Ref()
	card := api.PackCard{
		ID: ref.ID, Slug: ref.Slug, Title: ref.Title, CoverKey: ref.CoverKey, Price: ref.Price, Producer: ref.Producer, Genre: l.Genre, Tags: orEmpty(l.Tags),
		Sounds: len(l.Sounds), SizeBytes: l.SizeBytes, EditionID: l.EditionID, Edition: l.Edition, Revision: p.Revision,
		PublishedAt: l.PublishedAt, UpdatedAt: l.UpdatedAt, Popularity: l.Popularity, Bought: l.Bought, DemoData: l.Demo, Gone: p.Gone,
	}
	for i := range l.Sounds {
		s := &l.Sounds[i]
		if s.Type != TypeLoop {
			card.OneShots++
		} else {
			card.Loops++
			if s.TempoBPM > 0 && (card.TempoMin == 0 || s.TempoBPM < card.TempoMin) {
				card.TempoMin = s.TempoBPM
			}
			card.TempoMax = max(card.TempoMax, s.TempoBPM)
		}
		if s.ID == l.DemoSoundID {
			row := p.Row(i)
			card.Demo = &row
		}
	}
	return card
}

// Page renders the pack's page.
func (p *Published) Page(state api.PackState) api.PackPage {
	l := &p.Listing
	page := api.PackPage{
		Card: p.Card(), Description: l.Description, Extras: api.Extras(l.Extras), Formats: formats(l.Sounds), MadeWithAI: l.MadeWithAI, Licence: l.Licence,
		Sounds: make([]api.SoundRow, 0, len(l.Sounds)), Folders: make([]api.Folder, 0, len(l.FolderCounts)), State: state,
		Tiers: p.Tiers.with(&l.Price).Offered(l.Price.Currency),
	}
	if p.Tiers.Suggested != nil {
		page.Suggested = &api.Money{Amount: *p.Tiers.Suggested, Currency: l.Price.Currency}
	}
	for i := range l.Sounds {
		row := p.Row(i)
		if row.Price != nil && (page.SoundsFrom == nil || row.Price.Amount < page.SoundsFrom.Amount) {
			page.SoundsFrom = row.Price
		}
		page.Sounds = append(page.Sounds, row)
	}
	for _, f := range l.FolderCounts {
		page.Folders = append(page.Folders, api.Folder(f))
	}
	return page
}

// formats words the sounds' formats, the most frequent first: "WAV 24-bit".
func formats(sounds []events.Sound) []string {
	counts := map[string]int{}
	for _, s := range sounds {
		name := strings.ToUpper(s.Format)
		if s.BitDepth > 0 {
			name += fmt.Sprintf(" %d-bit", s.BitDepth)
		}
		counts[name]++
	}
	out := make([]string, 0, len(counts))
	for name := range counts {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return out
}

// event is what search and the recommender learn.
func (p *Published) event(ever []string) events.PackPublishedV1 {
	present := make(map[string]bool, len(p.Listing.Sounds))
	for i := range p.Listing.Sounds {
		present[p.Listing.Sounds[i].ID] = true
	}
	removed := []string{}
	for _, id := range ever {
		if !present[id] {
			removed = append(removed, id)
		}
	}
	return events.PackPublishedV1{Pack: p.Listing, RemovedSoundIDs: removed}
}

// stamp fills in what is known at the moment the pack goes live.
func (p *Published) stamp(pack *Pack, e Edition, at time.Time) {
	l := &p.Listing
	l.EditionID, l.Edition, l.CoverKey, l.UpdatedAt = e.ID, e.Number, pack.CoverKey(), at
	l.PublishedAt = at
	if pack.PublishedAt != nil {
		l.PublishedAt = *pack.PublishedAt
	}
	p.Revision, p.Gone = pack.Revision, ""
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
