package studio

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

func fillTerms(out *api.Workbench, t *screen.Terms) {
	out.Genres = rows.Genres(t.Genres)
	out.Licences = make([]api.Licence, len(t.Licences))
	for i, l := range t.Licences {
		out.Licences[i] = rows.Licence(l)
	}
	out.Rights = api.Attestation{Version: t.Rights.Version, Text: t.Rights.Text}
	out.Instruments = rows.List(t.Instruments)
	out.Limits = api.UploadLimits{
		Sounds: t.Limits.Sounds, Files: t.Limits.Files, PackBytes: t.Limits.PackBytes, FileBytes: t.Limits.FileBytes,
		PictureBytes: t.Limits.PictureBytes,
	}
}

func fillBench(out *api.Workbench, b models.Workbench) {
	receives, ofTiers := out.Pack.YouReceive, out.Pack.Receives
	out.Pack = benchPack(b.Pack)
	out.Pack.YouReceive, out.Pack.Receives = receives, rows.List(ofTiers)
	out.Files = files(b.Uploads, b.Sounds)
	out.LeftOut = make([]api.LeftOut, len(b.LeftOut))
	for i, l := range b.LeftOut {
		out.LeftOut[i] = api.LeftOut(l)
	}
	out.Questions = questions(b.Questions)
	out.Checklist, out.FreeOnly = checks(b.Checklist), b.FreeOnly
}

func benchPack(p models.WorkbenchPack) api.WorkbenchPack {
	out := api.WorkbenchPack{
		StudioPack: rows.StudioPack(p.StudioPack), ETag: p.ETag, Description: p.Description, Genre: p.Genre, Tags: rows.List(p.Tags),
		Price: rows.MoneyPtr(p.Price), SoundPrice: rows.MoneyPtr(p.SoundPrice), ExtendedPrice: rows.MoneyPtr(p.ExtendedPrice),
		ExclusivePrice: rows.MoneyPtr(p.ExclusivePrice), SoundExtendedPrice: rows.MoneyPtr(p.SoundExtendedPrice),
		SoundExclusivePrice: rows.MoneyPtr(p.SoundExclusivePrice), SuggestedPrice: rows.MoneyPtr(p.SuggestedPrice), Licence: p.Licence, MadeWithAI: p.MadeWithAI,
		DemoSoundID: p.DemoSoundID, CoverDrawn: p.CoverDrawn, Edition: p.Edition, EditionBytes: p.EditionBytes, FilesChanged: p.FilesChanged,
		TakenDownFor: p.TakenDownFor, PublishFailed: p.PublishFailed, SizeBytes: p.SizeBytes, Extras: api.Extras(p.Extras),
	}
	if p.Rights != nil {
		at := p.Rights.At
		out.RightsAt, out.RightsVersion = &at, p.Rights.Version
	}
	return out
}

// files are the lines of the table: what was uploaded, with the sound it became.
func files(uploads []models.Upload, sounds []models.StudioSound) []api.StudioFile {
	byUpload := make(map[string]*models.StudioSound, len(sounds))
	for i := range sounds {
		byUpload[sounds[i].UploadID] = &sounds[i]
	}
	out := make([]api.StudioFile, len(uploads))
	for i, u := range uploads {
		out[i] = file(u, byUpload[u.ID])
	}
	return out
}

func file(u models.Upload, sound *models.StudioSound) api.StudioFile {
	f := api.StudioFile{
		UploadID: u.ID, SoundID: u.SoundID, Path: u.Path, Purpose: u.Purpose, State: string(u.State), Reason: u.Reason, ReasonText: u.Detail,
		Params: u.Params, SizeBytes: u.SizeBytes, DoneBytes: u.DoneBytes, SameAs: u.SameAs,
	}
	if sound != nil {
		fillSound(&f, *sound)
	}
	return f
}

func fillSound(f *api.StudioFile, sound models.StudioSound) {
	row := rows.Sound(sound.SoundRow)
	f.SoundID, f.Row, f.PriceSet, f.Path = sound.ID, &row, sound.PriceSet, sound.Path
	f.Measured = &api.Measured{
		TempoBPM: sound.Measured.TempoBPM, TempoConfidence: sound.Measured.TempoConfidence, Key: sound.Measured.Key,
		KeyConfidence: sound.Measured.KeyConfidence, Type: sound.Measured.Type, SampleRateHz: sound.Measured.SampleRateHz,
		Channels: sound.Measured.Channels, BitDepth: sound.Measured.BitDepth, Format: sound.Measured.Format,
	}
	f.Stated = api.Stated(sound.Stated)
}

func questions(in []models.Question) []api.Question {
	out := make([]api.Question, len(in))
	for i, q := range in {
		out[i] = api.Question{
			ID: q.ID, SoundID: q.SoundID, Name: q.Name, Field: q.Field, Options: rows.List(q.Options), Of: rows.List(q.Of), SameAs: q.SameAs, Text: q.Detail,
		}
	}
	return out
}

func checks(in []models.Check) []api.Check {
	out := make([]api.Check, len(in))
	for i, check := range in {
		out[i] = api.Check{
			Name: check.Name, State: string(check.State), Reason: check.Reason, Count: check.Count, Detail: check.Detail, Anchor: check.Anchor,
		}
	}
	return out
}

func (s *Studio) changeSounds(c *gin.Context) error {
	in, err := httpx.Decode[api.SoundsChange](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.ChangeSounds(ctx, c.Param("id"), c.GetHeader("If-Match"), models.SoundsChange{
		SoundIDs: in.SoundIDs, Name: in.Name, Type: in.Type, Instrument: in.Instrument, Key: in.Key, TempoBPM: in.TempoBPM,
		Tags: in.Tags, Price: money(in.Price), Find: in.Find, Replace: in.Replace, MatchCase: in.MatchCase,
	})
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, soundsChanged(changed))
}

// restoreSounds undoes a change with the values it answered as Before.
func (s *Studio) restoreSounds(c *gin.Context) error {
	in, err := httpx.Decode[api.SoundsRestore](c)
	if err != nil {
		return err
	}
	back := models.SoundsRestore{Sounds: make([]models.SoundEditable, len(in.Sounds))}
	for i, one := range in.Sounds {
		back.Sounds[i] = models.SoundEditable{
			ID: one.ID, Name: one.Name, Instrument: one.Instrument, Stated: models.StatedFacts(one.Stated), Tags: one.Tags,
			PriceSet: one.PriceSet, Price: money(one.Price),
		}
	}
	_, ctx := s.As(c)
	changed, err := s.Models.RestoreSounds(ctx, c.Param("id"), c.GetHeader("If-Match"), back)
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, soundsChanged(changed))
}

func soundsChanged(in models.SoundsChanged) api.SoundsChanged {
	out := api.SoundsChanged{
		Files: make([]api.StudioFile, len(in.Sounds)), Before: make([]api.SoundEditable, len(in.Before)), Removed: rows.List(in.Removed),
		ETag: in.ETag, State: string(in.State), Questions: questions(in.Questions), Checklist: checks(in.Checklist),
	}
	for i, sound := range in.Sounds {
		f := api.StudioFile{UploadID: sound.UploadID, Purpose: "sound", State: string(models.UploadReady), SizeBytes: sound.SizeBytes, SameAs: sound.SameAs}
		switch {
		case sound.SameAs != "" && sound.Questions > 0:
			f.State = string(models.UploadDuplicate)
		case sound.Questions > 0:
			f.State = string(models.UploadNeedsLook)
		}
		f.DoneBytes = sound.SizeBytes
		fillSound(&f, sound)
		out.Files[i] = f
	}
	for i, one := range in.Before {
		out.Before[i] = api.SoundEditable{
			ID: one.ID, Name: one.Name, Instrument: one.Instrument, Stated: api.Stated(one.Stated), Tags: rows.List(one.Tags),
			PriceSet: one.PriceSet, Price: rows.MoneyPtr(one.Price),
		}
	}
	return out
}
