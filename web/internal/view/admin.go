package view

import (
	"slices"
	"time"
)

// Admin is a page of the operator's side: what there is to know, tables, and what can be done.
type Admin struct {
	Layout
	Form
	Side     []Tab
	Heading  string
	Lead     string // beside the heading
	Back     *Link  // the list that a page of one thing belongs to
	Find     *AdminFind
	Filters  []Tab
	Notes    []AdminNote
	Facts    []AdminFact
	Replay   *Replay
	Sections []AdminSection
	Watch    string // topics of the live channel
	Every    int    // seconds between two looks at what is fresh; 0: none
}

// AdminFind is the search field above a list.
type AdminFind struct {
	Action string
	Label  string
	Words  string
	Hidden []Field
}

// AdminNote is something to know before anything else.
type AdminNote struct {
	Kind string // ok | warn | danger | ""
	Text string
}

// AdminFact is a line about one thing.
type AdminFact struct {
	Label string
	Cell  AdminCell
}

// AdminSection is a part of a page.
type AdminSection struct {
	ID      string
	Heading string
	Aside   string
	Text    string
	Plot    *AdminPlot
	Table   *AdminTable
	Steps   []Step
	Acts    []AdminAct
	Empty   string // instead of a table without rows
	More    string // address of the next part
	Fresh   bool   // is looked at again while the page is open
}

// AdminPlot is lines over time in a drawing 720 × 160, from 0 to Top.
type AdminPlot struct {
	Label string
	Top   string
	From  string
	To    string
	Lines []AdminLine
}

// AdminLine is one of them.
type AdminLine struct {
	Text   string
	Points string // of a polyline
	Faint  bool   // to compare with
}

// AdminTable is a dense table; on a phone each row turns into lines of label and value.
type AdminTable struct {
	Caption string
	Heads   []AdminHead
	Rows    []AdminRow
	Acts    bool // some row can be acted on
}

// AdminHead names a column.
type AdminHead struct {
	Text string
	Num  bool
}

// AdminRow is one line of a table. The first cell names it.
type AdminRow struct {
	Cells []AdminCell
	Acts  []AdminAct
	Name  string // of More
	More  string // text to unfold: a message, an error
	Open  bool   // More is shown at once
	Way   *Link  // the one thing to do
}

// AdminCell is one value. Its label is the column's, for phones.
type AdminCell struct {
	Label string
	Num   bool
	Text  string
	Sub   string // smaller, below
	URL   string
	ID    string    // shown short, copied whole
	At    time.Time // shown as how long ago
	Kind  string    // ok | warn | danger: with its icon
	Big   bool
	Muted bool
}

// AdminAct is something that can be done: one button, or a form that unfolds when it needs words.
type AdminAct struct {
	ID      string // of the form, for its fields
	Action  string
	Button  string
	Label   string // of the button, where its words alone would not say what of
	Busy    string
	Lead    string
	Hidden  []Field
	Choice  *AdminChoice
	Fields  []Input
	Ticks   []AdminTick
	Danger  bool
	Main    bool
	Open    bool
	Confirm string // asked before it goes on
	Form    Form   // what was wrong with it
}

// AdminChoice is a select of a form.
type AdminChoice struct {
	Name    string
	Label   string
	Options []Option
}

// AdminTick is a box of a form.
type AdminTick struct {
	Name string
	Text string
	On   bool
}

// Unfolds says that an act needs more than a press.
func (a AdminAct) Unfolds() bool { return len(a.Fields)+len(a.Ticks) > 0 || a.Choice != nil }

// Replay is the rebuilding of the search index by replay.
type Replay struct {
	Heading string
	Aside   string
	Facts   []Fact
	Value   int64
	Max     int64
	Percent string
	Text    string
	State   string
	Kind    string // ok | warn | danger | ""
	Running bool
	Acts    []AdminAct

	Examples []string // of what differed
}

// Short is the end of an id, which tells it from its neighbours: ids begin with the time.
func (c AdminCell) Short() string {
	const shown = 8
	if len(c.ID) != len("00000000-0000-0000-0000-000000000000") {
		return c.ID
	}
	return c.ID[len(c.ID)-shown:]
}

// Unfolds says that a row holds more than its cells.
func (r AdminRow) Unfolds() bool {
	return r.More != "" || slices.ContainsFunc(r.Acts, AdminAct.Unfolds)
}

// Columns is how many cells a row has, with the one for acts.
func (t *AdminTable) Columns() int {
	if t.Acts {
		return len(t.Heads) + 1
	}
	return len(t.Heads)
}

// Row adds a line to a table; cells take the labels of their columns.
func (t *AdminTable) Row(row AdminRow) {
	for i := range row.Cells {
		if i < len(t.Heads) {
			row.Cells[i].Label, row.Cells[i].Num = t.Heads[i].Text, t.Heads[i].Num
		}
	}
	t.Acts = t.Acts || len(row.Acts) > 0 || row.Way != nil
	t.Rows = append(t.Rows, row)
}

// acts visits all acts of a page.
func (v *Admin) acts(each func(*AdminAct)) {
	for i := range v.Sections {
		s := &v.Sections[i]
		for j := range s.Acts {
			each(&s.Acts[j])
		}
		if s.Table == nil {
			continue
		}
		for j := range s.Table.Rows {
			for k := range s.Table.Rows[j].Acts {
				each(&s.Table.Rows[j].Acts[k])
			}
		}
	}
	if v.Replay != nil {
		for i := range v.Replay.Acts {
			each(&v.Replay.Acts[i])
		}
	}
}

// Refused gives the form that was sent back what was typed, opened, with what is wrong. It says whether the page has
// such a form.
func (v *Admin) Refused(action string, form Form, typed func(name string) string) bool {
	found := false
	v.acts(func(a *AdminAct) {
		if a.Action != action || found {
			return
		}
		for _, h := range a.Hidden {
			if h.Name != "once" && typed(h.Name) != h.Value {
				return
			}
		}
		found, a.Open = true, true
		for i := range a.Fields {
			f := &a.Fields[i]
			f.Value, f.Error = typed(f.Name), form.Of(f.Name)
		}
		for i := range a.Ticks {
			a.Ticks[i].On = typed(a.Ticks[i].Name) != ""
		}
		if a.Choice != nil {
			for i := range a.Choice.Options {
				a.Choice.Options[i].Selected = a.Choice.Options[i].Value == typed(a.Choice.Name)
			}
		}
		a.Form = form.For(a.Fields)
		for i := range a.Form.Errors { // ids of fields are the form's own
			a.Form.Errors[i].Name = a.ID + "-" + a.Form.Errors[i].Name
		}
	})
	return found
}

// Number names the forms of a page, so that no two fields have the same id.
func (v *Admin) Number(name func(n int) string) {
	n := 0
	v.acts(func(a *AdminAct) {
		n++
		a.ID = name(n)
	})
}
