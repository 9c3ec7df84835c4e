package api

import "time"

// Limits of crates.
const (
	MaxCrates         = 500   // of one account
	MaxCrateItems     = 5_000 // in one crate
	MaxCrateNameRunes = 80
	MaxNoteRunes      = 500
)

// CrateCard is a crate in a list.
type CrateCard struct {
	ID         string    `json:"id"`
	OwnerID    string    `json:"owner_id"`
	Name       string    `json:"name"`
	Note       string    `json:"note"`
	Liked      bool      `json:"liked"` // everybody's first crate
	Count      int       `json:"count"`
	Covers     []string  `json:"covers"`                // up to four cover keys, newest items first
	ShareToken string    `json:"share_token,omitempty"` // only to its owner
	ETag       string    `json:"etag"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// Crates is GET /v1/crates: Liked first, then the latest change first.
type Crates struct {
	Crates []CrateCard `json:"crates"`
}

// CratePage is GET /v1/crates/{id}?cursor&limit (owner) and GET /v1/shared-crates/{token} (anybody).
type CratePage struct {
	Card       CrateCard   `json:"card"`
	Owner      ProducerRef `json:"owner"`
	Items      []CrateItem `json:"items"`
	NextCursor string      `json:"next_cursor,omitempty"`
}

// CrateItem is a sound or a pack in a crate.
type CrateItem struct {
	ID      string    `json:"id"`
	Note    string    `json:"note"`
	AddedAt time.Time `json:"added_at"`
	Sound   *SoundRow `json:"sound,omitempty"`
	Pack    *PackCard `json:"pack,omitempty"`
}

// CrateChange is POST /v1/crates (Name needed) and PATCH /v1/crates/{id} (If-Match); answers CrateCard.
type CrateChange struct {
	Name   *string   `json:"name,omitempty"`
	Note   *string   `json:"note,omitempty"`
	Shared *bool     `json:"shared,omitempty"` // true makes a link, false ends it; turning it on again makes a new one
	Order  *[]string `json:"order,omitempty"`  // all item ids in their new order
}

// CrateItemChange is PATCH /v1/crates/{id}/items/{item}; answers CrateCard.
type CrateItemChange struct {
	Note   *string `json:"note,omitempty"`
	Before *string `json:"before,omitempty"` // item id it moves in front of; "" moves it to the end
}

// Things names sounds and packs: POST and DELETE /v1/crates/{id}/items, POST and DELETE /v1/likes, POST /v1/crates/holding.
type Things struct {
	SoundIDs []string `json:"sound_ids,omitempty"` // together at most 500
	PackIDs  []string `json:"pack_ids,omitempty"`
}

// ThingsChanged answers a change of a crate's items.
type ThingsChanged struct {
	Card    CrateCard `json:"card"`
	Changed int       `json:"changed"` // how many were new, or were there
}

// LikedThings is GET /v1/likes?sound_ids=…&pack_ids=…: which of them are liked.
type LikedThings struct {
	SoundIDs []string `json:"sound_ids"`
	PackIDs  []string `json:"pack_ids"`
}
