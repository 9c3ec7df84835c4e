package view

import (
	"time"

	"crateful.dev/experience/api"
)

// Cart is what one is about to buy.
type Cart struct {
	Layout
	Form
	Groups   []CartGroup
	Numbers  string // "3 to pay for, 2 that cost nothing"
	Lines    []SumLine
	Code     string // of the coupon
	CodeNote string
	CodeOff  bool        // it takes nothing off
	Totals   []api.Money // one per currency
	Pay      []SumLine   // what is paid in each of them
	Missing  string      // to the smallest card payment
	Payable  bool
	Free     bool
	Steps    string // how several payments go
	Changed  bool   // some prices changed since they were added
	Once     string
	SignedIn bool
	Invoice  []Input // what may stand on the invoice; none: nothing is paid
	Open     bool    // it is filled in, or was wrong
	Button   string
	Empty    bool
	Shelf    Shelf
}

// CartGroup is what one producer sells.
type CartGroup struct {
	Maker Link
	Items []CartItem
}

// CartItem is a pack or one sound.
type CartItem struct {
	ID       string
	Title    string
	URL      string
	Cover    string
	What     string // "Pack · 138 sounds", "Sound · loop · 0:05"
	Price    string
	Gone     bool
	Note     string
	NoteKind string // ok | warn | ""
	NoteLink *Link
	Undo     []Field     // what adds it again
	Tiers    []Option    // licences to choose from; none: there is one
	Named    *NamedPrice // the buyer names the price
	Warning  string      // of what cannot be taken back
}

// SumLine is one line of the total.
type SumLine struct {
	Label string
	Value string
}

// Order is one order, and the page to which the payment provider leads back.
type Order struct {
	Layout
	Form
	Order    api.Order
	State    string // words
	Kind     string // paid | waiting | unpaid | refunded | attention
	Heading  string
	Lead     string
	Lines    []OrderItem
	Total    string
	Refunded string
	Papers   []Link      // receipt, invoice and credit notes
	Return   bool        // reached from the payment page
	Steps    string      // "Payment 1 of 2"
	Parts    []OrderPart // of the same cart in its currencies; none: the order is alone
	Next     *NextPart   // that is still to be paid
}

// OrderPart is an order of the same cart in one of its currencies.
type OrderPart struct {
	Here   bool // the page is about it
	URL    string
	Number string
	Total  string
	State  string
	Kind   string
}

// NextPart leads on to the next payment.
type NextPart struct {
	PayURL string
	Button string
}

// OrderItem is one line of an order.
type OrderItem struct {
	Title    string
	URL      string
	Cover    string
	What     string
	Price    string
	Note     string
	Download string // where a press downloads it; empty until it is paid

	Returned    string // what of it went back
	Asked       string // what became of a request for a refund
	Answer      string
	AskURL      string // empty: a refund cannot be asked for
	AskUntil    string
	AskField    Input
	WithdrawURL string
}

// Orders is the list of one's orders.
type Orders struct {
	Layout
	Orders []OrderLine
	More   string
}

// OrderLine is one of them.
type OrderLine struct {
	Number string
	URL    string
	At     time.Time
	What   string
	Covers []string // of the first three things
	Total  string
	State  string
	Kind   string
}

// Library is what one owns.
type Library struct {
	Layout
	Kind     string
	Words    string
	Tabs     []Tab
	Numbers  string
	Packs    []OwnedPack
	Sounds   SoundList
	Papers   []Link // licences of the sounds
	More     string
	Empty    bool
	NoResult bool
	Shelf    Shelf
}

// OwnedPack is a pack one owns.
type OwnedPack struct {
	Title    string
	URL      string
	Cover    string
	Maker    Link
	Edition  int
	Bought   time.Time
	Note     string // withdrawn, taken down
	News     string // "New version 2: 14 more sounds, yours free"
	Files    string
	FilesURL string
	Licence  string
	Receipt  string
	Ended    bool // given back: nothing but its receipts is left
	Download string
	Button   string
	Size     string
	Fresh    bool // just bought: the yellow button
	Demo     *SoundRow
}

// LibraryFiles lists the single files of an owned edition.
type LibraryFiles struct {
	Layout
	Title    string
	PackURL  string
	Edition  int
	Download string
	Files    []LibraryFile
}

// LibraryFile is one of them.
type LibraryFile struct {
	Path     string
	Folder   string
	Name     string
	Size     string
	Download string // empty: only with the zip
	Row      *SoundRow
}
