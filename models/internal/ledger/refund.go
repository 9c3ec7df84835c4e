package ledger

import (
	"fmt"
	"strings"
)

// Movement is what the transactions about one order have in common.
type Movement struct {
	OrderID   string
	Reference string
	Currency  string
	Demo      bool
}

func (m Movement) transaction(kind Kind, entries ...Entry) (Transaction, error) {
	for i := range entries {
		entries[i].Currency = m.Currency
	}
	t := Transaction{Kind: kind, Reference: m.Reference, OrderID: m.OrderID, Demo: m.Demo, Entries: entries}
	return t, t.Check()
}

// Refund books money that the provider sends back to a buyer to whom it was owed.
func Refund(m Movement, amount int64) (Transaction, error) {
	return m.transaction(KindRefund, Entry{Account: BuyerRefunds, Amount: amount}, Entry{Account: StripeClearing, Amount: -amount})
}

// RefundFailed books money that came back to us because the buyer's bank did not take it: it is owed again.
func RefundFailed(m Movement, amount int64) (Transaction, error) {
	return m.transaction(KindRefund, Entry{Account: StripeClearing, Amount: amount}, Entry{Account: BuyerRefunds, Amount: -amount})
}

// Return books parts of delivered lines as no longer earned: to is BuyerRefunds when a refund owes them to the buyer, Disputes
// when a lost dispute took them. What the parts do not cover of amount is the platform's loss.
func Return(m Movement, kind Kind, to Account, parts []Entry, amount int64) (Transaction, error) {
	entries := append([]Entry(nil), parts...)
	rest := amount
	for _, e := range parts {
		rest -= e.Amount
	}
	if rest != 0 {
		entries = append(entries, Entry{Account: PlatformRevenue, Amount: rest})
	}
	return m.transaction(kind, append(entries, Entry{Account: to, Amount: -amount})...)
}

// Dispute books what one of the provider's balance transactions about a dispute moved: amount is negative for money taken, and
// fee, positive when it costs, is the provider's. ok is false when it moved nothing.
func Dispute(m Movement, amount, fee int64) (t Transaction, ok bool, err error) {
	var entries []Entry
	add := func(account Account, n int64) {
		if n != 0 {
			entries = append(entries, Entry{Account: account, Amount: n})
		}
	}
	add(Disputes, -amount)
	add(StripeFees, fee)
	add(StripeClearing, amount-fee)
	if len(entries) == 0 {
		return Transaction{}, false, nil
	}
	t, err = m.transaction(KindDispute, entries...)
	return t, true, err
}

// Paid is what a buyer paid for a line that was booked with these entries.
func Paid(booked []Entry) int64 {
	var paid int64
	for _, e := range booked {
		paid -= e.Amount
	}
	return paid
}

// Part turns round what was booked when a line was sold, for amount of what the buyer paid, when before of it went back
// earlier. Every account gives its share rounded down to whole minor units, the platform what is left; all parts of a line
// together are exactly what was booked.
func Part(booked []Entry, before, amount int64) ([]Entry, error) {
	paid := Paid(booked)
	if before < 0 || amount <= 0 || amount > paid-before || paid > 1<<31 {
		return nil, fmt.Errorf("turn round %d of %d after %d: out of range", amount, paid, before)
	}
	platform := len(booked) - 1
	for i, e := range booked {
		if e.Account == PlatformRevenue {
			platform = i
		}
	}
	var out []Entry
	left := amount
	for i, e := range booked {
		if i == platform {
			continue
		}
		part := -(e.Amount*(before+amount)/paid - e.Amount*before/paid)
		left -= part
		if part != 0 {
			out = append(out, Entry{Account: e.Account, Amount: part, Currency: e.Currency, OrderLineID: e.OrderLineID})
		}
	}
	if e := booked[platform]; left != 0 {
		out = append(out, Entry{Account: e.Account, Amount: left, Currency: e.Currency, OrderLineID: e.OrderLineID})
	}
	return out, nil
}

// ProducersShare is what of entries was a producer's.
func ProducersShare(entries []Entry) int64 {
	var share int64
	for _, e := range entries {
		if strings.HasPrefix(string(e.Account), "producer:") {
			share += e.Amount
		}
	}
	return share
}
