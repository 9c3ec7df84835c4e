package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// Crates lists the caller's crates, Liked first.
func (c *Client) Crates(ctx context.Context) (api.Crates, error) {
	return call[api.Crates](ctx, c, http.MethodGet, "/v1/crates", nil)
}

// CreateCrate makes one. The key may be empty.
func (c *Client) CreateCrate(ctx context.Context, key string, in api.CrateChange) (api.CrateCard, error) {
	return call[api.CrateCard](ctx, c, http.MethodPost, "/v1/crates", in, IdempotencyKey(key))
}

// Crate is one crate of the caller with a page of its items.
func (c *Client) Crate(ctx context.Context, id, cursor string, limit int) (api.CratePage, error) {
	return call[api.CratePage](ctx, c, http.MethodGet, "/v1/crates/"+segment(id), nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// SharedCrate is a crate by its sharing link.
func (c *Client) SharedCrate(ctx context.Context, token, cursor string, limit int) (api.CratePage, error) {
	return call[api.CratePage](ctx, c, http.MethodGet, "/v1/shared-crates/"+segment(token), nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// ChangeCrate renames, notes, shares or reorders.
func (c *Client) ChangeCrate(ctx context.Context, id, etag string, in api.CrateChange) (api.CrateCard, error) {
	return call[api.CrateCard](ctx, c, http.MethodPatch, "/v1/crates/"+segment(id), in, IfMatch(etag))
}

// DeleteCrate removes one; Liked stays.
func (c *Client) DeleteCrate(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/v1/crates/"+segment(id), nil, nil)
}

// AddToCrate puts things at the end.
func (c *Client) AddToCrate(ctx context.Context, id string, in api.Things) (api.ThingsChanged, error) {
	return call[api.ThingsChanged](ctx, c, http.MethodPost, "/v1/crates/"+segment(id)+"/items", in)
}

// RemoveFromCrate takes things out.
func (c *Client) RemoveFromCrate(ctx context.Context, id string, in api.Things) (api.ThingsChanged, error) {
	return call[api.ThingsChanged](ctx, c, http.MethodDelete, "/v1/crates/"+segment(id)+"/items", in)
}

// ChangeCrateItem notes or moves one item.
func (c *Client) ChangeCrateItem(ctx context.Context, id, item string, in api.CrateItemChange) (api.CrateCard, error) {
	return call[api.CrateCard](ctx, c, http.MethodPatch, "/v1/crates/"+segment(id)+"/items/"+segment(item), in)
}

// Like puts things into Liked.
func (c *Client) Like(ctx context.Context, in api.Things) error {
	return c.do(ctx, http.MethodPost, "/v1/likes", in, nil)
}

// Unlike takes them out.
func (c *Client) Unlike(ctx context.Context, in api.Things) error {
	return c.do(ctx, http.MethodDelete, "/v1/likes", in, nil)
}

// Liked says which of these the caller likes.
func (c *Client) Liked(ctx context.Context, in api.Things) (api.LikedThings, error) {
	q := url.Values{}
	set(q, "sound_ids", strings.Join(in.SoundIDs, ","))
	set(q, "pack_ids", strings.Join(in.PackIDs, ","))
	return call[api.LikedThings](ctx, c, http.MethodGet, "/v1/likes", nil, httpx.WithQuery(q))
}
