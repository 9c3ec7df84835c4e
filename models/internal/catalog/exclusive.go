package catalog

import (
	"context"
	"slices"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/tx"
)

// SoldExclusively takes a pack off sale in the transaction of ctx: all of it was sold exclusively, or the sounds named. An
// edition never changes, so the one that holds such a sound is not sold any further; the sounds leave the working copy, and
// without other changes in it the pack comes back with its next edition by itself.
func (s *Service) SoldExclusively(ctx context.Context, packID string, soundIDs []string) error {
	p, err := s.Store.LockPack(ctx, packID)
	if err != nil {
		return err
	}
	back := p.State == api.PackLive && !p.Unpublished
	if err := s.delist(ctx, &p, api.PackWithdrawn, ""); err != nil {
		return err
	}
	if len(soundIDs) == 0 {
		return nil
	}
	sounds, err := s.Store.Sounds(ctx, packID)
	if err != nil {
		return err
	}
	var uploads []string
	for i := range sounds {
		if slices.Contains(soundIDs, sounds[i].ID) {
			uploads = append(uploads, sounds[i].UploadID)
		}
	}
	if err := s.Store.RemoveUploads(ctx, uploads, s.now()); err != nil {
		return err
	}
	if !back || len(uploads) == len(sounds) {
		return nil
	}
	return s.Unit.Enqueue(ctx, ComeBack{PackID: packID}, tx.Unique())
}

// ComeBack publishes a pack again that went off sale because a sound of it was sold exclusively.
type ComeBack struct {
	PackID string `json:"pack_id"`
}

// Kind names the job.
func (ComeBack) Kind() string { return "catalog_come_back" }

// ComeBack runs a ComeBack. It does nothing when the producer has done something else with the pack by then.
func (s *Service) ComeBack(ctx context.Context, job ComeBack) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		p, err := s.Store.LockPack(ctx, job.PackID)
		if errs.CodeOf(err) == errs.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		b, err := s.load(ctx, p)
		if err != nil || p.State != api.PackWithdrawn || unready(b.checks) != nil {
			return err
		}
		seller, err := s.Store.Seller(ctx, p.ProducerID)
		if err != nil || seller.maySell() != nil {
			return err
		}
		if err := s.checkExclusive(ctx, b.sounds); err != nil {
			if errs.CodeOf(err) == errs.CodeConflict {
				return nil
			}
			return err
		}
		frozen, err := publish(&b.pack, seller, b.uploads, b.sounds)
		if err != nil {
			return err
		}
		current, err := s.Store.Edition(ctx, p.EditionID)
		if err != nil {
			return err
		}
		return s.build(ctx, &b.pack, current, editionFiles(b.uploads), frozen)
	})
}

// checkExclusive refuses to put on sale what somebody bought exclusively, by the bytes of the files: in another pack or
// uploaded again it is the same sound.
func (s *Service) checkExclusive(ctx context.Context, sounds []Sound) error {
	hashes := make([]string, len(sounds))
	for i := range sounds {
		hashes[i] = sounds[i].Facts.SHA256
	}
	sold, err := s.Store.SoldHashes(ctx, hashes)
	if err != nil || len(sold) == 0 {
		return err
	}
	refused := errs.New(errs.CodeConflict, "sold_exclusively", "Something in this pack was sold exclusively and cannot be sold again.")
	for i := range sounds {
		if slices.Contains(sold, sounds[i].Facts.SHA256) && len(refused.Fields) < 20 {
			refused.Fields = append(refused.Fields, errs.Field{Name: "files", Reason: "sold_exclusively", Detail: sounds[i].Path + " was sold exclusively. Remove it from the pack."})
		}
	}
	return refused
}
