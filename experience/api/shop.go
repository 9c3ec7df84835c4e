package api

import "time"

// Cart is GET /cart and the answer to every change of it.
type Cart struct {
	Frame
	Groups   []CartGroup `json:"groups"` // by producer
	Totals   []CartTotal `json:"totals"` // one per currency
	Coupon   *CartCoupon `json:"coupon,omitempty"`
	Payable  bool        `json:"payable"`
	Blockers []string    `json:"blockers"` // why not: empty | below_minimum
	// Unavailable: some lines are no longer sold; they do not count and are not ordered.
	Unavailable bool            `json:"unavailable"`
	Invoice     *InvoiceDetails `json:"invoice,omitempty"` // that the caller wanted last
	Added       []AddedItem     `json:"added,omitempty"`   // answers POST /cart/lines
}

// AddedItem says what became of one thing that was to be added.
type AddedItem struct {
	Kind    string `json:"kind"` // pack | sound
	ID      string `json:"id"`
	Outcome string `json:"outcome"` // added | changed | already_in_cart | owned | own_work | not_sold | cart_full
}

// CartGroup is what one producer sells.
type CartGroup struct {
	Producer ProducerRef `json:"producer"`
	Lines    []CartLine  `json:"lines"`
}

// CartLine is a pack or one sound.
type CartLine struct {
	ID          string      `json:"id"`
	Sound       *SoundRow   `json:"sound,omitempty"`
	Pack        *PackCard   `json:"pack,omitempty"`
	ListPrice   Money       `json:"list_price"`
	Credit      *Money      `json:"credit,omitempty"` // owned sounds of the pack
	CreditCount int         `json:"credit_count,omitempty"`
	Upgrade     bool        `json:"upgrade,omitempty"`   // some of the credit is for a lesser licence of the same thing
	Discount    *Money      `json:"discount,omitempty"`  // of the coupon
	Price       Money       `json:"price"`               // what it costs now
	Tier        string      `json:"tier"`                // standard | extended | exclusive
	Tiers       []TierPrice `json:"tiers"`               // that can be chosen instead, the line's own included
	Suggested   *Money      `json:"suggested,omitempty"` // present: the buyer names the price of Standard, whose price in tiers is the least
	Owners      int64       `json:"owners,omitempty"`    // others who own it and keep it; told for exclusive
	PriceWas    *Money      `json:"price_was,omitempty"`
	State       string      `json:"state"` // ok | owned | yours | gone | included (its pack is in the cart)
	Title       string      `json:"title"` // also of what is gone
	Currency    string      `json:"currency"`
}

// InvoiceDetails are what a buyer wants on invoices and receipts. All may be empty.
type InvoiceDetails struct {
	Name    string   `json:"name,omitempty"`    // of a person or a company; empty: the account's
	Address []string `json:"address,omitempty"` // at most 6 lines
	TaxID   string   `json:"tax_id,omitempty"`  // VAT id with its country, like DE123456789
}

// CartTotal is a sum with what is missing to the smallest card payment.
type CartTotal struct {
	Total    Money  `json:"total"`
	Credit   *Money `json:"credit,omitempty"`   // taken off for owned sounds and lesser licences
	Discount *Money `json:"discount,omitempty"` // of the coupon
	Missing  *Money `json:"missing,omitempty"`  // to the smallest card payment
}

// Checkout is POST /orders (Idempotency-Key needed). It turns the cart into an order; a cart with several currencies becomes
// one order per currency, of which the answer is the first that is to be paid. Another total than what is expected is a
// conflict (price_changed). Say one of the two.
type Checkout struct {
	ExpectedTotal  Money           `json:"expected_total,omitzero"`   // of one currency, which is ordered alone
	ExpectedTotals []Money         `json:"expected_totals,omitempty"` // of all that is in the cart, one per currency
	Invoice        *InvoiceDetails `json:"invoice,omitempty"`         // kept for this and later papers; absent: as it was before
}

// Order is GET /orders/{id} and the answer to POST /orders.
type Order struct {
	Frame
	ID           string      `json:"id"`
	Number       string      `json:"number"`
	State        string      `json:"state"` // open | awaiting_payment | waiting_for_bank | paid | failed | cancelled | expired | needs_attention | refunding_unavailable | refunded_unavailable | refunded
	PayURL       string      `json:"pay_url,omitempty"`
	Sandbox      bool        `json:"sandbox"`
	Total        Money       `json:"total"`
	Refunded     *Money      `json:"refunded,omitempty"`
	Discount     *Money      `json:"discount,omitempty"` // of the coupon, of all lines
	Coupon       string      `json:"coupon,omitempty"`   // its code
	Lines        []OrderLine `json:"lines"`
	ReceiptEmail string      `json:"receipt_email"`
	CreatedAt    time.Time   `json:"created_at"`
	PaidAt       *time.Time  `json:"paid_at,omitempty"`
	Papers       []PaperRef  `json:"papers,omitempty"` // receipt, invoice and credit notes, oldest first; of one order, not in lists
	// Parts are the orders that one cart in several currencies became, this one among them, in the order in which they are
	// paid; absent when it is alone.
	Parts []OrderPart `json:"parts,omitempty"`
}

// OrderPart is an order of the same cart in one of its currencies.
type OrderPart struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	State  string `json:"state"` // as of an order
	Total  Money  `json:"total"`
}

// OrderLine is what was bought, under the name it had.
type OrderLine struct {
	ID        string         `json:"id"`
	Title     string         `json:"title"`
	Producer  ProducerRef    `json:"producer"`
	PackID    string         `json:"pack_id"`
	PackSlug  string         `json:"pack_slug"`
	PackTitle string         `json:"pack_title"`
	SoundID   string         `json:"sound_id,omitempty"`
	EditionID string         `json:"edition_id"`
	CoverKey  string         `json:"cover_key"`
	Tier      string         `json:"tier"` // standard | extended | exclusive
	ListPrice Money          `json:"list_price"`
	Credit    *Money         `json:"credit,omitempty"`
	Discount  *Money         `json:"discount,omitempty"` // of the coupon
	Price     Money          `json:"price"`
	State     string         `json:"state"`               // pending | granted | unavailable | refunded | charged_back
	Reason    string         `json:"reason,omitempty"`    // of unavailable: taken_off_sale | already_owned | sold_exclusively | not_reserved | coupon_used_up
	Returned  *Money         `json:"returned,omitempty"`  // what went back after it was delivered
	AskUntil  *time.Time     `json:"ask_until,omitempty"` // until when a refund can be asked for; absent: it cannot
	Request   *RefundRequest `json:"request,omitempty"`
}

// Orders is GET /orders.
type Orders struct {
	Frame
	Orders []Order `json:"orders"`
	Page   Page    `json:"page"`
}

// Library is GET /library?q=&kind=.
type Library struct {
	Frame
	Kind     string        `json:"kind"` // all | packs | sounds | returned
	Words    string        `json:"words"`
	Items    []LibraryItem `json:"items"`
	Packs    int           `json:"packs"`    // owned in all
	Sounds   int           `json:"sounds"`   // bought singly in all
	Returned int           `json:"returned"` // given back: refunded, or taken back by the bank
	Page     Page          `json:"page"`
}

// LibraryItem is something owned for good.
type LibraryItem struct {
	ID           string     `json:"id"` // entitlement
	Pack         PackCard   `json:"pack"`
	Sound        *SoundRow  `json:"sound,omitempty"`
	OrderID      string     `json:"order_id"`
	BoughtAt     time.Time  `json:"bought_at"`
	EditionID    string     `json:"edition_id"`
	Edition      int        `json:"edition"`
	SizeBytes    int64      `json:"size_bytes"`
	NewEditionID string     `json:"new_edition_id,omitempty"`
	NewEdition   int        `json:"new_edition,omitempty"`
	NewSounds    int        `json:"new_sounds,omitempty"`
	NewSizeBytes int64      `json:"new_size_bytes,omitempty"`
	Note         string     `json:"note,omitempty"`          // withdrawn | taken_down
	EndedAt      *time.Time `json:"ended_at,omitempty"`      // when it stopped being the caller's
	Ended        string     `json:"ended,omitempty"`         // how: refunded | charged_back
	FilesRemoved bool       `json:"files_removed,omitempty"` // an admin took the files too: it cannot be downloaded for now
}

// LibraryPack is GET /library/packs/{pack_id}?edition={id}: the single files of an edition one owns.
type LibraryPack struct {
	Frame
	Pack      PackCard      `json:"pack"`
	EditionID string        `json:"edition_id"`
	Edition   int           `json:"edition"`
	Files     []LibraryFile `json:"files"`
}

// LibraryFile is one file that can be downloaded alone.
type LibraryFile struct {
	Path      string    `json:"path"`
	SizeBytes int64     `json:"size_bytes"`
	SHA256    string    `json:"sha256"`
	SoundID   string    `json:"sound_id,omitempty"` // can be downloaded alone
	Sound     *SoundRow `json:"sound,omitempty"`
}

// DownloadRequest is POST /downloads: a pack's zip or a single sound.
type DownloadRequest struct {
	PackID    string `json:"pack_id,omitempty"`
	EditionID string `json:"edition_id,omitempty"` // of the pack; empty: the newest one may have
	SoundID   string `json:"sound_id,omitempty"`
}

// Download is a link that storage honours for a short time.
type Download struct {
	URL       string    `json:"url"`
	Filename  string    `json:"filename"`
	SizeBytes int64     `json:"size_bytes"`
	SHA256    string    `json:"sha256,omitempty"`
	ExpiresAt time.Time `json:"expires_at"`
}
