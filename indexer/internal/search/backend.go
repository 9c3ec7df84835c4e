package search

import (
	"context"
	"encoding/json"
	"errors"
)

// Errors of a Backend.
var (
	ErrNoGeneration = errors.New("no such generation")
	ErrConflict     = errors.New("somebody else changed it")
	ErrBadCursor    = errors.New("the cursor does not fit the query")
	ErrUnavailable  = errors.New("the search engine does not answer")
)

// Outcome is what became of one document in Bulk.
type Outcome int

// Outcomes.
const (
	Written  Outcome = iota
	Stale            // an equal or newer version is there: a duplicate or late event, which is fine
	Rejected         // the engine will never take it
)

// Result of one document in Bulk, in the order of the documents.
type Result struct {
	Outcome Outcome
	Reason  string // for Rejected
}

// Hit is one found document.
type Hit struct {
	ID   string
	Row  json.RawMessage
	Sort []string // values of the plan's Order
}

// Bucket is one counted value.
type Bucket struct {
	Value string
	Count int64
}

// Page is the answer to a Plan. Total is exact; Facets has the buckets of each FacetPlan by Facet, most frequent
// first, equal ones by value.
type Page struct {
	Total       int64
	Hits        []Hit
	Groups      []Group // instead of Hits, for a plan with Grouped
	GroupsTotal int64   // exact up to api.MaxGroups
	Facets      map[string][]Bucket
}

// Group is a pack with the first of its hits, in the place of the very first.
type Group struct {
	PackID string
	Count  int64 // hits of the pack
	Hits   []Hit
}

// Spelling is what an index knows of a word.
type Spelling struct {
	Count int64    // documents that hold it in TextAll
	Near  []Bucket // words that differ by at most the edits asked for, not the word itself; at least the best twenty
}

// Unsure is a word to look up, with how many letters may differ.
type Unsure struct {
	Word  string
	Edits int // 0 to 2
}

// Packs chooses packs: those named, or those behind After up to and with Through; without Through there is no end.
type Packs struct {
	IDs            []string
	After, Through string
}

// Backend is a search engine. It keeps generations, complete copies of the index, one of which is current and answers
// searches. All methods are safe for concurrent use and obey the context; an engine that cannot be reached or is
// overloaded gives ErrUnavailable.
type Backend interface {
	// EnsureGeneration creates an empty generation unless it is there.
	EnsureGeneration(ctx context.Context, generation string) error
	// Generations lists all, oldest name first.
	Generations(ctx context.Context) ([]string, error)
	// DeleteGeneration removes one for good; one that is not there is fine, the current one is refused.
	DeleteGeneration(ctx context.Context, generation string) error
	// Current is the generation that answers searches, "" before the first Swap.
	Current(ctx context.Context) (string, error)
	// Swap makes to current in one step; ErrConflict when from is not.
	Swap(ctx context.Context, from, to string) error

	// Bulk writes documents that are newer than what the generation holds of them. An error means that any part may
	// be written and all can be sent again.
	Bulk(ctx context.Context, generation string, docs []Document) ([]Result, error)
	// Refresh makes all that Bulk wrote before visible to Search.
	Refresh(ctx context.Context, generation string) error

	// Search answers plans from the current generation, in their order. Those of one screen belong together: an engine
	// that is elsewhere is asked once.
	Search(ctx context.Context, plans ...Plan) ([]Page, error)
	// Like gives the live sounds nearest to a vector of the plan's version of features, nearest first and equal ones by
	// id, at most p.Size of those that the plan finds. Near ones may be missed, but none far is put before.
	Like(ctx context.Context, p Plan, vector []float32) ([]Hit, error)
	// Vector reads the vector of a live document and the version of its features; nil when there is none.
	Vector(ctx context.Context, id string) (vector []float32, features string, err error)
	// Spell looks words up in the current generation, in their order.
	Spell(ctx context.Context, words []Unsure) ([]Spelling, error)
	// Count counts what each plan finds in the current generation.
	Count(ctx context.Context, plans []Plan) ([]int64, error)
	// Get returns those of the documents that Search could find now in the current generation, tombstones too when
	// gone is set, in any order and without Text, Terms, Numbers and Vector.
	Get(ctx context.Context, ids []string, gone bool) ([]Document, error)
	// Documents counts what a generation holds without tombstones.
	Documents(ctx context.Context, generation string) (int64, error)
	// Live hands over every document of the packs that Search could find in a generation, in any order and without Text,
	// Terms, Numbers, Vector and Row. Where the engine's own version is not what the document says, the digest is empty.
	Live(ctx context.Context, generation string, packs Packs, each func(Document) error) error
	// Held returns those of the documents that a generation holds in the same way, tombstones too, in any order.
	Held(ctx context.Context, generation string, ids []string) ([]Document, error)
	// Scan hands over every document of a generation, tombstones too, in the order of their ids and without Text,
	// Terms, Numbers and Vector.
	Scan(ctx context.Context, generation string, each func(Document) error) error

	// Record reads the one small record that all copies share: value "" and version "" before the first SetRecord.
	Record(ctx context.Context) (value []byte, version string, err error)
	// SetRecord replaces it; ErrConflict when version is not the one that was read.
	SetRecord(ctx context.Context, value []byte, version string) error

	// Ready says why searches cannot be answered.
	Ready(ctx context.Context) error
	Close() error
}

// One is the only page of a search for one plan.
func One(pages []Page, err error) (Page, error) {
	if err != nil {
		return Page{}, err
	}
	return pages[0], nil
}
