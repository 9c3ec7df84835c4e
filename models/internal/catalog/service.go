package catalog

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// maxPacks is how many packs one producer may have.
const maxPacks = 2_000

// Service changes packs.
type Service struct {
	Store  Store
	States StateStore
	Unit   tx.Unit
	Audit  Auditor
	Trace  Tracer
	Follow FollowMail // mails about a first publication
	Log    *slog.Logger
	Now    func() time.Time
	// PaysOut: the site takes payments, so that whoever sells for money must be connected to be paid out.
	PaysOut bool
}

// Tracer tells how far an event has come.
type Tracer interface {
	PackTrace(ctx context.Context, packID string, revision int64) (api.Trace, error)
}

// FollowMail asks for mails to a producer's followers, in the transaction of ctx.
type FollowMail func(ctx context.Context, p Pack) error

// now is cut to what the database keeps.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// bench is a pack with everything that its state follows from.
type bench struct {
	pack      Pack
	uploads   []api.Upload
	sounds    []Sound
	questions []api.Question
	checks    []api.Check
}

// checklist is what the producer sees: what the pack misses and what the account does.
func (s *Service) checklist(b *bench, seller Seller) []api.Check {
	return append(slices.Clone(b.checks), s.checkPayouts(b, seller), checkEmail(seller))
}

// load reads the files of a pack and what follows from them.
func (s *Service) load(ctx context.Context, p Pack) (*bench, error) {
	b := &bench{pack: p}
	var err error
	if b.uploads, err = s.Store.Uploads(ctx, p.ID, false); err != nil {
		return nil, err
	}
	if b.sounds, err = s.Store.Sounds(ctx, p.ID); err != nil {
		return nil, err
	}
	b.refresh()
	return b, nil
}

func (b *bench) refresh() {
	b.questions = Questions(b.sounds)
	b.checks = Checklist(&b.pack, b.uploads, b.sounds, b.questions)
}

// save settles the state and stores the pack.
func (s *Service) save(ctx context.Context, b *bench) error {
	b.checks = Checklist(&b.pack, b.uploads, b.sounds, b.questions)
	if err := b.pack.settle(b.checks); err != nil {
		return err
	}
	return s.Store.SavePack(ctx, b.pack)
}

// Create begins a pack.
func (s *Service) Create(ctx context.Context, who auth.Caller, in api.NewPack) (api.Workbench, error) {
	title, bad := CleanTitle(in.Title)
	if bad != nil {
		return api.Workbench{}, errs.Invalid(*bad)
	}
	now := s.now()
	p := Pack{
		ID: tx.NewID(), ProducerID: who.AccountID, Title: title, Tags: []string{}, Licence: LicenceStandard, State: api.PackDraft,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	var out api.Workbench
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		seller, err := s.Store.Seller(ctx, who.AccountID)
		if err != nil {
			return err
		}
		p.Demo = seller.Demo
		if n, err := s.Store.CountPacks(ctx, who.AccountID); err != nil {
			return err
		} else if n >= maxPacks {
			return errs.New(errs.CodeConflict, "too_many_packs", "One account can have 2,000 packs.")
		}
		if p.Slug, err = s.freeSlug(ctx, p.ID, title); err != nil {
			return err
		}
		if err := s.Store.CreatePack(ctx, p); err != nil {
			return err
		}
		if err := s.Store.MarkSelling(ctx, who.AccountID); err != nil {
			return err
		}
		out, err = s.workbench(ctx, p)
		return err
	})
	return out, err
}

// freeSlug finds an address for a title and keeps it from others until the transaction ends.
func (s *Service) freeSlug(ctx context.Context, packID, title string) (string, error) {
	for _, slug := range slugCandidates(title) {
		taken, err := s.Store.SlugTaken(ctx, slug, packID)
		if err != nil {
			return "", err
		}
		if !taken {
			return slug, nil
		}
	}
	return "", errs.New(errs.CodeConflict, "slug_taken", "Try again.")
}

// edit locks a pack that the caller may edit and that has the version the caller saw, and stores what change makes of it.
// An empty etag takes any version.
func (s *Service) edit(ctx context.Context, who auth.Caller, id, etag string, change func(ctx context.Context, b *bench) error) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		p, err := s.Store.LockPack(ctx, id)
		if err != nil {
			return err
		}
		if err := p.MayEdit(who); err != nil {
			return err
		}
		if etag != "" {
			if err := p.checkVersion(etag); err != nil {
				return err
			}
		}
		b, err := s.load(ctx, p)
		if err != nil {
			return err
		}
		return change(ctx, b)
	})
}

// Change edits the listing.
func (s *Service) Change(ctx context.Context, who auth.Caller, id, etag string, in api.PackChange) (api.Workbench, error) {
	var out api.Workbench
	err := s.edit(ctx, who, id, etag, func(ctx context.Context, b *bench) error {
		changed, err := s.apply(ctx, b, in)
		if err != nil {
			return err
		}
		if changed {
			b.pack.edited(s.now())
			if err := s.save(ctx, b); err != nil {
				return err
			}
		}
		out, err = s.workbenchOf(ctx, b)
		return err
	})
	return out, err
}

func (s *Service) apply(ctx context.Context, b *bench, in api.PackChange) (bool, error) {
	p, before := &b.pack, b.pack
	var bad []errs.Field
	refuse := func(f *errs.Field) bool {
		if f != nil {
			bad = append(bad, *f)
		}
		return f == nil
	}
	if in.Title != nil {
		if title, f := CleanTitle(*in.Title); refuse(f) {
			p.Title = title
		}
	}
	if in.Description != nil {
		if text, f := CleanText("description", *in.Description, api.MaxDescriptionRunes); refuse(f) {
			p.Description = text
		}
	}
	if in.Genre != nil {
		if *in.Genre != "" && !validGenre(*in.Genre) {
			refuse(&errs.Field{Name: "genre", Reason: "unknown_genre", Detail: "Choose one of the genres."})
		} else {
			p.Genre = *in.Genre
		}
	}
	if in.Tags != nil {
		if tags, f := CleanTags("tags", *in.Tags); refuse(f) {
			p.Tags = tags
		}
	}
	if in.Price != nil && refuse(CheckPrice("price", *in.Price)) {
		amount := in.Price.Amount
		p.Price = &amount
	}
	if in.SoundPrice != nil {
		if in.SoundPrice.Amount == api.PriceWithPackOnly {
			p.SoundPrice = nil
		} else if refuse(CheckPrice("sound_price", *in.SoundPrice)) {
			amount := in.SoundPrice.Amount
			p.SoundPrice = &amount
		}
	}
	for _, of := range []struct {
		name   string
		asked  *api.Money
		price  **int64
		higher bool
	}{
		{"extended_price", in.ExtendedPrice, &p.Extended, true},
		{"exclusive_price", in.ExclusivePrice, &p.Exclusive, true},
		{"sound_extended_price", in.SoundExtendedPrice, &p.SoundExtended, true},
		{"sound_exclusive_price", in.SoundExclusivePrice, &p.SoundExclusive, true},
		{"suggested_price", in.SuggestedPrice, &p.Suggested, false},
	} {
		if of.asked == nil {
			continue
		}
		if of.asked.Amount == api.PriceNotOffered {
			*of.price = nil
		} else if refuse(checkOptionalPrice(of.name, *of.asked, of.higher)) {
			amount := of.asked.Amount
			*of.price = &amount
		}
	}
	if in.Licence != nil {
		if *in.Licence == LicenceStandard {
			p.Licence = *in.Licence
		} else {
			refuse(&errs.Field{Name: "licence", Reason: "unknown_licence", Detail: "Choose one of the licences."})
		}
	}
	if in.MadeWithAI != nil {
		answer := *in.MadeWithAI
		p.MadeWithAI = &answer
	}
	if in.Rights != nil {
		refuse(s.attest(p, *in.Rights))
	}
	if in.DemoSoundID != nil {
		if *in.DemoSoundID != "" && !slices.ContainsFunc(b.sounds, func(s Sound) bool { return s.ID == *in.DemoSoundID }) {
			refuse(&errs.Field{Name: "demo_sound_id", Reason: "unknown_sound", Detail: "Choose a sound of this pack."})
		} else {
			p.DemoSoundID = *in.DemoSoundID
		}
	}
	if len(bad) > 0 {
		return false, errs.Invalid(bad...)
	}
	if p.Title != before.Title {
		if err := s.moveSlug(ctx, p); err != nil {
			return false, err
		}
	}
	return !samePack(p, &before), nil
}

// attest keeps the producer's statement with its wording and time. The wording agreed to must be today's.
func (s *Service) attest(p *Pack, version string) *errs.Field {
	switch {
	case version == "":
		p.Rights = nil
	case version != Rights.Version:
		return &errs.Field{Name: "rights", Reason: "rights_reworded", Detail: "The wording has changed. Please read it again."}
	case p.Rights == nil || p.Rights.Version != version:
		p.Rights = &api.RightsKept{Version: Rights.Version, Text: Rights.Text, At: s.now()}
	}
	return nil
}

// moveSlug gives a renamed pack its new address. An address that buyers have seen keeps leading here.
func (s *Service) moveSlug(ctx context.Context, p *Pack) error {
	if want := Slugify(p.Title); want == p.Slug || want == "" {
		return nil
	}
	slug, err := s.freeSlug(ctx, p.ID, p.Title)
	if err != nil || slug == p.Slug {
		return err
	}
	if p.PublishedAt != nil {
		if err := s.Store.KeepSlug(ctx, p.ID, p.Slug); err != nil {
			return err
		}
	}
	p.Slug = slug
	return nil
}

// samePack compares what a producer can edit.
func samePack(a, b *Pack) bool {
	return a.Title == b.Title && a.Description == b.Description && a.Genre == b.Genre && slices.Equal(a.Tags, b.Tags) && same(a.Price, b.Price) &&
		same(a.SoundPrice, b.SoundPrice) && same(a.Extended, b.Extended) && same(a.Exclusive, b.Exclusive) &&
		same(a.SoundExtended, b.SoundExtended) && same(a.SoundExclusive, b.SoundExclusive) && same(a.Suggested, b.Suggested) && a.Licence == b.Licence && same(a.MadeWithAI, b.MadeWithAI) && same(a.Rights, b.Rights) && a.DemoSoundID == b.DemoSoundID
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// FilesChanged settles a locked pack after package upload changed its files. It runs inside that transaction, once for every
// file, so it reads the other files only when the state can depend on them.
func (s *Service) FilesChanged(ctx context.Context, p Pack) error {
	p.UpdatedAt = s.now()
	if p.preparing() {
		busy, err := s.Store.FilesComing(ctx, p.ID)
		if err != nil {
			return err
		}
		if !busy {
			b, err := s.load(ctx, p)
			if err != nil {
				return err
			}
			return s.save(ctx, b)
		}
		if err := p.move(api.PackChecking); err != nil {
			return err
		}
	}
	if p.Listed && !p.Unpublished { // a file that is only on its way changes nothing yet
		current, err := s.Store.Edition(ctx, p.EditionID)
		if err != nil {
			return err
		}
		uploads, err := s.Store.Uploads(ctx, p.ID, false)
		if err != nil {
			return err
		}
		p.Unpublished = digest(editionFiles(uploads)) != current.Digest
	}
	return s.Store.SavePack(ctx, p)
}

// CoverChanged sets the producer's cover of a locked pack.
func (s *Service) CoverChanged(ctx context.Context, p Pack, sha256 string) error {
	before := p.CoverKey()
	if p.Cover = sha256; p.CoverKey() != before {
		p.touched(s.now())
	}
	return s.FilesChanged(ctx, p)
}

// LockForFiles locks a pack whose files the caller may change.
func (s *Service) LockForFiles(ctx context.Context, who auth.Caller, id string) (Pack, error) {
	p, err := s.Store.LockPack(ctx, id)
	if err != nil {
		return Pack{}, err
	}
	if err := p.MayEdit(who); err != nil {
		return Pack{}, err
	}
	if p.State == api.PackTakenDown {
		return Pack{}, errs.New(errs.CodeConflict, "pack_taken_down", "The pack is taken down, so its files stay as they are.")
	}
	return p, nil
}

// Delete ends a draft, or a withdrawn pack that nobody bought.
func (s *Service) Delete(ctx context.Context, who auth.Caller, id, etag string) error {
	return s.edit(ctx, who, id, etag, func(ctx context.Context, b *bench) error {
		p := &b.pack
		switch p.State {
		case api.PackDraft, api.PackChecking, api.PackReady, api.PackWithdrawn:
		default:
			return errs.New(errs.CodeConflict, "pack_"+string(p.State), "Only drafts and withdrawn packs can be deleted.")
		}
		bought, err := s.Store.HasBuyers(ctx, p.ID)
		if err != nil {
			return err
		}
		if bought {
			return errs.New(errs.CodeConflict, "pack_has_buyers", "People own this pack, so it stays for them. It is off sale.")
		}
		if p.PublishedAt != nil {
			if err := s.bury(ctx, p); err != nil {
				return err
			}
		}
		return s.Store.DeletePack(ctx, p.ID)
	})
}

// Uploads lists the files of a pack as they stand.
func (s *Service) Uploads(ctx context.Context, who auth.Caller, id string, removed bool) (api.Uploads, error) {
	p, err := s.readable(ctx, who, id)
	if err != nil {
		return api.Uploads{}, err
	}
	uploads, err := s.Store.Uploads(ctx, id, removed)
	if err != nil {
		return api.Uploads{}, err
	}
	sounds, err := s.Store.Sounds(ctx, id)
	if err != nil {
		return api.Uploads{}, err
	}
	left, err := s.Store.LeftOut(ctx, id)
	if err != nil {
		return api.Uploads{}, err
	}
	markUploads(uploads, Questions(sounds))
	return api.Uploads{Uploads: uploads, LeftOut: left, ETag: p.ETag()}, nil
}

// readable reads a pack whose working copy the caller may see.
func (s *Service) readable(ctx context.Context, who auth.Caller, id string) (Pack, error) {
	p, err := s.Store.ReadPack(ctx, id)
	if err != nil {
		return Pack{}, err
	}
	if !p.MayRead(who) {
		return Pack{}, errs.NotFound("pack")
	}
	return p, nil
}

// markUploads shows open questions in the state of files.
func markUploads(uploads []api.Upload, questions []api.Question) {
	bySound := map[string]api.UploadState{}
	sameAs := map[string]string{}
	for _, q := range questions {
		if q.Field == "duplicate" {
			bySound[q.SoundID], sameAs[q.SoundID] = api.UploadDuplicate, q.SameAs
		} else if bySound[q.SoundID] == "" {
			bySound[q.SoundID] = api.UploadNeedsLook
		}
	}
	for i := range uploads {
		u := &uploads[i]
		if u.State == api.UploadReady && u.SoundID != "" && bySound[u.SoundID] != "" {
			u.State, u.SameAs = bySound[u.SoundID], sameAs[u.SoundID]
		}
	}
}

// PackTrace tells how far the latest revision has come.
func (s *Service) PackTrace(ctx context.Context, who auth.Caller, id string) (api.Trace, error) {
	p, err := s.readable(ctx, who, id)
	if err != nil {
		return api.Trace{}, err
	}
	return s.trace(ctx, &p)
}

func (s *Service) trace(ctx context.Context, p *Pack) (api.Trace, error) {
	if p.Revision == 0 {
		return api.Trace{PackID: p.ID}, nil
	}
	t, err := s.Trace.PackTrace(ctx, p.ID, p.Revision)
	var e *errs.Error
	if errors.As(err, &e) && e.Code == errs.CodeNotFound { // sent long ago
		return api.Trace{PackID: p.ID, Revision: p.Revision}, nil
	}
	return t, err
}
