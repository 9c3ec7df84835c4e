package catalog

import (
	"context"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
)

// Workbench reads everything about a pack under edit.
func (s *Service) Workbench(ctx context.Context, who auth.Caller, id string) (api.Workbench, error) {
	p, err := s.readable(ctx, who, id)
	if err != nil {
		return api.Workbench{}, err
	}
	return s.workbench(ctx, p)
}

func (s *Service) workbench(ctx context.Context, p Pack) (api.Workbench, error) {
	b, err := s.load(ctx, p)
	if err != nil {
		return api.Workbench{}, err
	}
	return s.workbenchOf(ctx, b)
}

func (s *Service) workbenchOf(ctx context.Context, b *bench) (api.Workbench, error) {
	p := &b.pack
	left, err := s.Store.LeftOut(ctx, p.ID)
	if err != nil {
		return api.Workbench{}, err
	}
	sold, err := s.Store.Sold(ctx, []string{p.ID}, s.now())
	if err != nil {
		return api.Workbench{}, err
	}
	seller, err := s.Store.Seller(ctx, p.ProducerID)
	if err != nil {
		return api.Workbench{}, err
	}
	w := api.Workbench{
		Pack: api.WorkbenchPack{
			StudioPack:  studioPack(p, len(b.sounds), refused(b.uploads), len(b.questions), sold[p.ID]),
			Description: p.Description, Genre: p.Genre, Tags: orEmpty(p.Tags), Price: money(p.Price), SoundPrice: money(p.SoundPrice), Licence: p.Licence,
			ExtendedPrice: money(p.Extended), ExclusivePrice: money(p.Exclusive), SoundExtendedPrice: money(p.SoundExtended),
			SoundExclusivePrice: money(p.SoundExclusive), SuggestedPrice: money(p.Suggested),
			MadeWithAI: p.MadeWithAI, Rights: p.Rights, DemoSoundID: p.DemoSoundID, CoverDrawn: p.Cover == "" && p.DrawnCover != "",
			TakenDownFor: p.TakenDownFor, PublishFailed: p.PublishFailed, Extras: countExtras(b.uploads),
		},
		LeftOut: left, Questions: b.questions, Checklist: s.checklist(b, seller), FreeOnly: s.freeOnly(seller),
		Uploads: make([]api.Upload, 0, len(b.uploads)), Sounds: studioSounds(b, seller),
	}
	if p.EditionID != "" {
		e, err := s.Store.Edition(ctx, p.EditionID)
		if err != nil {
			return api.Workbench{}, err
		}
		w.Pack.EditionID, w.Pack.Edition = e.ID, e.Number
		if e.Zip != nil {
			w.Pack.EditionBytes = e.Zip.SizeBytes
		}
		w.Pack.FilesChanged = digest(editionFiles(b.uploads)) != e.Digest
	}
	for _, u := range b.uploads {
		if u.State == api.UploadReady {
			if u.Purpose == "cover" || u.Purpose == "archive" {
				continue // its content counts, in place of the zip itself
			}
			w.Pack.SizeBytes += u.SizeBytes
		}
		w.Uploads = append(w.Uploads, u)
	}
	markUploads(w.Uploads, b.questions)
	if p.Revision > 0 {
		t, err := s.trace(ctx, p)
		if err != nil {
			return api.Workbench{}, err
		}
		w.Trace = &t
	}
	return w, nil
}

func refused(uploads []api.Upload) int {
	n := 0
	for _, u := range uploads {
		if u.State == api.UploadRefused && !u.Removed {
			n++
		}
	}
	return n
}

func studioPack(p *Pack, sounds, refused, questions int, sold Sold) api.StudioPack {
	return api.StudioPack{
		ID: p.ID, ProducerID: p.ProducerID, Slug: p.Slug, Title: p.Title, CoverKey: p.CoverKey(), State: p.State, Listed: p.Listed,
		Unpublished: p.Listed && p.Unpublished, Sounds: sounds, Refused: refused, Questions: questions, SoldToday: sold.Today, SoldMonth: sold.Month,
		ETag: p.ETag(), Revision: p.Revision, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, PublishedAt: p.PublishedAt, Demo: p.Demo,
	}
}

// studioSounds renders the working copy's sounds by path.
func studioSounds(b *bench, seller Seller) []api.StudioSound {
	out := make([]api.StudioSound, 0, len(b.sounds))
	open := map[string]int{}
	for _, q := range b.questions {
		open[q.SoundID]++
	}
	same := twins(b.sounds)
	ref := packRef(&b.pack, seller)
	for i := range b.sounds {
		s := studioSound(&b.sounds[i], &b.pack, ref)
		s.Questions = open[s.ID]
		if twin := same[s.ID]; twin != nil {
			s.SameAs = twin.Path
		}
		out = append(out, s)
	}
	return out
}

func packRef(p *Pack, seller Seller) api.PackRef {
	ref := api.PackRef{ID: p.ID, Slug: p.Slug, Title: p.Title, CoverKey: p.CoverKey(), Price: api.Money{Currency: Currency}, Producer: seller.Ref()}
	if p.Price != nil {
		ref.Price.Amount = *p.Price
	}
	return ref
}

func studioSound(s *Sound, p *Pack, ref api.PackRef) api.StudioSound {
	v := s.shown()
	f := &s.Facts
	row := api.SoundRow{
		ID: s.ID, Name: s.Name(), Folder: s.Folder(), Type: v.kind, Instrument: s.instrument(), Key: v.key, KeyUnsure: v.keyUnsure, TempoBPM: v.tempo,
		TempoUnsure: v.tempoUnsure, Tags: orEmpty(s.Tags), LoudnessLUFS: f.LoudnessLUFS, TruePeakDBTP: f.TruePeakDBTP, Waveform: f.Waveform,
		Price: s.price(p), Pack: ref,
	}
	if f.SampleRateHz > 0 {
		row.DurationSeconds = float64(f.Frames) / float64(f.SampleRateHz)
	}
	return api.StudioSound{
		SoundRow: row, UploadID: s.UploadID, Path: s.Path, Stated: s.Stated, PriceSet: s.PriceSet, SizeBytes: f.SizeBytes, SHA256: f.SHA256,
		Measured: api.Measured{
			Type: f.Type.Value, TypeConfidence: f.Type.Confidence, TempoBPM: f.Tempo.BPM, TempoConfidence: f.Tempo.Confidence, Key: f.Key.Value,
			KeyConfidence: f.Key.Confidence, Format: f.Format, SampleRateHz: f.SampleRateHz, Channels: f.Channels, BitDepth: f.BitDepth, Frames: f.Frames,
			Analyzer: f.Analyzer,
		},
	}
}

// Preview is the working copy as buyers would see it.
func (s *Service) Preview(ctx context.Context, who auth.Caller, id string) (api.PackPage, error) {
	p, err := s.readable(ctx, who, id)
	if err != nil {
		return api.PackPage{}, err
	}
	b, err := s.load(ctx, p)
	if err != nil {
		return api.PackPage{}, err
	}
	seller, err := s.Store.Seller(ctx, p.ProducerID)
	if err != nil {
		return api.PackPage{}, err
	}
	frozen, err := publish(&p, seller, b.uploads, b.sounds)
	if err != nil {
		return api.PackPage{}, err
	}
	if p.Price == nil {
		frozen.Listing.Price.Currency = Currency
	}
	frozen.stamp(&p, Edition{}, s.now())
	page := frozen.Page(p.State)
	page.Preview, page.Unpublished = true, p.Listed && p.Unpublished
	return page, nil
}

// Studio lists the producer's packs, latest change first.
func (s *Service) Studio(ctx context.Context, who auth.Caller, after *StudioCursor, limit int) ([]api.StudioPack, *StudioCursor, error) {
	lines, err := s.Store.StudioPacks(ctx, who.AccountID, after, limit+1)
	if err != nil {
		return nil, nil, err
	}
	var next *StudioCursor
	if len(lines) > limit {
		lines = lines[:limit]
		next = &StudioCursor{UpdatedAt: lines[limit-1].UpdatedAt, ID: lines[limit-1].ID}
	}
	packs, err := s.studioPacks(ctx, lines)
	return packs, next, err
}

func (s *Service) studioPacks(ctx context.Context, lines []StudioLine) ([]api.StudioPack, error) {
	ids := make([]string, len(lines))
	for i := range lines {
		ids[i] = lines[i].ID
	}
	sold, err := s.Store.Sold(ctx, ids, s.now())
	if err != nil {
		return nil, err
	}
	out := make([]api.StudioPack, 0, len(lines))
	for i := range lines {
		l := &lines[i]
		questions := 0
		if l.preparing() || l.Unpublished {
			sounds, err := s.Store.Sounds(ctx, l.ID)
			if err != nil {
				return nil, err
			}
			questions = len(Questions(sounds))
		}
		out = append(out, studioPack(&l.Pack, l.Sounds, l.Refused, questions, sold[l.ID]))
	}
	return out, nil
}

// Needs lists what waits for the producer, and how many listened in the last 30 days.
func (s *Service) Needs(ctx context.Context, who auth.Caller) (api.StudioNeeds, error) {
	const look = 100 // packs with the latest changes
	lines, err := s.Store.StudioPacks(ctx, who.AccountID, nil, look)
	if err != nil {
		return api.StudioNeeds{}, err
	}
	packs, err := s.studioPacks(ctx, lines)
	if err != nil {
		return api.StudioNeeds{}, err
	}
	out := api.StudioNeeds{Needs: []api.Need{}}
	for i, p := range packs {
		add := func(kind string, count int) {
			out.Needs = append(out.Needs, api.Need{Kind: kind, PackID: p.ID, Title: p.Title, Count: count})
		}
		if p.State == api.PackTakenDown {
			add("taken_down", 1)
			continue
		}
		if lines[i].PublishFailed != "" {
			add("publish_failed", 1)
		}
		if p.Questions > 0 {
			add("questions", p.Questions)
		}
		if p.Refused > 0 {
			add("refused", p.Refused)
		}
		if p.Unpublished {
			add("unpublished_changes", 1)
		}
		if p.State == api.PackReady {
			add("ready", 1)
		}
	}
	if out.Packs, err = s.Store.CountPacks(ctx, who.AccountID); err != nil {
		return api.StudioNeeds{}, err
	}
	out.Listeners, err = s.Store.Listeners(ctx, who.AccountID, s.now().Add(-30*24*time.Hour))
	return out, err
}

// Terms is what the studio's forms need to know.
func Terms() api.ListingTerms {
	return api.ListingTerms{
		Licences: Licences, Compared: Compared, Rights: Rights, Instruments: Instruments,
		Limits: api.UploadLimits{
			Sounds: api.MaxPackSounds, Files: api.MaxPackFiles, PackBytes: api.MaxPackBytes, FileBytes: api.MaxFileBytes, PictureBytes: api.MaxPictureBytes,
		},
	}
}

// badAnswer reports one wrong field.
func badField(f *errs.Field) error { return errs.Invalid(*f) }
