package storefront

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

// newShown bounds what is new at the top of a saved search; the rest stands among what it finds.
const newShown = 100

func (s *Storefront) mountSaved(r gin.IRouter) {
	r.GET("/saved-searches", httpx.Handle(s.savedSearches))
	r.POST("/saved-searches", httpx.Handle(s.saveSearch))
	r.GET("/saved-searches/:id", httpx.Handle(s.savedSearch))
	r.PATCH("/saved-searches/:id", httpx.Handle(s.changeSaved))
	r.DELETE("/saved-searches/:id", httpx.Handle(s.deleteSaved))
	r.POST("/saved-searches/:id/restore", httpx.Handle(s.restoreSaved))
	r.POST("/saved-searches/:id/seen", httpx.Handle(s.seenSaved))
	r.GET("/saved-mails/:token", httpx.Handle(s.savedMail))
	r.DELETE("/saved-mails/:token", httpx.Handle(s.stopSavedMail))
}

// standing makes of a search what is saved of it: what it looks for, in no order.
func standing(q indexer.Query) indexer.Query {
	q.Sort, q.Near, q.ByPack = "", 0, false
	q, _ = q.Filter().Canonical() // it was canonical
	return q
}

// savedQuery reads what somebody wants to save.
func savedQuery(params string) (json.RawMessage, error) {
	refuse := func(reason, detail string) error {
		return errs.Invalid(errs.Field{Name: "query", Reason: reason, Detail: detail})
	}
	address, err := url.ParseQuery(params)
	if err != nil {
		return nil, refuse("malformed", "These are no parameters of a search.")
	}
	q := readQuery(address).query // what is wrong is left out, as the search page leaves it out
	q = standing(q)
	wanted := q.Values()
	wanted.Del("in")
	switch {
	case q.Kind == indexer.KindProducers:
		return nil, refuse("producers", "Search for sounds or packs. Producers can be followed.")
	case !q.Standing():
		return nil, refuse("like", "What is like a sound cannot be saved.")
	case len(wanted) == 0:
		return nil, refuse("empty", "Type words or choose a filter first.")
	}
	raw, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode search: %w", err)
	}
	return raw, nil
}

// kept reads what is saved. A query of newer code gives none: its name and what is new in it can still be shown.
func kept(raw json.RawMessage) (indexer.Query, bool) {
	var q indexer.Query
	if err := json.Unmarshal(raw, &q); err != nil {
		return q, false
	}
	q, err := q.Canonical()
	return q, err == nil
}

func saved(in models.SavedSearch) api.SavedSearch {
	out := api.SavedSearch{
		ID: in.ID, Name: in.Name, Kind: string(indexer.KindSounds), Mail: string(in.Mail), New: in.New, NewMore: in.NewMore, Since: in.Since, ETag: in.ETag, CreatedAt: in.CreatedAt,
	}
	if q, ok := kept(in.Query); ok {
		out.Kind, out.Query, out.Language = string(q.Kind), q.Values().Encode(), q.Language()
	}
	return out
}

func (s *Storefront) savedSearches(c *gin.Context) error {
	out := api.SavedSearches{Searches: []api.SavedSearch{}}
	err := s.Around(c, &out.Frame, func(ctx context.Context, _ *rows.Set) error {
		found, err := s.Models.SavedSearches(ctx)
		for _, one := range found.Searches {
			out.Searches = append(out.Searches, saved(one))
		}
		return err
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

func (s *Storefront) saveSearch(c *gin.Context) error {
	in, err := httpx.Decode[api.SaveSearch](c)
	if err != nil {
		return err
	}
	who, ctx := s.As(c)
	query, err := savedQuery(in.Query)
	switch {
	case err == nil: // models knows who may
	case !who.SignedIn():
		return errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in first.")
	case !who.May(models.ScopeLibrary):
		return errs.New(errs.CodeForbidden, "token_scope", "This token does not have the scope for that.")
	default:
		return err
	}
	made, err := s.Models.SaveSearch(ctx, c.GetHeader("Idempotency-Key"), models.NewSavedSearch{Name: in.Name, Query: query, Mail: models.SavedMail(in.Mail)})
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusCreated, saved(made))
}

// savedSearch shows what is new first, whatever the index says, then what else is found.
func (s *Storefront) savedSearch(c *gin.Context) error {
	out := api.SavedFound{Sounds: []api.SoundRow{}, Packs: []api.PackCard{}}
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		page, err := s.Models.SavedSearch(ctx, c.Param("id"))
		if err != nil {
			return err
		}
		out.Saved, out.NewIDs, out.ReadAt = saved(page.Search), rows.List(page.Items), page.ReadAt
		first := page.Items[:min(len(page.Items), newShown)]
		if c.Query("cursor") == "" {
			if err := s.newest(ctx, &out, first); err != nil {
				return err
			}
		}
		if q, ok := kept(page.Search.Query); ok {
			if err := s.others(ctx, &out, q, c.Query("cursor"), first); err != nil {
				return err
			}
		}
		set.Sounds(out.Sounds)
		set.Packs(out.Packs)
		return nil
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

// newest adds what is new, in its order.
func (s *Storefront) newest(ctx context.Context, out *api.SavedFound, ids []string) error {
	if out.Saved.Kind == string(indexer.KindPacks) {
		found, err := s.PacksByID(ctx, ids)
		for _, id := range ids {
			if card, ok := found[id]; ok {
				out.Packs = append(out.Packs, card)
			}
		}
		return err
	}
	found, err := s.SoundsByID(ctx, ids)
	for _, id := range ids {
		if row, ok := found[id]; ok {
			out.Sounds = append(out.Sounds, row)
		}
	}
	return err
}

// others adds what the search finds, the newest first, without what is shown already.
func (s *Storefront) others(ctx context.Context, out *api.SavedFound, q indexer.Query, cursor string, shown []string) error {
	q.Sort, q.NoFacets, q.Cursor = indexer.SortNewest, true, cursor
	found, err := s.Indexer.Search(ctx, q)
	if down(err) {
		s.Soft(ctx, "saved search", err)
		out.Degraded = true
		return nil
	}
	if err != nil {
		return err
	}
	for _, row := range found.Sounds {
		if !slices.Contains(shown, row.ID) {
			out.Sounds = append(out.Sounds, rows.FoundSound(row))
		}
	}
	for _, row := range found.Packs {
		if !slices.Contains(shown, row.ID) {
			out.Packs = append(out.Packs, rows.FoundPack(row))
		}
	}
	out.Total, out.Page.Next = found.Total, found.Next
	return nil
}

func (s *Storefront) changeSaved(c *gin.Context) error {
	in, err := httpx.Decode[api.SavedChange](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	changed, err := s.Models.ChangeSavedSearch(ctx, c.Param("id"), c.GetHeader("If-Match"), models.SavedChange{Name: in.Name, Mail: (*models.SavedMail)(in.Mail)})
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, saved(changed))
}

func (s *Storefront) deleteSaved(c *gin.Context) error {
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.DeleteSavedSearch(ctx, c.Param("id")))
}

func (s *Storefront) restoreSaved(c *gin.Context) error {
	_, ctx := s.As(c)
	restored, err := s.Models.RestoreSavedSearch(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, saved(restored))
}

func (s *Storefront) seenSaved(c *gin.Context) error {
	in, err := httpx.Decode[api.SavedSeen](c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	return screen.Nothing(c, s.Models.SeenSavedSearch(ctx, c.Param("id"), models.SavedSeen(in)))
}

func (s *Storefront) savedMail(c *gin.Context) error {
	_, ctx := s.As(c)
	link, err := s.Models.SavedMailLink(ctx, c.Param("token"))
	if err != nil {
		return err
	}
	return screen.JSON(c, api.SavedMail(link))
}

func (s *Storefront) stopSavedMail(c *gin.Context) error {
	_, ctx := s.As(c)
	link, err := s.Models.StopSavedMails(ctx, c.Param("token"))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, api.SavedMail(link))
}
