package order

import (
	"context"
	"fmt"
	"strings"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

// tell writes to somebody, once for each key.
func (s *Service) tell(ctx context.Context, to Contact, template, key string, data map[string]string) error {
	data["name"] = to.Name
	m := mail.Message{Template: template, To: to.Email, Locale: to.Locale, Key: template + ":" + key + ":" + to.AccountID, Data: data}
	if err := s.unit.Enqueue(ctx, m, tx.Unique()); err != nil {
		return fmt.Errorf("queue mail %s: %w", template, err)
	}
	return nil
}

func (s *Service) tellAccount(ctx context.Context, accountID, template, key string, data map[string]string) error {
	to, err := s.store.Contact(ctx, accountID)
	if err != nil {
		return fmt.Errorf("read whom to write to: %w", err)
	}
	return s.tell(ctx, to, template, key, data)
}

func (o *Order) about(l *Line) map[string]string {
	return map[string]string{"order": o.NumberText(), "title": l.Title(), "path": "/orders/" + o.ID}
}

// tellRefund grants an open request with the refund, and writes to the buyer and, when somebody else gave it, to the producer.
func (s *Service) tellRefund(ctx context.Context, o *Order, l *Line, r Refund) error {
	if asked := o.Request(l.ID); asked != nil && asked.State == api.RequestAsked {
		s.decide(asked, api.RequestGranted, string(r.GivenBy), r.Note)
	}
	data := o.about(l)
	data["amount"], data["note"] = mail.Amount(r.Amount, o.Currency), r.Note
	template := "refund_part"
	if l.Left() == 0 {
		template = "refund_whole"
	}
	if err := s.tellAccount(ctx, o.Buyer.AccountID, template, r.ID, data); err != nil || r.GivenBy == api.GivenByProducer {
		return err
	}
	data = o.about(l)
	data["amount"], data["note"], data["path"] = mail.Amount(r.Amount, o.Currency), r.Note, "/studio/refunds/"+l.ID
	return s.tellAccount(ctx, l.Seller.ID, "sale_refunded", r.ID, data)
}

func (s *Service) tellAsked(ctx context.Context, o *Order, l *Line, r Request) error {
	data := o.about(l)
	data["reason"], data["path"] = r.Reason, "/studio/refunds/"+l.ID
	return s.tellAccount(ctx, l.Seller.ID, "refund_asked", r.ID, data)
}

func (s *Service) tellDeclined(ctx context.Context, o *Order, l *Line, r Request) error {
	data := o.about(l)
	data["note"] = r.Answer
	return s.tellAccount(ctx, o.Buyer.AccountID, "refund_declined", r.ID, data)
}

// tellDispute writes to admins and to the producers concerned that a dispute was opened or decided.
func (s *Service) tellDispute(ctx context.Context, o *Order, d Dispute) error {
	template, ok := map[DisputeState]string{
		api.DisputeWarning: "dispute_opened", api.DisputeNeedsResponse: "dispute_opened", api.DisputeWon: "dispute_won", api.DisputeLost: "dispute_lost",
	}[d.State]
	if !ok {
		return nil
	}
	due := ""
	if d.DueAt != nil {
		due = "The bank takes evidence until " + d.DueAt.UTC().Format("2 January 2006, 15:04 MST") + "."
	}
	about := func(path string) map[string]string {
		return map[string]string{"order": o.NumberText(), "amount": mail.Amount(d.Amount, d.Currency), "reason": strings.ReplaceAll(d.Reason, "_", " "), "due": due, "path": path}
	}
	key := d.ID + ":" + string(d.State)
	admins, err := s.store.Admins(ctx)
	if err != nil {
		return fmt.Errorf("read whom to write to: %w", err)
	}
	for _, to := range admins {
		if err := s.tell(ctx, to, template, key, about("/admin/orders/"+o.ID)); err != nil {
			return err
		}
	}
	if d.State == api.DisputeLost && len(d.Parts) > 0 {
		if err := s.tellAccount(ctx, o.Buyer.AccountID, "payment_taken_back", key, about("/orders/"+o.ID)); err != nil {
			return err
		}
	}
	told := map[string]bool{}
	for _, l := range o.Lines {
		if told[l.Seller.ID] || !l.Delivered() {
			continue
		}
		told[l.Seller.ID] = true
		if err := s.tellAccount(ctx, l.Seller.ID, template, key, about("/studio/refunds/"+l.ID)); err != nil {
			return err
		}
	}
	return nil
}

// tellSoldExclusively writes to the producers of what an order bought exclusively.
func (s *Service) tellSoldExclusively(ctx context.Context, o *Order) error {
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Tier != api.TierExclusive || l.State != api.LineGranted {
			continue
		}
		data := o.about(l)
		data["path"], data["note"] = "/studio/packs/"+l.PackID, "The pack is off sale."
		if l.Kind == api.ItemSound {
			data["note"] = "The sound has left its pack. The rest of the pack goes on sale again by itself as a new version, unless you were changing it."
		}
		if err := s.tellAccount(ctx, l.Seller.ID, "sold_exclusively", l.ID, data); err != nil {
			return err
		}
	}
	return nil
}
