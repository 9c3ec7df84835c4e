package order

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// Claim is something an order holds while it is paid, so that nobody else is sold it meanwhile.
type Claim struct {
	Subject string
	Limit   int64 // how many orders may hold or have it
	Lasting bool  // once paid it stays taken; else what was bought speaks for itself
}

// bankTime is how long a claim is held for a bank that has not answered.
const bankTime = 30 * 24 * time.Hour

const couponSubject = "coupon:"

func exclusiveSubject(packID string) string { return "exclusive:" + packID }

// claims lists what an order needs to be paid, in the order of their subjects. One exclusive sale of a pack or of its sounds
// goes on at a time, because each takes the pack off sale.
func (o *Order) claims() []Claim {
	seen := map[string]bool{}
	var out []Claim
	for _, l := range o.Lines {
		if subject := exclusiveSubject(l.PackID); l.Tier == api.TierExclusive && !seen[subject] {
			seen[subject] = true
			out = append(out, Claim{Subject: subject, Limit: 1})
		}
	}
	if c := o.Coupon; c != nil && c.MaxUses != nil {
		out = append(out, Claim{Subject: couponSubject + c.ID, Limit: *c.MaxUses, Lasting: true})
	}
	if c := o.Coupon; c != nil && c.PerPerson != nil {
		out = append(out, Claim{Subject: couponSubject + c.ID + ":" + o.Buyer.AccountID, Limit: *c.PerPerson, Lasting: true})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Subject < out[j].Subject })
	return out
}

// exclusive says whether the order buys something that is sold once.
func (o *Order) exclusive() bool {
	for _, l := range o.Lines {
		if l.Tier == api.TierExclusive {
			return true
		}
	}
	return false
}

// reserve takes or keeps all claims of an order until a time, or says which others hold.
func (s *Service) reserve(ctx context.Context, o *Order, until time.Time) (map[string]bool, error) {
	missing := map[string]bool{}
	for _, c := range o.claims() {
		got, err := s.store.Reserve(ctx, o.ID, c, s.now(), until)
		if err != nil {
			return nil, fmt.Errorf("reserve %s for order %s: %w", c.Subject, o.ID, err)
		}
		if !got {
			missing[c.Subject] = true
		}
	}
	return missing, nil
}

// hold takes all claims of orders that are about to be paid, or refuses. Whoever needs several takes them in the order of
// their subjects, so that two buyers never wait for each other.
func (s *Service) hold(ctx context.Context, until time.Time, orders ...*Order) error {
	type claimed struct {
		order *Order
		claim Claim
	}
	var all []claimed
	for _, o := range orders {
		for _, c := range o.claims() {
			all = append(all, claimed{o, c})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].claim.Subject < all[j].claim.Subject })
	for _, c := range all {
		got, err := s.store.Reserve(ctx, c.order.ID, c.claim, s.now(), until)
		if err != nil {
			return fmt.Errorf("reserve %s for order %s: %w", c.claim.Subject, c.order.ID, err)
		}
		if !got {
			return notHeld(c.order, c.claim.Subject)
		}
	}
	return nil
}

// notHeld says that somebody else holds what an order needs.
func notHeld(o *Order, subject string) error {
	for _, l := range o.Lines {
		if l.Tier == api.TierExclusive && subject == exclusiveSubject(l.PackID) {
			return errs.New(errs.CodeConflict, "exclusive_reserved",
				"Somebody else is paying for an exclusive licence to "+l.PackTitle+" right now. Try again in half an hour; nothing was ordered.")
		}
	}
	return errs.New(errs.CodeConflict, "coupon_used_up",
		"The code "+o.Coupon.Code+" has been used as often as it may be, or somebody is paying with its last use. Nothing was ordered.")
}

// letGo keeps or gives up an order's claims when its state changes.
func (s *Service) letGo(ctx context.Context, o *Order) error {
	if len(o.claims()) == 0 {
		return nil
	}
	switch o.State {
	case api.OrderCancelled, api.OrderExpired, api.OrderFailed:
		return s.store.Release(ctx, o.ID)
	case api.OrderWaitingForBank:
		_, err := s.reserve(ctx, o, s.now().Add(bankTime))
		return err
	default:
		return nil
	}
}

// unclaimed says which lines of a paid order cannot be delivered because somebody else holds what they need by now.
func (s *Service) unclaimed(ctx context.Context, o *Order) (map[string]string, error) {
	missing, err := s.reserve(ctx, o, s.now().Add(CheckoutLifetime))
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	out := map[string]string{}
	ofCoupon := slices.ContainsFunc(slices.Collect(maps.Keys(missing)), func(subject string) bool { return strings.HasPrefix(subject, couponSubject) })
	for _, l := range o.Lines {
		switch {
		case ofCoupon: // at these prices nothing may be sold
			out[l.ID] = api.ReasonCouponUsedUp
		case l.Tier == api.TierExclusive && missing[exclusiveSubject(l.PackID)]:
			out[l.ID] = api.ReasonNotReserved
		}
	}
	return out, nil
}

// settleClaims ends the claims of an order that was paid and takes what it bought exclusively off sale.
func (s *Service) settleClaims(ctx context.Context, o *Order) error {
	if len(o.claims()) == 0 {
		return nil
	}
	granted := slices.ContainsFunc(o.Lines, func(l Line) bool { return l.State == api.LineGranted })
	for _, c := range o.claims() {
		if !c.Lasting || !granted {
			continue
		}
		if err := s.store.Use(ctx, o.ID, c.Subject); err != nil {
			return fmt.Errorf("use %s for order %s: %w", c.Subject, o.ID, err)
		}
	}
	if err := s.store.Release(ctx, o.ID); err != nil {
		return fmt.Errorf("release claims of order %s: %w", o.ID, err)
	}
	whole, sounds := map[string]bool{}, map[string][]string{}
	for _, l := range o.Lines {
		if l.Tier != api.TierExclusive || l.State != api.LineGranted {
			continue
		}
		whole[l.PackID] = whole[l.PackID] || l.Kind == api.ItemPack
		if l.Kind == api.ItemSound {
			sounds[l.PackID] = append(sounds[l.PackID], l.SoundID)
		}
	}
	packs := make([]string, 0, len(whole))
	for id := range whole {
		packs = append(packs, id)
	}
	sort.Strings(packs)
	for _, id := range packs {
		if whole[id] {
			sounds[id] = nil
		}
		if err := s.catalogue.SoldExclusively(ctx, id, sounds[id]); err != nil {
			return fmt.Errorf("take pack %s off sale: %w", id, err)
		}
	}
	return s.tellSoldExclusively(ctx, o)
}
