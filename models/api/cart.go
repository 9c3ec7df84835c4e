package api

import "time"

// ItemKind says what a cart line, an order line, an entitlement or a download is about.
type ItemKind string

// Kinds of item.
const (
	ItemPack  ItemKind = "pack"
	ItemSound ItemKind = "sound"
)

// MinimumChargeMinor is the smallest card payment in most currencies, in minor units; a total is 0 or at least
// CartTotal.MinimumCharge.
const MinimumChargeMinor = 50

// Item names a pack or a sound by its id.
type Item struct {
	Kind ItemKind `json:"kind"`
	ID   string   `json:"id"` // pack id or sound id
	// Tier of the licence; empty: Standard for what is new in the cart, and as it is for what is there.
	Tier Tier `json:"tier,omitempty"`
	// Offered is what the buyer wants to pay, in minor units, where the buyer names the price.
	Offered *int64 `json:"offered,omitempty"`
}

// ChangeCartLine is PATCH /v1/cart/lines/{id}; answers Cart. Absent fields stay.
type ChangeCartLine struct {
	Tier    Tier   `json:"tier,omitempty"`
	Offered *int64 `json:"offered,omitempty"` // minor units
}

// Cart is what somebody is about to buy, with every line checked against the catalogue at the time of reading.
type Cart struct {
	Lines     []CartLine      `json:"lines"`  // in the order they were added
	Totals    []CartTotal     `json:"totals"` // one per currency, sorted by currency; an order holds one currency
	Coupon    *CartCoupon     `json:"coupon,omitempty"`
	Invoice   *InvoiceDetails `json:"invoice,omitempty"` // that the account wanted last
	UpdatedAt *time.Time      `json:"updated_at,omitempty"`
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
	Tier        Tier        `json:"tier"`
	Tiers       []TierPrice `json:"tiers"`               // what may be chosen instead, the line's own included
	Suggested   *Money      `json:"suggested,omitempty"` // present: the buyer names the price, and Standard's in Tiers is the least
	AddedPrice  Money       `json:"added_price"`         // price when it was added (or last accepted)
	Price       *Money      `json:"price,omitempty"`     // price now; absent when no longer sold
	// Owners is how many others own it already and keep it; told for Exclusive only.
	Owners int64 `json:"owners,omitempty"`

	PriceChanged bool        `json:"price_changed"`         // Price differs from AddedPrice
	Owned        bool        `json:"owned"`                 // the account owns it already
	OwnWork      bool        `json:"own_work"`              // the account is its producer
	NoLongerSold bool        `json:"no_longer_sold"`        // withdrawn, taken down, deleted, or not sold singly any more
	IncludedIn   string      `json:"included_in,omitempty"` // id of the cart line whose pack holds this sound
	Credit       *CartCredit `json:"credit,omitempty"`      // sounds of the pack that were paid before
	Discount     *Money      `json:"discount,omitempty"`    // what the coupon takes off
	Payable      *Money      `json:"payable,omitempty"`     // Price less Credit and Discount; absent when the line does not count
	AddedAt      time.Time   `json:"added_at"`
}

// CartCredit lowers a price by what the buyer has paid for a lesser licence of the same thing and, for a pack, for sounds of
// it. It never exceeds the price.
type CartCredit struct {
	Amount  Money `json:"amount"`            // positive
	Sounds  int   `json:"sounds"`            // how many owned sounds it comes from
	Upgrade bool  `json:"upgrade,omitempty"` // some of it was paid for a lesser licence of the same thing
}

// CartTotal sums the lines of one currency that count.
type CartTotal struct {
	Currency      string `json:"currency"`
	Lines         int    `json:"lines"`
	Subtotal      int64  `json:"subtotal"`       // minor units, before credits
	Credit        int64  `json:"credit"`         // minor units, positive
	Discount      int64  `json:"discount"`       // minor units, positive; of the coupon
	Total         int64  `json:"total"`          // Subtotal - Credit - Discount
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
	CartChanged   CartOutcome = "changed" // was there with another licence or amount
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
