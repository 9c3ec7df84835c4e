package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// newPersonID is random through and through: a UUIDv7 would tell when the account was made.
func newPersonID() string { return uuid.NewString() }

// personOfVisitor finds or makes the pseudonym of an anonymous caller; empty without a visitor.
func (s *Service) personOfVisitor(ctx context.Context, who auth.Caller) (string, error) {
	if who.Visitor == "" {
		return "", nil
	}
	return s.store.Visitor(ctx, who.Visitor, newPersonID(), s.now())
}

// knownVisitor is the pseudonym of an anonymous caller who did something already; empty otherwise.
func (s *Service) knownVisitor(ctx context.Context, who auth.Caller) (string, error) {
	if who.Visitor == "" {
		return "", nil
	}
	return s.store.KnownVisitor(ctx, who.Visitor)
}

// PersonID is the pseudonym under which the caller's interactions travel; empty when history is switched off or there is
// nobody to speak of. It is read from the database, for the mapping may have been cut a moment ago.
func (s *Service) PersonID(ctx context.Context, who auth.Caller) (string, error) {
	if !who.SignedIn() {
		return s.personOfVisitor(ctx, who)
	}
	a, err := s.store.ByID(ctx, who.AccountID)
	if err != nil || !a.Settings.Personalise {
		return "", err
	}
	return a.PersonID, nil
}

// Record appends an interaction of the caller, inside the transaction of what was done. PersonID and Demo are filled in;
// nothing is recorded of people who switched their history off.
func (s *Service) Record(ctx context.Context, who auth.Caller, what events.InteractionRecordedV1) error {
	if who.SignedIn() {
		a, err := s.store.ByID(ctx, who.AccountID)
		if err != nil {
			return err
		}
		if !a.Settings.Personalise {
			return nil
		}
		what.PersonID, what.Demo = a.PersonID, a.Demo
	} else {
		person, err := s.personOfVisitor(ctx, who)
		if err != nil || person == "" {
			return err
		}
		what.PersonID = person
	}
	return s.unit.Append(ctx, what.PersonID, 0, what)
}

// RecordFor is Record where only the account is known, in jobs and webhooks.
func (s *Service) RecordFor(ctx context.Context, accountID string, what events.InteractionRecordedV1) error {
	return s.Record(ctx, auth.Caller{AccountID: accountID}, what)
}

// WipeHistory forgets what the caller did: everybody who reads interactions is told, and the account gets another pseudonym,
// which nothing connects with the old one. What is muted is a setting and stays.
func (s *Service) WipeHistory(ctx context.Context, who auth.Caller) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		a, err := s.store.Lock(ctx, who.AccountID)
		if err != nil {
			return err
		}
		old := a.PersonID
		a.PersonID, a.UpdatedAt = newPersonID(), s.now()
		if err := s.store.Save(ctx, a); err != nil {
			return err
		}
		if err := s.unit.Append(ctx, old, 0, events.PersonWipedV1{PersonID: old}); err != nil {
			return err
		}
		return s.retellMutes(ctx, a)
	})
}

// Direct takes interactions that do not go through the outbox.
type Direct interface {
	Record(subject string, at time.Time, trace string, data events.Data) (bool, error)
}

// Interact takes views and previews in a batch and answers how many were taken.
func (s *Service) Interact(ctx context.Context, who auth.Caller, in api.Interactions, trace string, to Direct) (api.InteractionsTaken, error) {
	if len(in.Items) == 0 || len(in.Items) > 100 {
		return api.InteractionsTaken{}, errs.Invalid(errs.Field{Name: "items", Reason: "count", Detail: "Send 1 to 100 at a time."})
	}
	for i, item := range in.Items {
		field := fmt.Sprintf("items.%d.", i)
		switch {
		case item.Kind != string(events.KindView) && item.Kind != string(events.KindPreview):
			return api.InteractionsTaken{}, refuse(invalid(field+"kind", "unknown_value", "Kind is view or preview."))
		case !tx.ValidID(item.PackID):
			return api.InteractionsTaken{}, refuse(invalid(field+"pack_id", "malformed", "This is not the id of a pack."))
		case item.From != "" && (item.Kind != string(events.KindView) || !slices.Contains(events.Lists(), item.From)):
			return api.InteractionsTaken{}, refuse(invalid(field+"from", "unknown_value", "There is no such list of recommendations, or this is no view."))
		case item.SoundID != "" && !tx.ValidID(item.SoundID):
			return api.InteractionsTaken{}, refuse(invalid(field+"sound_id", "malformed", "This is not the id of a sound."))
		}
	}
	if err := s.limits.Take(ctx, "interactions:"+who.AccountID+who.Visitor, 60, time.Second); err != nil {
		return api.InteractionsTaken{}, err
	}
	demo := false
	var person string
	if who.SignedIn() {
		a, err := s.store.ByID(ctx, who.AccountID)
		if err != nil {
			return api.InteractionsTaken{}, err
		}
		if a.Settings.Personalise {
			person, demo = a.PersonID, a.Demo
		}
	} else {
		var err error
		if person, err = s.personOfVisitor(ctx, who); err != nil {
			return api.InteractionsTaken{}, err
		}
	}
	var out api.InteractionsTaken
	if person == "" {
		return out, nil
	}
	now := s.now()
	for _, item := range in.Items {
		at := item.At.UTC()
		if at.After(now) || now.Sub(at) > time.Hour {
			at = now
		}
		ok, err := to.Record(person, at, trace, events.InteractionRecordedV1{
			PersonID: person, Kind: events.Kind(item.Kind), PackID: item.PackID, SoundID: item.SoundID, From: item.From, Demo: demo,
		})
		if err != nil {
			return out, err
		}
		if ok {
			out.Taken++
		}
	}
	return out, nil
}
