package view

import (
	"time"

	"crateful.dev/experience/api"
)

// Studio lists one's packs.
type Studio struct {
	Layout
	Form
	Packs  []StudioPack
	Today  string
	Month  string
	Heard  string // "312 people listened"
	Needs  []Way
	Name   Input
	Once   string
	First  bool // nothing uploaded yet
	More   string
	Handle string
}

// StudioPack is a pack as its producer lists it.
type StudioPack struct {
	Title   string
	URL     string
	Cover   string
	State   string
	Kind    string // ok | warn | danger | ""
	Sounds  string
	Sold    string
	Updated string
}

// Bench is the workbench of one pack.
type Bench struct {
	Layout
	Form
	ID        string
	Slug      string
	Title     string
	Cover     string
	State     string
	StateKind string
	ETag      string
	Live      bool
	BuyerURL  string
	PackURL   string // absolute, to copy
	Notice    string // taken down for …, publishing failed …
	Appeal    *Appeal

	Files     []BenchFile
	FileCount string
	Facts     []Fact
	LeftOut   string
	Asks      []Ask
	AskCount  string
	Rest      string // what becomes of the other files
	Sounds    int

	Listing     Listing
	OpenCount   string
	Checklist   []CheckLine
	CheckCount  string
	CanPublish  bool
	Out         bool // on sale, or on its way there
	Unpublished bool
	PublishHint string
	Button      string
	Steps       []Step
	CanDelete   bool

	Types       []Option
	Instruments []Option
	Keys        []Option
	Config      BenchConfig // for the scripts

	DemoOtherwise string // the demo when none is chosen

	CoverNote    string // about the picture: drawn, being checked, refused
	CoverRefused bool
}

// Appeal is what a producer can answer to a take-down, and what became of it.
type Appeal struct {
	Action string
	Text   Input
	Open   bool // may be written now
	Past   []PastAppeal
	Typed  bool
}

// PastAppeal is one that was sent.
type PastAppeal struct {
	Heading string
	Text    string
	State   string
	Kind    string // ok | warn | danger
	Answer  string
	Decided string
}

// BenchFile is one line of the table.
type BenchFile struct {
	ID         string // upload
	SoundID    string
	Path       string
	Name       string
	Folder     string
	State      string
	StateText  string
	StateKind  string // ok | warn | danger | ""
	Icon       string
	Detail     string
	Type       string
	TypeWord   string
	Instrument string
	InstrWord  string
	Key        string
	KeyShown   string
	Tempo      string // as typed
	TempoShown string
	Tags       string
	Price      string // as typed
	PriceShown string
	Size       string
	Row        *SoundRow
	Refused    bool
	Doubt      bool // a question about the tempo is open
	RemoveURL  string
	Version    string // changes with anything that the line shows
	Same       bool   // the browser has this version
}

// Ask is something that waits for the producer.
type Ask struct {
	ID       string // of the question; empty for a refused file
	FileID   string
	Name     string
	Text     string
	Kind     string // question | refused | duplicate
	Field    string
	Options  []Option
	Row      *SoundRow
	CanOther bool   // another value than the offered ones may be typed
	Path     string // of a refused file, which a replacement takes over
}

// Listing is the form about the pack.
type Listing struct {
	Title       Input
	Description Input
	Genre       string
	Genres      []Option
	Tags        Input
	Price       Input
	SoundPrice  Input
	Tiers       []Input // prices of the licences above Standard, and of what buyers name
	FreeOnly    bool    // payouts are not connected
	TiersOpen   bool    // some are set, or wrong
	Receive     string
	AI          string // yes | no; empty: not answered
	RightsText  string
	RightsKey   string
	RightsOn    bool
	RightsAt    string
	Demo        string
	Demos       []Option
	Licence     api.Licence
}

// CheckLine is one line of the checklist.
type CheckLine struct {
	Text   string
	Detail string
	State  string // done | open | waiting | optional
	Kind   string // ok | warn | ""
	Icon   string
	URL    string // of an open line: where it can be settled
}

// Step is one step on the way to buyers.
type Step struct {
	Text   string
	Detail string
	Done   bool
}

// BenchConfig is what the studio's scripts need to know.
type BenchConfig struct {
	Pack      string            `json:"pack"`
	ETag      string            `json:"etag"`
	State     string            `json:"state"`
	Currency  string            `json:"currency"`
	Searching bool              `json:"searching"` // live, not searchable yet
	Limits    api.UploadLimits  `json:"limits"`
	Open      map[string]string `json:"open"` // path → upload id of files that wait for their bytes
}

// Sales is the plot and the statement.
type Sales struct {
	Layout
	Days    []Tab
	Balance string
	Sum     string
	Back    string // what of it went back; empty: nothing
	Sold    string
	Plot    Plot
	Lines   []SaleLine
	More    string
	Empty   bool
	ShopURL string // absolute, to copy
}

// Plot is a line over days in a drawing 720 × 160.
type Plot struct {
	Line   string // points of a polyline
	Area   string // path of the area under it
	Top    string // value of the upper edge
	Bottom string // value of the lower edge; empty: nothing
	Zero   int    // height of nothing
	From   string
	To     string
	Points []PlotPoint // the same as numbers, for reading
}

// PlotPoint is one day in words.
type PlotPoint struct{ Day, Value, Sold, Back string }

// SaleLine is one line of the statement.
type SaleLine struct {
	At       time.Time
	Title    string
	Order    string
	Gross    string
	Platform string
	Earned   string
	Kind     string
}
