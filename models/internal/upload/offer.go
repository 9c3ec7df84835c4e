package upload

import (
	"context"
	"fmt"
	"unicode/utf8"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/packpath"
	"crateful.dev/models/internal/tx"
)

// Service takes uploads in.
type Service struct {
	Store        Store
	Measurements Measurements
	Packs        *catalog.Service
	Unit         tx.Unit
	Audit        Audit
	Expiry       Expiry
	maxSize      map[string]int64
}

// New returns a Service.
func New(store Store, measurements Measurements, packs *catalog.Service, unit tx.Unit, audit Audit) *Service {
	return &Service{Store: store, Measurements: measurements, Packs: packs, Unit: unit, Audit: audit, Expiry: DefaultExpiry, maxSize: map[string]int64{
		"cover": api.MaxPictureBytes, "avatar": api.MaxPictureBytes, "banner": api.MaxPictureBytes,
	}}
}

// plan is one announced file after the checks that need no database.
type plan struct {
	in          api.NewUpload
	path        string
	key         string
	purpose     string
	fingerprint string
	offer       api.OfferedUpload // filled in when it is refused or left out
}

func (p *plan) refuse(reason, detail string, params api.Params) {
	p.offer = api.OfferedUpload{Refused: reason, Detail: detail, Params: params}
}

func (p *plan) decided() bool { return p.offer.Refused != "" || p.offer.LeftOut }

// Offer announces files for a pack. Each answer says what to send, or why not; one bad file never stops the others.
func (s *Service) Offer(ctx context.Context, who auth.Caller, packID string, in api.NewUploads) (api.OfferedUploads, error) {
	plans, err := s.plans(in.Files, true)
	if err != nil {
		return api.OfferedUploads{}, err
	}
	var out api.OfferedUploads
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		p, err := s.Packs.LockForFiles(ctx, who, packID)
		if err != nil {
			return err
		}
		out, err = s.offer(ctx, p, "", plans)
		return err
	})
	return out, err
}

// OfferPictures announces avatars and banners.
func (s *Service) OfferPictures(ctx context.Context, who auth.Caller, in api.NewUploads) (api.OfferedUploads, error) {
	if len(in.Files) > 4 {
		return api.OfferedUploads{}, errs.Invalid(errs.Field{Name: "files", Reason: "too_many", Detail: "Send at most four pictures."})
	}
	plans, err := s.plans(in.Files, false)
	if err != nil {
		return api.OfferedUploads{}, err
	}
	out := api.OfferedUploads{Offers: make([]api.OfferedUpload, len(plans))}
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		for i := range plans {
			if plans[i].decided() {
				out.Offers[i] = plans[i].offer
				continue
			}
			u, resumed, err := s.open(ctx, &plans[i], who.AccountID, "", "")
			if err != nil {
				return err
			}
			view := u.View()
			out.Offers[i] = api.OfferedUpload{Upload: &view, Resumed: resumed}
		}
		return nil
	})
	return out, err
}

// plans checks what can be told from the announcement alone.
func (s *Service) plans(files []api.NewUpload, pack bool) ([]plan, error) {
	if len(files) == 0 || len(files) > api.MaxUploadsPerCall {
		return nil, errs.Invalid(errs.Field{Name: "files", Reason: "count", Detail: "Announce 1 to 1,000 files at a time."})
	}
	plans := make([]plan, len(files))
	for i, f := range files {
		p := &plans[i]
		p.in = f
		if f.Fingerprint == "" || len(f.Fingerprint) > 200 || !utf8.ValidString(f.Fingerprint) {
			return nil, errs.Invalid(errs.Field{Name: fmt.Sprintf("files.%d.fingerprint", i), Reason: "malformed", Detail: "A fingerprint has 1 to 200 bytes."})
		}
		if f.Replaces != "" && !tx.ValidID(f.Replaces) {
			return nil, errs.Invalid(errs.Field{Name: fmt.Sprintf("files.%d.replaces", i), Reason: "malformed", Detail: "This is not the id of an upload."})
		}
		p.fingerprint = f.Fingerprint
		s.judge(p, pack)
	}
	return plans, nil
}

func (s *Service) judge(p *plan, pack bool) {
	clean, reason := packpath.Clean(p.in.Path)
	switch reason {
	case api.ReasonPathUnsafe:
		p.refuse(reason, "This name or folder is not allowed. Rename it and drop it again.", nil)
		return
	case api.ReasonPathTooLong:
		p.refuse(reason, "The name or the folders are too long.", api.Params{"limit": api.MaxPathBytes, "segment": api.MaxSegmentBytes})
		return
	}
	p.path, p.key = clean, packpath.Fold(clean)
	if junk := packpath.Junk(clean); junk != "" && p.in.Purpose == "" {
		p.offer = api.OfferedUpload{LeftOut: true, Detail: junk, Params: api.Params{"name": junk}}
		return
	}
	switch {
	case p.in.Purpose == "":
		p.purpose = packpath.Purpose(clean)
	case pack && p.in.Purpose == "cover", !pack && (p.in.Purpose == "avatar" || p.in.Purpose == "banner"):
		p.purpose = p.in.Purpose
	default:
		p.refuse(api.ReasonWrongPurpose, "A pack takes files and a cover; an account takes an avatar and a banner.", nil)
		return
	}
	if !pack && !picture(p.purpose) {
		p.refuse(api.ReasonWrongPurpose, "Say whether it is an avatar or a banner.", nil)
		return
	}
	if p.purpose == "" {
		p.refuse(api.ReasonTypeNotAllowed, "Files of this kind cannot be in a pack.", api.Params{"ext": packpath.Ext(clean)})
		return
	}
	limit := int64(api.MaxFileBytes)
	if m := s.maxSize[p.purpose]; m > 0 {
		limit = m
	}
	switch {
	case p.in.SizeBytes <= 0:
		p.refuse(api.ReasonFileEmpty, "The file is empty. Export it again and drop it here.", nil)
	case p.in.SizeBytes > limit:
		p.refuse(api.ReasonFileTooLarge, fmt.Sprintf("The file is larger than %d MB.", limit>>20), api.Params{"limit": limit})
	}
}

// offer decides the files that are left with what the pack holds.
func (s *Service) offer(ctx context.Context, pack catalog.Pack, parentID string, plans []plan) (api.OfferedUploads, error) {
	out := api.OfferedUploads{Offers: make([]api.OfferedUpload, len(plans)), ETag: pack.ETag()}
	totals, err := s.Store.Totals(ctx, pack.ID)
	if err != nil {
		return out, err
	}
	prints, keys := map[string][]string{}, []string{}
	for i := range plans {
		if p := &plans[i]; !p.decided() {
			prints[p.purpose] = append(prints[p.purpose], p.fingerprint)
			keys = append(keys, p.key)
		}
	}
	known := map[string]Upload{} // purpose and fingerprint → upload
	for purpose, list := range prints {
		found, err := s.Store.ByFingerprint(ctx, pack.ProducerID, pack.ID, purpose, list)
		if err != nil {
			return out, err
		}
		for print, u := range found {
			known[purpose+"\n"+print] = u
		}
	}
	taken, err := s.Store.ByPath(ctx, pack.ID, keys)
	if err != nil {
		return out, err
	}
	leftOut := map[string]string{}
	opened := false
	here := map[string]bool{} // uploads of this announcement
	for i := range plans {
		p := &plans[i]
		if p.offer.LeftOut {
			leftOut[p.path] = p.offer.Detail
		}
		if p.decided() {
			out.Offers[i] = p.offer
			continue
		}
		if u, ok := known[p.purpose+"\n"+p.fingerprint]; ok && u.SizeBytes == p.in.SizeBytes && u.State != api.UploadRefused {
			view := u.View()
			out.Offers[i] = api.OfferedUpload{Upload: &view, Resumed: u.open(), Done: !u.open()}
			continue
		}
		if p.purpose == "cover" {
			u, _, err := s.open(ctx, p, pack.ProducerID, pack.ID, parentID)
			if err != nil {
				return out, err
			}
			view := u.View()
			out.Offers[i], opened = api.OfferedUpload{Upload: &view}, true
			continue
		}
		if twin, ok := taken[p.key]; ok && here[twin.ID] {
			p.refuse(api.ReasonPathTaken, "Another of these files has this name; upper and lower case do not tell files apart. Rename one of them.", api.Params{"path": twin.Path, "upload_id": twin.ID})
		} else if err := s.place(ctx, p, pack, taken, &totals); err != nil {
			return out, err
		}
		if p.decided() {
			out.Offers[i] = p.offer
			continue
		}
		u, resumed, err := s.open(ctx, p, pack.ProducerID, pack.ID, parentID)
		if err != nil {
			return out, err
		}
		taken[p.key], known[p.purpose+"\n"+p.fingerprint], here[u.ID] = u, u, true
		view := u.View()
		out.Offers[i], opened = api.OfferedUpload{Upload: &view, Resumed: resumed}, true
	}
	if err := s.Store.LeaveOut(ctx, pack.ID, leftOut); err != nil {
		return out, err
	}
	if opened {
		return out, s.Packs.FilesChanged(ctx, pack)
	}
	return out, nil
}

// place checks limits and whether the path is free. A file that was refused or never arrived makes room for a new one of
// the same name; any other stays unless the newcomer replaces it.
func (s *Service) place(ctx context.Context, p *plan, pack catalog.Pack, taken map[string]Upload, totals *Totals) error {
	if p.in.Replaces != "" {
		old, err := s.Store.Read(ctx, p.in.Replaces)
		missing := errs.CodeOf(err) == errs.CodeNotFound
		if err != nil && !missing {
			return err
		}
		if missing || old.PackID != pack.ID || old.RemovedAt != nil || picture(old.Purpose) {
			p.refuse(api.ReasonReplacesUnknown, "The file to replace is not here any more.", nil)
			return nil
		}
		if other, ok := taken[p.key]; ok && other.ID != old.ID {
			p.refuse(api.ReasonPathTaken, "Another file has this name.", api.Params{"path": other.Path, "upload_id": other.ID})
			return nil
		}
	} else if other, ok := taken[p.key]; ok {
		if !other.open() && other.State != api.UploadRefused {
			p.refuse(api.ReasonPathTaken, "The pack has a file of this name. Replace it, or rename this one.", api.Params{"path": other.Path, "upload_id": other.ID})
			return nil
		}
		if err := s.makeRoom(ctx, other); err != nil {
			return err
		}
		delete(taken, p.key)
		totals.Files--
		totals.Bytes -= other.SizeBytes
		if other.Purpose == "sound" {
			totals.Sounds--
		}
	}
	switch {
	case p.purpose == "sound" && totals.Sounds >= api.MaxPackSounds:
		p.refuse(api.ReasonTooManySounds, "A pack holds 1,000 sounds.", api.Params{"limit": api.MaxPackSounds})
	case totals.Files >= api.MaxPackFiles:
		p.refuse(api.ReasonTooManyFiles, "A pack holds 3,000 files.", api.Params{"limit": api.MaxPackFiles})
	case totals.Bytes+p.in.SizeBytes > api.MaxPackBytes:
		p.refuse(api.ReasonPackTooLarge, "A pack holds 5 GB.", api.Params{"limit": int64(api.MaxPackBytes)})
	default:
		totals.Files++
		totals.Bytes += p.in.SizeBytes
		if p.purpose == "sound" {
			totals.Sounds++
		}
	}
	return nil
}

func (s *Service) makeRoom(ctx context.Context, other Upload) error {
	u, err := s.Store.Lock(ctx, other.ID)
	if err != nil {
		return err
	}
	now := s.now()
	u.RemovedAt, u.UpdatedAt = &now, now
	return s.Store.Save(ctx, u)
}

// open makes the row, or finds the open one of the same picture.
func (s *Service) open(ctx context.Context, p *plan, ownerID, packID, parentID string) (Upload, bool, error) {
	if packID == "" {
		found, err := s.Store.ByFingerprint(ctx, ownerID, "", p.purpose, []string{p.fingerprint})
		if err != nil {
			return Upload{}, false, err
		}
		if u, ok := found[p.fingerprint]; ok && u.open() && u.SizeBytes == p.in.SizeBytes {
			return u, true, nil
		}
	}
	now := s.now()
	id := tx.NewID()
	u := Upload{
		ID: id, OwnerID: ownerID, PackID: packID, ParentID: parentID, Replaces: p.in.Replaces, Standby: p.in.Replaces != "", Purpose: p.purpose,
		Fingerprint: p.fingerprint, Path: p.path, PathKey: p.key, SizeBytes: p.in.SizeBytes, ObjectKey: "incoming/" + tx.NewID(),
		State: api.UploadWaiting, CreatedAt: now, UpdatedAt: now,
	}
	return u, false, s.Store.Create(ctx, u)
}
