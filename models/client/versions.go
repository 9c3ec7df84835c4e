package client

import (
	"context"

	"crateful.dev/models/api"
)

// Versions says how far packs and orders are. Service experience only.
func (c *Client) Versions(ctx context.Context, in api.VersionsQuery) (api.Versions, error) {
	return post[api.Versions](ctx, c, "/v1/versions", in)
}
