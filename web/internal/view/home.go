package view

// Home is the front page.
type Home struct {
	Layout
	Pads     []Pad
	Ideas    []Link // searches to try
	Continue *Continue
	ForYou   Shelf
	Because  Shelf
	Rising   Shelf
	Followed Shelf
	New      Shelf
	Popular  Shelf
	Free     Shelf
	Genres   []GenreLine
}

// Pad is one of the six sounds that play at once.
type Pad struct {
	Key int // 1–6 on the keyboard
	SoundRow
}

// Continue is where a person left off.
type Continue struct {
	Crate  *CrateLine
	Drafts []DraftLine
}

// CrateLine is the crate used last.
type CrateLine struct {
	Name   string
	URL    string
	Count  string
	Covers []string
}

// DraftLine is a pack in the making.
type DraftLine struct {
	Title    string
	URL      string
	State    string
	CoverKey string
}

// GenreLine is a genre with its number of packs.
type GenreLine struct {
	Name  string
	URL   string
	Packs int64
}
