package client

import (
	"context"
	"net/http"

	"crateful.dev/experience/api"
)

// SavedSearches lists the caller's.
func (a *Asking) SavedSearches(ctx context.Context) (api.SavedSearches, error) {
	return get[api.SavedSearches](ctx, a, "/saved-searches", nil)
}

// SaveSearch keeps one.
func (a *Asking) SaveSearch(ctx context.Context, in api.SaveSearch) (api.SavedSearch, error) {
	return call[api.SavedSearch](ctx, a, http.MethodPost, "/saved-searches", in)
}

// SavedSearch is one of the caller's with what it finds.
func (a *Asking) SavedSearch(ctx context.Context, id, next string) (api.SavedFound, error) {
	return get[api.SavedFound](ctx, a, "/saved-searches/"+seg(id), cursor(next))
}

// ChangeSavedSearch renames one, or says when it mails; the etag is that of the search.
func (a *Asking) ChangeSavedSearch(ctx context.Context, id, etag string, in api.SavedChange) (api.SavedSearch, error) {
	return call[api.SavedSearch](ctx, a, http.MethodPatch, "/saved-searches/"+seg(id), in, ifMatch(etag))
}

// SeenSavedSearch says that the caller has seen what was new.
func (a *Asking) SeenSavedSearch(ctx context.Context, id string, in api.SavedSeen) error {
	return do(ctx, a, http.MethodPost, "/saved-searches/"+seg(id)+"/seen", in)
}

// DeleteSavedSearch removes one; for a day it can be restored.
func (a *Asking) DeleteSavedSearch(ctx context.Context, id string) error {
	return do(ctx, a, http.MethodDelete, "/saved-searches/"+seg(id), nil)
}

// RestoreSavedSearch takes the removal back.
func (a *Asking) RestoreSavedSearch(ctx context.Context, id string) (api.SavedSearch, error) {
	return call[api.SavedSearch](ctx, a, http.MethodPost, "/saved-searches/"+seg(id)+"/restore", nil)
}

// SavedMail tells what the link in a mail stops.
func (a *Asking) SavedMail(ctx context.Context, token string) (api.SavedMail, error) {
	return get[api.SavedMail](ctx, a, "/saved-mails/"+seg(token), nil)
}

// StopSavedMail stops it, however often it is asked to.
func (a *Asking) StopSavedMail(ctx context.Context, token string) (api.SavedMail, error) {
	return call[api.SavedMail](ctx, a, http.MethodDelete, "/saved-mails/"+seg(token), nil)
}
