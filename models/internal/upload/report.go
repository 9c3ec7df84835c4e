package upload

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// maxTries is how often the analyzer may crash on one file.
const maxTries = 3

// standing says whether an attempt still matters: "", stale, done or removed.
func (u *Upload) standing(attempt int) string {
	switch {
	case u.RemovedAt != nil:
		return "removed"
	case attempt != u.Attempt:
		return "stale"
	case u.State != api.UploadChecking:
		return "done"
	}
	return ""
}

// Begin counts a try of the analyzer. What crashed it three times is refused.
func (s *Service) Begin(ctx context.Context, id string, in api.UploadBegin) (api.UploadBegun, error) {
	var out api.UploadBegun
	err := s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		defer func() { out.Upload = u.View() }()
		if out.Why = u.standing(in.Attempt); out.Why != "" {
			return nil
		}
		if u.Tries >= maxTries {
			out.Why = "crashed"
			s.refuse(u, &api.UploadRefusal{Reason: api.ReasonAnalyzerCrashed, Detail: "This file could not be checked. Export it again and drop it here."})
			return s.settle(ctx, u, p)
		}
		u.Tries++
		out.Proceed, out.Try = true, u.Tries
		return s.Store.Save(ctx, *u)
	})
	return out, err
}

func (s *Service) refuse(u *Upload, r *api.UploadRefusal) {
	u.State, u.Reason, u.Params, u.Detail = api.UploadRefused, r.Reason, r.Params, r.Detail
}

// Report takes the analyzer's word on a file.
func (s *Service) Report(ctx context.Context, id string, in api.UploadReport) (api.UploadReported, error) {
	if err := checkReport(in); err != nil {
		return api.UploadReported{}, err
	}
	var out api.UploadReported
	err := s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		defer func() { out.Upload = u.View() }()
		if out.Why = u.standing(in.Attempt); out.Why != "" {
			return nil
		}
		out.Applied = true
		if in.Refusal != nil {
			s.refuse(u, in.Refusal)
			return s.settle(ctx, u, p)
		}
		return s.accept(ctx, u, p, in)
	})
	return out, err
}

func (s *Service) accept(ctx context.Context, u *Upload, p *catalog.Pack, in api.UploadReport) error {
	fits := in.Sound != nil && u.Purpose == "sound" || in.Extra != nil && u.Purpose == "extra" || in.Archive != nil && u.Purpose == "archive" ||
		in.Picture != nil && picture(u.Purpose)
	if !fits {
		return errs.New(errs.CodeConflict, "wrong_report", "The report is not about a file of purpose "+u.Purpose+".")
	}
	u.State = api.UploadReady
	switch {
	case in.Sound != nil:
		if in.Sound.SizeBytes != u.SizeBytes {
			return errs.New(errs.CodeConflict, api.ReasonSizeDiffers, "The report is about other bytes.")
		}
		u.MediaSHA256 = in.Sound.SHA256
		if err := s.saveSound(ctx, u, in.Sound); err != nil {
			return err
		}
	case in.Extra != nil:
		if in.Extra.SizeBytes != u.SizeBytes {
			return errs.New(errs.CodeConflict, api.ReasonSizeDiffers, "The report is about other bytes.")
		}
		u.MediaSHA256 = in.Extra.SHA256
	case in.Picture != nil:
		return s.acceptPicture(ctx, u, p, in.Picture)
	}
	if u.Standby {
		if err := s.takePlace(ctx, u); err != nil {
			return err
		}
	}
	return s.settle(ctx, u, p)
}

// takePlace removes the file that this one replaces. If that one went and its name was given away meanwhile, this one is
// refused.
func (s *Service) takePlace(ctx context.Context, u *Upload) error {
	u.Standby = false
	if u.Replaces != "" {
		old, err := s.Store.Lock(ctx, u.Replaces)
		if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
			return err
		}
		if err == nil && old.RemovedAt == nil {
			now := s.now()
			old.RemovedAt, old.UpdatedAt = &now, now
			if err := s.Store.Save(ctx, old); err != nil {
				return err
			}
		}
	}
	others, err := s.Store.ByPath(ctx, u.PackID, []string{u.PathKey})
	if err != nil {
		return err
	}
	if other, ok := others[u.PathKey]; ok && other.ID != u.ID {
		u.Standby = true
		s.refuse(u, &api.UploadRefusal{Reason: api.ReasonPathTaken, Params: api.Params{"path": other.Path}, Detail: "Another file has this name now."})
	}
	return nil
}

func (s *Service) saveSound(ctx context.Context, u *Upload, facts *api.SoundFacts) error {
	sound := catalog.Sound{
		ID: tx.NewID(), PackID: u.PackID, UploadID: u.ID, Path: u.Path, Facts: *facts, Tags: []string{}, PriceSet: catalog.PriceDefault, CreatedAt: s.now(),
	}
	if u.Replaces != "" { // what the producer set goes over to the new file
		old, err := s.Store.SoundOf(ctx, u.Replaces)
		if err != nil && errs.CodeOf(err) != errs.CodeNotFound {
			return err
		}
		if err == nil {
			sound.Stated, sound.Instrument, sound.Tags, sound.PriceSet, sound.Price = old.Stated, old.Instrument, old.Tags, old.PriceSet, old.Price
		}
	}
	u.SoundID = sound.ID
	return s.Store.SaveSound(ctx, sound)
}

func (s *Service) acceptPicture(ctx context.Context, u *Upload, p *catalog.Pack, facts *api.PictureFacts) error {
	u.Picture, u.UpdatedAt = strings.TrimPrefix(facts.CoverKey, "covers/"), s.now()
	if err := s.Store.Save(ctx, *u); err != nil {
		return err
	}
	if u.Purpose == "cover" {
		return s.followPicture(ctx, u, p)
	}
	return s.Store.SetPicture(ctx, u.OwnerID, u.Purpose, facts.CoverKey, s.now())
}

// Children registers the entries of an archive as uploads of its pack. Repeats answer the same ones.
func (s *Service) Children(ctx context.Context, id string, in api.ArchiveEntries) (api.OfferedUploads, error) {
	files := make([]api.NewUpload, len(in.Entries))
	for i, e := range in.Entries {
		if !utf8.ValidString(e.Path) {
			e.Path = strings.ToValidUTF8(e.Path, "_")
		}
		files[i] = api.NewUpload{Fingerprint: "-", Path: e.Path, SizeBytes: e.SizeBytes}
	}
	plans, err := s.plans(files, true)
	if err != nil {
		return api.OfferedUploads{}, err
	}
	for i := range plans {
		plans[i].fingerprint = "archive:" + id + ":" + plans[i].path
		if plans[i].purpose == "archive" {
			plans[i].refuse(api.ReasonNestedArchive, "An archive inside an archive is not unpacked.", nil)
		}
	}
	var out api.OfferedUploads
	err = s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		if u.Purpose != "archive" {
			return errs.New(errs.CodeConflict, "not_an_archive", "Only archives have entries.")
		}
		if why := u.standing(in.Attempt); why != "" {
			return errs.New(errs.CodeConflict, "attempt_"+why, "This attempt does not count any more.")
		}
		var err error
		out, err = s.offer(ctx, *p, u.ID, plans)
		return err
	})
	return out, err
}

// Expired lists objects under incoming/ that are not needed any more.
func (s *Service) Expired(ctx context.Context, limit int) (api.ExpiredUploads, error) {
	list, err := s.Store.Expired(ctx, s.Expiry, s.now(), limit)
	if list == nil {
		list = []api.ExpiredUpload{}
	}
	return api.ExpiredUploads{Uploads: list}, err
}

// Swept notes that an upload's object is gone. What was still open ends with it.
func (s *Service) Swept(ctx context.Context, id string) error {
	return s.locked(ctx, id, func(ctx context.Context, u *Upload, p *catalog.Pack) error {
		if u.SweptAt != nil {
			return nil
		}
		now := s.now()
		if u.State == api.UploadChecking && u.RemovedAt == nil {
			return errs.New(errs.CodeConflict, "upload_checking", "The file is being checked.")
		}
		u.SweptAt = &now
		if u.open() {
			u.RemovedAt, u.CompletedAt = &now, &now
			s.refuse(u, &api.UploadRefusal{Reason: api.ReasonAbandoned, Detail: "The upload was not finished in time."})
			return s.settle(ctx, u, p)
		}
		return s.Store.Save(ctx, *u)
	})
}

// CheckObjects answers which of the keys nobody refers to.
func (s *Service) CheckObjects(ctx context.Context, in api.ObjectsCheck) (api.ObjectsChecked, error) {
	if err := checkKeys(in.Keys); err != nil {
		return api.ObjectsChecked{}, err
	}
	list, err := s.Store.Unreferenced(ctx, in.Keys)
	if list == nil {
		list = []string{}
	}
	return api.ObjectsChecked{Unreferenced: list}, err
}

// Objects lists the keys that storage should hold, in order.
func (s *Service) Objects(ctx context.Context, after string, limit int) ([]string, error) {
	return s.Store.Referenced(ctx, after, limit)
}

// Missing notes keys that should be in storage and are not.
func (s *Service) Missing(ctx context.Context, in api.ObjectsMissing) error {
	if err := checkKeys(in.Keys); err != nil {
		return err
	}
	return s.Store.ReportMissing(ctx, in.Keys, s.now())
}

func checkKeys(keys []string) error {
	if len(keys) == 0 || len(keys) > 1000 || slices.ContainsFunc(keys, func(k string) bool {
		return k == "" || len(k) > 300 || !utf8.ValidString(k) || strings.ContainsRune(k, 0)
	}) {
		return errs.Invalid(errs.Field{Name: "keys", Reason: "malformed", Detail: "Send 1 to 1,000 keys of at most 300 bytes."})
	}
	return nil
}

// checkReport refuses reports that do not hold together.
func checkReport(in api.UploadReport) error {
	parts := 0
	for _, set := range []bool{in.Sound != nil, in.Extra != nil, in.Archive != nil, in.Picture != nil, in.Refusal != nil} {
		if set {
			parts++
		}
	}
	if parts != 1 {
		return errs.Invalid(errs.Field{Name: "report", Reason: "one_of", Detail: "Report one of sound, extra, archive, picture and refusal."})
	}
	switch {
	case in.Refusal != nil:
		return catalog.CheckRefusal(in.Refusal)
	case in.Extra != nil:
		return invalid(checkFile("extra", in.Extra))
	case in.Picture != nil && !catalog.ValidCoverKey(in.Picture.CoverKey):
		return errs.Invalid(errs.Field{Name: "picture.cover_key", Reason: "malformed", Detail: "A picture lies at covers/<sha256>."})
	case in.Sound != nil:
		return invalid(checkSound(in.Sound))
	}
	return nil
}

func invalid(bad []errs.Field) error {
	if len(bad) == 0 {
		return nil
	}
	return errs.Invalid(bad...)
}

func checkFile(name string, f *api.FileFacts) []errs.Field {
	var bad []errs.Field
	if !catalog.ValidSHA256(f.SHA256) {
		bad = append(bad, errs.Field{Name: name + ".sha256", Reason: "malformed", Detail: "64 hexadecimal digits."})
	}
	if f.SizeBytes <= 0 {
		bad = append(bad, errs.Field{Name: name + ".size_bytes", Reason: "out_of_range", Detail: "A file has bytes."})
	}
	return bad
}

func checkSound(f *api.SoundFacts) []errs.Field {
	bad := checkFile("sound", &f.FileFacts)
	check := func(ok bool, field, detail string) {
		if !ok {
			bad = append(bad, errs.Field{Name: "sound." + field, Reason: "out_of_range", Detail: detail})
		}
	}
	within := func(v, lo, hi float64) bool { return !math.IsNaN(v) && v >= lo && v <= hi }
	check(slices.Contains([]string{"wav", "aiff", "flac", "mp3", "ogg"}, f.Format), "format", "wav, aiff, flac, mp3 or ogg.")
	check(f.SampleRateHz > 0 && f.SampleRateHz <= 1_000_000, "sample_rate", "1 to 1,000,000 Hz.")
	check(f.Channels > 0 && f.Channels <= 64, "channels", "1 to 64.")
	check(f.BitDepth >= 0 && f.BitDepth <= 64, "bit_depth", "0 to 64.")
	check(f.Frames > 0, "frames", "At least one.")
	check(within(f.LoudnessLUFS, -200, 100), "loudness", "-200 to 100 LUFS.")
	check(within(f.TruePeakDBTP, -300, 100), "true_peak", "-300 to 100 dBTP.")
	check(len(f.Waveform) == 96, "waveform", "96 bars.")
	check(f.PreviewKey == fmt.Sprintf("previews/%s/%s.mp3", f.SHA256, f.Analyzer) || strings.HasPrefix(f.PreviewKey, "previews/"+f.SHA256+"/"), "preview_key", "previews/<sha256>/<version>.")
	check(strings.HasPrefix(f.PeaksKey, "peaks/"+f.SHA256+"/"), "peaks_key", "peaks/<sha256>/<version>.")
	check(f.Type.Value == catalog.TypeLoop || f.Type.Value == catalog.TypeOneShot, "type", "loop or one-shot.")
	check(within(f.Type.Confidence, 0, 1) && within(f.Key.Confidence, 0, 1) && within(f.Tempo.Confidence, 0, 1), "confidence", "0 to 1.")
	_, keyOK := catalog.ParseKey(f.Key.Value)
	check(keyOK, "key", "Am, F#, Bb …")
	check(within(f.Tempo.BPM, 0, 1000), "tempo", "0 to 1,000 BPM.")
	check(len(f.Features) <= 512 && !slices.ContainsFunc(f.Features, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }), "features", "At most 512 finite numbers.")
	check(f.Analyzer != "" && len(f.Analyzer) <= 60, "analyzer", "Say which version.")
	check(f.AudioSHA256 == "" || catalog.ValidSHA256(f.AudioSHA256), "audio_sha256", "64 hexadecimal digits.")
	check(len(f.Hints) <= 20, "hints", "At most 20.")
	for _, h := range f.Hints {
		check(len(h.From) <= 20 && len(h.Field) <= 20 && len(h.Value) <= 40, "hints", "Short words.")
	}
	return bad
}
