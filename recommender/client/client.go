// Package client speaks to the recommender.
package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"crateful.dev/kit/httpx"
	"crateful.dev/recommender/api"
)

// Client is safe for concurrent use.
type Client struct{ http *httpx.Client }

// New makes a client; cfg needs BaseURL and ServiceToken.
func New(cfg httpx.ClientConfig) *Client { return &Client{http: httpx.NewClient(cfg)} }

// Close drops idle connections.
func (c *Client) Close() { c.http.Close() }

// SimilarPacks are packs liked by those who liked this one, or of the same kind where nobody has been yet.
func (c *Client) SimilarPacks(ctx context.Context, pack string, limit int) (api.Items, error) {
	var out api.Items
	err := c.http.Do(ctx, http.MethodGet, "/v1/packs/"+url.PathEscape(pack)+"/similar", nil, &out,
		httpx.WithQuery(url.Values{"limit": {strconv.Itoa(limit)}}))
	return out, err
}

// SimilarSounds are sounds tried by those who tried this one, or that go with it in tempo and key.
func (c *Client) SimilarSounds(ctx context.Context, sound string, limit int) (api.Items, error) {
	var out api.Items
	err := c.http.Do(ctx, http.MethodGet, "/v1/sounds/"+url.PathEscape(sound)+"/similar", nil, &out,
		httpx.WithQuery(url.Values{"limit": {strconv.Itoa(limit)}}))
	return out, err
}

// ForYou ranks packs for one person.
func (c *Client) ForYou(ctx context.Context, in api.ForYou) (api.Items, error) {
	var out api.Items
	err := c.http.Do(ctx, http.MethodPost, "/v1/for-you", in, &out)
	return out, err
}

// Because ranks packs like one that the person bought, liked or played lately.
func (c *Client) Because(ctx context.Context, in api.ForYou) (api.Because, error) {
	var out api.Because
	err := c.http.Do(ctx, http.MethodPost, "/v1/because", in, &out)
	return out, err
}

// Rising ranks what is new and what many care about lately.
func (c *Client) Rising(ctx context.Context, in api.ForYou) (api.Items, error) {
	var out api.Items
	err := c.http.Do(ctx, http.MethodPost, "/v1/rising", in, &out)
	return out, err
}

// Report says how good the lists of the last weeks were.
func (c *Client) Report(ctx context.Context) (api.Report, error) {
	var out api.Report
	err := c.http.Do(ctx, http.MethodGet, "/v1/report", nil, &out)
	return out, err
}

// Status says how far the recommender has read.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	var out api.Status
	err := c.http.Do(ctx, http.MethodGet, "/v1/status", nil, &out)
	return out, err
}

// Rebuild reads all of Kafka again into a new model.
func (c *Client) Rebuild(ctx context.Context) (api.Status, error) {
	var out api.Status
	err := c.http.Do(ctx, http.MethodPost, "/v1/rebuild", nil, &out)
	return out, err
}
