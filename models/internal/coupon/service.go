package coupon

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// Store keeps coupons.
type Store interface {
	// Create stores a coupon; errs.CodeConflict when its code is taken.
	Create(ctx context.Context, c Coupon) error
	// Coupon reads one with its uses.
	Coupon(ctx context.Context, id string) (Coupon, error)
	// List reads a page, newest first: one producer's, or with an empty producerID all.
	List(ctx context.Context, producerID, cursor string, limit int) ([]Coupon, error)
	Change(ctx context.Context, id string, paused bool, endsAt *time.Time) error
	// OwnPack says whether the pack is the account's and gives its title.
	OwnPack(ctx context.Context, accountID, packID string) (string, bool, error)
}

// Audit keeps what admins do.
type Audit interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Service makes and ends coupons.
type Service struct {
	unit  tx.Runner
	store Store
	audit Audit
	now   func() time.Time
}

// NewService returns a Service. now may be nil.
func NewService(unit tx.Runner, store Store, audit Audit, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{unit: unit, store: store, audit: audit, now: func() time.Time { return now().UTC() }}
}

var codeForm = regexp.MustCompile(`^[A-Z0-9-]{4,32}$`)

// Create makes a coupon: the caller's as a producer, or the platform's.
func (s *Service) Create(ctx context.Context, who auth.Caller, platform bool, in api.NewCoupon) (api.Coupon, error) {
	c, err := s.check(in)
	if err != nil {
		return api.Coupon{}, err
	}
	c.CreatedBy = who.AccountID
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
		if !platform {
			c.Producer = &api.ProducerRef{ID: who.AccountID}
		}
		if c.PackID != "" {
			title, own, err := s.store.OwnPack(ctx, who.AccountID, c.PackID)
			if err != nil {
				return err
			}
			if !own || platform {
				return errs.Invalid(errs.Field{Name: "pack_id", Reason: "unknown_pack", Detail: "Choose one of your packs."})
			}
			c.PackTitle = title
		}
		if err := s.store.Create(ctx, c); err != nil {
			return err
		}
		if !platform {
			return nil
		}
		return s.audit.Record(ctx, audit.Entry{
			Action: "coupon.create", Subject: audit.Subject{Kind: "coupon", ID: c.ID, Name: c.Code}, Data: in,
		})
	})
	if errs.CodeOf(err) == errs.CodeConflict {
		return api.Coupon{}, errs.Invalid(errs.Field{Name: "code", Reason: "code_taken", Detail: "This code is taken. Choose another."})
	}
	if err != nil {
		return api.Coupon{}, fmt.Errorf("create coupon: %w", err)
	}
	return s.read(ctx, c.ID)
}

func (s *Service) check(in api.NewCoupon) (Coupon, error) {
	now := s.now().Truncate(time.Microsecond)
	c := Coupon{
		ID: tx.NewID(), Code: CleanCode(in.Code), PackID: in.PackID, Percent: in.Percent, Amount: in.Amount, MaxUses: in.MaxUses,
		PerPerson: in.PerPerson, StartsAt: now, EndsAt: in.EndsAt, CreatedAt: now,
	}
	if in.StartsAt != nil {
		c.StartsAt = in.StartsAt.UTC()
	}
	var bad []errs.Field
	refuse := func(name, reason, detail string) {
		bad = append(bad, errs.Field{Name: name, Reason: reason, Detail: detail})
	}
	if !codeForm.MatchString(c.Code) {
		refuse("code", "malformed", "A code has 4 to 32 letters, digits and hyphens.")
	}
	if c.PackID != "" && !tx.ValidID(c.PackID) {
		refuse("pack_id", "invalid_id", "This is not an id.")
	}
	switch {
	case (c.Percent == 0) == (c.Amount == nil):
		refuse("percent", "one_of", "Take off either a percentage or an amount.")
	case c.Amount == nil && (c.Percent < 1 || c.Percent > 100):
		refuse("percent", "out_of_range", "A percentage is 1 to 100.")
	case c.Amount != nil && (c.Amount.Amount < 1 || c.Amount.Amount > api.MaxTierPriceMinor):
		refuse("amount", "out_of_range", "An amount is at least 0.01 and at most 10,000.00.")
	case c.Amount != nil && (len(c.Amount.Currency) != 3 || c.Amount.Currency != strings.ToUpper(c.Amount.Currency)):
		refuse("amount", "unknown_currency", "Name a currency, like EUR.")
	}
	for name, limit := range map[string]*int64{"max_uses": c.MaxUses, "per_person": c.PerPerson} {
		if limit != nil && (*limit < 1 || *limit > 1_000_000_000) {
			refuse(name, "out_of_range", "A limit is at least 1. Leave it empty for none.")
		}
	}
	if c.EndsAt != nil {
		end := c.EndsAt.UTC()
		if c.EndsAt = &end; !end.After(c.StartsAt) {
			refuse("ends_at", "before_start", "The end must be after the beginning.")
		}
	}
	if len(bad) > 0 {
		return c, errs.Invalid(bad...)
	}
	return c, nil
}

func (s *Service) read(ctx context.Context, id string) (api.Coupon, error) {
	c, err := s.store.Coupon(ctx, id)
	if err != nil {
		return api.Coupon{}, fmt.Errorf("read coupon: %w", err)
	}
	return c.View(s.now()), nil
}

// Change pauses, resumes or ends a coupon: the caller's own as a producer, or as an admin anybody's. Orders that are being
// paid keep it.
func (s *Service) Change(ctx context.Context, who auth.Caller, anybodys bool, id string, in api.ChangeCoupon) (api.Coupon, error) {
	if !tx.ValidID(id) {
		return api.Coupon{}, errs.NotFound("coupon")
	}
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		c, err := s.store.Coupon(ctx, id)
		if err != nil {
			return err
		}
		if own := c.Producer != nil && c.Producer.ID == who.AccountID; !own && !anybodys {
			return errs.NotFound("coupon")
		}
		if in.Paused != nil {
			c.Paused = *in.Paused
		}
		if now := s.now(); in.End && c.State(now) != api.CouponEnded {
			if now.Before(c.StartsAt) {
				c.Paused = true // an end before its beginning would be none
				now = c.StartsAt.Add(time.Microsecond)
			}
			c.EndsAt = &now
		}
		if err := s.store.Change(ctx, id, c.Paused, c.EndsAt); err != nil || !anybodys {
			return err
		}
		return s.audit.Record(ctx, audit.Entry{
			Action: "coupon.change", Subject: audit.Subject{Kind: "coupon", ID: c.ID, Name: c.Code}, Data: in,
		})
	})
	if err != nil {
		return api.Coupon{}, fmt.Errorf("change coupon: %w", err)
	}
	return s.read(ctx, id)
}

// List reads a page of a producer's coupons and the id to go on behind; an empty producerID reads everybody's.
func (s *Service) List(ctx context.Context, producerID, cursor string, limit int) (api.Coupons, error) {
	list, err := s.store.List(ctx, producerID, cursor, limit+1)
	if err != nil {
		return api.Coupons{}, fmt.Errorf("list coupons: %w", err)
	}
	out := api.Coupons{Coupons: []api.Coupon{}}
	if len(list) > limit {
		list = list[:limit]
		out.NextCursor = list[limit-1].ID
	}
	for i := range list {
		out.Coupons = append(out.Coupons, list[i].View(s.now()))
	}
	return out, nil
}
