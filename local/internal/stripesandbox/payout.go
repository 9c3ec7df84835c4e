package stripesandbox

// payout is money on its way to the bank of a connected account. Stripe does not say whose it is; the header of the request does.
type payout struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Account            string            `json:"account"`
	Amount             int64             `json:"amount"`
	ArrivalDate        int64             `json:"arrival_date"`
	Automatic          bool              `json:"automatic"`
	BalanceTransaction *string           `json:"balance_transaction"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Description        *string           `json:"description"`
	FailureCode        *string           `json:"failure_code"`
	FailureMessage     *string           `json:"failure_message"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	Method             string            `json:"method"`
	SourceType         string            `json:"source_type"`
	Status             string            `json:"status"`
	Type               string            `json:"type"`
}

func (p *payout) identity() (id, kind string) { return p.ID, "payout" }

// sweep pays out all that a connected account holds in one currency.
func (t *tx) sweep(pocketID string) error {
	has, err := load[pocket](t, pocketID)
	if err != nil || has == nil || has.Amount <= 0 {
		return err
	}
	id, currency := splitPocket(pocketID)
	to, err := load[account](t, id)
	if err != nil || to == nil || !to.PayoutsEnabled {
		return err
	}
	p := &payout{
		ID: newID("po_"), Object: "payout", Account: id, Amount: has.Amount, ArrivalDate: t.now.Add(t.s.options.PayoutDelay).Unix(), Automatic: true,
		Created: t.now.Unix(), Currency: currency, Metadata: map[string]string{}, Method: "standard", SourceType: "card", Status: "in_transit", Type: "bank_account",
	}
	has.Amount = 0
	if err := t.putAll(p, has); err != nil {
		return err
	}
	if err := t.schedule(t.now.Add(t.s.options.PayoutDelay), taskArrive, p.ID); err != nil {
		return err
	}
	return t.emitFor(id, "payout.created", p)
}

// arrive ends a payout: the bank has the money.
func (t *tx) arrive(id string) error {
	p, err := load[payout](t, id)
	if err != nil || p == nil || p.Status != "in_transit" {
		return err
	}
	p.Status = "paid"
	if err := t.put(p); err != nil {
		return err
	}
	return t.emitFor(p.Account, "payout.paid", p)
}

func listPayouts(t *tx, r *request) (any, error) {
	r.params["account"] = r.account
	return listOf("payout", "account", "status")(t, r)
}

func retrievePayout(t *tx, r *request) (any, error) {
	p, err := load[payout](t, r.id)
	if err != nil {
		return nil, err
	}
	if p == nil || p.Account != r.account {
		return nil, noSuch("payout", r.id, "id")
	}
	return p, nil
}
