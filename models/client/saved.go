package client

import (
	"context"
	"net/http"

	"crateful.dev/models/api"
)

const savedSearches = "/v1/saved-searches"

// SavedSearches lists the caller's.
func (c *Client) SavedSearches(ctx context.Context) (api.SavedSearches, error) {
	return call[api.SavedSearches](ctx, c, http.MethodGet, savedSearches, nil)
}

// SaveSearch keeps one. The key may be empty.
func (c *Client) SaveSearch(ctx context.Context, key string, in api.NewSavedSearch) (api.SavedSearch, error) {
	return call[api.SavedSearch](ctx, c, http.MethodPost, savedSearches, in, IdempotencyKey(key))
}

// SavedSearch is one of the caller's with what is new in it.
func (c *Client) SavedSearch(ctx context.Context, id string) (api.SavedPage, error) {
	return call[api.SavedPage](ctx, c, http.MethodGet, savedSearches+"/"+segment(id), nil)
}

// ChangeSavedSearch renames one, or says when it mails.
func (c *Client) ChangeSavedSearch(ctx context.Context, id, etag string, in api.SavedChange) (api.SavedSearch, error) {
	return call[api.SavedSearch](ctx, c, http.MethodPatch, savedSearches+"/"+segment(id), in, IfMatch(etag))
}

// SeenSavedSearch says that the owner has seen what was new.
func (c *Client) SeenSavedSearch(ctx context.Context, id string, in api.SavedSeen) error {
	return c.do(ctx, http.MethodPost, savedSearches+"/"+segment(id)+"/seen", in, nil)
}

// DeleteSavedSearch removes one; it can be restored for a day.
func (c *Client) DeleteSavedSearch(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, savedSearches+"/"+segment(id), nil, nil)
}

// RestoreSavedSearch takes the removal back.
func (c *Client) RestoreSavedSearch(ctx context.Context, id string) (api.SavedSearch, error) {
	return call[api.SavedSearch](ctx, c, http.MethodPost, savedSearches+"/"+segment(id)+"/restore", nil)
}

// SavedMailLink tells what a link in a mail stops.
func (c *Client) SavedMailLink(ctx context.Context, token string) (api.SavedMailLink, error) {
	return call[api.SavedMailLink](ctx, c, http.MethodGet, "/v1/saved-mails/"+segment(token), nil)
}

// StopSavedMails stops it, however often it is asked to.
func (c *Client) StopSavedMails(ctx context.Context, token string) (api.SavedMailLink, error) {
	return call[api.SavedMailLink](ctx, c, http.MethodDelete, "/v1/saved-mails/"+segment(token), nil)
}

// SavedQueries lists searches for the index to match. Service indexer only.
func (c *Client) SavedQueries(ctx context.Context, in api.SavedQueriesAsk) (api.SavedQueries, error) {
	return post[api.SavedQueries](ctx, c, "/v1/index/saved-searches", in)
}

// ReportSavedMatches tells what searches find of a pack. Service indexer only.
func (c *Client) ReportSavedMatches(ctx context.Context, in api.SavedMatches) (api.SavedMatched, error) {
	return post[api.SavedMatched](ctx, c, "/v1/index/saved-matches", in)
}
