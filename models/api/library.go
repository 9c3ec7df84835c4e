package api

import "time"

// LibraryItem is one thing an account owns for ever, or one that was given back.
type LibraryItem struct {
	ID          string      `json:"id"` // entitlement id
	Kind        ItemKind    `json:"kind"`
	PackID      string      `json:"pack_id"`
	PackSlug    string      `json:"pack_slug"`
	PackTitle   string      `json:"pack_title"`
	PackState   string      `json:"pack_state"`           // live | withdrawn | taken_down | …: the pack stays here in any state
	FilesGone   bool        `json:"files_gone,omitempty"` // taken down with its files: it cannot be downloaded
	SoundID     string      `json:"sound_id,omitempty"`
	Title       string      `json:"title"` // pack title or sound name
	Seller      ProducerRef `json:"seller"`
	CoverKey    string      `json:"cover_key,omitempty"`
	LicenceCode string      `json:"licence_code"` // the tier that was bought
	EditionID   string      `json:"edition_id"`   // bought
	Edition     int         `json:"edition"`
	SizeBytes   int64       `json:"size_bytes"` // of the zip, or of the file
	Sounds      int         `json:"sounds"`     // in the edition; 1 for a sound
	Newer       *NewerPart  `json:"newer,omitempty"`
	OrderID     string      `json:"order_id"`
	OrderNumber string      `json:"order_number"`
	AcquiredAt  time.Time   `json:"acquired_at"`
	EndedAt     *time.Time  `json:"ended_at,omitempty"` // when it stopped being the account's
	Ended       LineState   `json:"ended,omitempty"`    // how: refunded | charged_back
}

// NewerPart is a later edition that owners of the pack get for free.
type NewerPart struct {
	EditionID  string `json:"edition_id"`
	Edition    int    `json:"edition"`
	MoreSounds int    `json:"more_sounds"` // may be negative
	SizeBytes  int64  `json:"size_bytes"`
}

// LibraryPage is a page of the library, newest first.
type LibraryPage struct {
	Items      []LibraryItem `json:"items"`
	Packs      int           `json:"packs"`  // all, not only this page
	Sounds     int           `json:"sounds"` // bought singly
	Ended      int           `json:"ended"`  // given back: refunded, or taken back by the bank
	NextCursor string        `json:"next_cursor,omitempty"`
}

// LibraryQuery selects library items.
type LibraryQuery struct {
	Text   string   // in titles and producer names
	Kind   ItemKind // empty: both
	Ended  bool     // what was given back instead of what is owned
	Cursor string
	Limit  int // 1 to 100; 0 means 40
}

// OwnedQuery asks which of these the account owns; up to MaxOwnedCheck ids together.
type OwnedQuery struct {
	SoundIDs []string `json:"sound_ids"`
	PackIDs  []string `json:"pack_ids"`
}

// Owned lists those that are owned; a sound is owned with its pack too.
type Owned struct {
	SoundIDs []string `json:"sound_ids"`
	PackIDs  []string `json:"pack_ids"`
}

// LibrarySounds lists the files of an owned pack's edition for single downloads.
type LibrarySounds struct {
	EditionID string         `json:"edition_id"`
	Edition   int            `json:"edition"`
	Files     []LibrarySound `json:"files"` // sorted by path
}

// LibrarySound is one file of an owned edition.
type LibrarySound struct {
	SoundID   string `json:"sound_id,omitempty"` // empty for extras
	Path      string `json:"path"`
	SizeBytes int64  `json:"size_bytes"`
	SHA256    string `json:"sha256"`
}
