package api

import "time"

// DownloadRequest asks for the right to download one thing now.
type DownloadRequest struct {
	Kind ItemKind `json:"kind"`
	ID   string   `json:"id"` // pack id or sound id
	// EditionID picks an edition of a pack; empty: the newest the account may have.
	EditionID string `json:"edition_id,omitempty"`
}

// DownloadGrant names the object to presign. It is given to services only, never to browsers.
type DownloadGrant struct {
	ObjectKey   string `json:"object_key"` // editions/<edition id>.zip or media/<sha256>
	FileName    string `json:"file_name"`
	ContentType string `json:"content_type"`
	SizeBytes   int64  `json:"size_bytes"`
	SHA256      string `json:"sha256,omitempty"` // hex; empty when not known
	PackID      string `json:"pack_id"`
	SoundID     string `json:"sound_id,omitempty"`
	EditionID   string `json:"edition_id"`
	Edition     int    `json:"edition"`
}

// DownloadRecord is one download that was granted.
type DownloadRecord struct {
	ID        string    `json:"id"`
	Kind      ItemKind  `json:"kind"`
	PackID    string    `json:"pack_id"`
	SoundID   string    `json:"sound_id,omitempty"`
	EditionID string    `json:"edition_id"`
	FileName  string    `json:"file_name"`
	SizeBytes int64     `json:"size_bytes"`
	At        time.Time `json:"at"`
}

// DownloadPage is a page of downloads, newest first.
type DownloadPage struct {
	Downloads  []DownloadRecord `json:"downloads"`
	NextCursor string           `json:"next_cursor,omitempty"`
}
