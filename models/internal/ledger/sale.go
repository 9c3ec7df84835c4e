package ledger

import "fmt"

// SoldLine is an order line that the buyer paid. Delivered lines earn their producer; the others are owed back.
type SoldLine struct {
	OrderLineID string
	ProducerID  string
	Amount      int64 // that the buyer paid, minor units
	Subsidy     int64 // that the platform adds by a coupon of its own
	BasisPoints int   // commission in hundredths of a percent
	Delivered   bool
}

// Sale books a payment of an order. What a coupon of the platform took off is shared like what the buyer paid. ok is false
// when nothing was paid by anybody, so that there is nothing to book.
func Sale(orderID, reference, currency string, demo bool, lines []SoldLine) (t Transaction, ok bool, err error) {
	t = Transaction{Kind: KindSale, Reference: reference, OrderID: orderID, Demo: demo}
	var total int64
	for _, l := range lines {
		if l.Amount+l.Subsidy == 0 || l.Amount == 0 && !l.Delivered {
			continue
		}
		total += l.Amount
		if !l.Delivered {
			t.Entries = append(t.Entries, Entry{Account: BuyerRefunds, Amount: -l.Amount, Currency: currency, OrderLineID: l.OrderLineID})
			continue
		}
		if l.Subsidy != 0 {
			t.Entries = append(t.Entries, Entry{Account: PlatformCoupons, Amount: l.Subsidy, Currency: currency, OrderLineID: l.OrderLineID})
		}
		share, err := Split(l.Amount+l.Subsidy, l.BasisPoints)
		if err != nil {
			return Transaction{}, false, fmt.Errorf("book order line %s: %w", l.OrderLineID, err)
		}
		if share.Producer != 0 {
			t.Entries = append(t.Entries, Entry{Account: Producer(l.ProducerID), Amount: -share.Producer, Currency: currency, OrderLineID: l.OrderLineID})
		}
		if share.Commission != 0 {
			t.Entries = append(t.Entries, Entry{Account: PlatformRevenue, Amount: -share.Commission, Currency: currency, OrderLineID: l.OrderLineID})
		}
	}
	if len(t.Entries) == 0 {
		return Transaction{}, false, nil
	}
	if total != 0 {
		t.Entries = append(t.Entries, Entry{Account: StripeClearing, Amount: total, Currency: currency})
	}
	if err := t.Check(); err != nil {
		return Transaction{}, false, err
	}
	return t, true, nil
}

// Unmatched books a payment that must go back as a whole: a second payment of an order that is paid.
func Unmatched(orderID, reference, currency string, demo bool, amount int64) (Transaction, error) {
	t := Transaction{Kind: KindSale, Reference: reference, OrderID: orderID, Demo: demo, Entries: []Entry{
		{Account: BuyerRefunds, Amount: -amount, Currency: currency},
		{Account: StripeClearing, Amount: amount, Currency: currency},
	}}
	return t, t.Check()
}

// Transfer books money sent to a producer.
func Transfer(orderID, transferID, producerID, currency string, demo bool, amount int64) (Transaction, error) {
	return moved(KindTransfer, "transfer:"+transferID, orderID, currency, demo, Producer(producerID), StripeClearing, amount)
}

// Reversal books money of a transfer that came back.
func Reversal(orderID, reversalID, producerID, currency string, demo bool, amount int64) (Transaction, error) {
	return moved(KindReversal, "reversal:"+reversalID, orderID, currency, demo, StripeClearing, Producer(producerID), amount)
}

func moved(kind Kind, reference, orderID, currency string, demo bool, debit, credit Account, amount int64) (Transaction, error) {
	t := Transaction{Kind: kind, Reference: reference, OrderID: orderID, Demo: demo, Entries: []Entry{
		{Account: debit, Amount: amount, Currency: currency},
		{Account: credit, Amount: -amount, Currency: currency},
	}}
	return t, t.Check()
}

// Fee books what the payment provider keeps. transactionID is the provider's.
func Fee(transactionID, currency string, amount int64) (Transaction, error) {
	return moved(KindFee, "fee:"+transactionID, "", currency, false, StripeFees, StripeClearing, amount)
}

// OwnPayout books what the payment provider paid to the platform's own bank; below zero, what came back.
func OwnPayout(transactionID, currency string, amount int64) (Transaction, error) {
	return moved(KindPayout, "payout:"+transactionID, "", currency, false, PlatformBank, StripeClearing, amount)
}
