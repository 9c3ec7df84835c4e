package client

import (
	"context"
	"net/http"

	"crateful.dev/models/api"
)

// Viewer tells what the caller has to do with the things of a screen.
func (c *Client) Viewer(ctx context.Context, in api.ViewerQuery) (api.Viewer, error) {
	return call[api.Viewer](ctx, c, http.MethodPost, "/v1/viewer", in)
}
