package api

import "time"

// ItemKind says what a cart line, an order line, an entitlement or a download is about.
type ItemKind string

// Kinds of item.
const (
	ItemPack  ItemKind = "pack"
	ItemSound ItemKind = "sound"
)

// MinimumChargeMinor is the smallest card payment in minor units; a total is 0 or at least this.
const MinimumChargeMinor = 50

// Item names a pack or a sound by its id.
type Item struct {
	Kind ItemKind `json:"kind"`
	ID   string   `json:"id"` // pack id or sound id
}

// Cart is what somebody is about to buy, with every line checked against the catalogue at the time of reading.
type Cart struct {
	Lines     []CartLine  `json:"lines"`  // in the order they were added
	Totals    []CartTotal `json:"totals"` // one per currency, sorted by currency; an order holds one currency
	UpdatedAt *time.Time  `json:"updated_at,omitempty"`
}

// CartLine is one pack or one sound. Only lines with Payable set count into the total and are ordered.
type CartLine struct {
	ID          string      `json:"id"`
	Kind        ItemKind    `json:"kind"`
	PackID      string      `json:"pack_id"`
	PackSlug    string      `json:"pack_slug"`
	PackTitle   string      `json:"pack_title"`
	SoundID     string      `json:"sound_id,omitempty"`
	SoundName   string      `json:"sound_name,omitempty"`
	EditionID   string      `json:"edition_id"` // what is bought now; empty when no longer sold
	Edition     int         `json:"edition"`
	LicenceCode string      `json:"licence_code"`
	CoverKey    string      `json:"cover_key,omitempty"` // covers/<sha256>; sizes are /96.webp, /320.webp, /640.webp
	Seller      ProducerRef `json:"seller"`
	AddedPrice  Money       `json:"added_price"`     // price when it was added (or last accepted)
	Price       *Money      `json:"price,omitempty"` // price now; absent when no longer sold

	PriceChanged bool        `json:"price_changed"`         // Price differs from AddedPrice
	Owned        bool        `json:"owned"`                 // the account owns it already
	OwnWork      bool        `json:"own_work"`              // the account is its producer
	NoLongerSold bool        `json:"no_longer_sold"`        // withdrawn, taken down, deleted, or not sold singly any more
	IncludedIn   string      `json:"included_in,omitempty"` // id of the cart line whose pack holds this sound
	Credit       *CartCredit `json:"credit,omitempty"`      // sounds of the pack that were paid before
	Payable      *Money      `json:"payable,omitempty"`     // Price less Credit; absent when the line does not count
	AddedAt      time.Time   `json:"added_at"`
}

// CartCredit lowers a pack's price by what the buyer has paid for sounds of it. It never exceeds the price.
type CartCredit struct {
	Amount Money `json:"amount"` // positive
	Sounds int   `json:"sounds"` // how many owned sounds it comes from
}

// CartTotal sums the lines of one currency that count.
type CartTotal struct {
	Currency      string `json:"currency"`
	Lines         int    `json:"lines"`
	Subtotal      int64  `json:"subtotal"`       // minor units, before credits
	Credit        int64  `json:"credit"`         // minor units, positive
	Total         int64  `json:"total"`          // Subtotal - Credit
	MinimumCharge int64  `json:"minimum_charge"` // smallest card payment in this currency
	BelowMinimum  int64  `json:"below_minimum"`  // how much is missing to the smallest card payment; 0 when Total is 0 or enough
}

// AddToCart puts one or many items into the cart. Adding what is there already changes nothing.
type AddToCart struct {
	Items []Item `json:"items"` // 1 to 200
}

// CartOutcome says what became of one item that was to be added.
type CartOutcome string

// Outcomes of adding an item.
const (
	CartAdded     CartOutcome = "added"
	CartAlready   CartOutcome = "already_in_cart"
	CartOwned     CartOutcome = "owned"
	CartOwnWork   CartOutcome = "own_work"
	CartNotSold   CartOutcome = "not_sold" // unknown, off sale, or sold only with its pack
	CartFull      CartOutcome = "cart_full"
	MaxCartLines              = 200
	MaxAddToCart              = 200
	MaxOwnedCheck             = 1000
)

// AddedItem is an item with its outcome.
type AddedItem struct {
	Item
	Outcome CartOutcome `json:"outcome"`
}

// AddedToCart is the cart after adding, with one outcome per item in the order asked.
type AddedToCart struct {
	Added []AddedItem `json:"added"`
	Cart  Cart        `json:"cart"`
}

// CartCount is for the number beside the cart in the header.
type CartCount struct {
	Lines int    `json:"lines"`
	Items []Item `json:"items"` // so that rows can show a tick
}
