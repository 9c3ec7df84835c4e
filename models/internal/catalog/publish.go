package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/packpath"
	"crateful.dev/models/internal/tx"
)

// maxTries is how often the analyzer may crash on one thing.
const maxTries = 3

// maxEverSounds bounds the different sounds of a pack over its whole life, because every event names those that are gone.
const maxEverSounds = 20_000

// Publish puts the working copy on sale. When its files or its cover need the analyzer, the pack is publishing until the
// edition is reported; otherwise it is live at once, as a new revision.
func (s *Service) Publish(ctx context.Context, who auth.Caller, id, etag string) (api.Published, error) {
	var out api.Published
	err := s.edit(ctx, who, id, "", func(ctx context.Context, b *bench) error {
		p := &b.pack
		if p.State == api.PackPublishing { // pressed twice
			out = api.Published{Pack: studioPack(p, len(b.sounds), refused(b.uploads), len(b.questions), Sold{}), EditionID: p.BuildingID, NewEdition: p.BuildingID != p.EditionID}
			return nil
		}
		if err := p.checkVersion(etag); err != nil {
			return err
		}
		if err := unready(b.checks); err != nil {
			return err
		}
		if !CanMove(p.State, api.PackPublishing) {
			return p.move(api.PackPublishing)
		}
		seller, err := s.Store.Seller(ctx, p.ProducerID)
		if err != nil {
			return err
		}
		if err := seller.maySell(); err != nil {
			return err
		}
		if check := s.checkPayouts(b, seller); check.State == api.CheckOpen {
			return errs.New(errs.CodeForbidden, check.Reason, check.Detail)
		}
		frozen, err := publish(p, seller, b.uploads, b.sounds)
		if err != nil {
			return err
		}
		if err := s.checkEver(ctx, p.ID, b.sounds); err != nil {
			return err
		}
		if err := s.checkExclusive(ctx, b.sounds); err != nil {
			return err
		}
		files := editionFiles(b.uploads)
		var current Edition
		if p.EditionID != "" {
			if current, err = s.Store.Edition(ctx, p.EditionID); err != nil {
				return err
			}
		}
		out.NewEdition = digest(files) != current.Digest
		if !out.NewEdition && p.CoverKey() != "" {
			p.Unpublished = false
			err = s.goLive(ctx, p, current, frozen)
		} else {
			err = s.build(ctx, p, current, files, frozen)
		}
		if err != nil {
			return err
		}
		out.EditionID = p.EditionID
		if p.BuildingID != "" {
			out.EditionID = p.BuildingID
		}
		sold, err := s.Store.Sold(ctx, []string{p.ID}, s.now())
		if err != nil {
			return err
		}
		out.Pack = studioPack(p, len(b.sounds), refused(b.uploads), len(b.questions), sold[p.ID])
		return nil
	})
	return out, err
}

// checkEver refuses a publication that would bring more sounds than search takes, counting all that the pack ever had.
func (s *Service) checkEver(ctx context.Context, packID string, sounds []Sound) error {
	ever, err := s.Store.EverPublished(ctx, packID)
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(ever))
	for _, id := range ever {
		known[id] = true
	}
	for i := range sounds {
		known[sounds[i].ID] = true
	}
	if len(known) > maxEverSounds {
		return errs.New(errs.CodeConflict, "too_many_sounds_ever", "This pack has had too many different sounds. Make a new pack for the new ones.")
	}
	return nil
}

// build asks the analyzer for the zip of the pack's files, and keeps what buyers will see for when it exists.
func (s *Service) build(ctx context.Context, p *Pack, current Edition, files []EditionFile, frozen Published) error {
	if err := p.move(api.PackPublishing); err != nil {
		return err
	}
	now := s.now()
	e := current
	if e.ID == "" || digest(files) != e.Digest {
		if err := s.Store.DropUnbuiltEditions(ctx, p.ID, p.EditionID); err != nil {
			return err
		}
		last, err := s.Store.LastEditionNumber(ctx, p.ID)
		if err != nil {
			return err
		}
		e = Edition{ID: tx.NewID(), PackID: p.ID, Number: last + 1, Title: p.Title, Digest: digest(files), State: EditionBuilding, Files: files, CreatedAt: now}
		for _, f := range files {
			e.SizeBytes += f.SizeBytes
		}
		if err := s.Store.CreateEdition(ctx, e); err != nil {
			return err
		}
	}
	pending, err := json.Marshal(frozen)
	if err != nil {
		return fmt.Errorf("encode listing of pack %s: %w", p.ID, err)
	}
	p.BuildingID, p.Pending, p.PublishFailed, p.Unpublished = e.ID, pending, "", false
	p.Version++
	p.UpdatedAt = now
	if err := s.Store.SavePack(ctx, *p); err != nil {
		return err
	}
	return s.Unit.Append(ctx, p.ID, int64(e.Number), s.editionRequest(p, e, files, frozen))
}

// AskAgain has editions built whose request was sent before and was not answered: requests do not stay in Kafka for ever.
func (s *Service) AskAgain(ctx context.Context, before time.Time, limit int) error {
	ids, err := s.Store.UnansweredEditions(ctx, before, limit)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := s.onEdition(ctx, id, func(ctx context.Context, p *Pack, e *Edition) error {
			if p.BuildingID != e.ID || p.State != api.PackPublishing {
				return nil
			}
			var frozen Published
			if err := json.Unmarshal(p.Pending, &frozen); err != nil {
				return fmt.Errorf("decode listing of pack %s: %w", p.ID, err)
			}
			files, err := s.Store.EditionFiles(ctx, e.ID)
			if err != nil {
				return err
			}
			return s.Unit.Append(ctx, p.ID, int64(e.Number), s.editionRequest(p, *e, files, frozen))
		})
		if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
			return fmt.Errorf("ask again for edition %s: %w", id, err)
		}
	}
	return nil
}

func (s *Service) editionRequest(p *Pack, e Edition, files []EditionFile, frozen Published) events.EditionRequestedV1 {
	licence, _ := LicenceByCode(p.Licence)
	request := events.EditionRequestedV1{
		EditionID: e.ID, PackID: p.ID, Number: e.Number, Title: frozen.Listing.Title, ProducerName: frozen.Listing.Producer.Name,
		LicenceCode: licence.Code, LicenceText: licence.Text, DrawCover: p.CoverKey() == "", Files: make([]events.EditionFile, 0, len(files)),
	}
	for _, f := range files {
		request.Files = append(request.Files, events.EditionFile{Path: f.Path, ObjectKey: "media/" + f.SHA256, SHA256: f.SHA256, SizeBytes: f.SizeBytes})
	}
	if request.DrawCover {
		request.CoverSeed = p.ID
		for i := range frozen.Listing.Sounds {
			if frozen.Listing.Sounds[i].ID == frozen.Listing.DemoSoundID {
				request.CoverWaveform = frozen.Listing.Sounds[i].Waveform
			}
		}
	}
	return request
}

// editionFiles are the ready files of a pack at the paths they have in the zip, sorted.
func editionFiles(uploads []api.Upload) []EditionFile {
	var paths []string
	for _, u := range uploads {
		if inEdition(&u) {
			paths = append(paths, u.Path)
		}
	}
	names := packpath.Unique(paths)
	files := make([]EditionFile, 0, len(paths))
	for _, u := range uploads {
		if inEdition(&u) {
			files = append(files, EditionFile{Path: names[u.Path], SHA256: u.SHA256, SizeBytes: u.SizeBytes, Kind: u.Purpose, SoundID: u.SoundID})
		}
	}
	slices.SortFunc(files, func(a, b EditionFile) int { return strings.Compare(a.Path, b.Path) })
	return files
}

func inEdition(u *api.Upload) bool {
	return u.State == api.UploadReady && !u.Removed && (u.Purpose == "sound" || u.Purpose == "extra")
}

// digest is equal for equal sets of files.
func digest(files []EditionFile) string {
	h := sha256.New()
	for _, f := range files {
		h.Write([]byte(strconv.Quote(f.Path) + " " + f.SHA256 + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// goLive is the moment buyers see the pack, or see it changed: state, revision, listing and event in one transaction.
func (s *Service) goLive(ctx context.Context, p *Pack, e Edition, frozen Published) error {
	now := s.now()
	first := p.PublishedAt == nil
	if err := p.move(api.PackLive); err != nil {
		return err
	}
	if e.State != EditionBuilt {
		return fmt.Errorf("publish pack %s: edition %s is %s", p.ID, e.ID, e.State)
	}
	p.Listed, p.EditionID, p.BuildingID, p.Pending, p.PublishFailed, p.TakenDownFor = true, e.ID, "", nil, "", ""
	p.Revision++
	p.Version++
	p.UpdatedAt = now
	if first {
		p.PublishedAt = &now
	}
	if frozen.Listing.Title == p.Title { // renamed while it was built: the address has moved on
		frozen.Listing.Slug = p.Slug
	}
	frozen.stamp(p, e, now)
	if err := s.carryScores(ctx, p.ID, &frozen); err != nil {
		return err
	}
	if err := s.Store.SavePack(ctx, *p); err != nil {
		return err
	}
	if err := s.announce(ctx, frozen); err != nil {
		return err
	}
	if first && s.Follow != nil {
		return s.Follow(ctx, *p)
	}
	return nil
}

// announce stores what buyers see and tells search.
func (s *Service) announce(ctx context.Context, frozen Published) error {
	ever, err := s.Store.EverPublished(ctx, frozen.Listing.ID)
	if err != nil {
		return err
	}
	if err := s.Store.SavePublished(ctx, frozen); err != nil {
		return err
	}
	return s.Unit.Append(ctx, frozen.Listing.ID, frozen.Revision, frozen.event(ever))
}

// BeginEdition counts a try to build an edition. After three crashes the edition has failed.
func (s *Service) BeginEdition(ctx context.Context, editionID string) (api.EditionBegun, error) {
	var out api.EditionBegun
	err := s.onEdition(ctx, editionID, func(ctx context.Context, p *Pack, e *Edition) error {
		switch {
		case p.BuildingID != e.ID:
			out.Why = "stale"
		case e.State == EditionBuilt:
			// Only a cover is wanted, or the report was lost; building again gives the same bytes.
			out.Proceed, out.Try = true, 1
		case e.Tries >= maxTries:
			out.Why = "crashed"
			return s.failEdition(ctx, p, e, api.PublishFailedCrashed)
		default:
			e.Tries++
			out.Proceed, out.Try = true, e.Tries
			return s.Store.SaveEdition(ctx, *e)
		}
		return nil
	})
	if errs.CodeOf(err) == errs.CodeNotFound { // replaced before it was built
		return api.EditionBegun{Why: "stale"}, nil
	}
	return out, err
}

// onEdition locks an edition's pack, then the edition.
func (s *Service) onEdition(ctx context.Context, editionID string, do func(ctx context.Context, p *Pack, e *Edition) error) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		seen, err := s.Store.Edition(ctx, editionID)
		if err != nil {
			return err
		}
		p, err := s.Store.LockPack(ctx, seen.PackID)
		if err != nil {
			return err
		}
		e, err := s.Store.LockEdition(ctx, editionID)
		if err != nil {
			return err
		}
		return do(ctx, &p, &e)
	})
}

// ReportEdition takes the analyzer's word on an edition: with its zip the pack goes live.
func (s *Service) ReportEdition(ctx context.Context, editionID string, in api.EditionReport) (api.EditionReported, error) {
	if err := checkEditionReport(editionID, in); err != nil {
		return api.EditionReported{}, err
	}
	var out api.EditionReported
	err := s.onEdition(ctx, editionID, func(ctx context.Context, p *Pack, e *Edition) error {
		defer func() { out.State, out.Revision = p.State, p.Revision }()
		waiting := p.BuildingID == e.ID && p.State == api.PackPublishing
		if in.Refusal != nil {
			if !waiting {
				out.Why = "stale"
				return nil
			}
			out.Applied = true
			return s.failEdition(ctx, p, e, in.Refusal.Reason)
		}
		if e.State != EditionBuilt {
			now := s.now()
			e.State, e.Zip, e.BuiltAt = EditionBuilt, in.Zip, &now
			if err := s.Store.SaveEdition(ctx, *e); err != nil {
				return err
			}
		} else if e.Zip.SHA256 != in.Zip.SHA256 {
			return errs.New(errs.CodeConflict, "edition_differs", "The edition was built before, with other bytes.")
		}
		if !waiting {
			out.Why = "done"
			if p.EditionID != e.ID {
				out.Why = "stale"
			}
			return nil
		}
		var frozen Published
		if err := json.Unmarshal(p.Pending, &frozen); err != nil {
			return fmt.Errorf("decode listing of pack %s: %w", p.ID, err)
		}
		seller, err := s.Store.Seller(ctx, p.ProducerID) // it may be locked or renamed since
		if err != nil {
			return err
		}
		if seller.maySell() != nil {
			out.Applied = true
			return s.failEdition(ctx, p, e, api.PublishFailedCannotSell)
		}
		frozen.Listing.Producer = seller.producer()
		if in.Zip.CoverKey != "" {
			p.DrawnCover = strings.TrimPrefix(in.Zip.CoverKey, "covers/")
		}
		out.Applied = true
		return s.goLive(ctx, p, *e, frozen)
	})
	if errs.CodeOf(err) == errs.CodeNotFound { // replaced before it was built
		return api.EditionReported{Why: "stale"}, nil
	}
	return out, err
}

func checkEditionReport(editionID string, in api.EditionReport) error {
	if (in.Zip == nil) == (in.Refusal == nil) {
		return errs.Invalid(errs.Field{Name: "zip", Reason: "one_of", Detail: "Report either a zip or a refusal."})
	}
	if in.Refusal != nil {
		return CheckRefusal(in.Refusal)
	}
	var bad []errs.Field
	if in.Zip.Key != "editions/"+editionID+".zip" {
		bad = append(bad, errs.Field{Name: "zip.key", Reason: "wrong_key", Detail: "The zip of an edition lies at editions/<id>.zip."})
	}
	if in.Zip.SizeBytes <= 0 {
		bad = append(bad, errs.Field{Name: "zip.size_bytes", Reason: "out_of_range", Detail: "A zip has bytes."})
	}
	if !ValidSHA256(in.Zip.SHA256) {
		bad = append(bad, errs.Field{Name: "zip.sha256", Reason: "malformed", Detail: "64 hexadecimal digits."})
	}
	if in.Zip.CoverKey != "" && !ValidCoverKey(in.Zip.CoverKey) {
		bad = append(bad, errs.Field{Name: "zip.cover_key", Reason: "malformed", Detail: "A cover lies at covers/<sha256>."})
	}
	if len(bad) > 0 {
		return errs.Invalid(bad...)
	}
	return nil
}

// CheckRefusal refuses malformed reasons.
func CheckRefusal(r *api.UploadRefusal) error {
	ok := r.Reason != "" && len(r.Reason) <= 60 && strings.IndexFunc(r.Reason, func(c rune) bool { return c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') }) < 0
	if !ok || len(r.Detail) > 1000 || len(r.Params) > 20 {
		return errs.Invalid(errs.Field{Name: "refusal", Reason: "malformed", Detail: "A refusal has a reason in lower_snake, at most 20 params and 1,000 bytes of detail."})
	}
	return nil
}

// ValidSHA256 tells whether s is a hash in lower-case hex.
func ValidSHA256(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 32 && s == strings.ToLower(s)
}

// ValidCoverKey tells whether key is covers/<sha256>.
func ValidCoverKey(key string) bool {
	hash, ok := strings.CutPrefix(key, "covers/")
	return ok && ValidSHA256(hash)
}

// failEdition gives up a publication: the pack is what it was before.
func (s *Service) failEdition(ctx context.Context, p *Pack, e *Edition, reason string) error {
	if e.State != EditionBuilt {
		e.State = EditionFailed
		if err := s.Store.SaveEdition(ctx, *e); err != nil {
			return err
		}
	}
	b, err := s.load(ctx, *p)
	if err != nil {
		return err
	}
	if err := s.unpublish(ctx, b); err != nil {
		return err
	}
	b.pack.PublishFailed = reason
	if err := s.Store.SavePack(ctx, b.pack); err != nil {
		return err
	}
	*p = b.pack
	return nil
}

// unpublish takes a publishing pack back to where it came from.
func (s *Service) unpublish(_ context.Context, b *bench) error {
	p := &b.pack
	back := stateOf(b.checks)
	switch {
	case p.Listed:
		back, p.Unpublished = api.PackLive, true
	case p.PublishedAt != nil:
		back = api.PackWithdrawn
	}
	p.BuildingID, p.Pending = "", nil
	p.edited(s.now())
	return p.move(back)
}

// Withdraw takes a pack off sale, or stops a publication that has not happened yet.
func (s *Service) Withdraw(ctx context.Context, who auth.Caller, id, etag string) (api.StudioPack, error) {
	var out api.StudioPack
	err := s.edit(ctx, who, id, etag, func(ctx context.Context, b *bench) error {
		if b.pack.State == api.PackPublishing && !b.pack.Listed {
			if err := s.unpublish(ctx, b); err != nil {
				return err
			}
			if err := s.Store.SavePack(ctx, b.pack); err != nil {
				return err
			}
		} else if err := s.delist(ctx, &b.pack, api.PackWithdrawn, ""); err != nil {
			return err
		}
		out = studioPack(&b.pack, len(b.sounds), refused(b.uploads), len(b.questions), Sold{})
		return nil
	})
	return out, err
}

// delist ends the sale by its producer or by an admin.
func (s *Service) delist(ctx context.Context, p *Pack, to api.PackState, reason string) error {
	if p.State == to {
		return nil
	}
	if err := p.move(to); err != nil {
		return err
	}
	now := s.now()
	p.Listed, p.Unpublished, p.BuildingID, p.Pending, p.TakenDownFor = false, false, "", nil, reason
	p.Version++
	p.UpdatedAt = now
	if p.PublishedAt == nil {
		return s.Store.SavePack(ctx, *p)
	}
	p.Revision++
	if err := s.Store.SavePack(ctx, *p); err != nil {
		return err
	}
	if err := s.Store.Delist(ctx, p.ID, string(to), p.Revision, now); err != nil {
		return err
	}
	ever, err := s.Store.EverPublished(ctx, p.ID)
	if err != nil {
		return err
	}
	return s.Unit.Append(ctx, p.ID, p.Revision, events.PackWithdrawnV1{PackID: p.ID, SoundIDs: orEmpty(ever), TakenDown: to == api.PackTakenDown})
}

// bury tells search that a pack is gone for good.
func (s *Service) bury(ctx context.Context, p *Pack) error {
	ever, err := s.Store.EverPublished(ctx, p.ID)
	if err != nil {
		return err
	}
	revision := p.Revision + 1
	if err := s.Store.Bury(ctx, p.ID, revision, ever, s.now()); err != nil {
		return err
	}
	return s.Unit.Append(ctx, p.ID, revision, events.PackDeletedV1{PackID: p.ID, SoundIDs: orEmpty(ever)})
}
