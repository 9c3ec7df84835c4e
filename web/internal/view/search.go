package view

// Search is the results page.
type Search struct {
	Layout
	Words     string
	Heading   string
	Kind      string // sounds | packs | producers
	Tabs      []Tab
	Chips     []Chip
	ClearURL  string
	Save      *Link // to keep it; nil: nothing to keep
	Filters   Filters
	Sorts     []Option
	Hidden    []Field // what the filter form carries along
	Total     int64
	ShowText  string // "Show 214 sounds"
	Sounds    SoundList
	Packs     []PackCard
	Producers []ProducerCard
	More      string // address of the next page of packs or producers
	Empty     *NoResults
	Degraded  bool
	Problems  []string // what was wrong with the address and left out
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
	Groups  []Group // type above, the others below tempo and key
	Type    Group
	Tempo   *Tempo
	Keys    []Option // twelve, C to B
	Modes   []Option
	KeyFits *Option
	Price   Group
	Active  int
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
