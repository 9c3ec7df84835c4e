// Package client speaks to the experience API: for web, for the end-to-end journeys and for tools in Go.
// Failures come back as *errs.Error with the code the API gave.
package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
)

// Client is safe for concurrent use.
type Client struct{ http *httpx.Client }

// New makes a client over a transport whose base URL is the experience service, without /api/v1.
func New(http *httpx.Client) *Client { return &Client{http: http} }

// Caller is the person a call is made for. The zero Caller is a stranger.
type Caller struct {
	Session string // opaque session or personal token
	Visitor string // opaque id of an anonymous browser
	IP      string // believed only from a service with a token
	Agent   string // User-Agent, to name sessions
	Locale  string // Accept-Language
}

// Asking is the client on behalf of one person.
type Asking struct {
	http *httpx.Client
	opts []httpx.RequestOption
	once bool
}

// For binds the client to a person.
func (c *Client) For(who Caller) *Asking {
	opts := make([]httpx.RequestOption, 0, 4)
	if who.Session != "" {
		opts = append(opts, httpx.WithBearer(who.Session))
	}
	for name, value := range map[string]string{
		"X-Crateful-Visitor": who.Visitor,
		"X-Forwarded-For":    who.IP,
		"User-Agent":         who.Agent,
		"Accept-Language":    who.Locale,
	} {
		if value != "" {
			opts = append(opts, httpx.WithHeader(name, value))
		}
	}
	return &Asking{http: c.http, opts: opts}
}

// Once binds a call that makes something to a key: sent again, it makes nothing new and gets the first one's answer,
// waiting a while for a first one that still runs.
func (a *Asking) Once(key string) *Asking {
	return &Asking{http: a.http, opts: append(a.opts[:len(a.opts):len(a.opts)], httpx.WithHeader("Idempotency-Key", key)), once: true}
}

const (
	root = "/api/v1"

	firstRuns = 10 * time.Second       // waited for a first call at most
	askAgain  = 100 * time.Millisecond // between two looks at it
)

func call[T any](ctx context.Context, a *Asking, method, path string, in any, more ...httpx.RequestOption) (T, error) {
	var out T
	opts := append(a.opts[:len(a.opts):len(a.opts)], more...)
	for until := time.Now().Add(firstRuns); ; {
		err := a.http.Do(ctx, method, root+path, in, &out, opts...)
		if !a.once || errs.CodeOf(err) != errs.CodeInProgress || time.Now().After(until) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, err
		case <-time.After(askAgain):
		}
	}
}

func do(ctx context.Context, a *Asking, method, path string, in any, more ...httpx.RequestOption) error {
	opts := append(a.opts[:len(a.opts):len(a.opts)], more...)
	return a.http.Do(ctx, method, root+path, in, nil, opts...)
}

func get[T any](ctx context.Context, a *Asking, path string, query url.Values) (T, error) {
	return call[T](ctx, a, http.MethodGet, path, nil, httpx.WithQuery(query))
}

func seg(s string) string { return url.PathEscape(s) }

func cursor(next string) url.Values {
	if next == "" {
		return nil
	}
	return url.Values{"cursor": {next}}
}

// Frame is who asks, with the cart's count: what pages without content of their own need.
func (a *Asking) Frame(ctx context.Context) (api.Frame, error) {
	return get[api.Frame](ctx, a, "/me", nil)
}

// Home is the front page.
func (a *Asking) Home(ctx context.Context) (api.Home, error) {
	return get[api.Home](ctx, a, "/home", nil)
}

// Search takes the page's own URL parameters.
func (a *Asking) Search(ctx context.Context, query url.Values) (api.Search, error) {
	return get[api.Search](ctx, a, "/search", query)
}

// Suggest completes what is typed into the search box.
func (a *Asking) Suggest(ctx context.Context, words string) (api.Suggestions, error) {
	return get[api.Suggestions](ctx, a, "/suggest", url.Values{"q": {words}})
}

// Pack is a pack page; draft=true shows its producer what is not live yet.
func (a *Asking) Pack(ctx context.Context, slug string, draft bool) (api.Pack, error) {
	query := url.Values{}
	if draft {
		query.Set("draft", "true")
	}
	return get[api.Pack](ctx, a, "/packs/"+seg(slug), query)
}

// Sound is a sound page.
func (a *Asking) Sound(ctx context.Context, id string) (api.Sound, error) {
	return get[api.Sound](ctx, a, "/sounds/"+seg(id), nil)
}

// Producer is a producer's shop.
func (a *Asking) Producer(ctx context.Context, handle, next string) (api.Producer, error) {
	return get[api.Producer](ctx, a, "/producers/"+seg(handle), cursor(next))
}

// Landing is a genre, a tag or what is free; kind is genre, tag or free.
func (a *Asking) Landing(ctx context.Context, kind, slug, next string) (api.Landing, error) {
	path := "/" + kind + "s/" + seg(slug)
	if kind == "free" {
		path = "/free"
	}
	return get[api.Landing](ctx, a, path, cursor(next))
}

// Gone says what a withdrawn pack was.
func (a *Asking) Gone(ctx context.Context, slug string) (api.Gone, error) {
	return get[api.Gone](ctx, a, "/packs/"+seg(slug)+"/gone", nil)
}

// Sitemap lists the addresses of live packs.
func (a *Asking) Sitemap(ctx context.Context, next string) (api.Sitemap, error) {
	return get[api.Sitemap](ctx, a, "/sitemap", cursor(next))
}

// Follow and Unfollow a producer.
func (a *Asking) Follow(ctx context.Context, handle string) (api.Follow, error) {
	return call[api.Follow](ctx, a, http.MethodPut, "/producers/"+seg(handle)+"/follow", nil)
}

// Unfollow undoes Follow.
func (a *Asking) Unfollow(ctx context.Context, handle string) (api.Follow, error) {
	return call[api.Follow](ctx, a, http.MethodDelete, "/producers/"+seg(handle)+"/follow", nil)
}

// Interact reports views and previews; the last second of them may be lost in a crash.
func (a *Asking) Interact(ctx context.Context, in api.Interactions) error {
	return do(ctx, a, http.MethodPost, "/interactions", in)
}

// OpenAPI is the API's description, as far as a reference shows it.
func (a *Asking) OpenAPI(ctx context.Context) (api.Description, error) {
	return get[api.Description](ctx, a, "/openapi.json", nil)
}
