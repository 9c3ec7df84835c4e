package order

import (
	"os"
	"testing"

	"pgregory.net/rapid"

	"crateful.dev/models/api"
)

var attemptStates = []AttemptState{
	AttemptPrepared, AttemptAbandoned, AttemptOpen, AttemptProcessing, AttemptExpired, AttemptFailed, AttemptMismatch, AttemptPaid,
}

func TestJoinIsASemilattice(t *testing.T) {
	for _, a := range attemptStates {
		if a.Join(a) != a {
			t.Errorf("%s joined with itself is %s", a, a.Join(a))
		}
		for _, b := range attemptStates {
			if a.Join(b) != b.Join(a) {
				t.Errorf("%s and %s join differently each way", a, b)
			}
			for _, c := range attemptStates {
				if a.Join(b).Join(c) != a.Join(b.Join(c)) {
					t.Errorf("%s, %s and %s join differently by grouping", a, b, c)
				}
			}
		}
	}
}

// Whatever becomes known about an order, and in whatever sequence, each step is an allowed transition, and the end is the
// state that all facts together ask for.
func TestEveryHistoryIsAllowed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var f Facts
		f.Refunded = true
		state := api.OrderOpen
		steps := rapid.IntRange(1, 25).Draw(r, "steps")
		var seen []State
		for range steps {
			step(r, &f)
			next := Derive(f)
			if next != state && !CanMove(state, next) {
				r.Fatalf("from %s to %s by %+v after %v", state, next, f, seen)
			}
			state = next
			seen = append(seen, state)
		}
	})
}

// step makes one thing known, as the service does: new attempts only when the last is over, and nothing is forgotten.
func step(r *rapid.T, f *Facts) {
	over := len(f.Attempts) == 0 || f.Attempts[len(f.Attempts)-1].Over()
	switch rapid.IntRange(0, 5).Draw(r, "what") {
	case 0, 1:
		state := Derive(*f)
		if over && (state == api.OrderOpen || state == api.OrderFailed || state == api.OrderExpired) {
			f.Attempts = append(f.Attempts, AttemptPrepared)
			f.Expired = false
		}
	case 2, 3:
		if len(f.Attempts) == 0 {
			return
		}
		i := rapid.IntRange(0, len(f.Attempts)-1).Draw(r, "attempt")
		news := rapid.SampledFrom(attemptStates[2:]).Draw(r, "news")
		was := f.Attempts[i]
		f.Attempts[i] = was.Join(news)
		if f.Attempts[i] == AttemptPaid && was != AttemptPaid && !f.Settled {
			f.Settled = true
			f.Granted = rapid.IntRange(0, 2).Draw(r, "granted")
			f.Refunded = f.Granted > 0 && rapid.Bool().Draw(r, "nothing owed")
		}
	case 4:
		switch Derive(*f) {
		case api.OrderOpen, api.OrderAwaitingPayment, api.OrderFailed, api.OrderExpired:
			f.Cancelled = true
		}
	case 5:
		switch Derive(*f) {
		case api.OrderRefunding, api.OrderPaid:
			f.Refunded = true
		case api.OrderOpen:
			f.Expired = len(f.Attempts) == 0
		}
	}
}

func TestFinalStatesStay(t *testing.T) {
	for _, from := range []State{api.OrderRefundedOffSale, api.OrderRefunded} {
		for _, to := range States() {
			if CanMove(from, to) {
				t.Errorf("%s can go to %s", from, to)
			}
		}
	}
	for _, to := range States() {
		if to != api.OrderRefunded && CanMove(api.OrderPaid, to) {
			t.Errorf("paid can become %s", to)
		}
	}
}

func TestFingerprint(t *testing.T) {
	a := Line{Kind: api.ItemPack, PackID: "p1", EditionID: "e1", Price: 100}
	b := Line{Kind: api.ItemSound, PackID: "p2", SoundID: "s", EditionID: "e2", Price: 80}
	if Fingerprint("x", "EUR", []Line{a, b}) != Fingerprint("x", "EUR", []Line{b, a}) {
		t.Error("the sequence of lines changes the fingerprint")
	}
	cheaper := a
	cheaper.Price--
	credited := a
	credited.Credit = 1
	for name, other := range map[string]string{
		"price":    Fingerprint("x", "EUR", []Line{cheaper, b}),
		"credit":   Fingerprint("x", "EUR", []Line{credited, b}),
		"line":     Fingerprint("x", "EUR", []Line{a}),
		"buyer":    Fingerprint("y", "EUR", []Line{a, b}),
		"currency": Fingerprint("x", "USD", []Line{a, b}),
	} {
		if other == Fingerprint("x", "EUR", []Line{a, b}) {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
}

// The diagram in the documentation is the one of the list.
func TestDiagramIsUpToDate(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile("../../../docs/order-states.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != Diagram() {
		t.Error("docs/order-states.md is not what the states are: go generate ./internal/order")
	}
}

// Whatever is heard of a dispute, and in whatever sequence: no step goes back, and the end is the same.
func TestDisputesJoin(t *testing.T) {
	t.Parallel()
	for _, a := range DisputeStates() {
		for _, b := range DisputeStates() {
			if joinDispute(a, b) != joinDispute(b, a) || joinDispute(a, a) != a {
				t.Errorf("%s and %s join differently each way", a, b)
			}
			if next := joinDispute(a, b); next != a && !CanMoveDispute(a, next) {
				t.Errorf("%s joined with %s goes back", a, b)
			}
		}
	}
}
