package stripesandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// account is a connected account: a producer who is to be paid out.
type account struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	BusinessType     *string           `json:"business_type"`
	Capabilities     capabilities      `json:"capabilities"`
	ChargesEnabled   bool              `json:"charges_enabled"`
	Country          string            `json:"country"`
	Created          int64             `json:"created"`
	DefaultCurrency  string            `json:"default_currency"`
	DetailsSubmitted bool              `json:"details_submitted"`
	Email            *string           `json:"email"`
	Metadata         map[string]string `json:"metadata"`
	PayoutsEnabled   bool              `json:"payouts_enabled"`
	Requirements     requirements      `json:"requirements"`
	Type             string            `json:"type"`
}

func (a *account) identity() (id, kind string) { return a.ID, "account" }

type capabilities struct {
	CardPayments string `json:"card_payments"`
	Transfers    string `json:"transfers"`
}

type requirements struct {
	CurrentlyDue        []string `json:"currently_due"`
	DisabledReason      *string  `json:"disabled_reason"`
	EventuallyDue       []string `json:"eventually_due"`
	PastDue             []string `json:"past_due"`
	PendingVerification []string `json:"pending_verification"`
}

var accountParams = []string{
	"type", "country", "email", "business_type", "default_currency", "metadata[*]", "business_profile[*]", "individual[*]",
	"capabilities[card_payments][requested]", "capabilities[transfers][requested]", "tos_acceptance[*]", "settings[payouts][schedule][interval]",
}

func createAccount(t *tx, r *request) (any, error) {
	p := r.params
	kind := p["type"]
	if kind == "" {
		kind = "standard"
	}
	if !slices.Contains([]string{"standard", "express", "custom"}, kind) {
		return nil, invalid("", "type", "Invalid type: must be one of custom, express, or standard")
	}
	disabled, due := "requirements.past_due", []string{"external_account", "tos_acceptance.date"}
	a := &account{
		ID: newID("acct_"), Object: "account", Country: p["country"], Created: t.now.Unix(), DefaultCurrency: "eur", Type: kind,
		Capabilities: capabilities{"inactive", "inactive"},
		Requirements: requirements{CurrentlyDue: due, DisabledReason: &disabled, EventuallyDue: due, PastDue: due, PendingVerification: []string{}},
	}
	if a.Country == "" {
		a.Country = "DE"
	}
	var err error
	if a.Email, err = p.email("email"); err != nil {
		return nil, err
	}
	if a.BusinessType, err = p.text("business_type", 30); err != nil {
		return nil, err
	}
	if c := p["default_currency"]; c != "" {
		if a.DefaultCurrency, err = checkCurrency(c, "default_currency"); err != nil {
			return nil, err
		}
	}
	if a.Metadata, err = p.metadata("metadata"); err != nil {
		return nil, err
	}
	return a, t.put(a)
}

func retrieveAccount(t *tx, r *request) (any, error) { return t.mustAccount(r.id, "id") }

func (t *tx) mustAccount(id, param string) (*account, error) {
	a, err := load[account](t, id)
	if err == nil && a == nil {
		e := noSuch("account", id, param)
		e.code, e.status = "account_invalid", http.StatusForbidden
		err = e
	}
	return a, err
}

type accountLink struct {
	Object    string `json:"object"`
	Created   int64  `json:"created"`
	ExpiresAt int64  `json:"expires_at"`
	URL       string `json:"url"`
}

var accountLinkParams = []string{"account", "type", "refresh_url", "return_url", "collect", "collection_options[fields]"}

const accountLinkLife = 5 * time.Minute

func createAccountLink(t *tx, r *request) (any, error) {
	id, err := r.params.required("account")
	if err != nil {
		return nil, err
	}
	if _, err := t.mustAccount(id, "account"); err != nil {
		return nil, err
	}
	if kind, err := r.params.required("type"); err != nil {
		return nil, err
	} else if kind != "account_onboarding" && kind != "account_update" {
		return nil, invalid("", "type", "Invalid type: must be one of account_onboarding or account_update")
	}
	back, err := r.params.webAddress("return_url")
	if err != nil {
		return nil, err
	}
	refresh, err := r.params.webAddress("refresh_url")
	if err != nil {
		return nil, err
	}
	o := &onboarding{ID: newID("onb_"), Object: "onboarding", Account: id, Return: back, Refresh: refresh, ExpiresAt: t.now.Add(accountLinkLife).Unix()}
	if err := t.put(o); err != nil {
		return nil, err
	}
	return &accountLink{Object: "account_link", Created: t.now.Unix(), ExpiresAt: o.ExpiresAt, URL: t.s.options.PublicURL + "/onboard/" + o.ID}, nil
}

// onboarding is one use of an account link.
type onboarding struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Account   string `json:"account"`
	Return    string `json:"return"`
	Refresh   string `json:"refresh"`
	ExpiresAt int64  `json:"expires_at"`
}

func (o *onboarding) identity() (id, kind string) { return o.ID, "onboarding" }

func createLoginLink(t *tx, r *request) (any, error) {
	if _, err := t.mustAccount(r.id, "id"); err != nil {
		return nil, err
	}
	return map[string]any{"object": "login_link", "created": t.now.Unix(), "url": t.s.options.PublicURL + "/"}, nil
}

// How onboarding ends, as chosen on the page.
const (
	onboardDone     = "done"
	onboardOpen     = "open"     // a document is missing
	onboardRejected = "rejected" // for good
)

// onboard ends onboarding; done opens the account for charges and payouts.
func (t *tx) onboard(a *account, end string) error {
	open, state, due, why := end == onboardDone, "inactive", []string{}, ""
	switch end {
	case onboardDone:
		state = "active"
	case onboardOpen:
		due, why = []string{"individual.verification.document"}, "requirements.past_due"
	case onboardRejected:
		why = "rejected.other"
	default:
		return invalid("", "end", "Choose how onboarding ends")
	}
	a.ChargesEnabled, a.PayoutsEnabled, a.DetailsSubmitted = open, open, true
	a.Capabilities = capabilities{state, state}
	a.Requirements = requirements{CurrentlyDue: due, EventuallyDue: due, PastDue: due, PendingVerification: []string{}}
	if why != "" {
		a.Requirements.DisabledReason = &why
	}
	if err := t.put(a); err != nil {
		return err
	}
	return t.emitFor(a.ID, "account.updated", a)
}

func expired(at int64, now time.Time) bool { return now.Unix() >= at }

// originOf is the scheme and host of an address, for a content security policy.
func originOf(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest
}
