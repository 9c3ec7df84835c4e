package api

import "time"

// SavedSearches is GET /saved-searches: those with something new first, then the newest.
type SavedSearches struct {
	Frame
	Searches []SavedSearch `json:"searches"`
}

// SavedSearch is a search that you keep.
type SavedSearch struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`     // sounds | packs
	Query     string    `json:"query"`    // parameters of GET /search
	Language  string    `json:"language"` // the same as one types it into the search box
	Mail      string    `json:"mail"`     // none | instant (at most one in 15 minutes) | daily (one for all searches)
	New       int       `json:"new"`      // what came on sale since, and still is
	NewMore   bool      `json:"new_more"` // there is more than that
	Since     time.Time `json:"since"`    // when you last looked, else when it was saved
	ETag      string    `json:"etag"`     // for If-Match
	CreatedAt time.Time `json:"created_at"`
}

// SaveSearch is POST /saved-searches. Sounds or packs can be searched for, by words or at least one filter; the order of
// results does not belong to a saved search. One that you keep already is refused with reason already_saved.
type SaveSearch struct {
	Name  string `json:"name"`
	Query string `json:"query"`          // parameters of GET /search
	Mail  string `json:"mail,omitempty"` // none when empty
}

// SavedChange is PATCH /saved-searches/{id} (If-Match).
type SavedChange struct {
	Name *string `json:"name,omitempty"`
	Mail *string `json:"mail,omitempty"` // none | instant | daily
}

// SavedFound is GET /saved-searches/{id}: what it finds, what is new first, then the newest. Until half an hour after
// POST …/seen it is still what was new before.
type SavedFound struct {
	Frame
	Saved    SavedSearch `json:"saved"`
	Sounds   []SoundRow  `json:"sounds"`
	Packs    []PackCard  `json:"packs"`
	NewIDs   []string    `json:"new_ids"` // of sounds or packs
	Total    int64       `json:"total"`
	Degraded bool        `json:"degraded"` // the index does not answer: what is new is there alone
	ReadAt   time.Time   `json:"read_at"`  // for POST …/seen
	Page     Page        `json:"page"`
}

// SavedSeen is POST /saved-searches/{id}/seen: what was new then is new no more.
type SavedSeen struct {
	Until time.Time `json:"until"` // read_at of what you have seen
}

// SavedMail is GET and DELETE /saved-mails/{token}: what the link in a mail stops.
type SavedMail struct {
	Name  string `json:"name"`  // of the search; empty for the daily mail, and when the search is gone
	Daily bool   `json:"daily"` // the daily mail for all searches
	On    bool   `json:"on"`    // mails are sent
}
