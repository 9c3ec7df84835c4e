package stripesandbox

import (
	"fmt"
	"time"
)

// dispute is a payment that the buyer's bank takes back.
type dispute struct {
	ID                  string                `json:"id"`
	Object              string                `json:"object"`
	Amount              int64                 `json:"amount"`
	BalanceTransactions []*balanceTransaction `json:"balance_transactions"`
	Charge              string                `json:"charge"`
	Created             int64                 `json:"created"`
	Currency            string                `json:"currency"`
	EvidenceDetails     evidenceDetails       `json:"evidence_details"`
	IsChargeRefundable  bool                  `json:"is_charge_refundable"`
	Livemode            bool                  `json:"livemode"`
	Metadata            map[string]string     `json:"metadata"`
	PaymentIntent       string                `json:"payment_intent"`
	Reason              string                `json:"reason"`
	Status              string                `json:"status"`
}

type evidenceDetails struct {
	DueBy           int64 `json:"due_by"`
	HasEvidence     bool  `json:"has_evidence"`
	PastDue         bool  `json:"past_due"`
	SubmissionCount int64 `json:"submission_count"`
}

func (d *dispute) identity() (id, kind string) { return d.ID, "dispute" }

const (
	disputeFee  = 1500 // minor units, in any currency
	disputeTime = 9 * 24 * time.Hour
)

// Open says that the bank has not decided.
func (d *dispute) Open() bool {
	return d.Status == "needs_response" || d.Status == "warning_needs_response"
}

// openDispute has the bank take a charge back; an inquiry takes nothing yet.
func (t *tx) openDispute(chargeID, reason string, inquiry bool) error {
	ch, err := load[charge](t, chargeID)
	if err != nil || ch == nil || ch.Disputed || ch.Status != "succeeded" || ch.AmountRefunded == ch.Amount {
		return err
	}
	d := &dispute{
		ID: newID("dp_"), Object: "dispute", Amount: ch.Amount - ch.AmountRefunded, BalanceTransactions: []*balanceTransaction{}, Charge: ch.ID, Created: t.now.Unix(),
		Currency: ch.Currency, EvidenceDetails: evidenceDetails{DueBy: t.now.Add(disputeTime).Unix()}, IsChargeRefundable: inquiry, Metadata: map[string]string{},
		PaymentIntent: ch.PaymentIntent, Reason: reason, Status: "needs_response",
	}
	ch.Disputed = true
	if inquiry {
		d.Status = "warning_needs_response"
		if err := t.putAll(d, ch); err != nil {
			return err
		}
		return t.emit("charge.dispute.created", d)
	}
	if err := t.moveDisputed(d, -d.Amount, disputeFee); err != nil {
		return err
	}
	if err := t.putAll(d, ch); err != nil {
		return err
	}
	if err := t.emit("charge.dispute.created", d); err != nil {
		return err
	}
	return t.emit("charge.dispute.funds_withdrawn", d)
}

// moveDisputed books money that a dispute moves.
func (t *tx) moveDisputed(d *dispute, amount, fee int64) error {
	booked := t.booking("adjustment", d.ID, amount, d.Currency)
	booked.Fee, booked.Net, booked.ReportingCategory = fee, amount-fee, "dispute"
	booked.FeeDetails = []feeDetail{{Amount: fee, Currency: d.Currency, Description: "Dispute fee", Type: "stripe_fee"}}
	if amount > 0 {
		booked.ReportingCategory = "dispute_reversal"
	}
	d.BalanceTransactions = append(d.BalanceTransactions, booked)
	return t.put(booked)
}

// decide ends a dispute as the bank would. Of one that is won the money comes back, and the fee.
func (t *tx) decide(id string, won bool) error {
	d, err := load[dispute](t, id)
	if err != nil {
		return err
	}
	if d == nil {
		return noSuch("dispute", id, "id")
	}
	if !d.Open() {
		return conflicting("", "", "This dispute is %s.", d.Status)
	}
	taken := len(d.BalanceTransactions) > 0
	switch {
	case !taken:
		d.Status = "warning_closed"
	case won:
		d.Status = "won"
		if err := t.moveDisputed(d, d.Amount, -disputeFee); err != nil {
			return err
		}
	default:
		d.Status = "lost"
	}
	if err := t.put(d); err != nil {
		return err
	}
	if err := t.emit("charge.dispute.closed", d); err != nil {
		return err
	}
	if won && taken {
		return t.emit("charge.dispute.funds_reinstated", d)
	}
	return nil
}

// afterwards does what a card brings about some time after it has paid.
func (t *tx) afterwards(chargeID string) error {
	ch, err := load[charge](t, chargeID)
	if err != nil || ch == nil {
		return err
	}
	later := outcomeOfCharge(ch)
	if later.disputed == "" {
		return nil
	}
	return t.openDispute(chargeID, later.disputed, later.inquiry)
}

// settleRefund ends a refund that the bank takes its time for.
func (t *tx) settleRefund(id string) error {
	r, err := load[refund](t, id)
	if err != nil || r == nil {
		return err
	}
	ch, err := load[charge](t, r.Charge)
	if err != nil || ch == nil {
		return err
	}
	switch later := outcomeOfCharge(ch); {
	case later.refundFails && r.Status != "failed":
		back := t.booking("refund_failure", r.ID, r.Amount, r.Currency)
		reason := "expired_or_canceled_card"
		r.Status, r.FailureReason, r.FailureBalanceTransaction = "failed", &reason, &back.ID
		ch.AmountRefunded -= r.Amount
		ch.Refunded = false
		err = t.putAll(back, ch)
	case r.Status == "pending":
		r.Status = "succeeded"
	default:
		return nil
	}
	if err == nil {
		err = t.put(r)
	}
	if err != nil {
		return fmt.Errorf("settle refund %s: %w", id, err)
	}
	return t.emit("charge.refund.updated", r)
}
