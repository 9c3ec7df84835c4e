package api

// PackOffer is GET /v1/packs/{id}/offer: what a pack costs the caller after what they paid for parts of it before.
type PackOffer struct {
	PackID string      `json:"pack_id"`
	List   Money       `json:"list"`             // price for everybody
	Price  Money       `json:"price"`            // for the caller
	Credit *CartCredit `json:"credit,omitempty"` // what owned sounds take off
	Owned  bool        `json:"owned"`            // the caller has the whole pack
	Tiers  []TierOffer `json:"tiers"`            // the same for every licence that is offered, Standard first
}

// TierOffer is what a licence costs the caller.
type TierOffer struct {
	Tier   Tier        `json:"tier"`
	List   Money       `json:"list"`             // price for everybody
	Price  Money       `json:"price"`            // for the caller
	Credit *CartCredit `json:"credit,omitempty"` // for owned sounds and lesser licences
	Owned  bool        `json:"owned"`            // the caller has it, or one that includes it
}
