// Package ingest fills the search index from the packs topic: events become documents, every generation of the index
// has a consumer group of its own, and a rebuild fills a new generation by replay while the current one goes on.
package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/wire"
	"crateful.dev/models/events"
)

// errNoUse marks an event that is whole but cannot be indexed; trying again cannot help.
var errNoUse = errors.New("event cannot be indexed")

// MaxSounds bounds the sounds, live and removed, of one event.
const MaxSounds = 20_000

// Documents turns one message of the packs topic into the documents it stands for. Types it does not know give none:
// newer versions of models may send them.
func Documents(message []byte) ([]search.Document, error) {
	e, err := events.ParseBy(wire.Unmarshal, message)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoUse, err)
	}
	var docs []search.Document
	switch e.Type {
	case events.PackPublishedV1{}.EventType():
		docs, err = published(e)
	case events.PackWithdrawnV1{}.EventType():
		var data events.PackWithdrawnV1
		if data, err = events.DecodeBy[events.PackWithdrawnV1](wire.Unmarshal, e); err == nil {
			docs, err = gone(e, data.PackID, data.SoundIDs)
		}
	case events.PackDeletedV1{}.EventType():
		var data events.PackDeletedV1
		if data, err = events.DecodeBy[events.PackDeletedV1](wire.Unmarshal, e); err == nil {
			docs, err = gone(e, data.PackID, data.SoundIDs)
		}
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoUse, err)
	}
	for i := range docs {
		if err := docs[i].Check(); err != nil {
			return nil, fmt.Errorf("%w: event %s: %w", errNoUse, e.ID, err)
		}
		docs[i].Seal()
	}
	return docs, nil
}

// gone makes tombstones for the pack and all sounds it ever had.
func gone(e events.Envelope, packID string, soundIDs []string) ([]search.Document, error) {
	if packID == "" || packID != e.Subject {
		return nil, fmt.Errorf("event %s: pack %q is not the subject %q", e.ID, packID, e.Subject)
	}
	if len(soundIDs) > MaxSounds {
		return nil, fmt.Errorf("event %s: %d sounds are too many", e.ID, len(soundIDs))
	}
	docs := []search.Document{{
		ID: search.PackID(packID), Kind: search.KindPack, PackID: packID, Version: e.Revision, Gone: true,
		Source: search.Source{CommittedAt: e.Time.UnixMilli()},
	}}
	return append(docs, goneSounds(packID, e.Revision, soundIDs)...), nil
}

func goneSounds(packID string, revision int64, ids []string) []search.Document {
	docs := make([]search.Document, 0, len(ids))
	for _, id := range ids {
		docs = append(docs, search.Document{ID: search.SoundID(id), Kind: search.KindSound, PackID: packID, Version: revision, Gone: true})
	}
	return docs
}

func published(e events.Envelope) ([]search.Document, error) {
	data, err := events.DecodeBy[events.PackPublishedV1](wire.Unmarshal, e)
	if err != nil {
		return nil, err
	}
	l := data.Pack
	if l.ID == "" || l.ID != e.Subject {
		return nil, fmt.Errorf("event %s: pack %q is not the subject %q", e.ID, l.ID, e.Subject)
	}
	if len(l.Sounds)+len(data.RemovedSoundIDs) > MaxSounds {
		return nil, fmt.Errorf("event %s: %d sounds are too many", e.ID, len(l.Sounds)+len(data.RemovedSoundIDs))
	}
	of := prepare(l)
	live := make(map[string]bool, len(l.Sounds))
	docs := make([]search.Document, 0, len(l.Sounds)+len(data.RemovedSoundIDs)+1)
	for _, s := range l.Sounds {
		if live[s.ID] {
			return nil, fmt.Errorf("event %s: sound %s is there twice", e.ID, s.ID)
		}
		live[s.ID] = true
		doc, err := soundDocument(of, s, e.Revision)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	removed := slices.DeleteFunc(slices.Clone(data.RemovedSoundIDs), func(id string) bool { return live[id] })
	docs = append(docs, goneSounds(l.ID, e.Revision, removed)...)
	pack, err := packDocument(of, e.Revision, docs)
	if err != nil {
		return nil, err
	}
	pack.Source = search.Source{CommittedAt: e.Time.UnixMilli(), Sounds: len(l.Sounds)}
	return append(docs, pack), nil
}

// noName sorts what has no name behind letters; every document needs a value of every order.
const noName = "~"

func soundDocument(l *prepared, s events.Sound, revision int64) (search.Document, error) {
	if s.ID == "" {
		return search.Document{}, errors.New("a sound has no id")
	}
	length := s.DurationSeconds()
	row := api.SoundRow{
		ID: s.ID, Name: s.Name, Folder: s.Folder, Type: s.Type, Instrument: s.Instrument,
		Key: s.Key, KeyUnsure: s.KeyUnsure, TempoBPM: s.TempoBPM, TempoUnsure: s.TempoUnsure, Tags: s.Tags,
		DurationSeconds: length, Frames: s.Frames, SampleRateHz: s.SampleRateHz, Channels: s.Channels,
		BitDepth: s.BitDepth, Format: s.Format, SizeBytes: s.SizeBytes, LoudnessLUFS: s.LoudnessLUFS,
		TruePeakDBTP: s.TruePeakDBTP, Waveform: s.Waveform, Popularity: s.Popularity,
		Pack: api.SoundPack{
			ID: l.ID, Slug: l.Slug, Title: l.Title, Genre: l.Genre, CoverKey: l.CoverKey, Price: api.Money(l.Price),
			Licence: l.Licence, MadeWithAI: l.MadeWithAI, EditionID: l.EditionID, PublishedAt: l.PublishedAt, Demo: l.Demo,
		},
		Producer: api.Producer(l.Producer),
	}
	price := l.Price.Amount
	if s.Price != nil {
		money := api.Money(*s.Price)
		row.Price, price = &money, s.Price.Amount
	}
	raw, err := wire.Marshal(row)
	if err != nil {
		return search.Document{}, fmt.Errorf("encode row of sound %s: %w", s.ID, err)
	}
	f := l.common.clone()
	f.term(search.TermType, s.Type)
	f.term(search.TermInstrument, s.Instrument)
	f.term(search.TermFormat, s.Format)
	f.term(search.TermTag, s.Tags...)
	own := slices.Clone(f.terms[search.TermTag])
	f.term(search.TermTag, l.Tags...)
	f.one(search.TermPrice, search.PriceBucket(price))
	f.one(search.TermLength, search.LengthBucket(length))
	f.one(search.TermName, cmp.Or(search.NameKey(s.Name), noName))
	f.number(search.NumberPrice, float64(price))
	f.number(search.NumberLength, length)
	f.number(search.NumberLengthSort, length)
	f.number(search.NumberPopularity, s.Popularity)
	f.number(search.NumberFame, search.Fame(s.Popularity))
	key, tempo := f.pitch(s)
	up, down := float64(search.Unknown), float64(search.Unknown)
	if s.TempoBPM > 0 {
		up, down = s.TempoBPM, -s.TempoBPM
	}
	f.number(search.NumberTempoUp, up)
	f.number(search.NumberTempoDown, down)
	about := slices.Concat([]string{s.Instrument, s.Type, key, tempo}, own, strings.Split(s.Folder, "/"))
	ending := path.Ext(s.Name)
	name := search.Words(strings.TrimSuffix(s.Name, ending))
	f.one(search.TermWhole, search.Whole(name)...)
	f.text[search.TextName] = strings.Join(name, " ")
	f.text[search.TextAbout] = l.texts.of(about...)
	f.text[search.TextPack] = l.words
	full := strings.TrimSpace(f.text[search.TextName] + " " + l.texts.of(ending))
	f.text[search.TextAll] = search.JoinWordTexts(full, f.text[search.TextAbout], l.words, l.producer, l.texts.of(search.Family(api.Slug(s.Instrument))))
	doc := search.Document{
		ID: search.SoundID(s.ID), Kind: search.KindSound, PackID: l.ID, Version: revision,
		Text: f.text, Terms: f.terms, Numbers: f.numbers, Row: raw,
	}
	if len(s.Features) == search.VectorSize && !slices.ContainsFunc(s.Features, outside) {
		doc.Vector = s.Features
		f.one(search.TermFeatures, strconv.Itoa(s.FeatureVersion))
	}
	return doc, nil
}

// outside finds what no feature can be: it would spoil comparisons or be refused by an engine.
func outside(f float32) bool { return math.IsNaN(float64(f)) || f < -1 || f > 1 }

// packDocument gathers from the documents of its sounds what a pack can be found by.
func packDocument(l *prepared, revision int64, sounds []search.Document) (search.Document, error) {
	row := api.PackRow{
		ID: l.ID, Slug: l.Slug, Title: l.Title, Genre: l.Genre, Tags: l.Tags, Producer: api.Producer(l.Producer),
		Price: api.Money(l.Price), Licence: l.Licence, MadeWithAI: l.MadeWithAI, CoverKey: l.CoverKey,
		EditionID: l.EditionID, Edition: l.Edition, SizeBytes: l.SizeBytes, Sounds: len(l.Sounds),
		MIDI: l.Extras.MIDI, Presets: l.Extras.Presets, PublishedAt: l.PublishedAt, UpdatedAt: l.UpdatedAt,
		Bought: l.Bought, Popularity: l.Popularity, Demo: l.Demo,
	}
	for i, s := range l.Sounds {
		if s.Type == "loop" {
			row.Loops++
		} else {
			row.OneShots++
		}
		if i == 0 || s.ID == l.DemoSoundID {
			row.PreviewSound = &api.Preview{
				ID: s.ID, Name: s.Name, Type: s.Type, TempoBPM: s.TempoBPM, DurationSeconds: s.DurationSeconds(),
				LoudnessLUFS: s.LoudnessLUFS, TruePeakDBTP: s.TruePeakDBTP, Waveform: s.Waveform,
			}
		}
	}
	raw, err := wire.Marshal(row)
	if err != nil {
		return search.Document{}, fmt.Errorf("encode row of pack %s: %w", l.ID, err)
	}
	f := l.common.clone()
	f.term(search.TermTag, l.Tags...)
	f.one(search.TermPrice, search.PriceBucket(l.Price.Amount))
	f.one(search.TermName, cmp.Or(search.NameKey(l.Title), noName))
	f.number(search.NumberPrice, float64(l.Price.Amount))
	f.number(search.NumberPopularity, l.Popularity)
	f.number(search.NumberFame, search.Fame(l.Popularity))
	f.one(search.TermWhole, search.Whole(search.Words(l.Title))...)
	length, slowest, fastest := 0.0, math.Inf(1), 0.0
	for _, s := range sounds {
		if s.Gone {
			continue
		}
		for _, name := range []string{search.TermType, search.TermInstrument, search.TermKey, search.TermFormat, search.TermLength, search.TermTempo} {
			f.one(name, s.Terms[name]...)
		}
		for _, n := range s.Numbers[search.NumberLength] {
			f.number(search.NumberLength, math.Round(n*10)/10)
			length += n
		}
		for _, n := range s.Numbers[search.NumberTempo] {
			f.number(search.NumberTempo, n)
			slowest, fastest = min(slowest, n), max(fastest, n)
		}
	}
	up, down := float64(search.Unknown), float64(search.Unknown)
	if fastest > 0 {
		up, down = slowest, -fastest
	}
	f.number(search.NumberTempoUp, up)
	f.number(search.NumberTempoDown, down)
	f.number(search.NumberLengthSort, length)
	about := append([]string{l.Genre}, f.terms[search.TermTag]...)
	about = append(append(about, f.terms[search.TermInstrument]...), f.terms[search.TermType]...)
	f.text[search.TextName] = l.texts.of(l.Title)
	f.text[search.TextAbout] = l.texts.of(about...)
	f.text[search.TextAll] = l.texts.of(append([]string{l.Title, l.Producer.Name, l.Producer.Handle}, about...)...)
	return search.Document{
		ID: search.PackID(l.ID), Kind: search.KindPack, PackID: l.ID, Version: revision,
		Text: f.text, Terms: f.terms, Numbers: f.numbers, Row: raw,
	}, nil
}
