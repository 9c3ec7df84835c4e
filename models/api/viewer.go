package api

// ViewerQuery is POST /v1/viewer: everything that a screen wants to know about the person or visitor who looks at it,
// in one call. All fields may be empty.
type ViewerQuery struct {
	SoundIDs   []string `json:"sound_ids,omitempty"` // with PackIDs at most MaxViewerThings
	PackIDs    []string `json:"pack_ids,omitempty"`
	ProducerID string   `json:"producer_id,omitempty"` // followed?
	PackID     string   `json:"pack_id,omitempty"`     // of which revision on sale, and what of it is owned?
	SoundID    string   `json:"sound_id,omitempty"`    // in which licence is it owned by itself?
}

// MaxViewerThings is how many ids one ViewerQuery may name: a pack of the largest size and what is shown beside it.
const MaxViewerThings = 1200

// Viewer answers it. A personal token gets what its scopes allow; the rest is empty.
type Viewer struct {
	Account      *Account    `json:"account,omitempty"`
	Cart         CartCount   `json:"cart"`
	Owned        Owned       `json:"owned"` // packs, and sounds that are owned by themselves: with a pack all its sounds are, so ask for it too
	Liked        LikedThings `json:"liked"`
	Muted        MutedThings `json:"muted"`
	Following    bool        `json:"following"`
	PackRevision int64       `json:"pack_revision"`        // 0 when PackID is not on sale
	PackSounds   int         `json:"pack_sounds"`          // single sounds of PackID that are owned, also former ones
	PackTier     Tier        `json:"pack_tier,omitempty"`  // the largest licence to PackID that is owned; empty: none
	SoundTier    Tier        `json:"sound_tier,omitempty"` // the same of SoundID, without what its pack gives
}

// MutedThings is all that a person does not want to be recommended.
type MutedThings struct {
	PackIDs     []string `json:"pack_ids,omitempty"`
	SoundIDs    []string `json:"sound_ids,omitempty"`
	ProducerIDs []string `json:"producer_ids,omitempty"`
	Because     []string `json:"because,omitempty"` // packs that are not to speak for others
	Reasons     []string `json:"reasons,omitempty"` // kinds of evidence
}
