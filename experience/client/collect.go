package client

import (
	"context"
	"net/http"

	"crateful.dev/experience/api"
)

// Like puts sounds or packs into "Liked".
func (a *Asking) Like(ctx context.Context, in api.Things) error {
	return do(ctx, a, http.MethodPost, "/likes", in)
}

// Unlike takes them out.
func (a *Asking) Unlike(ctx context.Context, in api.Things) error {
	return do(ctx, a, http.MethodDelete, "/likes", in)
}

// Crates lists the caller's crates.
func (a *Asking) Crates(ctx context.Context) (api.Crates, error) {
	return get[api.Crates](ctx, a, "/crates", nil)
}

// CreateCrate makes one.
func (a *Asking) CreateCrate(ctx context.Context, in api.CrateChange) (api.CrateCard, error) {
	return call[api.CrateCard](ctx, a, http.MethodPost, "/crates", in)
}

// Crate is one crate of the caller.
func (a *Asking) Crate(ctx context.Context, id, next string) (api.Crate, error) {
	return get[api.Crate](ctx, a, "/crates/"+seg(id), cursor(next))
}

// SharedCrate is a crate by its sharing link.
func (a *Asking) SharedCrate(ctx context.Context, token, next string) (api.Crate, error) {
	return get[api.Crate](ctx, a, "/shared-crates/"+seg(token), cursor(next))
}

// ChangeCrate renames, notes, shares or reorders; the etag is that of the crate.
func (a *Asking) ChangeCrate(ctx context.Context, id, etag string, in api.CrateChange) (api.CrateCard, error) {
	return call[api.CrateCard](ctx, a, http.MethodPatch, "/crates/"+seg(id), in, ifMatch(etag))
}

// DeleteCrate removes one; "Liked" stays.
func (a *Asking) DeleteCrate(ctx context.Context, id string) error {
	return do(ctx, a, http.MethodDelete, "/crates/"+seg(id), nil)
}

// AddToCrate puts things at the end of a crate.
func (a *Asking) AddToCrate(ctx context.Context, id string, in api.Things) (api.CrateCard, error) {
	return call[api.CrateCard](ctx, a, http.MethodPost, "/crates/"+seg(id)+"/items", in)
}

// RemoveFromCrate takes things out of a crate.
func (a *Asking) RemoveFromCrate(ctx context.Context, id string, in api.Things) (api.CrateCard, error) {
	return call[api.CrateCard](ctx, a, http.MethodDelete, "/crates/"+seg(id)+"/items", in)
}

// NoteItem sets the note of one item of a crate.
func (a *Asking) NoteItem(ctx context.Context, crate, item, note string) error {
	return do(ctx, a, http.MethodPatch, "/crates/"+seg(crate)+"/items/"+seg(item), api.ItemNote{Note: note})
}
