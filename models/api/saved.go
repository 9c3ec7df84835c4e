package api

import (
	"encoding/json"
	"time"
)

// Limits of saved searches.
const (
	MaxSavedSearches  = 100 // of one account
	MaxSavedNameRunes = 80
	MaxSavedQuery     = 8 << 10 // bytes of a query as JSON
	MaxSavedMatches   = 500     // that are kept of one search
	MaxSavedPairs     = 20_000  // sounds and packs of all searches in one report
	MaxSavedPage      = 1_000   // searches in one page for the index
)

// SavedMail is when mails tell of what a saved search newly finds.
type SavedMail string

// When.
const (
	SavedMailNone    SavedMail = "none"
	SavedMailInstant SavedMail = "instant" // at once, at most one mail in 15 minutes
	SavedMailDaily   SavedMail = "daily"   // one mail a day for all searches of an account
)

// SavedSearch is a search that somebody keeps.
type SavedSearch struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Query     json.RawMessage `json:"query"` // the indexer's canonical value
	Mail      SavedMail       `json:"mail"`
	New       int             `json:"new"`      // what it found since and is still on sale
	NewMore   bool            `json:"new_more"` // there is more than New
	Since     time.Time       `json:"since"`    // when its owner last looked, else when it was saved
	ETag      string          `json:"etag"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// SavedSearches is GET /v1/saved-searches: those with something new first, then the newest.
type SavedSearches struct {
	Searches []SavedSearch `json:"searches"`
}

// NewSavedSearch is POST /v1/saved-searches. A query that the account keeps already is refused with already_saved.
type NewSavedSearch struct {
	Name  string          `json:"name"`
	Query json.RawMessage `json:"query"`
	Mail  SavedMail       `json:"mail,omitempty"` // none when empty
}

// SavedChange is PATCH /v1/saved-searches/{id} (If-Match).
type SavedChange struct {
	Name *string    `json:"name,omitempty"`
	Mail *SavedMail `json:"mail,omitempty"`
}

// SavedPage is GET /v1/saved-searches/{id}: the search and what is new in it, what was found last first. Within half an
// hour of a visit it is still what was new then, so that going back or reading again does not lose it.
type SavedPage struct {
	Search SavedSearch `json:"search"`
	Items  []string    `json:"items"` // ids of sounds, or of packs
	ReadAt time.Time   `json:"read_at"`
}

// SavedSeen is POST /v1/saved-searches/{id}/seen: the owner has seen everything up to Until, the page's ReadAt.
type SavedSeen struct {
	Until time.Time `json:"until"`
}

// SavedMailLink is GET and DELETE /v1/saved-mails/{token}: what the link in a mail stops.
type SavedMailLink struct {
	Name  string `json:"name"`  // of the search; empty for the daily mail, and for a search that is gone
	Daily bool   `json:"daily"` // the daily mail for all searches
	On    bool   `json:"on"`    // mails are sent
}

// SavedQueriesAsk is POST /v1/index/saved-searches: searches with a higher number, in their order.
type SavedQueriesAsk struct {
	After int64 `json:"after"`
	Limit int   `json:"limit,omitempty"` // MaxSavedPage when 0
}

// SavedQueries answers it. Last is the highest number there ever was: one below After means that the database is another.
type SavedQueries struct {
	Searches []SavedQuery `json:"searches"`
	Last     int64        `json:"last"`
}

// SavedQuery is a search as the index matches it.
type SavedQuery struct {
	ID        string          `json:"id"`
	Number    int64           `json:"number"`
	Query     json.RawMessage `json:"query"`
	CreatedAt time.Time       `json:"created_at"`
}

// SavedMatches is POST /v1/index/saved-matches: what searches find of one pack now. Only what came on sale after a search was
// saved counts, and each thing once, however often it is told.
type SavedMatches struct {
	PackID  string       `json:"pack_id"`
	Matches []SavedMatch `json:"matches"`
}

// SavedMatch is what one search finds of the pack.
type SavedMatch struct {
	SearchID string   `json:"search_id"`
	SoundIDs []string `json:"sound_ids,omitempty"`
	Pack     bool     `json:"pack,omitempty"` // the pack itself
}

// SavedMatched answers it.
type SavedMatched struct {
	New     int      `json:"new"`     // pairs of a search and a thing that are new
	Unknown []string `json:"unknown"` // searches that are gone
}
