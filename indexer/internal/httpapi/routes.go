// Package httpapi answers the indexer's HTTP routes.
package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/ingest"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
)

// API holds what the handlers call.
type API struct {
	Searcher *search.Searcher
	Traces   *ingest.Traces
	Control  *ingest.Control
	Behind   *ingest.Behind
	Tokens   map[string]string // of the services that may call, by name
}

// Register puts the routes on an engine.
func (a API) Register(e *gin.Engine) {
	r := e.Group("/", httpx.RequireService(a.Tokens))
	r.POST(api.PathSearch, handle(a.search))
	r.GET(api.PathSuggest, handle(a.suggest))
	r.POST(api.PathLookup, handle(a.lookup))
	r.GET(api.PathTrace+":pack_id", handle(a.trace))
	r.GET(api.PathReindex, handle(a.reindex))
	r.POST(api.PathReindex, handle(a.startReindex))
	r.DELETE(api.PathReindex, handle(a.cancelReindex))
	r.POST(api.PathVerify, handle(a.verify))
	r.POST(api.PathRollback, handle(a.rollback))
}

func (a API) search(c *gin.Context) error {
	q, err := httpx.Decode[api.Query](c)
	if err != nil {
		return err
	}
	answer, err := a.Searcher.Search(c.Request.Context(), q)
	if err != nil {
		return err
	}
	answer.Behind = a.Behind.Is()
	return httpx.Answer(c, http.StatusOK, answer)
}

// Sizes of suggestions.
const (
	defaultSuggestions = 5
	maxSuggestions     = 20
)

func (a API) suggest(c *gin.Context) error {
	size := defaultSuggestions
	if s := c.Query("size"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxSuggestions {
			return errs.Invalid(errs.Field{Name: "size", Reason: "out_of_range", Detail: "1 to 20"})
		}
		size = n
	}
	found, err := a.Searcher.Suggest(c.Request.Context(), c.Query("q"), size)
	if err != nil {
		return err
	}
	return httpx.Answer(c, http.StatusOK, found)
}

func (a API) lookup(c *gin.Context) error {
	ids, err := httpx.Decode[api.Lookup](c)
	if err != nil {
		return err
	}
	if len(ids.SoundIDs)+len(ids.PackIDs) > api.MaxLookup {
		return errs.Invalid(errs.Field{Name: "sound_ids", Reason: "too_many", Detail: "at most 200 ids"})
	}
	rows, err := a.Searcher.Lookup(c.Request.Context(), ids)
	if err != nil {
		return err
	}
	return httpx.Answer(c, http.StatusOK, rows)
}

func (a API) trace(c *gin.Context) error {
	trace, err := a.Traces.Trace(c.Request.Context(), c.Param("pack_id"))
	if err != nil {
		return err
	}
	return httpx.Answer(c, http.StatusOK, trace)
}

func (a API) reindex(c *gin.Context) error { return a.status(c, http.StatusOK) }

func (a API) startReindex(c *gin.Context) error { return a.start(c, a.Control.Start) }

func (a API) verify(c *gin.Context) error { return a.start(c, a.Control.Verify) }

func (a API) start(c *gin.Context, begin func(context.Context, api.StartReindex) error) error {
	start, err := httpx.Decode[api.StartReindex](c)
	if err != nil {
		return err
	}
	if len(start.By) > 200 || len(start.Reason) > 1000 {
		return errs.Invalid(errs.Field{Name: "reason", Reason: "too_long", Detail: "at most 1,000 characters"})
	}
	if len(start.Key) > 200 {
		return errs.Invalid(errs.Field{Name: "key", Reason: "too_long", Detail: "at most 200 characters"})
	}
	if err := begin(c.Request.Context(), start); err != nil {
		return err
	}
	return a.status(c, http.StatusAccepted)
}

func (a API) cancelReindex(c *gin.Context) error {
	if err := a.Control.Cancel(c.Request.Context()); err != nil {
		return err
	}
	return a.status(c, http.StatusOK)
}

func (a API) rollback(c *gin.Context) error {
	if err := a.Control.Rollback(c.Request.Context()); err != nil {
		return err
	}
	return a.status(c, http.StatusOK)
}

func (a API) status(c *gin.Context, status int) error {
	state, err := a.Control.Status(c.Request.Context())
	if err != nil {
		return err
	}
	return httpx.Answer(c, status, state)
}

// handle gives errors of the domain their codes.
func handle(h func(c *gin.Context) error) gin.HandlerFunc {
	return httpx.Handle(func(c *gin.Context) error { return coded(h(c)) })
}

const retryAfter = 2 * time.Second

func coded(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errs.As(err); ok {
		return err
	}
	var bad *api.QueryError
	switch {
	case errors.As(err, &bad):
		fields := make([]errs.Field, len(bad.Fields))
		for i, f := range bad.Fields {
			fields[i] = errs.Field{Name: f.Name, Reason: f.Reason, Detail: f.Detail}
		}
		return &errs.Error{Code: errs.CodeInvalid, Reason: api.ReasonQueryInvalid, Detail: "Parts of this search are not valid.", Fields: fields, Err: err}
	case errors.Is(err, search.ErrBadCursor):
		return errs.Wrap(errs.CodeInvalid, err, api.ReasonCursorInvalid, "This cursor belongs to another search.")
	case errors.Is(err, search.ErrUnavailable), errors.Is(err, search.ErrNoGeneration):
		return &errs.Error{Code: errs.CodeUnavailable, Reason: api.ReasonSearchDown, Detail: "Search is catching up.", RetryAfter: retryAfter, Err: err}
	case errors.Is(err, search.ErrConflict):
		return errs.Wrap(errs.CodeConflict, err, "changed_meanwhile", "Somebody else changed this at the same time.")
	}
	return err
}
