package catalog

import (
	"context"
	"time"

	"crateful.dev/models/api"
)

// Reader answers what buyers and neighbours read. Nothing of a working copy passes through it.
type Reader interface {
	// Page finds a pack by its slug, a former slug or its id.
	Page(ctx context.Context, ref string) (Page, error)
	Gone(ctx context.Context, ref string) (api.GonePack, error)
	Packs(ctx context.Context, q api.PackQuery, after *ListCursor) ([]api.PackCard, error)
	PacksByID(ctx context.Context, ids []string) ([]api.PackCard, error)
	Sounds(ctx context.Context, q api.SoundQuery, after *SoundCursor) ([]api.SoundRow, *SoundCursor, error)
	SoundsByID(ctx context.Context, ids []string) ([]api.SoundRow, error)
	Sound(ctx context.Context, id string) (api.SoundPage, error)
	// Preview finds what to play of a sound, published or in a working copy.
	Preview(ctx context.Context, soundID string) (Preview, error)
	GenreCounts(ctx context.Context) (map[string]int, error)
	Tags(ctx context.Context, limit int) ([]api.TagCount, error)
	Totals(ctx context.Context) (api.PackTotals, error)
	ProducerTotals(ctx context.Context, ids []string) ([]api.ProducerTotals, error)
}

// Page is a rendered pack page.
type Page struct {
	PackID   string
	Moved    string // the slug it lives at now
	Gone     string // withdrawn | taken_down
	Revision int64
	Body     []byte // api.PackPage as JSON
}

// ListCursor is where a list of packs goes on.
type ListCursor struct {
	At    time.Time `json:"t,omitzero"`
	Score float64   `json:"s,omitempty"`
	ID    string    `json:"i"`
}

// SoundCursor is where a list of sounds goes on: a place in a list of packs and a sound of that pack.
type SoundCursor struct {
	ListCursor
	Position int `json:"p"`
}

// Preview says what to play and who may.
type Preview struct {
	api.SoundPreview
	ProducerID string
	Gone       string // withdrawn | taken_down | removed | draft
}
