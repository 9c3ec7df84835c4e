package view

import (
	"time"

	"crateful.dev/experience/api"
)

// Pack is a pack's page.
type Pack struct {
	Layout
	Card        PackCard
	Genre       Link
	Published   time.Time
	Edition     int
	Producer    ProducerCard
	Preview     bool   // its producer sees it before it is live
	State       string // of a preview
	PreviewNote string
	EditURL     string
	Facts       []Fact
	Description []string // paragraphs
	Tags        []Link
	MadeWithAI  bool
	Buy         Buy
	Tiers       *Tiers // nil: there is one licence
	Licence     api.Licence
	Inside      string // "138 sounds · 12 MIDI · 1 PDF"
	Folders     []FolderLink
	Filter      PackFilter
	List        SoundList
	AlsoLike    Shelf
	MoreBy      Shelf
	Liked       bool
}

// Fact is a number with its legend.
type Fact struct {
	Label  string
	Value  string
	Source string // measured | producer
}

// Buy is the price and what a press does.
type Buy struct {
	State  string // buy | owned | cart | yours | free | gone
	Price  string
	Was    string
	Credit string // why it is less
	From   string // "Single sounds from 0.50 €."
	PackID string
	Button string
	URL    string      // for owned and cart
	Tiers  []Option    // licences to choose from; none: there is one
	Has    string      // the licence of an owner
	Thing  Field       // what the form of an upgrade adds
	More   []Upgrade   // larger licences that an owner can buy
	Named  *NamedPrice // the buyer names the price
}

// Upgrade is a larger licence for the difference.
type Upgrade struct {
	Tier string
	Text string // "Upgrade to Extended for 20 €"
	Was  string // its price for everybody
}

// Bar says that a phone keeps this way to a sound at its foot.
func (b Buy) Bar() bool { return b.State == "buy" || b.State == "pack" || b.State == "owned" }

// FolderLink opens one folder of a pack.
type FolderLink struct {
	Name    string
	Count   string
	URL     string
	Current bool
	Sub     bool
}

// PackFilter is what narrows the list of a pack.
type PackFilter struct {
	Words  string
	Type   string
	Folder string
	Types  []Option
	Action string
	Found  string // "12 of 138 sounds" while something is filtered
	Clear  string
}

// Sound is a sound's page.
type Sound struct {
	Layout
	Row      SoundRow
	Large    string // path of the large waveform
	Facts    []Fact
	Tags     []Link
	Pack     PackCard
	Buy      Buy
	AlsoLike SoundList
	More     SoundList
	Licence  api.Licence
}

// Producer is a shop.
type Producer struct {
	Layout
	Card      ProducerCard
	BannerKey string
	Bio       []string
	Links     []Link
	Packs     Shelf
	Next      string
	Played    SoundList
}

// Landing is a genre, a tag or everything free.
type Landing struct {
	Layout
	Kind      string
	Heading   string
	Lead      string
	SearchURL string
	Packs     Shelf
	More      string // address of the next packs
	Start     Shelf  // instead, when there is nothing
	List      SoundList
	Total     int64 // packs
}

// Text is a page of words.
type Text struct {
	Layout
	Heading string
	Lead    string
	Parts   []TextPart
}

// TextPart is a heading and what is under it.
type TextPart struct {
	ID      string
	Heading string
	Paras   []string
	Points  []api.LicenceLine
}

// Failure is an error page.
type Failure struct {
	Layout
	Status  int
	Heading string
	Text    string
	Try     string // when to try again
	Search  bool
	Home    bool
	Number  bool // show the request number
}

// Gone is the page of a pack that is no longer sold.
type Gone struct {
	Layout
	Tape    string
	Heading string
	Text    string
	Owned   bool
	Similar Shelf
}

// Report is the form about what is wrong with a pack or a sound.
type Report struct {
	Layout
	Form
	Kind    string // pack | sound
	ID      string
	Name    string
	BackURL string
	Lead    string
	Reason  string
	Wrong   string // with the reason
	Reasons []Option
	Fields  []Input
}
