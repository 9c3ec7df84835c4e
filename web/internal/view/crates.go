package view

// Crates is the list of one's crates.
type Crates struct {
	Layout
	Form
	Crates []CrateCard
	Name   Input
	Once   string
}

// CrateCard is a crate in a list.
type CrateCard struct {
	ID      string
	Name    string
	URL     string
	Count   string
	Covers  []string
	Shared  bool
	Updated string
}

// Crate is one crate.
type Crate struct {
	Layout
	Form
	ID        string
	Name      string
	Note      string
	Liked     bool
	Yours     bool
	Owner     Link
	Count     string
	ETag      string
	ShareURL  string // absolute; empty: not shared
	Items     []CrateItem
	SoundIDs  []string // of what is shown, for "add all to cart"
	PackIDs   []string
	OwnedIDs  []string
	More      string
	Self      string // path of this page
	NameInput Input
	NoteInput Input
	Shelf     Shelf
}

// CrateItem is a sound or a pack in a crate.
type CrateItem struct {
	ID    string
	Note  string
	Sound *SoundRow
	Pack  *PackCard
	Up    string // order of ids with this item one place higher; empty: it is first
	Down  string
}

// CrateAdd asks into which crate things go.
type CrateAdd struct {
	Layout
	Form
	Crates []CrateCard
	Hidden []Field
	What   string
	Name   Input
	Once   string
}
