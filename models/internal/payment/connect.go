package payment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payout"
)

var _ payout.Gateway = (*Stripe)(nil)

// refusedPayout is refusal in the words of package payout.
func refusedPayout(err error) error {
	if err = refusal(err); errors.Is(err, order.ErrRefused) {
		return fmt.Errorf("%w: %w", payout.ErrRefused, err)
	}
	return err
}

// CreateAccount makes an Express account that can receive transfers.
func (s *Stripe) CreateAccount(ctx context.Context, a payout.NewAccount) (payout.ProviderAccount, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.AccountParams{
		Params:  stripe.Params{Context: ctx},
		Type:    stripe.String(string(stripe.AccountTypeExpress)),
		Country: stripe.String(a.Country),
		Email:   stripe.String(a.Email),
		Capabilities: &stripe.AccountCapabilitiesParams{
			Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)},
		},
	}
	params.AddMetadata("producer_id", a.ProducerID)
	params.SetIdempotencyKey(a.Key)
	made, err := s.api.Accounts.New(params)
	if err != nil {
		return payout.ProviderAccount{}, fmt.Errorf("make account of %s: %w", a.ProducerID, refusedPayout(err))
	}
	return accountOf(made), nil
}

// Account asks about a connected account.
func (s *Stripe) Account(ctx context.Context, id string) (payout.ProviderAccount, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := s.api.Accounts.GetByID(id, &stripe.AccountParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return payout.ProviderAccount{}, fmt.Errorf("ask about account %s: %w", id, refusedPayout(err))
	}
	return accountOf(found), nil
}

func accountOf(a *stripe.Account) payout.ProviderAccount {
	out := payout.ProviderAccount{
		ID: a.ID, ProducerID: a.Metadata["producer_id"], DetailsSubmitted: a.DetailsSubmitted, PayoutsEnabled: a.PayoutsEnabled,
		TransfersEnabled: a.Capabilities != nil && a.Capabilities.Transfers == stripe.AccountCapabilityStatusActive,
	}
	if r := a.Requirements; r != nil {
		out.Requirements = slices.Concat(r.PastDue, r.CurrentlyDue)
		slices.Sort(out.Requirements)
		out.Requirements = slices.Compact(out.Requirements)
		out.Pending, out.DisabledReason = r.PendingVerification, string(r.DisabledReason)
	}
	return out
}

// Onboarding makes an account link.
func (s *Stripe) Onboarding(ctx context.Context, accountID, returnURL, refreshURL string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	link, err := s.api.AccountLinks.New(&stripe.AccountLinkParams{
		Params:     stripe.Params{Context: ctx},
		Account:    stripe.String(accountID),
		Type:       stripe.String(string(stripe.AccountLinkTypeAccountOnboarding)),
		ReturnURL:  stripe.String(returnURL),
		RefreshURL: stripe.String(refreshURL),
	})
	if err != nil {
		return "", fmt.Errorf("make link to onboard %s: %w", accountID, refusedPayout(err))
	}
	return link.URL, nil
}

// Charge finds the charge of a payment intent.
func (s *Stripe) Charge(ctx context.Context, paymentID string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := s.api.PaymentIntents.Get(paymentID, &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return "", fmt.Errorf("ask about payment %s: %w", paymentID, refusedPayout(err))
	}
	if found.LatestCharge == nil {
		return "", fmt.Errorf("payment %s has no charge", paymentID)
	}
	return found.LatestCharge.ID, nil
}

// transferGroup names what belongs together of one order.
func transferGroup(orderID string) string { return "order_" + orderID }

// Transfer sends part of a charge, or of the platform's balance, to a connected account.
func (s *Stripe) Transfer(ctx context.Context, r payout.TransferRequest) (string, error) {
	if r.AskedBefore {
		id, err := s.sentTransfer(ctx, r)
		if err != nil || id != "" {
			return id, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.TransferParams{
		Params:        stripe.Params{Context: ctx},
		Amount:        stripe.Int64(r.Amount),
		Currency:      stripe.String(strings.ToLower(r.Currency)),
		Destination:   stripe.String(r.Destination),
		TransferGroup: stripe.String(transferGroup(r.OrderID)),
	}
	if r.Source != "" {
		params.SourceTransaction = stripe.String(r.Source)
	}
	params.AddMetadata("order_id", r.OrderID)
	params.AddMetadata("transfer_id", r.TransferID)
	params.SetIdempotencyKey(r.Key)
	sent, err := s.api.Transfers.New(params)
	if err != nil {
		return "", fmt.Errorf("transfer %s: %w", r.TransferID, refusedPayout(err))
	}
	return sent.ID, nil
}

// sentTransfer finds a transfer made by an earlier call whose answer was lost; empty when there is none.
func (s *Stripe) sentTransfer(ctx context.Context, r payout.TransferRequest) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.TransferListParams{TransferGroup: stripe.String(transferGroup(r.OrderID))}
	params.Context = ctx
	params.Limit = stripe.Int64(100)
	list := s.api.Transfers.List(params)
	sent, err := listed(list, list.Transfer)
	for _, t := range sent {
		if t.Metadata["transfer_id"] == r.TransferID {
			return t.ID, nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("look for transfers of order %s: %w", r.OrderID, refusedPayout(err))
	}
	return "", nil
}

// Reverse takes part of a transfer back.
func (s *Stripe) Reverse(ctx context.Context, r payout.ReverseRequest) (string, error) {
	if r.AskedBefore {
		id, err := s.doneReversal(ctx, r)
		if err != nil || id != "" {
			return id, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.TransferReversalParams{Params: stripe.Params{Context: ctx}, ID: stripe.String(r.Transfer), Amount: stripe.Int64(r.Amount)}
	params.AddMetadata("reversal_id", r.ReversalID)
	params.SetIdempotencyKey(r.Key)
	done, err := s.api.TransferReversals.New(params)
	if err != nil {
		return "", fmt.Errorf("reverse transfer %s: %w", r.Transfer, refusedPayout(err))
	}
	return done.ID, nil
}

func (s *Stripe) doneReversal(ctx context.Context, r payout.ReverseRequest) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.TransferReversalListParams{ID: stripe.String(r.Transfer)}
	params.Context = ctx
	params.Limit = stripe.Int64(100)
	list := s.api.TransferReversals.List(params)
	done, err := listed(list, list.TransferReversal)
	for _, reversal := range done {
		if reversal.Metadata["reversal_id"] == r.ReversalID {
			return reversal.ID, nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("look for reversals of %s: %w", r.Transfer, refusedPayout(err))
	}
	return "", nil
}

// BalanceTransactions lists what moved on the platform's balance.
func (s *Stripe) BalanceTransactions(ctx context.Context, since time.Time, after string, limit int) ([]payout.BalanceTransaction, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.BalanceTransactionListParams{}
	params.Context = ctx
	params.Single = true
	params.Limit = stripe.Int64(int64(limit))
	params.AddExpand("data.source")
	if !since.IsZero() {
		params.CreatedRange = &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}
	}
	if after != "" {
		params.StartingAfter = stripe.String(after)
	}
	it := s.api.BalanceTransactions.List(params)
	var out []payout.BalanceTransaction
	for it.Next() {
		b := it.BalanceTransaction()
		t := payout.BalanceTransaction{
			ID: b.ID, Type: string(b.Type), Currency: strings.ToUpper(string(b.Currency)), Amount: b.Amount, Fee: b.Fee, CreatedAt: time.Unix(b.Created, 0).UTC(),
		}
		if b.Source != nil {
			t.Source = b.Source.ID
			if ch := b.Source.Charge; ch != nil && ch.PaymentIntent != nil {
				t.Payment = ch.PaymentIntent.ID
			}
		}
		out = append(out, t)
	}
	if err := it.Err(); err != nil {
		return nil, false, fmt.Errorf("list balance transactions: %w", refusedPayout(err))
	}
	return out, it.BalanceTransactionList().HasMore, nil
}

// Payout asks about a payout of a connected account to its bank.
func (s *Stripe) Payout(ctx context.Context, accountID, payoutID string) (payout.ProviderPayout, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.PayoutParams{Params: stripe.Params{Context: ctx}}
	params.SetStripeAccount(accountID)
	found, err := s.api.Payouts.Get(payoutID, params)
	if err != nil {
		return payout.ProviderPayout{}, fmt.Errorf("ask about payout %s: %w", payoutID, refusedPayout(err))
	}
	return payoutOf(found), nil
}

// Payouts lists a connected account's payouts.
func (s *Stripe) Payouts(ctx context.Context, accountID string, since time.Time) ([]payout.ProviderPayout, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	params := &stripe.PayoutListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	params.Context = ctx
	params.Limit = stripe.Int64(100)
	params.SetStripeAccount(accountID)
	list := s.api.Payouts.List(params)
	found, err := listed(list, func() payout.ProviderPayout { return payoutOf(list.Payout()) })
	if err != nil {
		return found, fmt.Errorf("list payouts of %s: %w", accountID, refusedPayout(err))
	}
	return found, nil
}

func payoutOf(p *stripe.Payout) payout.ProviderPayout {
	return payout.ProviderPayout{
		ID: p.ID, Currency: strings.ToUpper(string(p.Currency)), Amount: p.Amount, State: string(p.Status), ArrivesOn: time.Unix(p.ArrivalDate, 0).UTC(),
		Failure: p.FailureMessage, CreatedAt: time.Unix(p.Created, 0).UTC(),
	}
}
