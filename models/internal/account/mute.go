package account

import (
	"context"
	"fmt"
	"slices"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// maxMutes bounds what one person mutes, and with it the message that tells of it.
const maxMutes = 500

// Mute keeps something from being recommended to the caller; doing it twice is fine.
func (s *Service) Mute(ctx context.Context, who auth.Caller, kind, thing string) error {
	return s.setMute(ctx, who, kind, thing, func(ctx context.Context, a Account) (bool, error) {
		there, err := s.store.Mutes(ctx, a.ID)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(there, func(m api.Mute) bool { return m.Kind == kind && m.Thing == thing }) {
			return false, nil
		}
		if len(there) >= maxMutes {
			return false, errs.New(errs.CodeConflict, "too_many_mutes", fmt.Sprintf("At most %d things can be muted. Lift a mute first.", maxMutes))
		}
		return s.store.Mute(ctx, a.ID, kind, thing, s.now())
	})
}

// Unmute undoes it.
func (s *Service) Unmute(ctx context.Context, who auth.Caller, kind, thing string) error {
	return s.setMute(ctx, who, kind, thing, func(ctx context.Context, a Account) (bool, error) {
		return s.store.Unmute(ctx, a.ID, kind, thing)
	})
}

func (s *Service) setMute(ctx context.Context, who auth.Caller, kind, thing string, set func(context.Context, Account) (changed bool, err error)) error {
	if err := checkMute(kind, thing); err != nil {
		return err
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		a, err := s.store.Lock(ctx, who.AccountID)
		if err != nil {
			return err
		}
		changed, err := set(ctx, a)
		if err != nil || !changed {
			return err
		}
		return s.tellMutes(ctx, a)
	})
}

func checkMute(kind, thing string) error {
	switch kind {
	case api.MutePack, api.MuteSound, api.MuteProducer, api.MuteBecause:
		if !tx.ValidID(thing) {
			return refuse(invalid("thing", "malformed", "This is not the id of anything."))
		}
	case api.MuteReason:
		if !slices.Contains(events.Reasons(), events.Reason(thing)) {
			return refuse(invalid("thing", "unknown_value", "There is no such kind of evidence."))
		}
	default:
		return refuse(invalid("kind", "unknown_value", "Kind is pack, sound, producer, because or reason."))
	}
	return nil
}

// Mutes lists what the caller muted, newest first.
func (s *Service) Mutes(ctx context.Context, who auth.Caller) (api.Mutes, error) {
	mutes, err := s.store.Mutes(ctx, who.AccountID)
	return api.Mutes{Mutes: list(mutes)}, err
}

// tellMutes sends all that a locked account muted under its present pseudonym. While personal recommendations are off
// nothing is told of the person; models itself keeps what is muted from their pages.
func (s *Service) tellMutes(ctx context.Context, a Account) error {
	if !a.Settings.Personalise {
		return nil
	}
	mutes, err := s.store.Mutes(ctx, a.ID)
	if err != nil {
		return err
	}
	revision, err := s.store.CountMutesTold(ctx, a.ID)
	if err != nil {
		return err
	}
	told := events.PersonMutedV1{PersonID: a.PersonID}
	for _, m := range mutes {
		switch m.Kind {
		case api.MutePack:
			told.Packs = append(told.Packs, m.Thing)
		case api.MuteSound:
			told.Sounds = append(told.Sounds, m.Thing)
		case api.MuteProducer:
			told.Producers = append(told.Producers, m.Thing)
		case api.MuteBecause:
			told.Because = append(told.Because, m.Thing)
		case api.MuteReason:
			told.Reasons = append(told.Reasons, events.Reason(m.Thing))
		}
	}
	return s.unit.Append(ctx, a.PersonID, revision, told)
}

// retellMutes is tellMutes where a pseudonym starts anew: without mutes there is nothing to say.
func (s *Service) retellMutes(ctx context.Context, a Account) error {
	mutes, err := s.store.Mutes(ctx, a.ID)
	if err != nil || len(mutes) == 0 {
		return err
	}
	return s.tellMutes(ctx, a)
}
