package ledger

import "fmt"

// Share is how one order line's amount is divided, in minor units.
type Share struct {
	Commission int64
	Producer   int64
}

// Split divides what a buyer pays for one line. The commission is rounded down to whole minor units and the producer
// gets the rest, per line: a statement's lines therefore add up to its total, and the quote in the studio is exactly
// what is booked. basisPoints is the commission in hundredths of a percent.
func Split(amount int64, basisPoints int) (Share, error) {
	if amount < 0 || basisPoints < 0 || basisPoints > 10_000 {
		return Share{}, fmt.Errorf("split %d at %d basis points: out of range", amount, basisPoints)
	}
	points := int64(basisPoints)
	// amount*points may overflow: divide the whole part and the rest apart.
	commission := amount/10_000*points + amount%10_000*points/10_000
	return Share{Commission: commission, Producer: amount - commission}, nil
}
