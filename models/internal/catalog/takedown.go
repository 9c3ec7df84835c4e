package catalog

import (
	"context"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// Off is a pack that went off sale by an admin's hand, with what it was before.
type Off struct {
	Pack        Pack
	Again       bool // it was taken down already
	Listed      bool // it was on sale
	Unpublished bool // it had changes that buyers did not see
}

// StudioPack is the pack as an admin's act answers it.
func (p *Pack) StudioPack() api.StudioPack { return studioPack(p, 0, 0, 0, Sold{}) }

// unseen tells whether the pack has changes that buyers do not see yet.
func (p *Pack) unseen() bool { return p.Listed && (p.Unpublished || p.State == api.PackPublishing) }

// Read is a pack in any state, for whoever may.
func (s *Service) Read(ctx context.Context, id string) (Pack, error) {
	return s.Store.ReadPack(ctx, id)
}

// Lock keeps everybody else from changing a pack until the transaction ends.
func (s *Service) Lock(ctx context.Context, id string) (Pack, error) {
	return s.Store.LockPack(ctx, id)
}

// LockAll is Lock for all packs of a producer. Take it before the account: that is the order everywhere.
func (s *Service) LockAll(ctx context.Context, producerID string) error {
	return s.Store.LockPacks(ctx, producerID)
}

// TakeDown is an admin's withdrawal, with a reason that the producer reads. Again, it changes the reason alone.
func (s *Service) TakeDown(ctx context.Context, id, reason string) (Off, error) {
	p, err := s.Store.LockPack(ctx, id)
	if err != nil {
		return Off{}, err
	}
	off := Off{Again: p.State == api.PackTakenDown, Listed: p.Listed, Unpublished: p.unseen()}
	if off.Again {
		p.TakenDownFor = reason
		p.Version++
		p.UpdatedAt = s.now()
		err = s.Store.SavePack(ctx, p)
	} else {
		err = s.delist(ctx, &p, api.PackTakenDown, reason)
	}
	off.Pack = p
	return off, err
}

// Reinstate lets the producer put a taken-down pack on sale again.
func (s *Service) Reinstate(ctx context.Context, id string) (Pack, error) {
	p, err := s.Store.LockPack(ctx, id)
	if err != nil {
		return Pack{}, err
	}
	if p.State != api.PackTakenDown {
		return Pack{}, errs.New(errs.CodeConflict, "pack_"+string(p.State), "The pack is not taken down.")
	}
	err = s.delist(ctx, &p, api.PackWithdrawn, "")
	return p, err
}

// Suspend takes everything of a producer off sale and gives up publications that have not happened yet. Call it after LockAll.
func (s *Service) Suspend(ctx context.Context, producerID, reason string) ([]Off, error) {
	ids, err := s.Store.SellingPacks(ctx, producerID)
	if err != nil {
		return nil, err
	}
	var all []Off
	for _, id := range ids {
		p, err := s.Store.LockPack(ctx, id)
		if err != nil {
			return nil, err
		}
		if !p.Listed {
			if err := s.giveUp(ctx, &p); err != nil {
				return nil, err
			}
			continue
		}
		off := Off{Listed: true, Unpublished: p.unseen()}
		if err := s.delist(ctx, &p, api.PackTakenDown, reason); err != nil {
			return nil, err
		}
		off.Pack = p
		all = append(all, off)
	}
	return all, nil
}

// giveUp ends a publication because the producer may not sell any more.
func (s *Service) giveUp(ctx context.Context, p *Pack) error {
	e, err := s.Store.LockEdition(ctx, p.BuildingID)
	if err != nil {
		return err
	}
	return s.failEdition(ctx, p, &e, api.PublishFailedCannotSell)
}

// GiveBack puts a taken-down pack on sale as it was. It answers false when the pack is not taken down any more.
func (s *Service) GiveBack(ctx context.Context, id string, unpublished bool) (bool, error) {
	p, err := s.Store.LockPack(ctx, id)
	if err != nil {
		return false, err
	}
	if p.State != api.PackTakenDown {
		return false, nil
	}
	seller, err := s.Store.Seller(ctx, p.ProducerID)
	if err != nil {
		return false, err
	}
	if err := seller.maySell(); err != nil {
		return false, err
	}
	frozen, err := s.Store.Published(ctx, id)
	if err != nil {
		return false, err
	}
	if err := p.move(api.PackLive); err != nil {
		return false, err
	}
	now := s.now()
	p.Listed, p.Unpublished, p.TakenDownFor = true, unpublished, ""
	p.Revision++
	p.Version++
	p.UpdatedAt = now
	frozen.Revision, frozen.Gone, frozen.Listing.UpdatedAt, frozen.Listing.Producer = p.Revision, "", now, seller.producer()
	if err := s.carryScores(ctx, id, &frozen); err != nil {
		return false, err
	}
	if err := s.Store.SavePack(ctx, p); err != nil {
		return false, err
	}
	return true, s.announce(ctx, frozen)
}
