// Package client calls models over HTTP with the types of package api. For whom a call is made travels in the context: see With.
package client

import (
	"context"
	"net/http"
	"net/url"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// Client calls models. It is safe for many goroutines.
type Client struct{ http *httpx.Client }

// New makes a client; cfg needs BaseURL and ServiceToken.
func New(cfg httpx.ClientConfig) *Client { return &Client{httpx.NewClient(cfg)} }

// Close drops idle connections.
func (c *Client) Close() { c.http.Close() }

// Caller is the person for whom calls are made.
type Caller struct {
	PersonToken string // from Exchange; empty for strangers
	Visitor     string // the visitor cookie's value
	ClientIP    string // the browser's address
	Device      string // the browser's user agent
}

type callerKey struct{}

// With puts the person into ctx; every call under it is made for them.
func With(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFrom is the person in ctx, a stranger when there is none.
func CallerFrom(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	return caller
}

// IdempotencyKey sends key, so that the same call made again has the same answer and no second effect.
func IdempotencyKey(key string) httpx.RequestOption {
	return httpx.WithHeader("Idempotency-Key", key)
}

// IfMatch makes a change only to the version with this ETag.
func IfMatch(etag string) httpx.RequestOption { return httpx.WithHeader("If-Match", etag) }

// IfNoneMatch asks for an answer only when the version is another one; see httpx.WithResponse for the status.
func IfNoneMatch(etag string) httpx.RequestOption { return httpx.WithHeader("If-None-Match", etag) }

// do calls models for the person in ctx.
func (c *Client) do(ctx context.Context, method, path string, in, out any, opts ...httpx.RequestOption) error {
	caller := CallerFrom(ctx)
	all := append([]httpx.RequestOption{
		httpx.WithBearer(caller.PersonToken), httpx.WithHeader(api.HeaderVisitor, caller.Visitor),
		httpx.WithHeader(api.HeaderClientIP, caller.ClientIP), httpx.WithHeader(api.HeaderDevice, caller.Device),
	}, opts...)
	return c.http.Do(ctx, method, path, in, out, all...)
}

// call is do for one answer of type T.
func call[T any](ctx context.Context, c *Client, method, path string, in any, opts ...httpx.RequestOption) (T, error) {
	var out T
	err := c.do(ctx, method, path, in, &out, opts...)
	return out, err
}

func post[T any](ctx context.Context, c *Client, path string, in any, opts ...httpx.RequestOption) (T, error) {
	return call[T](ctx, c, http.MethodPost, path, in, opts...)
}

// segment makes one part of a path of s.
func segment(s string) string { return url.PathEscape(s) }
