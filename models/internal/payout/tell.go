package payout

import (
	"context"
	"fmt"
	"time"

	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

// Contact is how to write to a producer.
type Contact struct{ Email, Name, Locale string }

// tell writes to a producer, once for each key.
func (s *Service) tell(ctx context.Context, producerID, template, key string, data map[string]string) error {
	to, err := s.people.Contact(ctx, producerID)
	if err != nil {
		return fmt.Errorf("read whom to write to: %w", err)
	}
	data["name"], data["path"] = to.Name, "/studio/payouts"
	m := mail.Message{Template: template, To: to.Email, Locale: to.Locale, Key: template + ":" + key, Data: data}
	if err := s.unit.Enqueue(ctx, m, tx.Unique()); err != nil {
		return fmt.Errorf("queue mail %s: %w", template, err)
	}
	return nil
}

func (s *Service) tellFailed(ctx context.Context, p Payout) error {
	data := map[string]string{"amount": mail.Amount(p.Amount, p.Currency), "reason": ""}
	if p.Failure != "" {
		data["reason"] = "The reason that was given: " + p.Failure
	}
	return s.tell(ctx, p.ProducerID, "payout_failed", p.ID, data)
}

// needsProducer says whether somebody who was through with the provider's questions has something to do again.
func needsProducer(before, after Account) bool {
	asked := func(a Account) bool { return a.DetailsSubmitted && (len(a.Requirements) > 0 || a.DisabledReason != "") }
	return asked(after) && !asked(before)
}

func (s *Service) tellNeeded(ctx context.Context, a Account, at time.Time) error {
	note := "Payouts go on until then. If it takes too long, they stop."
	if !a.Ready() {
		note = "Until then nothing is paid out, and nothing new can be sold for money."
	}
	return s.tell(ctx, a.ProducerID, "payouts_need_you", a.ProducerID+":"+at.Format(time.RFC3339), map[string]string{"note": note})
}
