// Package order turns a cart into a purchase. It holds the states of an order and of the attempts to pay it, decides
// what a payment does, and asks the payment provider through a small interface. Prices come from package cart, the
// book from package ledger; neither amounts nor states ever come from a browser.
package order

import (
	"slices"

	"crateful.dev/models/api"
)

//go:generate go run ./diagram ../../../docs/order-states.md

// State of an order.
type State = api.OrderState

// RefundState of money that goes back.
type RefundState = api.RefundState

// DisputeState of a payment that the buyer's bank takes back.
type DisputeState = api.DisputeState

// transitions lists every change of state there is. The database holds the same list and refuses the rest; a test
// compares the two. Money may arrive after we have given an order up, therefore failed, cancelled and expired are not
// the end.
var transitions = map[State][]State{
	api.OrderOpen: {
		api.OrderAwaitingPayment, api.OrderWaitingForBank, api.OrderPaid, api.OrderFailed, api.OrderCancelled,
		api.OrderExpired, api.OrderNeedsAttention, api.OrderRefunding,
	},
	api.OrderAwaitingPayment: {
		api.OrderOpen, api.OrderWaitingForBank, api.OrderPaid, api.OrderFailed, api.OrderCancelled, api.OrderExpired,
		api.OrderNeedsAttention, api.OrderRefunding,
	},
	api.OrderWaitingForBank: {
		api.OrderPaid, api.OrderFailed, api.OrderCancelled, api.OrderExpired, api.OrderNeedsAttention, api.OrderRefunding,
	},
	api.OrderFailed: {
		api.OrderOpen, api.OrderAwaitingPayment, api.OrderWaitingForBank, api.OrderPaid, api.OrderCancelled,
		api.OrderExpired, api.OrderNeedsAttention, api.OrderRefunding,
	},
	api.OrderExpired: {
		api.OrderOpen, api.OrderAwaitingPayment, api.OrderWaitingForBank, api.OrderPaid, api.OrderFailed,
		api.OrderCancelled, api.OrderNeedsAttention, api.OrderRefunding,
	},
	api.OrderCancelled:       {api.OrderWaitingForBank, api.OrderPaid, api.OrderNeedsAttention, api.OrderRefunding},
	api.OrderNeedsAttention:  {api.OrderPaid, api.OrderRefunding, api.OrderCancelled},
	api.OrderPaid:            {api.OrderRefunded},
	api.OrderRefunding:       {api.OrderRefundedOffSale},
	api.OrderRefundedOffSale: {},
	api.OrderRefunded:        {},
}

// States lists all states.
func States() []State {
	return []State{
		api.OrderOpen, api.OrderAwaitingPayment, api.OrderWaitingForBank, api.OrderPaid, api.OrderFailed,
		api.OrderCancelled, api.OrderExpired, api.OrderNeedsAttention, api.OrderRefunding, api.OrderRefundedOffSale,
		api.OrderRefunded,
	}
}

// CanMove says whether an order may go from one state to another. Staying is no move.
func CanMove(from, to State) bool {
	for _, s := range transitions[from] {
		if s == to {
			return true
		}
	}
	return false
}

// Facts are what is known about an order; its state follows from them alone, so that the order in which the facts
// became known does not matter.
type Facts struct {
	Attempts  []AttemptState // oldest first
	Cancelled bool
	Expired   bool // given up before a payment page was opened
	Granted   int  // lines with an entitlement
	Settled   bool // a payment was accepted, or none was needed
	Refunded  bool // everything that is owed back went back
	Returned  bool // something was delivered, and all of it was refunded or charged back later
}

// Derive says in which state an order with these facts is.
func Derive(f Facts) State {
	switch {
	case f.Returned:
		return api.OrderRefunded
	case f.Settled && f.Granted > 0:
		return api.OrderPaid
	case f.Settled && f.Refunded:
		return api.OrderRefundedOffSale
	case f.Settled:
		return api.OrderRefunding
	case has(f.Attempts, AttemptMismatch):
		return api.OrderNeedsAttention
	case has(f.Attempts, AttemptProcessing):
		return api.OrderWaitingForBank
	case f.Cancelled:
		return api.OrderCancelled
	case f.Expired:
		return api.OrderExpired
	case len(f.Attempts) == 0:
		return api.OrderOpen
	}
	switch f.Attempts[len(f.Attempts)-1] {
	case AttemptOpen:
		return api.OrderAwaitingPayment
	case AttemptExpired:
		return api.OrderExpired
	case AttemptFailed:
		return api.OrderFailed
	default: // prepared or abandoned: no payment page
		return api.OrderOpen
	}
}

func has(attempts []AttemptState, s AttemptState) bool {
	for _, a := range attempts {
		if a == s {
			return true
		}
	}
	return false
}

// AttemptState is how far one payment page got.
type AttemptState string

// States of an attempt, each later one stronger than those before it.
const (
	AttemptPrepared   AttemptState = "prepared"   // stored, provider not asked yet or no answer
	AttemptAbandoned  AttemptState = "abandoned"  // the provider refused to open it
	AttemptOpen       AttemptState = "open"       // can be paid
	AttemptProcessing AttemptState = "processing" // confirmed by the buyer, the bank has not answered
	AttemptExpired    AttemptState = "expired"
	AttemptFailed     AttemptState = "failed"
	AttemptMismatch   AttemptState = "mismatch" // paid, but not what the order asked for
	AttemptPaid       AttemptState = "paid"
)

var strength = map[AttemptState]int{
	AttemptPrepared: 0, AttemptAbandoned: 1, AttemptOpen: 2, AttemptProcessing: 3, AttemptExpired: 4,
	AttemptFailed: 5, AttemptMismatch: 6, AttemptPaid: 7,
}

// Join combines two things known about one attempt. It is commutative, associative and idempotent: late and repeated
// news changes nothing.
func (a AttemptState) Join(b AttemptState) AttemptState {
	if strength[b] > strength[a] {
		return b
	}
	return a
}

// Over says that nothing more can be paid on this attempt.
func (a AttemptState) Over() bool {
	return a != AttemptPrepared && a != AttemptOpen && a != AttemptProcessing
}

// refundTransitions lists every change of a refund. What the provider refused or could not bring to the buyer may be asked for again.
var refundTransitions = map[RefundState][]RefundState{
	api.RefundAsked:   {api.RefundSent, api.RefundArrived, api.RefundFailed, api.RefundRefused},
	api.RefundSent:    {api.RefundArrived, api.RefundFailed},
	api.RefundArrived: {api.RefundFailed},
	api.RefundRefused: {api.RefundAsked, api.RefundSent, api.RefundArrived},
	api.RefundFailed:  {api.RefundAsked},
}

// RefundStates lists all states of a refund.
func RefundStates() []RefundState {
	return []RefundState{api.RefundAsked, api.RefundSent, api.RefundArrived, api.RefundRefused, api.RefundFailed}
}

// CanMoveRefund says whether a refund may go from one state to another.
func CanMoveRefund(from, to RefundState) bool { return slices.Contains(refundTransitions[from], to) }

// disputeStates in the order in which a dispute can go through them: it may leave out some and never goes back.
var disputeStates = []DisputeState{
	api.DisputeWarning, api.DisputeWarningReview, api.DisputeWarningClosed, api.DisputeNeedsResponse, api.DisputeUnderReview, api.DisputeWon, api.DisputeLost,
}

// DisputeStates lists all states of a dispute.
func DisputeStates() []DisputeState { return slices.Clone(disputeStates) }

// CanMoveDispute says whether a dispute may go from one state to another.
func CanMoveDispute(from, to DisputeState) bool {
	return slices.Index(disputeStates, from) < slices.Index(disputeStates, to)
}

// joinDispute combines two things known about one dispute; late and repeated news changes nothing.
func joinDispute(a, b DisputeState) DisputeState {
	if CanMoveDispute(a, b) {
		return b
	}
	return a
}

// disputeOver says that a dispute is decided.
func disputeOver(s DisputeState) bool {
	return s == api.DisputeWarningClosed || s == api.DisputeWon || s == api.DisputeLost
}
