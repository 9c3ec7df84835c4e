package view

// Search is the results page.
type Search struct {
	Layout
	Text      string // the words looked for; what the box says is the layout's
	Language  string // the whole query as one would type it
	Heading   string
	Kind      string // sounds | packs | producers
	Echo      []Echo // what was typed, when something in it could not be read
	Mistakes  []Mistake
	Forget    string // address without what could not be read
	Tabs      []Tab
	Chips     []Chip
	ClearURL  string
	Save      *Link // to keep it; nil: nothing to keep
	Filters   Filters
	Sorts     []Option
	Near      *Near
	ByPack    Link    // shows the same by pack, or by sound again; empty where it makes no sense
	Grouped   bool    //
	Keep      []Field // what the search box carries along: the filters
	Hidden    []Field // what the filter form carries along
	Total     int64
	ShowText  string // "Show 214 sounds"
	Sounds    SoundList
	Groups    []SoundGroup
	Shown     string // how many of the groups
	Packs     []PackCard
	Producers []ProducerCard
	More      string // address of the next page of groups, packs or producers
	Meant     *Way   // the same search in other words
	Typos     bool
	Empty     *NoResults
	Stale     bool
	Behind    bool
	Down      bool // the index does not answer, and there is nothing to show
	Again     string
}

// Echo is a piece of what was typed. A marked one belongs to the mistake with its number.
type Echo struct {
	Text   string
	Number int // 0: nothing is wrong with it
	Hint   bool
}

// Mistake is what is wrong with a search, and what to write instead.
type Mistake struct {
	Number int // of its piece; 0 for what was not typed
	Text   string
	Hint   bool
}

// Tab is one kind of result with its count.
type Tab struct {
	Text    string
	Count   string
	URL     string
	Current bool
}

// Chip is an active filter that a press removes.
type Chip struct {
	Text string
	URL  string
	Not  bool // it leaves something out
}

// Field is a hidden field.
type Field struct {
	Name  string
	Value string
}

// Option is a line of a select, or of a group of boxes.
type Option struct {
	Name     string // of the field
	Value    string
	Text     string
	Count    string
	Selected bool
	Not      *Link // leaves this value out
}

// Group is a facet with a legend.
type Group struct {
	Name   string
	Legend string
	First  []Option
	Rest   []Option // behind "9 more"
	More   string   // its words
}

// Filters is the form beside the results.
type Filters struct {
	Type   Group
	Tempo  *Tempo
	Keys   *Keys
	Groups []Group
	Length *Span
	Price  *Span
	NoAI   Option
	Active int
}

// Keys are the 24 keys and whether those that fit count too.
type Keys struct {
	Minor []Key
	Major []Key
	Fits  Option
}

// Key is one key with its place on the Camelot wheel.
type Key struct {
	Value    string
	Text     string
	Camelot  string
	Count    string
	Selected bool
	Fits     bool   // counts because it fits a chosen one
	None     bool   // no sound has it
	Label    string // for screen readers
}

// Span is a range of lengths or prices: lines to press, and two fields.
type Span struct {
	Name   string
	Legend string
	Lines  []SpanLine
	From   string // label of the field
	To     string
	Min    string
	Max    string
	Unit   string
}

// SpanLine is a range by name with its count.
type SpanLine struct {
	Text    string
	Count   string
	URL     string
	Current bool
}

// Tempo is the histogram and the range under it.
type Tempo struct {
	Bars       []Bar
	Width      int // of the drawing, in units
	Min        string
	Max        string
	HalfDouble Option
}

// Bar is one bar of the histogram in a drawing 44 units high.
type Bar struct {
	X, Y, Height int
	In           bool // inside the chosen range
	From, To     int  // beats per minute
	Title        string
}

// Near asks for the tempo of the order by nearness to one.
type Near struct {
	Value string
	Error string
}

// SoundGroup is a pack with those of its sounds that were found.
type SoundGroup struct {
	Pack     Link
	Maker    Link
	CoverKey string
	Count    string
	Rows     []SoundRow
	All      *Link // all of its sounds that were found
}

// NoResults invites to search differently.
type NoResults struct {
	Heading string
	Ways    []Way
	Nearest string // what the rows below are
	Rows    []SoundRow
	Shelf   Shelf
}

// Way is a query near one that found nothing.
type Way struct {
	Count string
	Text  string
	URL   string
}
