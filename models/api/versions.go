package api

// MaxVersionTopics is how many topics one VersionsQuery may name.
const MaxVersionTopics = 500

// VersionsQuery is POST /v1/versions (service experience): how far are these, for pages that wait for news.
type VersionsQuery struct {
	PackIDs  []string `json:"pack_ids,omitempty"`
	OrderIDs []string `json:"order_ids,omitempty"`
}

// Versions answers it, without what does not exist.
type Versions struct {
	Packs  []Version `json:"packs"`
	Orders []Version `json:"orders"`
}

// Version changes with every change of the thing.
type Version struct {
	ID      string `json:"id"`
	OwnerID string `json:"owner_id"` // producer or buyer: who may watch
	Version string `json:"version"`
}
