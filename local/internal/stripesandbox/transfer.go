package stripesandbox

import "strings"

// transfer is money of a charge that went to a connected account.
type transfer struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"`
	AmountReversed     int64             `json:"amount_reversed"`
	BalanceTransaction string            `json:"balance_transaction"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Description        *string           `json:"description"`
	Destination        string            `json:"destination"`
	DestinationPayment string            `json:"destination_payment"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	Reversals          page              `json:"reversals"`
	Reversed           bool              `json:"reversed"`
	SourceTransaction  *string           `json:"source_transaction"`
	SourceType         string            `json:"source_type"`
	TransferGroup      *string           `json:"transfer_group"`
}

func (t *transfer) identity() (id, kind string) { return t.ID, "transfer" }

// reversal is money of a transfer that came back.
type reversal struct {
	ID                       string            `json:"id"`
	Object                   string            `json:"object"`
	Amount                   int64             `json:"amount"`
	BalanceTransaction       string            `json:"balance_transaction"`
	Created                  int64             `json:"created"`
	Currency                 string            `json:"currency"`
	DestinationPaymentRefund string            `json:"destination_payment_refund"`
	Metadata                 map[string]string `json:"metadata"`
	SourceRefund             *string           `json:"source_refund"`
	Transfer                 string            `json:"transfer"`
}

func (r *reversal) identity() (id, kind string) { return r.ID, "transfer_reversal" }

// pocket is what a connected account holds in one currency.
type pocket struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Amount int64  `json:"amount"`
}

func (p *pocket) identity() (id, kind string) { return p.ID, "pocket" }

// spread is what of a charge was transferred, less what came back.
type spread struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Amount int64  `json:"amount"`
}

func (s *spread) identity() (id, kind string) { return s.ID, "spread" }

func (t *tx) pocketOf(account, currency string) (*pocket, error) {
	id := "pocket_" + account + "_" + currency
	p, err := load[pocket](t, id)
	if p == nil {
		p = &pocket{ID: id, Object: "pocket"}
	}
	return p, err
}

func (t *tx) spreadOf(charge string) (*spread, error) {
	id := "spread_" + charge
	s, err := load[spread](t, id)
	if s == nil {
		s = &spread{ID: id, Object: "spread"}
	}
	return s, err
}

var transferParams = []string{"amount", "currency", "destination", "source_transaction", "source_type", "transfer_group", "description", "metadata[*]"}

func createTransfer(t *tx, r *request) (any, error) {
	p := r.params
	amount, err := p.integer("amount")
	if err != nil {
		return nil, err
	}
	if amount == nil || *amount < 1 {
		return nil, invalid("parameter_invalid_integer", "amount", "Invalid positive integer")
	}
	currency, err := checkCurrency(p["currency"], "currency")
	if err != nil {
		return nil, err
	}
	to, err := load[account](t, p["destination"])
	switch {
	case err != nil:
		return nil, err
	case to == nil:
		return nil, noSuch("destination", p["destination"], "destination")
	case to.Capabilities.Transfers != "active":
		return nil, conflicting("insufficient_capabilities_for_transfer", "destination", "Your destination account needs to have at least one of the following capabilities enabled: transfers")
	}
	made := &transfer{
		ID: newID("tr_"), Object: "transfer", Amount: *amount, Created: t.now.Unix(), Currency: currency, Destination: to.ID,
		DestinationPayment: newID("py_"), SourceType: "card",
	}
	if source := p["source_transaction"]; source != "" {
		if err := t.takeFrom(source, currency, *amount); err != nil {
			return nil, err
		}
		made.SourceTransaction = &source
	}
	made.Reversals = page{Object: "list", Data: []any{}, URL: "/v1/transfers/" + made.ID + "/reversals"}
	if made.Description, err = p.text("description", 1000); err != nil {
		return nil, err
	}
	if made.Metadata, err = p.metadata("metadata"); err != nil {
		return nil, err
	}
	if made.TransferGroup, err = p.text("transfer_group", 255); err != nil {
		return nil, err
	}
	booked := t.booking("transfer", made.ID, -*amount, currency)
	made.BalanceTransaction = booked.ID
	has, err := t.pocketOf(to.ID, currency)
	if err != nil {
		return nil, err
	}
	has.Amount += *amount
	if err := t.putAll(made, booked, has); err != nil {
		return nil, err
	}
	if err := t.schedule(t.now.Add(t.s.options.PayoutDelay), taskPayout, has.ID); err != nil {
		return nil, err
	}
	return made, t.emit("transfer.created", made)
}

// takeFrom notes what is transferred out of a charge, which holds no more than itself.
func (t *tx) takeFrom(source, currency string, amount int64) error {
	ch, err := load[charge](t, source)
	switch {
	case err != nil:
		return err
	case ch == nil:
		return noSuch("source_transaction", source, "source_transaction")
	case ch.Status != "succeeded" || ch.Currency != currency:
		return conflicting("", "source_transaction", "Charge %s did not succeed in %s.", source, currency)
	}
	used, err := t.spreadOf(source)
	if err != nil {
		return err
	}
	if amount > ch.Amount-used.Amount {
		return conflicting("", "amount", "Transfers using this transaction as a source must not exceed the source amount of %s. (There is already %s of existing transfers using this source transaction.)", money(ch.Amount, currency), money(used.Amount, currency))
	}
	used.Amount += amount
	return t.put(used)
}

// booking is a movement on the platform's balance without a fee.
func (t *tx) booking(kind, source string, amount int64, currency string) *balanceTransaction {
	return &balanceTransaction{
		ID: newID("txn_"), Object: "balance_transaction", Amount: amount, AvailableOn: t.now.Unix(), Created: t.now.Unix(), Currency: currency,
		FeeDetails: []feeDetail{}, Net: amount, ReportingCategory: kind, Source: source, Status: "available", Type: kind,
	}
}

var reversalParams = []string{"amount", "description", "metadata[*]", "refund_application_fee"}

func createReversal(t *tx, r *request) (any, error) {
	of, err := load[transfer](t, r.id)
	if err != nil {
		return nil, err
	}
	if of == nil {
		return nil, noSuch("transfer", r.id, "id")
	}
	asked, err := r.params.integer("amount")
	if err != nil {
		return nil, err
	}
	left := of.Amount - of.AmountReversed
	amount := left
	if asked != nil {
		amount = *asked
	}
	has, err := t.pocketOf(of.Destination, of.Currency)
	switch {
	case err != nil:
		return nil, err
	case amount < 1:
		return nil, invalid("parameter_invalid_integer", "amount", "Invalid positive integer")
	case amount > left:
		return nil, conflicting("", "amount", "Reversal amount (%s) is greater than the unreversed amount on transfer (%s)", money(amount, of.Currency), money(left, of.Currency))
	case amount > has.Amount:
		return nil, conflicting("balance_insufficient", "", "The connected account has insufficient funds: %s.", money(has.Amount, of.Currency))
	}
	if of.SourceTransaction != nil {
		used, err := t.spreadOf(*of.SourceTransaction)
		if err != nil {
			return nil, err
		}
		used.Amount -= amount
		if err := t.put(used); err != nil {
			return nil, err
		}
	}
	made := &reversal{
		ID: newID("trr_"), Object: "transfer_reversal", Amount: amount, Created: t.now.Unix(), Currency: of.Currency,
		DestinationPaymentRefund: newID("pyr_"), Transfer: of.ID,
	}
	if made.Metadata, err = r.params.metadata("metadata"); err != nil {
		return nil, err
	}
	booked := t.booking("transfer_refund", made.ID, amount, of.Currency)
	made.BalanceTransaction = booked.ID
	of.AmountReversed += amount
	of.Reversed = of.AmountReversed == of.Amount
	has.Amount -= amount
	if err := t.putAll(made, booked, of, has); err != nil {
		return nil, err
	}
	return made, t.emit("transfer.reversed", of)
}

func listReversals(t *tx, r *request) (any, error) {
	r.params["transfer"] = r.id
	return listOf("transfer_reversal", "transfer")(t, r)
}

// splitPocket reads account and currency out of a pocket's id.
func splitPocket(id string) (account, currency string) {
	rest := strings.TrimPrefix(id, "pocket_")
	i := strings.LastIndexByte(rest, '_')
	return rest[:i], rest[i+1:]
}
