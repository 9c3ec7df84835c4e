package client

import (
	"context"

	"crateful.dev/models/api"
)

// IndexStates lists what the index should hold. Service indexer only.
func (c *Client) IndexStates(ctx context.Context, in api.IndexStatesQuery) (api.IndexStates, error) {
	return post[api.IndexStates](ctx, c, "/v1/index/states", in)
}

// RepairIndex sends states again above what the index holds. Service indexer only.
func (c *Client) RepairIndex(ctx context.Context, in api.IndexRepair) (api.IndexRepaired, error) {
	return post[api.IndexRepaired](ctx, c, "/v1/index/repair", in)
}

// Republish sends states again at a new revision. Admins only. With a key, the same call made again does nothing.
func (c *Client) Republish(ctx context.Context, key string, in api.Republish) (api.Republishing, error) {
	return post[api.Republishing](ctx, c, "/v1/admin/republish", in, IdempotencyKey(key))
}
