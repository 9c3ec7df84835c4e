package api

// PackOffer is GET /v1/packs/{id}/offer: what a pack costs the caller after sounds of it they own.
type PackOffer struct {
	PackID string      `json:"pack_id"`
	List   Money       `json:"list"`             // price for everybody
	Price  Money       `json:"price"`            // for the caller
	Credit *CartCredit `json:"credit,omitempty"` // what owned sounds take off
	Owned  bool        `json:"owned"`            // the caller has the whole pack
}
