package api

// Offer is GET /v1/packs/{id}/offer and GET /v1/sounds/{id}/offer: what a thing costs the caller after what they paid for it, or
// for parts of it, before.
type Offer struct {
	PackID  string      `json:"pack_id"`
	SoundID string      `json:"sound_id,omitempty"`
	List    Money       `json:"list"`             // price for everybody
	Price   Money       `json:"price"`            // for the caller
	Credit  *CartCredit `json:"credit,omitempty"` // what owned sounds and lesser licences take off
	Owned   bool        `json:"owned"`            // the caller has it; a sound, also with its pack
	Tiers   []TierOffer `json:"tiers"`            // the same for every licence that is offered, Standard first
}

// TierOffer is what a licence costs the caller.
type TierOffer struct {
	Tier   Tier        `json:"tier"`
	List   Money       `json:"list"`             // price for everybody
	Price  Money       `json:"price"`            // for the caller
	Credit *CartCredit `json:"credit,omitempty"` // for owned sounds and lesser licences
	Owned  bool        `json:"owned"`            // the caller has it, or one that includes it
}
