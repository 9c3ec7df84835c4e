package view

import "time"

// Refunds is what buyers ask a producer to give back.
type Refunds struct {
	Layout
	Lines []RefundLine
	More  string
}

// RefundLine is one such request.
type RefundLine struct {
	Title  string
	URL    string
	Order  string
	State  string // words
	Open   bool   // waits for an answer
	At     time.Time
	Reason string
}

// Refund is a line that was sold, and what can be done about its money.
type Refund struct {
	Layout
	Form
	ID       string
	Title    string
	Order    string
	SoldAt   time.Time
	Paid     string
	Returned string // what went back; empty without anything
	Left     string
	Asked    string // what the buyer writes; empty when nobody asked
	Answer   string
	Note     string // why nothing can be given back
	Until    string
	Hidden   []Field
	Fields   []Input // of giving back
	CanGive  bool
	Decline  *Input // of declining; nil when nothing is to be declined
}
