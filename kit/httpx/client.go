package httpx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/wire"
)

// Defaults of ClientConfig.
const (
	DefaultTimeout     = 10 * time.Second
	DefaultMaxResponse = 16 << 20 // bytes
)

// ClientConfig says where a service is and how to speak to it.
type ClientConfig struct {
	BaseURL      string
	ServiceToken string
	Timeout      time.Duration // for one call, DefaultTimeout when 0
	MaxResponse  int64         // bytes, DefaultMaxResponse when 0
	Log          *slog.Logger
	Transport    http.RoundTripper // nil: a pool of its own
}

// Client calls one service. It is safe for many goroutines.
type Client struct {
	cfg  ClientConfig
	base string
	http *http.Client
}

// NewClient makes a client with a connection pool sized for load.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.MaxResponse == 0 {
		cfg.MaxResponse = DefaultMaxResponse
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			DialContext:           (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ExpectContinueTimeout: time.Second,
			IdleConnTimeout:       90 * time.Second,
			MaxIdleConns:          512,
			MaxIdleConnsPerHost:   256,
			DisableCompression:    true, // neighbours do not gain from it
		}
	}
	return &Client{cfg: cfg, base: strings.TrimRight(cfg.BaseURL, "/"), http: &http.Client{
		Transport:     cfg.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

type call struct {
	header http.Header
	query  url.Values
	got    *Response
}

// Response is what came back beside the body.
type Response struct {
	Status int // 304 when If-None-Match was sent and matched; out is untouched then
	Header http.Header
}

// RequestOption changes one call.
type RequestOption func(*call)

// WithBearer sends a person's token; "" sends none.
func WithBearer(token string) RequestOption {
	return func(c *call) {
		if token != "" {
			c.header.Set("Authorization", "Bearer "+token)
		}
	}
}

// WithHeader sends a header; an empty value sends none.
func WithHeader(name, value string) RequestOption {
	return func(c *call) {
		if value != "" {
			c.header.Set(name, value)
		}
	}
}

// WithQuery adds to the query.
func WithQuery(q url.Values) RequestOption {
	return func(c *call) {
		for k, vs := range q {
			for _, v := range vs {
				c.query.Add(k, v)
			}
		}
	}
}

// WithResponse fills r with status and header.
func WithResponse(r *Response) RequestOption { return func(c *call) { c.got = r } }

// Do sends in (nil, raw []byte, or anything as JSON) and reads the answer into out (nil, *[]byte, or
// anything from JSON) within the client's timeout. A problem comes back as *errs.Error with its code.
// A GET whose connection broke is sent once more.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, opts ...RequestOption) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	resp, err := c.Stream(ctx, method, path, in, opts...)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified || resp.StatusCode == http.StatusNoContent {
		return nil
	}
	body, err := c.read(ctx, resp)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	switch out := out.(type) {
	case nil:
	case *[]byte:
		*out = body
	default:
		if err := wire.Unmarshal(body, out); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, errs.Wrap(errs.CodeInternal, err, "bad_answer", ""))
		}
	}
	return nil
}

// Stream is Do for answers that are long: the caller reads and closes the body, and ctx alone bounds the time.
func (c *Client) Stream(ctx context.Context, method, path string, in any, opts ...RequestOption) (*http.Response, error) {
	k := call{header: http.Header{}, query: url.Values{}}
	body, contentType, err := encode(in)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if contentType != "" {
		k.header.Set("Content-Type", contentType)
	}
	for _, o := range opts {
		o(&k)
	}
	resp, err := c.send(ctx, method, path, body, k)
	if err != nil && method == http.MethodGet && ctx.Err() == nil && !isTimeout(err) {
		c.cfg.Log.Debug("request sent again", "method", method, "path", path, "error", err)
		resp, err = c.send(ctx, method, path, body, k)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, transportError(ctx, err))
	}
	if k.got != nil {
		*k.got = Response{Status: resp.StatusCode, Header: resp.Header}
	}
	if resp.StatusCode < 400 {
		return resp, nil
	}
	defer resp.Body.Close()
	answer, err := c.read(ctx, resp)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	problem := errorFrom(resp.StatusCode, resp.Header, answer)
	if problem.Reason == ReasonServiceToken { // our own set-up is wrong, not the person's sign-in
		problem = errs.Wrap(errs.CodeInternal, problem, ReasonServiceToken, "")
	}
	return nil, fmt.Errorf("%s %s: %w", method, path, problem)
}

func (c *Client) send(ctx context.Context, method, path string, body []byte, k call) (*http.Response, error) {
	address := c.base + path
	if len(k.query) > 0 {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		address += sep + k.query.Encode()
	}
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, r)
	if err != nil {
		return nil, err
	}
	req.Header = k.header.Clone()
	req.Header.Set("Accept", "application/json, "+ProblemType)
	if a := k.header.Get("Accept"); a != "" {
		req.Header.Set("Accept", a)
	}
	if c.cfg.ServiceToken != "" {
		req.Header.Set(HeaderService, c.cfg.ServiceToken)
	}
	if id := RequestID(ctx); id != "" {
		req.Header.Set(HeaderRequestID, id)
	}
	return traced(c.http.Do, req)
}

func (c *Client) read(ctx context.Context, resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.cfg.MaxResponse+1))
	if err != nil {
		return nil, transportError(ctx, err)
	}
	if int64(len(body)) > c.cfg.MaxResponse {
		return nil, errs.New(errs.CodeInternal, "answer_too_large", "")
	}
	return body, nil
}

func encode(in any) (body []byte, contentType string, err error) {
	switch in := in.(type) {
	case nil:
		return nil, "", nil
	case []byte:
		return in, "application/octet-stream", nil
	}
	body, err = wire.Marshal(in)
	if err != nil {
		return nil, "", fmt.Errorf("encode request: %w", err)
	}
	return body, "application/json", nil
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// transportError keeps a cancelled caller apart from a slow or absent service.
func transportError(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return err
	case isTimeout(err) || errors.Is(err, context.DeadlineExceeded):
		return errs.Wrap(errs.CodeTimeout, err, "timeout", "A part of the site is slow to answer. Try again.")
	}
	return errs.Wrap(errs.CodeUnavailable, err, "unreachable", "A part of the site does not answer. Try again.")
}
