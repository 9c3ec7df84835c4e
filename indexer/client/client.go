// Package client is the typed HTTP client of the indexer. Failures are *errs.Error with the codes and reasons that
// the indexer answered.
package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"crateful.dev/indexer/api"
	"crateful.dev/kit/httpx"
)

// Client calls one indexer. It is safe for concurrent use.
type Client struct {
	http *httpx.Client
}

// New returns a client for the indexer at cfg.BaseURL, which needs cfg.ServiceToken.
func New(cfg httpx.ClientConfig) *Client {
	return &Client{http: httpx.NewClient(cfg)}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.Close() }

// Search answers one query. The query need not be canonical; the response holds its canonical form.
func (c *Client) Search(ctx context.Context, q api.Query) (api.Response, error) {
	var out api.Response
	err := c.http.Do(ctx, http.MethodPost, api.PathSearch, q, &out)
	return out, err
}

// Suggest completes what somebody typed with at most size packs, producers and tags each (0: the default).
func (c *Client) Suggest(ctx context.Context, typed string, size int) (api.Suggestions, error) {
	var out api.Suggestions
	query := url.Values{"q": {typed}}
	if size > 0 {
		query.Set("size", strconv.Itoa(size))
	}
	err := c.http.Do(ctx, http.MethodGet, api.PathSuggest, nil, &out, httpx.WithQuery(query))
	return out, err
}

// Lookup returns the rows of sounds and packs by id in the order asked for, without those that are not live.
func (c *Client) Lookup(ctx context.Context, ids api.Lookup) (api.Rows, error) {
	var out api.Rows
	err := c.http.Do(ctx, http.MethodPost, api.PathLookup, ids, &out)
	return out, err
}

// Trace says which revision of a pack search shows; errs.CodeNotFound while there is none.
func (c *Client) Trace(ctx context.Context, packID string) (api.Trace, error) {
	var out api.Trace
	err := c.http.Do(ctx, http.MethodGet, api.PathTrace+url.PathEscape(packID), nil, &out)
	return out, err
}

// Reindex returns the state of the generations and of the rebuild.
func (c *Client) Reindex(ctx context.Context) (api.Reindex, error) {
	var out api.Reindex
	err := c.http.Do(ctx, http.MethodGet, api.PathReindex, nil, &out)
	return out, err
}

// StartReindex begins to fill a new generation; a conflict while one is being filled.
func (c *Client) StartReindex(ctx context.Context, start api.StartReindex) (api.Reindex, error) {
	var out api.Reindex
	err := c.http.Do(ctx, http.MethodPost, api.PathReindex, start, &out)
	return out, err
}

// VerifyIndex begins to compare the current generation with models; a conflict while something runs.
func (c *Client) VerifyIndex(ctx context.Context, start api.StartReindex) (api.Reindex, error) {
	var out api.Reindex
	err := c.http.Do(ctx, http.MethodPost, api.PathVerify, start, &out)
	return out, err
}

// CancelReindex ends the running rebuild and drops what it filled.
func (c *Client) CancelReindex(ctx context.Context) (api.Reindex, error) {
	var out api.Reindex
	err := c.http.Do(ctx, http.MethodDelete, api.PathReindex, nil, &out)
	return out, err
}

// Rollback makes the previous generation answer searches again; a conflict when its window has closed.
func (c *Client) Rollback(ctx context.Context) (api.Reindex, error) {
	var out api.Reindex
	err := c.http.Do(ctx, http.MethodPost, api.PathRollback, nil, &out)
	return out, err
}
