package api

import "encoding/json"

// Bounds of the routes for the index.
const (
	MaxIndexPacks = 200       // packs asked for or sent again at once
	MaxRevision   = 1<<53 - 1 // the index keeps revisions as 64-bit floats too
)

// IndexStatesQuery is POST /v1/index/states (indexer): what the index should hold, in the order of pack ids.
type IndexStatesQuery struct {
	After   string   `json:"after,omitempty"`    // go on behind this pack
	Limit   int      `json:"limit,omitempty"`    // packs, 100 when 0
	PackIDs []string `json:"pack_ids,omitempty"` // only these, at most MaxIndexPacks
}

// IndexStates answers it.
type IndexStates struct {
	// Messages are the envelopes of the packs' newest revisions, as the packs topic carries them: published, withdrawn,
	// taken down or deleted.
	Messages []json.RawMessage `json:"messages"`
	// Pending are those of the packs whose newest revision is not in Kafka yet.
	Pending []string `json:"pending"`
	Next    string   `json:"next,omitempty"`  // After of the next page; empty at the end
	Total   int64    `json:"total,omitempty"` // packs there are, on the first page of all
}

// IndexRepair is POST /v1/index/repair (indexer): send the state of these packs again, above what the index holds.
type IndexRepair struct {
	Packs []RepairPack `json:"packs"` // at most MaxIndexPacks
}

// RepairPack is one of them.
type RepairPack struct {
	ID string `json:"id"`
	// Above is the highest revision that the index holds of the pack; the new one is higher. 0: it holds none.
	Above int64 `json:"above,omitempty"`
	// SoundIDs are sounds that the index shows of the pack and that do not belong to it. Its events name them as removed
	// from now on.
	SoundIDs []string `json:"sound_ids,omitempty"`
}

// IndexRepaired answers it.
type IndexRepaired struct {
	Count int `json:"count"` // packs sent again
}

// Republish is POST /v1/admin/republish: send the state of packs again at a new revision, a batch at a time.
type Republish struct {
	PackIDs []string `json:"pack_ids,omitempty"` // at most MaxIndexPacks
	All     bool     `json:"all,omitempty"`      // instead of PackIDs
	Reason  string   `json:"reason"`
}

// Republishing answers it: the work has been taken on.
type Republishing struct {
	Packs int64 `json:"packs"` // to be sent
}
