package stripesandbox

import (
	"fmt"
	"strings"
	"time"
)

type session struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	AmountSubtotal     int64             `json:"amount_subtotal"`
	AmountTotal        int64             `json:"amount_total"`
	CancelURL          *string           `json:"cancel_url"`
	ClientReferenceID  *string           `json:"client_reference_id"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Customer           *string           `json:"customer"`
	CustomerDetails    *customerDetails  `json:"customer_details"`
	CustomerEmail      *string           `json:"customer_email"`
	ExpiresAt          int64             `json:"expires_at"`
	Livemode           bool              `json:"livemode"`
	Locale             *string           `json:"locale"`
	Metadata           map[string]string `json:"metadata"`
	Mode               string            `json:"mode"`
	PaymentIntent      *string           `json:"payment_intent"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	PaymentStatus      string            `json:"payment_status"`
	Status             string            `json:"status"`
	SuccessURL         string            `json:"success_url"`
	TotalDetails       totalDetails      `json:"total_details"`
	UIMode             string            `json:"ui_mode"`
	URL                *string           `json:"url"`
}

type customerDetails struct {
	Address struct {
		Country *string `json:"country"`
	} `json:"address"`
	Email     *string  `json:"email"`
	Name      *string  `json:"name"`
	TaxExempt string   `json:"tax_exempt"`
	TaxIDs    []string `json:"tax_ids"`
}

type totalDetails struct {
	AmountDiscount int64 `json:"amount_discount"`
	AmountShipping int64 `json:"amount_shipping"`
	AmountTax      int64 `json:"amount_tax"`
}

func (s *session) identity() (id, kind string) { return s.ID, "checkout.session" }

// cart is what belongs to a session and is not shown with it.
type cart struct {
	ID          string            `json:"id"`
	Object      string            `json:"object"`
	Lines       []lineItem        `json:"lines"`
	Description *string           `json:"description"`
	Metadata    map[string]string `json:"metadata"` // of the payment intent
	Fee         *int64            `json:"fee"`
	Destination *string           `json:"destination"`
	Group       *string           `json:"group"`
}

func (c *cart) identity() (id, kind string) { return c.ID, "cart" }

func cartID(session string) string { return "cart_" + session }

type lineItem struct {
	ID             string `json:"id"`
	Object         string `json:"object"`
	AmountDiscount int64  `json:"amount_discount"`
	AmountSubtotal int64  `json:"amount_subtotal"`
	AmountTax      int64  `json:"amount_tax"`
	AmountTotal    int64  `json:"amount_total"`
	Currency       string `json:"currency"`
	Description    string `json:"description"`
	Price          price  `json:"price"`
	Quantity       int64  `json:"quantity"`
}

type price struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Active        bool              `json:"active"`
	BillingScheme string            `json:"billing_scheme"`
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	Livemode      bool              `json:"livemode"`
	Metadata      map[string]string `json:"metadata"`
	Product       string            `json:"product"`
	Type          string            `json:"type"`
	UnitAmount    int64             `json:"unit_amount"`
}

var sessionParams = []string{
	"mode", "ui_mode", "success_url", "cancel_url", "client_reference_id", "customer_email", "customer_creation", "expires_at", "locale", "metadata[*]",
	"submit_type", "billing_address_collection", "allow_promotion_codes", "payment_method_types[#]", "automatic_tax[enabled]",
	"invoice_creation[enabled]", "tax_id_collection[enabled]", "phone_number_collection[enabled]", "consent_collection[terms_of_service]", "currency",
	"line_items[#][quantity]", "line_items[#][price_data][currency]", "line_items[#][price_data][unit_amount]", "line_items[#][price_data][tax_behavior]",
	"line_items[#][price_data][product_data][name]", "line_items[#][price_data][product_data][description]",
	"line_items[#][price_data][product_data][images][#]", "line_items[#][price_data][product_data][metadata][*]", "line_items[#][price_data][product_data][tax_code]",
	"payment_intent_data[description]", "payment_intent_data[metadata][*]", "payment_intent_data[receipt_email]", "payment_intent_data[capture_method]",
	"payment_intent_data[statement_descriptor]", "payment_intent_data[statement_descriptor_suffix]", "payment_intent_data[transfer_group]",
	"payment_intent_data[application_fee_amount]", "payment_intent_data[transfer_data][destination]", "payment_intent_data[on_behalf_of]",
}

func createSession(t *tx, r *request) (any, error) {
	s, c, err := newSession(t, r.params)
	if err != nil {
		return nil, err
	}
	if err := t.putAll(s, c); err != nil {
		return nil, err
	}
	return s, t.schedule(time.Unix(s.ExpiresAt, 0), taskExpire, s.ID)
}

func newSession(t *tx, p params) (*session, *cart, error) {
	if mode, err := p.required("mode"); err != nil {
		return nil, nil, err
	} else if mode != "payment" {
		return nil, nil, invalid("", "mode", "Invalid mode: the sandbox takes one-time payments only, so mode must be payment")
	}
	if ui := p["ui_mode"]; ui != "" && ui != "hosted" {
		return nil, nil, invalid("", "ui_mode", "Invalid ui_mode: the sandbox has hosted pages only")
	}
	s := &session{
		ID: newID("cs_test_"), Object: "checkout.session", Created: t.now.Unix(), Mode: "payment", UIMode: "hosted",
		Status: "open", PaymentStatus: "unpaid", PaymentMethodTypes: p.list("payment_method_types"),
	}
	url := t.s.options.PublicURL + "/pay/" + s.ID
	s.URL = &url
	var err error
	if s.SuccessURL, err = p.webAddress("success_url"); err != nil {
		return nil, nil, err
	}
	if p["cancel_url"] != "" {
		cancel, err := p.webAddress("cancel_url")
		if err != nil {
			return nil, nil, err
		}
		s.CancelURL = &cancel
	}
	if s.ClientReferenceID, err = p.text("client_reference_id", 200); err != nil {
		return nil, nil, err
	}
	if s.CustomerEmail, err = p.email("customer_email"); err != nil {
		return nil, nil, err
	}
	if s.Locale, err = p.text("locale", 10); err != nil {
		return nil, nil, err
	}
	if s.Metadata, err = p.metadata("metadata"); err != nil {
		return nil, nil, err
	}
	if s.ExpiresAt, err = sessionEnd(p, t.now); err != nil {
		return nil, nil, err
	}
	c := &cart{ID: cartID(s.ID), Object: "cart"}
	if c.Lines, err = lineItems(p, t.now); err != nil {
		return nil, nil, err
	}
	for _, line := range c.Lines {
		if s.Currency != "" && s.Currency != line.Currency {
			return nil, nil, invalid("", "line_items", "You cannot combine currencies on a single Checkout Session. Found both %s and %s", s.Currency, line.Currency)
		}
		s.Currency = line.Currency
		s.AmountTotal += line.AmountTotal
	}
	s.AmountSubtotal = s.AmountTotal
	if len(s.PaymentMethodTypes) == 0 { // whoever names none gets all that the currency has
		s.PaymentMethodTypes = []string{"card"}
		if method := delayedMethods[s.Currency]; method != "" {
			s.PaymentMethodTypes = append(s.PaymentMethodTypes, method)
		}
	}
	if err := checkTotal(s.AmountTotal, s.Currency); err != nil {
		return nil, nil, err
	}
	return s, c, c.payment(t, p, s.AmountTotal)
}

// payment reads what the payment intent will carry.
func (c *cart) payment(t *tx, p params, total int64) (err error) {
	if c.Description, err = p.text("payment_intent_data[description]", 1000); err != nil {
		return err
	}
	if c.Metadata, err = p.metadata("payment_intent_data[metadata]"); err != nil {
		return err
	}
	if c.Group, err = p.text("payment_intent_data[transfer_group]", 255); err != nil {
		return err
	}
	const feeParam, destinationParam = "payment_intent_data[application_fee_amount]", "payment_intent_data[transfer_data][destination]"
	if c.Fee, err = p.integer(feeParam); err != nil {
		return err
	}
	if c.Fee != nil && (*c.Fee < 0 || *c.Fee > total) {
		return invalid("parameter_invalid_integer", feeParam, "The application fee cannot be negative or larger than the charge")
	}
	if id := p[destinationParam]; id != "" {
		a, err := load[account](t, id)
		if err != nil {
			return err
		}
		if a == nil {
			return noSuch("destination", id, destinationParam)
		}
		c.Destination = &id
	}
	return nil
}

func sessionEnd(p params, now time.Time) (int64, error) {
	at, err := p.integer("expires_at")
	switch {
	case err != nil:
		return 0, err
	case at == nil:
		return now.Add(24 * time.Hour).Unix(), nil
	case *at > now.Add(24*time.Hour+time.Minute).Unix():
		return 0, invalid("", "expires_at", "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")
	case *at < now.Add(30*time.Minute-time.Minute).Unix():
		return 0, invalid("", "expires_at", "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
	}
	return *at, nil
}

func lineItems(p params, now time.Time) ([]lineItem, error) {
	indices := p.indices("line_items")
	switch {
	case len(indices) == 0:
		return nil, invalid("parameter_missing", "line_items", "You must pass line_items when creating a Checkout Session in `payment` mode.")
	case len(indices) > 100:
		return nil, invalid("", "line_items", "Checkout Sessions in `payment` mode can have at most 100 line items")
	}
	var lines []lineItem
	for _, i := range indices {
		at := fmt.Sprintf("line_items[%d]", i)
		code, err := p.required(at + "[price_data][currency]")
		if err != nil {
			return nil, err
		}
		currency, err := checkCurrency(code, at+"[price_data][currency]")
		if err != nil {
			return nil, err
		}
		name, err := p.required(at + "[price_data][product_data][name]")
		if err != nil {
			return nil, err
		}
		if _, err := p.required(at + "[price_data][unit_amount]"); err != nil {
			return nil, err
		}
		unit, err := p.integer(at + "[price_data][unit_amount]")
		if err != nil {
			return nil, err
		}
		if *unit < 0 || *unit > maximum {
			return nil, invalid("parameter_invalid_integer", at+"[price_data][unit_amount]", "Invalid non-negative integer: %d", *unit)
		}
		quantity, err := p.integer(at + "[quantity]")
		if err != nil {
			return nil, err
		}
		if quantity == nil {
			return nil, invalid("parameter_missing", at+"[quantity]", "Quantity is required. Add `quantity` to `%s`", at)
		}
		if *quantity < 1 || *quantity > 999_999 {
			return nil, invalid("parameter_invalid_integer", at+"[quantity]", "The quantity must be between 1 and 999999")
		}
		total := *unit * *quantity
		lines = append(lines, lineItem{
			ID: newID("li_"), Object: "item", AmountSubtotal: total, AmountTotal: total, Currency: currency, Description: name, Quantity: *quantity,
			Price: price{
				ID: newID("price_"), Object: "price", BillingScheme: "per_unit", Created: now.Unix(), Currency: currency,
				Metadata: map[string]string{}, Product: newID("prod_"), Type: "one_time", UnitAmount: *unit,
			},
		})
	}
	return lines, nil
}

func retrieveSession(t *tx, r *request) (any, error) { return t.mustSession(r.id) }

func (t *tx) mustSession(id string) (*session, error) {
	s, err := load[session](t, id)
	if err == nil && s == nil {
		err = noSuch("checkout.session", id, "id")
	}
	return s, err
}

func listLineItems(t *tx, r *request) (any, error) {
	if _, err := t.mustSession(r.id); err != nil {
		return nil, err
	}
	c, err := load[cart](t, cartID(r.id))
	if err != nil || c == nil {
		return nil, err
	}
	return c.lines(r.id), nil
}

func (c *cart) lines(session string) page {
	data := make([]any, len(c.Lines))
	for i := range c.Lines {
		data[i] = &c.Lines[i]
	}
	return page{Object: "list", URL: "/v1/checkout/sessions/" + session + "/line_items", Data: data}
}

func expireSession(t *tx, r *request) (any, error) {
	s, err := t.mustSession(r.id)
	if err != nil {
		return nil, err
	}
	if s.Status != "open" {
		return nil, conflicting("", "", `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of %s.`, s.Status)
	}
	return s, t.expire(s)
}

func (t *tx) expire(s *session) error {
	s.Status, s.URL = "expired", nil
	if err := t.put(s); err != nil {
		return err
	}
	return t.emit("checkout.session.expired", s)
}

// back is where the browser goes after a payment.
func (s *session) back() string {
	return strings.ReplaceAll(s.SuccessURL, "{CHECKOUT_SESSION_ID}", s.ID)
}
