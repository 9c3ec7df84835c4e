package api

import "time"

// Crates is GET /crates.
type Crates struct {
	Frame
	Crates []CrateCard `json:"crates"`
}

// CrateCard is a crate in a list.
type CrateCard struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Liked     bool      `json:"liked"` // everybody's first crate
	Count     int       `json:"count"`
	Covers    []string  `json:"covers"` // up to four cover keys
	Shared    bool      `json:"shared"`
	ETag      string    `json:"etag"` // for If-Match
	UpdatedAt time.Time `json:"updated_at"`
}

// Crate is GET /crates/{id} and GET /shared-crates/{token}.
type Crate struct {
	Frame
	Card       CrateCard   `json:"card"`
	Note       string      `json:"note"`
	Owner      ProducerRef `json:"owner"`
	Yours      bool        `json:"yours"`
	ShareToken string      `json:"share_token,omitempty"`
	Items      []CrateItem `json:"items"`
	Page       Page        `json:"page"`
}

// CrateItem is a sound or a pack in a crate.
type CrateItem struct {
	ID    string    `json:"id"`
	Note  string    `json:"note"`
	Sound *SoundRow `json:"sound,omitempty"`
	Pack  *PackCard `json:"pack,omitempty"`
}

// CrateChange is POST /crates (Name needed) and PATCH /crates/{id} (If-Match).
type CrateChange struct {
	Name   *string   `json:"name,omitempty"`
	Note   *string   `json:"note,omitempty"`
	Shared *bool     `json:"shared,omitempty"`
	Order  *[]string `json:"order,omitempty"` // all item ids in their new order
}

// Things names sounds and packs: POST /crates/{id}/items, DELETE /crates/{id}/items, POST /likes, DELETE /likes, POST /cart/lines.
type Things struct {
	SoundIDs []string `json:"sound_ids,omitempty"`
	PackIDs  []string `json:"pack_ids,omitempty"`
}

// Follow answers PUT and DELETE /producers/{handle}/follow.
type Follow struct {
	Following bool `json:"following"`
	Followers int  `json:"followers"`
}

// Interactions is POST /interactions: views and previews, batched by the browser.
type Interactions struct {
	Items []Interaction `json:"items"` // at most 100
}

// Interaction is one of them.
type Interaction struct {
	Kind    string    `json:"kind"` // view | preview
	PackID  string    `json:"pack_id,omitempty"`
	SoundID string    `json:"sound_id,omitempty"`
	From    string    `json:"from,omitempty"` // of a view: the list of recommendations it was opened from: for_you | because | rising | also_like
	At      time.Time `json:"at"`
}

// ItemNote is PATCH /crates/{id}/items/{item}.
type ItemNote struct {
	Note string `json:"note"`
}
