package view

// Tiers compares the licences to a pack.
type Tiers struct {
	PackID  string
	Buyable bool
	Columns []Tier
	Rows    []TierRow
}

// Tier is one licence.
type Tier struct {
	Code  string
	Name  string
	Price string
	Was   string // everybody's price, when it is less
	Note  string
	Owned bool
}

// TierRow is one thing that some licences allow.
type TierRow struct {
	Text string
	In   []bool // for each column
}

// NamedPrice is the field for the price that the buyer names.
type NamedPrice struct {
	Value string // as people type it
	Hint  string
}
