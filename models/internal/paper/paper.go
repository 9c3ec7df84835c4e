// Package paper issues receipts, invoices and credit notes, numbered without gaps in the transaction of the money they tell of.
// How they look is the services' above.
package paper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/tx"
)

// Terms is what stands on every paper and is frozen with each.
type Terms struct {
	Seller         api.PaperSeller
	TaxName        string // VAT
	TaxBasisPoints int    // within prices
	TaxNote        string // why there is none, or another line about it
	Test           bool   // payments are not real money
}

// Store keeps papers. Issue gives the paper its number, inside the transaction of the context; a paper of the same kind, or of the
// same cause, that is there stays.
type Store interface {
	Issue(ctx context.Context, p *api.Paper, why Cause) error
	// Invoice is what an account wants on papers; nil: it never said anything.
	Invoice(ctx context.Context, accountID string) (*api.InvoiceDetails, error)
	// OfOrder lists an order's papers, oldest first.
	OfOrder(ctx context.Context, orderID string) ([]api.Paper, error)
	// Paper reads one, and whose order it is of.
	Paper(ctx context.Context, id string) (api.Paper, string, error)
	// Unreceipted lists paid orders without a receipt, oldest first.
	Unreceipted(ctx context.Context, limit int) ([]string, error)
	// Uncredited lists refunds of delivered things that went back, and lost disputes, that have no credit note though their order
	// has an invoice.
	Uncredited(ctx context.Context, limit int) ([]Cause, error)
}

// Cause is the refund or the dispute of an order that a credit note is for. Other papers have none.
type Cause struct{ OrderID, RefundID, DisputeID string }

// Orders reads orders.
type Orders interface {
	Order(ctx context.Context, id string) (*order.Order, error)
}

// Service issues papers.
type Service struct {
	unit   tx.Runner
	store  Store
	orders Orders
	terms  Terms
	now    func() time.Time
}

// NewService returns a Service. now may be nil: the clock.
func NewService(unit tx.Runner, store Store, orders Orders, terms Terms, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{unit: unit, store: store, orders: orders, terms: terms, now: func() time.Time { return now().UTC() }}
}

// Paid issues the receipt over what arrived, and the invoice over what was delivered for it, in the transaction that settles the
// order. A free order has neither.
func (s *Service) Paid(ctx context.Context, o *order.Order) error {
	if o.PaidAt == nil || o.Total == 0 {
		return nil
	}
	wanted, err := s.store.Invoice(ctx, o.Buyer.AccountID)
	if err != nil {
		return err
	}
	receipt, invoice := s.begin(o, api.PaperReceipt), s.begin(o, api.PaperInvoice)
	for _, l := range o.Lines {
		line := lineOf(l)
		receipt.Lines = append(receipt.Lines, line)
		receipt.Total += line.Amount
		if !line.Delivered {
			receipt.GoesBack += line.Amount
			continue
		}
		invoice.Lines = append(invoice.Lines, line)
		invoice.Total += line.Amount
	}
	for _, p := range []*api.Paper{receipt, invoice} {
		if p.Total == 0 {
			continue
		}
		if wanted != nil {
			p.BuyerName, p.BuyerAddress, p.BuyerTaxID = cmp.Or(wanted.Name, p.BuyerName), wanted.Address, wanted.TaxID
		}
		p.Tax = s.terms.tax(p.Total)
		if err := s.store.Issue(ctx, p, Cause{}); err != nil {
			return fmt.Errorf("issue %s of order %s: %w", p.Kind, o.ID, err)
		}
	}
	return nil
}

func lineOf(l order.Line) api.PaperLine {
	return api.PaperLine{
		Title: l.Title(), Kind: string(l.Kind), Edition: l.Edition, Producer: l.Seller.Name, Licence: string(l.Tier), Price: l.Price, Credit: l.Credit,
		Discount: l.Discount, Amount: l.Amount(), Delivered: l.Delivered(),
	}
}

// Refunded issues the credit note of a refund that went back, in the transaction that books it. What goes back because it never was
// on an invoice needs none.
func (s *Service) Refunded(ctx context.Context, o *order.Order, refundID string) error {
	i := indexOf(o.Refunds, refundID)
	if i < 0 || !o.Refunds[i].Done() || o.Refunds[i].Reason == order.ReasonNotDelivered || o.Refunds[i].Reason == order.ReasonDuplicate {
		return nil
	}
	r := o.Refunds[i]
	lines := creditLines(o, "Refund", r.Parts)
	if len(lines) == 0 {
		lines = append(lines, api.PaperLine{Title: "Refund of order " + o.NumberText(), Kind: "refund", Price: r.Amount, Amount: r.Amount})
	}
	return s.credit(ctx, o, Cause{o.ID, r.ID, ""}, r.Reason, r.Amount, lines)
}

// Disputed issues the credit note of a dispute that was lost, over what of the invoice it took, in the transaction that books it.
func (s *Service) Disputed(ctx context.Context, o *order.Order, disputeID string) error {
	for _, d := range o.Disputes {
		if d.ID == disputeID && d.State == api.DisputeLost && len(d.Parts) > 0 {
			var amount int64
			for _, part := range d.Parts {
				amount += part.Amount
			}
			return s.credit(ctx, o, Cause{o.ID, "", d.ID}, "dispute", amount, creditLines(o, "Taken back by the bank", d.Parts))
		}
	}
	return nil
}

// credit takes an amount off the order's invoice.
func (s *Service) credit(ctx context.Context, o *order.Order, why Cause, reason string, amount int64, lines []api.PaperLine) error {
	papers, err := s.store.OfOrder(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, invoice := range papers {
		if invoice.Kind != api.PaperInvoice {
			continue
		}
		note := s.begin(o, api.PaperCreditNote)
		// It corrects that invoice: its seller, its buyer and its tax, whatever they are today.
		note.Seller, note.BuyerName, note.BuyerEmail = invoice.Seller, invoice.BuyerName, invoice.BuyerEmail
		note.BuyerAddress, note.BuyerTaxID = invoice.BuyerAddress, invoice.BuyerTaxID
		note.Invoice, note.Reason, note.Total, note.Lines = invoice.Number, reason, amount, lines
		note.Tax = Terms{TaxName: invoice.Tax.Name, TaxBasisPoints: invoice.Tax.BasisPoints, TaxNote: invoice.Tax.Note}.tax(note.Total)
		if err := s.store.Issue(ctx, note, why); err != nil {
			return fmt.Errorf("issue credit note of order %s: %w", o.ID, err)
		}
	}
	return nil
}

// creditLines are the parts of what was delivered that went back.
func creditLines(o *order.Order, how string, parts []order.Part) []api.PaperLine {
	lines := []api.PaperLine{}
	for _, part := range parts {
		for _, l := range o.Lines {
			if l.ID == part.LineID {
				lines = append(lines, api.PaperLine{
					Title: how + ": " + l.Title(), Kind: "refund", Edition: l.Edition, Producer: l.Seller.Name, Licence: string(l.Tier), Price: part.Amount, Amount: part.Amount,
				})
			}
		}
	}
	return lines
}

func indexOf(refunds []order.Refund, id string) int {
	for i, r := range refunds {
		if r.ID == id {
			return i
		}
	}
	return -1
}

func (s *Service) begin(o *order.Order, kind api.PaperKind) *api.Paper {
	p := &api.Paper{
		ID: tx.NewID(), Kind: kind, OrderID: o.ID, OrderNumber: o.NumberText(), Currency: o.Currency, IssuedAt: s.now(), PaidAt: *o.PaidAt,
		Seller: s.terms.Seller, BuyerName: o.Buyer.Name, BuyerEmail: o.Buyer.Email, Lines: []api.PaperLine{}, Test: s.terms.Test || o.Buyer.Demo,
	}
	for _, payment := range o.Payments {
		if !payment.Duplicate {
			p.Reference = payment.ProviderID
		}
	}
	return p
}

// tax finds the tax within an amount, rounded half up.
func (t Terms) tax(total int64) api.PaperTax {
	rate := int64(t.TaxBasisPoints)
	amount := (2*total*rate + 10_000 + rate) / (2 * (10_000 + rate))
	return api.PaperTax{Name: t.TaxName, BasisPoints: t.TaxBasisPoints, Net: total - amount, Amount: amount, Note: t.TaxNote}
}

// OfOrder lists the papers of the account's order; an admin reads those of all.
func (s *Service) OfOrder(ctx context.Context, accountID string, admin bool, orderID string) (api.Papers, error) {
	o, err := s.orders.Order(ctx, orderID)
	if err == nil && o.Buyer.AccountID != accountID && !admin {
		err = errs.NotFound("order")
	}
	if err != nil {
		return api.Papers{}, err
	}
	papers, err := s.store.OfOrder(ctx, orderID)
	return api.Papers{Papers: papers}, err
}

// Paper reads one of the account's orders; an admin reads all.
func (s *Service) Paper(ctx context.Context, accountID string, admin bool, id string) (api.Paper, error) {
	if !tx.ValidID(id) {
		return api.Paper{}, errs.NotFound("paper")
	}
	p, buyer, err := s.store.Paper(ctx, id)
	if err == nil && buyer != accountID && !admin {
		return api.Paper{}, errs.NotFound("paper")
	}
	return p, err
}

// IssueMissingJob issues papers of orders that were paid, or refunded, under a release without papers.
type IssueMissingJob struct{}

// Kind implements tx.Job.
func (IssueMissingJob) Kind() string { return "paper_missing" }

// missingBatch is how many orders one run looks at.
const missingBatch = 500

// IssueMissing is a job and may run twice.
func (s *Service) IssueMissing(ctx context.Context, _ IssueMissingJob) error {
	orders, err := s.store.Unreceipted(ctx, missingBatch)
	if err != nil {
		return err
	}
	paid := errs.Each(orders, func(id string) error { return s.late(ctx, id, s.Paid) })
	causes, err := s.store.Uncredited(ctx, missingBatch)
	return errors.Join(paid, err, errs.Each(causes, func(why Cause) error {
		return s.late(ctx, why.OrderID, func(ctx context.Context, o *order.Order) error {
			if why.DisputeID != "" {
				return s.Disputed(ctx, o, why.DisputeID)
			}
			return s.Refunded(ctx, o, why.RefundID)
		})
	}))
}

func (s *Service) late(ctx context.Context, orderID string, issue func(context.Context, *order.Order) error) error {
	o, err := s.orders.Order(ctx, orderID)
	if err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error { return issue(ctx, o) })
}
