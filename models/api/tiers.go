package api

// Tier is how far a licence goes. Each tier includes those before it.
type Tier string

// Tiers from the least to the most.
const (
	TierStandard  Tier = "standard"
	TierExtended  Tier = "extended"
	TierExclusive Tier = "exclusive" // sold once; the thing is off sale afterwards
)

// MaxTierPriceMinor is the most that the tiers above Standard may cost, in minor units.
const MaxTierPriceMinor = 1_000_000

// PriceNotOffered takes a tier off a listing, and pay-what-you-want off a pack.
const PriceNotOffered = -1

// TierPrice is a tier that is offered.
type TierPrice struct {
	Tier  Tier  `json:"tier"`
	Price Money `json:"price"`
}

// LicenceRow is one line of the table that compares tiers.
type LicenceRow struct {
	Text string `json:"text"`
	In   []Tier `json:"in"` // the tiers that allow it
}
