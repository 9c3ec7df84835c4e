package stripesandbox

import "slices"

type refund struct {
	ID                 string  `json:"id"`
	Object             string  `json:"object"`
	Amount             int64   `json:"amount"`
	BalanceTransaction *string `json:"balance_transaction"`
	Charge             string  `json:"charge"`
	Created            int64   `json:"created"`
	Currency           string  `json:"currency"`
	FailureReason      *string `json:"failure_reason,omitempty"`
	// FailureBalanceTransaction is what came back when the bank did not take it.
	FailureBalanceTransaction *string           `json:"failure_balance_transaction,omitempty"`
	Metadata                  map[string]string `json:"metadata"`
	PaymentIntent             string            `json:"payment_intent"`
	Reason                    *string           `json:"reason"`
	Status                    string            `json:"status"`
}

func (r *refund) identity() (id, kind string) { return r.ID, "refund" }

var refundParams = []string{"payment_intent", "charge", "amount", "reason", "metadata[*]", "reverse_transfer", "refund_application_fee", "instructions_email"}

func createRefund(t *tx, r *request) (any, error) {
	ch, err := t.chargeToRefund(r.params)
	if err != nil {
		return nil, err
	}
	asked, err := r.params.integer("amount")
	if err != nil {
		return nil, err
	}
	left := ch.Amount - ch.AmountRefunded
	amount := left
	if asked != nil {
		amount = *asked
	}
	switch {
	case ch.Disputed && !t.refundable(ch.ID):
		return nil, conflicting("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
	case left == 0:
		return nil, conflicting("charge_already_refunded", "", "Charge %s has already been refunded.", ch.ID)
	case amount < 1:
		return nil, invalid("parameter_invalid_integer", "amount", "Invalid positive integer")
	case amount > left:
		return nil, conflicting("", "amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", money(amount, ch.Currency), money(left, ch.Currency))
	}
	given := &refund{
		ID: newID("re_"), Object: "refund", Amount: amount, Charge: ch.ID, Created: t.now.Unix(), Currency: ch.Currency, PaymentIntent: ch.PaymentIntent, Status: "succeeded",
	}
	if given.Metadata, err = r.params.metadata("metadata"); err != nil {
		return nil, err
	}
	if reason := r.params["reason"]; reason != "" {
		if !slices.Contains([]string{"duplicate", "fraudulent", "requested_by_customer"}, reason) {
			return nil, invalid("", "reason", "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer")
		}
		given.Reason = &reason
	}
	later := outcomeOfCharge(ch)
	if later.refundLate {
		given.Status = "pending"
	}
	if later.refundLate || later.refundFails {
		if err := t.schedule(t.now.Add(t.s.options.BankDelay), taskRefund, given.ID); err != nil {
			return nil, err
		}
	}
	booked := t.booking("refund", given.ID, -amount, ch.Currency) // the processing fee is not given back
	given.BalanceTransaction = &booked.ID
	ch.AmountRefunded += amount
	ch.Refunded = ch.AmountRefunded == ch.Amount
	if err := t.putAll(given, booked, ch); err != nil {
		return nil, err
	}
	return given, t.emit("charge.refunded", ch)
}

// refundable says whether a disputed charge can be refunded still: a bank that only inquires has taken nothing.
func (t *tx) refundable(chargeID string) bool {
	refundable := false
	_ = t.each("dispute", "", func(id string, _ []byte) (bool, error) {
		d, err := load[dispute](t, id)
		if err == nil && d.Charge == chargeID {
			refundable = d.IsChargeRefundable || d.Status == "won"
			return false, nil
		}
		return true, err
	})
	return refundable
}

// chargeToRefund finds the charge by itself or by its payment intent.
func (t *tx) chargeToRefund(p params) (*charge, error) {
	id := p["charge"]
	if intentID := p["payment_intent"]; intentID != "" {
		intent, err := load[paymentIntent](t, intentID)
		if err != nil {
			return nil, err
		}
		if intent == nil {
			return nil, noSuch("payment_intent", intentID, "payment_intent")
		}
		if intent.Status != "succeeded" {
			return nil, conflicting("payment_intent_unexpected_state", "payment_intent", "This PaymentIntent (%s) does not have a successful charge to refund.", intentID)
		}
		id = *intent.LatestCharge
	}
	if id == "" {
		return nil, invalid("parameter_missing", "", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	ch, err := load[charge](t, id)
	if err != nil {
		return nil, err
	}
	if ch == nil {
		return nil, noSuch("charge", id, "charge")
	}
	if ch.Status != "succeeded" {
		return nil, conflicting("", "charge", "Charge %s is not a successful charge, so it cannot be refunded.", id)
	}
	return ch, nil
}
