package moderation

import (
	"context"
	"fmt"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// auditOnPage is how many acts an account's page shows.
const auditOnPage = 50

// Account is everything admins see about one account.
func (s *Service) Account(ctx context.Context, id string) (api.AdminAccountDetail, error) {
	a, err := s.Accounts.ByID(ctx, id)
	if err != nil {
		return api.AdminAccountDetail{}, err
	}
	out, err := s.Store.AccountFacts(ctx, id)
	if err != nil {
		return out, err
	}
	acts, err := s.Log.List(ctx, api.AuditQuery{Subject: "account:" + id, Limit: auditOnPage})
	out.Account, out.Followers, out.Audit = a.ForAdmins(), a.Followers, acts.Entries
	return out, err
}

// Disable locks an account out, and takes off sale all its packs, which are remembered. Again, it changes nothing but a new
// reason, and takes down what is on sale nevertheless.
func (s *Service) Disable(ctx context.Context, who auth.Caller, id, reason string) error {
	reason, err := account.CheckReason(reason)
	if err != nil {
		return err
	}
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.Packs.LockAll(ctx, id); err != nil {
			return err
		}
		before, a, err := s.Accounts.Disable(ctx, who, id, reason)
		if err != nil {
			return err
		}
		off, err := s.Packs.Suspend(ctx, id, "The account is locked: "+reason)
		if err != nil {
			return err
		}
		at, packs := now(), make([]string, 0, len(off))
		for _, o := range off {
			packs = append(packs, o.Pack.ID)
			if err := s.Store.AddTakeDown(ctx, TakeDown{
				ID: tx.NewID(), PackID: o.Pack.ID, WithAccount: true, Reason: o.Pack.TakenDownFor, FilesKept: true, Listed: o.Listed, Unpublished: o.Unpublished,
				By: who.AccountID, At: at,
			}); err != nil {
				return err
			}
		}
		if before.DisabledAt != nil && before.DisabledReason == reason && len(off) == 0 {
			return nil
		}
		if err := s.Log.Record(ctx, audit.Entry{
			Action: "account.disable", Subject: accountSubject(a), Reason: reason, Data: map[string]any{"packs": packs},
		}); err != nil {
			return err
		}
		if before.DisabledAt != nil {
			return nil
		}
		return s.write(ctx, "account_disabled", tx.NewID(), readerOf(a), map[string]string{"reason": reason})
	})
}

// Enable lets an account in again, and puts on sale what went off sale with it if asked to. It can be asked to later.
func (s *Service) Enable(ctx context.Context, id string, in api.Enable) error {
	reason, err := text("reason", in.Reason, 0, 500, "")
	if err != nil {
		return err
	}
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.Packs.LockAll(ctx, id); err != nil {
			return err
		}
		before, a, err := s.Accounts.Enable(ctx, id)
		if err != nil {
			return err
		}
		given := []string{}
		if in.RestorePacks {
			if given, err = s.giveBack(ctx, id); err != nil {
				return err
			}
		}
		if before.DisabledAt == nil && len(given) == 0 {
			return nil
		}
		if err := s.Log.Record(ctx, audit.Entry{
			Action: "account.enable", Subject: accountSubject(a), Reason: reason, Data: map[string]any{"packs": given},
		}); err != nil {
			return err
		}
		left, err := s.Store.Suspended(ctx, id)
		if err != nil {
			return err
		}
		var note string
		switch {
		case len(given) > 0:
			note = "Your packs are on sale again."
		case len(left) > 0:
			note = fmt.Sprintf("%d of your packs stay off sale for now. You can answer to that in the studio.", len(left))
		}
		return s.write(ctx, "account_enabled", tx.NewID(), readerOf(a), map[string]string{"note": note, "path": "/sign-in"})
	})
}

// giveBack puts on sale exactly what went off sale with the account and is so still.
func (s *Service) giveBack(ctx context.Context, producerID string) ([]string, error) {
	downs, err := s.Store.Suspended(ctx, producerID)
	if err != nil {
		return nil, err
	}
	given := []string{}
	for _, d := range downs {
		back, err := s.Packs.GiveBack(ctx, d.PackID, d.Unpublished)
		if err != nil {
			return nil, fmt.Errorf("give back pack %s: %w", d.PackID, err)
		}
		if err := s.ended(ctx, d.PackID, ""); err != nil {
			return nil, err
		}
		if back {
			given = append(given, d.PackID)
		}
	}
	return given, nil
}

func accountSubject(a account.Account) audit.Subject {
	return audit.Subject{Kind: "account", ID: a.ID, Name: a.Handle}
}
