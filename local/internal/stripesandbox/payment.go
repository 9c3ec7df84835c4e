package stripesandbox

import (
	"strings"
	"time"
)

type paymentIntent struct {
	ID                   string            `json:"id"`
	Object               string            `json:"object"`
	Amount               int64             `json:"amount"`
	AmountCapturable     int64             `json:"amount_capturable"`
	AmountReceived       int64             `json:"amount_received"`
	ApplicationFeeAmount *int64            `json:"application_fee_amount"`
	CaptureMethod        string            `json:"capture_method"`
	ConfirmationMethod   string            `json:"confirmation_method"`
	Created              int64             `json:"created"`
	Currency             string            `json:"currency"`
	Description          *string           `json:"description"`
	LastPaymentError     *paymentError     `json:"last_payment_error"`
	LatestCharge         *string           `json:"latest_charge"`
	Livemode             bool              `json:"livemode"`
	Metadata             map[string]string `json:"metadata"`
	PaymentMethod        *string           `json:"payment_method"`
	PaymentMethodTypes   []string          `json:"payment_method_types"`
	ReceiptEmail         *string           `json:"receipt_email"`
	Status               string            `json:"status"`
	TransferData         *transferData     `json:"transfer_data"`
	TransferGroup        *string           `json:"transfer_group"`
}

func (p *paymentIntent) identity() (id, kind string) { return p.ID, "payment_intent" }

type paymentError struct {
	Type        string `json:"type"`
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code,omitempty"`
	Message     string `json:"message"`
	Charge      string `json:"charge,omitempty"`
}

type transferData struct {
	Destination string `json:"destination"`
}

type charge struct {
	ID                   string               `json:"id"`
	Object               string               `json:"object"`
	Amount               int64                `json:"amount"`
	AmountCaptured       int64                `json:"amount_captured"`
	AmountRefunded       int64                `json:"amount_refunded"`
	ApplicationFeeAmount *int64               `json:"application_fee_amount"`
	BalanceTransaction   *string              `json:"balance_transaction"`
	BillingDetails       billingDetails       `json:"billing_details"`
	Captured             bool                 `json:"captured"`
	Created              int64                `json:"created"`
	Currency             string               `json:"currency"`
	Description          *string              `json:"description"`
	Disputed             bool                 `json:"disputed"`
	FailureCode          *string              `json:"failure_code"`
	FailureMessage       *string              `json:"failure_message"`
	Livemode             bool                 `json:"livemode"`
	Metadata             map[string]string    `json:"metadata"`
	Outcome              chargeOutcome        `json:"outcome"`
	Paid                 bool                 `json:"paid"`
	PaymentIntent        string               `json:"payment_intent"`
	PaymentMethodDetails paymentMethodDetails `json:"payment_method_details"`
	Refunded             bool                 `json:"refunded"`
	Status               string               `json:"status"`
	TransferData         *transferData        `json:"transfer_data"`
	TransferGroup        *string              `json:"transfer_group"`
}

func (c *charge) identity() (id, kind string) { return c.ID, "charge" }

type billingDetails struct {
	Email *string `json:"email"`
	Name  *string `json:"name"`
}

type chargeOutcome struct {
	NetworkStatus string  `json:"network_status"`
	Reason        *string `json:"reason"`
	SellerMessage string  `json:"seller_message"`
	Type          string  `json:"type"`
}

type paymentMethodDetails struct {
	Type string `json:"type"`
	Card struct {
		Brand    string `json:"brand"`
		Country  string `json:"country"`
		ExpMonth int    `json:"exp_month"`
		ExpYear  int    `json:"exp_year"`
		Funding  string `json:"funding"`
		Last4    string `json:"last4"`
	} `json:"card"`
}

type balanceTransaction struct {
	ID                string      `json:"id"`
	Object            string      `json:"object"`
	Amount            int64       `json:"amount"`
	AvailableOn       int64       `json:"available_on"`
	Created           int64       `json:"created"`
	Currency          string      `json:"currency"`
	Description       *string     `json:"description"`
	ExchangeRate      *float64    `json:"exchange_rate"`
	Fee               int64       `json:"fee"`
	FeeDetails        []feeDetail `json:"fee_details"`
	Net               int64       `json:"net"`
	ReportingCategory string      `json:"reporting_category"`
	Source            string      `json:"source"`
	Status            string      `json:"status"`
	Type              string      `json:"type"`
}

func (b *balanceTransaction) identity() (id, kind string) { return b.ID, "balance_transaction" }

type feeDetail struct {
	Amount      int64   `json:"amount"`
	Application *string `json:"application"`
	Currency    string  `json:"currency"`
	Description string  `json:"description"`
	Type        string  `json:"type"`
}

// payer is what a person typed on the payment page.
type payer struct {
	Email, Name, Number string
	Month, Year         int
	Approved            *bool // what the buyer told the bank; nil: was not asked
}

// pay tries to pay an open session. A refused card is an outcome with a code; the session stays open then.
func (t *tx) pay(s *session, by payer) (outcome, error) {
	c, err := load[cart](t, cartID(s.ID))
	if err != nil {
		return outcome{}, err
	}
	intent, fresh, err := t.intentOf(s, c, by)
	if err != nil {
		return outcome{}, err
	}
	result := outcomeOf(by.Number)
	if result.delayed && !s.takesDelayed() {
		result = declined("card_not_supported", "This payment takes no methods whose bank answers later. Nothing was charged. Try another card.")
	}
	if result.asks && by.Approved == nil {
		return result, t.ask(s, intent, by)
	}
	if result.asks && !*by.Approved {
		result = outcome{code: "payment_intent_authentication_failure", declineCode: "authentication_required", message: "Your bank did not let this payment through. Nothing was charged. Try another card."}
	}
	ch := newCharge(t.now, intent, by)
	intent.LatestCharge = &ch.ID
	if fresh {
		if err := t.emit("payment_intent.created", intent); err != nil {
			return outcome{}, err
		}
	}
	switch {
	case result.code != "":
		t.refuse(intent, ch, result)
		err = t.commit("charge.failed", "payment_intent.payment_failed", "", s, intent, ch)
	case result.delayed:
		s.complete(by)
		intent.Status, ch.Status = "processing", "pending"
		ch.Outcome = chargeOutcome{NetworkStatus: "not_sent_to_network", SellerMessage: "The bank has not answered yet.", Type: "pending"}
		if err = t.commit("charge.pending", "payment_intent.processing", "checkout.session.completed", s, intent, ch); err == nil {
			err = t.schedule(t.now.Add(t.s.options.BankDelay), taskSettle, s.ID)
		}
	default:
		s.complete(by)
		if err = t.settle(s, intent, ch); err == nil {
			err = t.commit("charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", s, intent, ch)
		}
		if err == nil && result.disputed != "" {
			err = t.schedule(t.now.Add(t.s.options.BankDelay), taskCharge, ch.ID)
		}
	}
	return result, err
}

// challenge is what the bank wants to know of the buyer before it pays.
type challenge struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	By     payer  `json:"by"`
}

func (c *challenge) identity() (id, kind string) { return c.ID, "challenge" }

func challengeID(session string) string { return "challenge_" + session }

// ask keeps what the buyer typed until the bank was answered.
func (t *tx) ask(s *session, intent *paymentIntent, by payer) error {
	intent.Status = "requires_action"
	return t.putAll(s, intent, &challenge{ID: challengeID(s.ID), Object: "challenge", By: by})
}

func (s *session) complete(by payer) {
	s.Status, s.URL = "complete", nil
	email, name := by.Email, by.Name
	s.CustomerDetails = &customerDetails{Email: &email, Name: &name, TaxExempt: "none", TaxIDs: []string{}}
}

// intentOf is the payment intent of a session: made at the first try, used again after a refusal.
func (t *tx) intentOf(s *session, c *cart, by payer) (intent *paymentIntent, fresh bool, err error) {
	if s.PaymentIntent != nil {
		intent, err = load[paymentIntent](t, *s.PaymentIntent)
		return intent, false, err
	}
	method := newID("pm_")
	intent = &paymentIntent{
		ID: newID("pi_"), Object: "payment_intent", Amount: s.AmountTotal, ApplicationFeeAmount: c.Fee, CaptureMethod: "automatic_async",
		ConfirmationMethod: "automatic", Created: t.now.Unix(), Currency: s.Currency, Description: c.Description, Metadata: c.Metadata,
		PaymentMethod: &method, PaymentMethodTypes: s.PaymentMethodTypes, ReceiptEmail: nil, Status: "requires_payment_method",
		TransferGroup: c.Group,
	}
	if c.Destination != nil {
		intent.TransferData = &transferData{*c.Destination}
	}
	s.PaymentIntent = &intent.ID
	return intent, true, t.put(intent)
}

func newCharge(now time.Time, p *paymentIntent, by payer) *charge {
	email, name := by.Email, by.Name
	ch := &charge{
		ID: newID("ch_"), Object: "charge", Amount: p.Amount, ApplicationFeeAmount: p.ApplicationFeeAmount, BillingDetails: billingDetails{&email, &name},
		Created: now.Unix(), Currency: p.Currency, Description: p.Description, Metadata: p.Metadata, PaymentIntent: p.ID, TransferData: p.TransferData,
		TransferGroup: p.TransferGroup,
	}
	ch.PaymentMethodDetails.Type = "card"
	card := &ch.PaymentMethodDetails.Card
	card.Brand, card.Country, card.Funding = brand(by.Number), "DE", "credit"
	card.ExpMonth, card.ExpYear, card.Last4 = by.Month, by.Year, by.Number[max(0, len(by.Number)-4):]
	return ch
}

// settle books the money of a charge.
func (t *tx) settle(s *session, p *paymentIntent, ch *charge) error {
	s.PaymentStatus = "paid"
	p.Status, p.AmountReceived, p.LastPaymentError = "succeeded", p.Amount, nil
	ch.Status, ch.Paid, ch.Captured, ch.AmountCaptured = "succeeded", true, true, ch.Amount
	ch.Outcome = chargeOutcome{NetworkStatus: "approved_by_network", SellerMessage: "Payment complete.", Type: "authorized"}
	fee := processingFee(ch.Amount, ch.Currency)
	booked := &balanceTransaction{
		ID: newID("txn_"), Object: "balance_transaction", Amount: ch.Amount, AvailableOn: t.now.Add(7 * 24 * time.Hour).Unix(), Created: t.now.Unix(),
		Currency: ch.Currency, Description: ch.Description, Fee: fee, Net: ch.Amount - fee, ReportingCategory: "charge", Source: ch.ID, Status: "pending", Type: "charge",
		FeeDetails: []feeDetail{{Amount: fee, Currency: ch.Currency, Description: "Stripe processing fees", Type: "stripe_fee"}},
	}
	ch.BalanceTransaction = &booked.ID
	return t.put(booked)
}

func (t *tx) refuse(p *paymentIntent, ch *charge, why outcome) {
	p.Status = "requires_payment_method"
	p.LastPaymentError = &paymentError{Type: "card_error", Code: why.code, DeclineCode: why.declineCode, Message: why.message, Charge: ch.ID}
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", &why.code, &why.message
	reason := why.declineCode
	if reason == "" {
		reason = why.code
	}
	ch.Outcome = chargeOutcome{NetworkStatus: "declined_by_network", Reason: &reason, SellerMessage: "The bank did not return any further details with this decline.", Type: "issuer_declined"}
}

// commit stores all three and tells in the order Stripe usually does; about is "" when the session has no news.
func (t *tx) commit(charged, paid, about string, s *session, p *paymentIntent, ch *charge) error {
	if err := t.putAll(s, p, ch); err != nil {
		return err
	}
	if err := t.emit(charged, ch); err != nil {
		return err
	}
	if err := t.emit(paid, p); err != nil {
		return err
	}
	if about == "" {
		return nil
	}
	return t.emit(about, s)
}

// bankAnswers ends a delayed payment.
func (t *tx) bankAnswers(s *session) error {
	if s.PaymentIntent == nil || s.PaymentStatus == "paid" {
		return nil
	}
	p, err := load[paymentIntent](t, *s.PaymentIntent)
	if err != nil || p == nil || p.LatestCharge == nil || p.Status != "processing" {
		return err
	}
	ch, err := load[charge](t, *p.LatestCharge)
	if err != nil || ch == nil {
		return err
	}
	if strings.HasSuffix(CardBankRefuses, ch.PaymentMethodDetails.Card.Last4) {
		t.refuse(p, ch, outcome{code: "payment_intent_payment_attempt_failed", declineCode: "generic_decline", message: "The bank refused the payment."})
		return t.commit("charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed", s, p, ch)
	}
	if err := t.settle(s, p, ch); err != nil {
		return err
	}
	return t.commit("charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded", s, p, ch)
}
