package shop

import (
	"context"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/objects"
	models "crateful.dev/models/api"
)

func (s *Shop) library(c *gin.Context) error {
	out := api.Library{Kind: c.DefaultQuery("kind", "all"), Words: c.Query("q"), Items: []api.LibraryItem{}}
	kinds := map[string]models.ItemKind{"all": "", "packs": models.ItemPack, "sounds": models.ItemSound, "returned": ""}
	kind, ok := kinds[out.Kind]
	if !ok {
		return errs.Invalid(errs.Field{Name: "kind", Reason: "unknown", Detail: "kind is all, packs, sounds or returned"})
	}
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		page, err := s.Models.Library(ctx, models.LibraryQuery{Text: out.Words, Kind: kind, Ended: out.Kind == "returned", Cursor: c.Query("cursor")})
		if err != nil {
			return err
		}
		out.Packs, out.Sounds, out.Returned, out.Page.Next = page.Packs, page.Sounds, page.Ended, page.NextCursor
		sounds, packs, err := s.ownedThings(ctx, page.Items)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			out.Items = append(out.Items, libraryItem(item, sounds, packs))
		}
		for i := range out.Items {
			set.Sound(out.Items[i].Sound)
			set.Pack(&out.Items[i].Pack)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Shop) ownedThings(ctx context.Context, items []models.LibraryItem) (map[string]api.SoundRow, map[string]api.PackCard, error) {
	var soundIDs, packIDs []string
	for _, item := range items {
		packIDs = append(packIDs, item.PackID)
		soundIDs = append(soundIDs, item.SoundID)
	}
	return s.shown(ctx, soundIDs, packIDs)
}

func libraryItem(item models.LibraryItem, sounds map[string]api.SoundRow, packs map[string]api.PackCard) api.LibraryItem {
	out := api.LibraryItem{
		ID: item.ID, OrderID: item.OrderID, BoughtAt: item.AcquiredAt, EditionID: item.EditionID, Edition: item.Edition, SizeBytes: item.SizeBytes,
		FilesRemoved: item.FilesGone, EndedAt: item.EndedAt, Ended: string(item.Ended),
	}
	card, ok := packs[item.PackID]
	if !ok { // deleted since: what the entitlement remembers
		card = api.PackCard{PackRef: api.PackRef{
			ID: item.PackID, Slug: item.PackSlug, Title: item.PackTitle, CoverKey: item.CoverKey, Producer: rows.Producer(item.Seller),
		}, Gone: item.PackState}
	}
	out.Pack = card
	if item.Kind == models.ItemSound {
		row, ok := sounds[item.SoundID]
		if !ok {
			row = api.SoundRow{ID: item.SoundID, Name: item.Title, Tags: []string{}, Waveform: []byte{}, Pack: card.PackRef, Gone: item.PackState}
		}
		out.Sound = &row
	}
	if item.PackState != string(models.PackLive) && item.PackState != string(models.PackPublishing) {
		out.Note = item.PackState
	}
	if n := item.Newer; n != nil {
		out.NewEditionID, out.NewEdition, out.NewSounds, out.NewSizeBytes = n.EditionID, n.Edition, n.MoreSounds, n.SizeBytes
	}
	return out
}

func (s *Shop) libraryPack(c *gin.Context) error {
	out := api.LibraryPack{Files: []api.LibraryFile{}}
	id := c.Param("id")
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		files, err := s.Models.LibraryFiles(ctx, id, c.Query("edition"))
		if err != nil {
			return err
		}
		out.EditionID, out.Edition = files.EditionID, files.Edition
		var soundIDs []string
		for _, f := range files.Files {
			soundIDs = append(soundIDs, f.SoundID)
		}
		sounds, packs, err := s.shown(ctx, soundIDs, []string{id})
		if err != nil {
			return err
		}
		card, ok := packs[id]
		if !ok {
			return errs.NotFound("pack")
		}
		out.Pack = card
		for _, f := range files.Files {
			file := api.LibraryFile{Path: f.Path, SizeBytes: f.SizeBytes, SHA256: f.SHA256, SoundID: f.SoundID}
			if row, ok := sounds[f.SoundID]; ok && f.SoundID != "" {
				row.Name, row.Folder = path.Base(f.Path), strings.TrimPrefix(path.Dir(f.Path), ".")
				file.Sound = &row
			}
			out.Files = append(out.Files, file)
			set.Sound(file.Sound)
		}
		set.Pack(&out.Pack)
		return nil
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

// linkFor is how long a download may begin after its link was made; ranges of a running one must fit in too.
const linkFor = 15 * time.Minute

// download asks models for the right each time; the link is for one object and a short time.
func (s *Shop) download(c *gin.Context) error {
	in, err := httpx.Decode[api.DownloadRequest](c)
	if err != nil {
		return err
	}
	ask := models.DownloadRequest{Kind: models.ItemPack, ID: in.PackID, EditionID: in.EditionID}
	switch {
	case (in.PackID == "") == (in.SoundID == ""):
		return errs.Invalid(errs.Field{Name: "pack_id", Reason: "one_of", Detail: "Name a pack or a sound."})
	case in.SoundID != "":
		ask = models.DownloadRequest{Kind: models.ItemSound, ID: in.SoundID}
	}
	_, ctx := s.As(c)
	grant, err := s.Models.Download(ctx, ask)
	if err != nil {
		return err
	}
	link, err := s.Objects.PresignGet(ctx, grant.ObjectKey, linkFor, objects.PresignGetOptions{
		Filename: grant.FileName, ContentType: grant.ContentType,
	})
	if err != nil {
		return errs.Wrap(errs.CodeUnavailable, err, "storage_unavailable", "Downloads do not work at the moment. Try again in a minute.")
	}
	return screen.Done(c, http.StatusOK, api.Download{
		URL: link.URL, Filename: grant.FileName, SizeBytes: grant.SizeBytes, SHA256: grant.SHA256, ExpiresAt: link.ExpiresAt,
	})
}
