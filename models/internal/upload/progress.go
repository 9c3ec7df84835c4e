package upload

import (
	"context"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
)

// analyzer is the service whose word on files counts.
const analyzer = "analyzer"

func (s *Service) now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// mayTouch answers not found to everybody but the owner, and the analyzer where it acts for itself.
func (u *Upload) mayTouch(who auth.Caller) error {
	if who.SignedIn() && who.AccountID == u.OwnerID || who.Service == analyzer && !who.SignedIn() {
		return nil
	}
	return errs.NotFound("upload")
}

// Read answers one upload.
func (s *Service) Read(ctx context.Context, who auth.Caller, id string) (api.Upload, error) {
	u, err := s.Store.Read(ctx, id)
	if err != nil {
		return api.Upload{}, err
	}
	if err := u.mayTouch(who); err != nil && !who.Admin {
		return api.Upload{}, err
	}
	return u.View(), nil
}

// Progress notes where storage keeps the parts and how much has arrived.
func (s *Service) Progress(ctx context.Context, who auth.Caller, id string, in api.UploadProgress) (api.Upload, error) {
	u, err := s.Store.Read(ctx, id)
	if err != nil {
		return api.Upload{}, err
	}
	if err := u.mayTouch(who); err != nil {
		return api.Upload{}, err
	}
	var bad []errs.Field
	if in.MultipartID != nil && (*in.MultipartID == "" || len(*in.MultipartID) > 1024) {
		bad = append(bad, errs.Field{Name: "multipart_id", Reason: "malformed", Detail: "1 to 1,024 bytes."})
	}
	if in.PartBytes != nil && (*in.PartBytes < 1 || *in.PartBytes > api.MaxFileBytes) {
		bad = append(bad, errs.Field{Name: "part_bytes", Reason: "out_of_range", Detail: "A part has at least one byte."})
	}
	if in.DoneBytes != nil && (*in.DoneBytes < 0 || *in.DoneBytes > u.SizeBytes) {
		bad = append(bad, errs.Field{Name: "done_bytes", Reason: "out_of_range", Detail: "More than the file has."})
	}
	if len(bad) > 0 {
		return api.Upload{}, errs.Invalid(bad...)
	}
	if in.MultipartID != nil && u.MultipartID != "" && *in.MultipartID != u.MultipartID {
		// Two tabs began the same file; both go on with the first one's parts.
		return u.View(), errs.New(errs.CodeConflict, "multipart_exists", "The upload was begun already.")
	}
	if err := s.Store.Progress(ctx, id, in, s.now()); err != nil {
		return api.Upload{}, err
	}
	if u, err = s.Store.Read(ctx, id); err != nil {
		return api.Upload{}, err
	}
	return u.View(), nil
}

// locked runs do with an upload and its pack locked, pack first. The pack is empty for avatars, banners and files of
// deleted packs.
func (s *Service) locked(ctx context.Context, id string, do func(ctx context.Context, u *Upload, p *catalog.Pack) error) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		seen, err := s.Store.Read(ctx, id)
		if err != nil {
			return err
		}
		var p catalog.Pack
		if seen.PackID != "" {
			if p, err = s.Packs.Store.LockPack(ctx, seen.PackID); err != nil {
				return err
			}
		}
		u, err := s.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		return do(ctx, &u, &p)
	})
}

// settle stores an upload and what follows for its pack.
func (s *Service) settle(ctx context.Context, u *Upload, p *catalog.Pack) error {
	u.UpdatedAt = s.now()
	if err := s.Store.Save(ctx, *u); err != nil {
		return err
	}
	if p.ID == "" {
		return nil
	}
	return s.Packs.FilesChanged(ctx, *p)
}

// Complete says that storage holds the whole file: the analyzer is asked to check exactly these bytes. A repeat answers
// the same; other bytes than announced are refused and nothing changes.
func (s *Service) Complete(ctx context.Context, who auth.Caller, id string, in api.UploadDone) (api.Upload, error) {
	if in.ETag == "" || len(in.ETag) > 200 {
		return api.Upload{}, errs.Invalid(errs.Field{Name: "etag", Reason: "malformed", Detail: "1 to 200 bytes."})
	}
	var out api.Upload
	err := s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		if err := u.mayTouch(who); err != nil {
			return err
		}
		if u.RemovedAt != nil {
			return errs.New(errs.CodeConflict, "upload_removed", "The file was removed. Restore it first.")
		}
		if in.SizeBytes != u.SizeBytes {
			err := errs.New(errs.CodeConflict, api.ReasonSizeDiffers, "Not all bytes have arrived.")
			err.Fields = []errs.Field{{Name: "size_bytes", Reason: api.ReasonSizeDiffers, Detail: "Storage holds another size than was announced."}}
			return err
		}
		if !u.open() {
			if u.ETag != in.ETag {
				return errs.New(errs.CodeConflict, "completed_already", "The upload was completed before, with other bytes.")
			}
			out = u.View()
			return nil
		}
		now := s.now()
		u.State, u.DoneBytes, u.ETag, u.CompletedAt = api.UploadChecking, u.SizeBytes, in.ETag, &now
		if err := s.ask(ctx, u, p); err != nil {
			return err
		}
		out = u.View()
		return nil
	})
	return out, err
}

// ask stores a new attempt at checking and tells the analyzer.
func (s *Service) ask(ctx context.Context, u *Upload, p *catalog.Pack) error {
	u.State, u.Reason, u.Detail, u.Params = api.UploadChecking, "", "", nil
	u.Attempt++
	u.Tries = 0
	if err := s.settle(ctx, u, p); err != nil {
		return err
	}
	return s.Unit.Append(ctx, u.ID, int64(u.Attempt), events.UploadCompletedV1{
		UploadID: u.ID, PackID: u.PackID, OwnerID: u.OwnerID, Purpose: events.Purpose(u.Purpose), ObjectKey: u.ObjectKey, ETag: u.ETag,
		SizeBytes: u.SizeBytes, Path: u.Path, Attempt: u.Attempt,
	})
}

// Retry has a refused or stuck file checked once more.
func (s *Service) Retry(ctx context.Context, who auth.Caller, id string) (api.Upload, error) {
	return s.change(ctx, who, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		switch {
		case u.RemovedAt != nil:
			return errs.New(errs.CodeConflict, "upload_removed", "The file was removed. Restore it first.")
		case u.open():
			return errs.New(errs.CodeConflict, "upload_open", "The file is not here yet.")
		case u.State == api.UploadReady:
			return nil
		case u.SweptAt != nil:
			return errs.New(errs.CodeConflict, "bytes_gone", "The bytes are not kept any more. Drop the file again.")
		case u.State == api.UploadChecking && s.now().Sub(u.UpdatedAt) < time.Minute:
			return nil // it is being checked
		}
		return s.ask(ctx, u, p)
	})
}

// Remove takes a file out of its pack. It can be restored until its bytes are swept.
func (s *Service) Remove(ctx context.Context, who auth.Caller, id string) (api.Upload, error) {
	return s.change(ctx, who, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		if u.RemovedAt != nil {
			return nil
		}
		now := s.now()
		u.RemovedAt, u.UpdatedAt = &now, now
		if err := s.Store.Save(ctx, *u); err != nil {
			return err
		}
		return s.followPicture(ctx, u, p)
	})
}

// Restore undoes Remove.
func (s *Service) Restore(ctx context.Context, who auth.Caller, id string) (api.Upload, error) {
	return s.change(ctx, who, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		if u.RemovedAt == nil {
			return nil
		}
		if u.SweptAt != nil && u.State != api.UploadReady {
			return errs.New(errs.CodeConflict, "bytes_gone", "The bytes are not kept any more. Drop the file again.")
		}
		if p.ID == "" && !picture(u.Purpose) {
			return errs.New(errs.CodeConflict, "pack_deleted", "The pack was deleted.")
		}
		if u.Purpose == "sound" || u.Purpose == "extra" {
			totals, err := s.Store.Totals(ctx, u.PackID)
			if err != nil {
				return err
			}
			if totals.Files >= api.MaxPackFiles || totals.Bytes+u.SizeBytes > api.MaxPackBytes || u.Purpose == "sound" && totals.Sounds >= api.MaxPackSounds {
				return errs.New(errs.CodeConflict, api.ReasonTooManyFiles, "The pack is full.")
			}
		}
		u.RemovedAt, u.UpdatedAt = nil, s.now()
		if err := s.Store.Save(ctx, *u); err != nil {
			if e, ok := errs.As(err); ok && (e.Reason == "uploads_path_key" || e.Reason == "uploads_open_key") {
				return errs.New(errs.CodeConflict, api.ReasonPathTaken, "Another file has its name now.")
			}
			return err
		}
		return s.followPicture(ctx, u, p)
	})
}

// followPicture settles the pack after a file came or went; a cover decides what the pack shows.
func (s *Service) followPicture(ctx context.Context, u *Upload, p *catalog.Pack) error {
	if p.ID == "" {
		return nil
	}
	if u.Purpose != "cover" {
		return s.Packs.FilesChanged(ctx, *p)
	}
	cover, err := s.Store.LatestCover(ctx, p.ID)
	if err != nil {
		return err
	}
	return s.Packs.CoverChanged(ctx, *p, cover)
}

// change runs do for the owner and answers the upload as it is then.
func (s *Service) change(ctx context.Context, who auth.Caller, id string, do func(ctx context.Context, u *Upload, p *catalog.Pack) error) (api.Upload, error) {
	var out api.Upload
	err := s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		if !who.SignedIn() || who.AccountID != u.OwnerID {
			return errs.NotFound("upload")
		}
		if p.State == api.PackTakenDown {
			return errs.New(errs.CodeConflict, "pack_taken_down", "The pack is taken down, so its files stay as they are.")
		}
		if err := do(ctx, u, p); err != nil {
			return err
		}
		now, err := s.Store.Read(ctx, id)
		out = now.View()
		return err
	})
	return out, err
}
