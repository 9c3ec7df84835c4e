package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// target is what a load goes to: each connection sends its own request again and again.
type target struct {
	requests []*http.Request
	status   int // what every answer must be; where it is 304, also 200, as things change
	bytes    int // size of every answer; 0: any
}

const (
	dialTime   = 5 * time.Second
	answerTime = 20 * time.Second
)

// newTarget makes a request for each of many readers of one address.
func newTarget(address string, readers []http.Header) (target, error) {
	t := target{status: http.StatusOK}
	for _, h := range readers {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
		if err != nil {
			return t, err
		}
		req.Header = h.Clone()
		req.Header.Set("Accept", "application/json")
		t.requests = append(t.requests, req)
	}
	return t, nil
}

// press sends requests over as many keep-alive connections as there are readers for a time, and gives requests answered
// a second.
func (t target) press(ctx context.Context, span time.Duration) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conns := make([]net.Conn, len(t.requests))
	for i, req := range t.requests {
		c, err := dial(ctx, req.URL)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		conns[i] = c
	}
	var wg sync.WaitGroup
	counts, failed := make([]int, len(conns)), make([]error, len(conns))
	began := time.Now()
	until := began.Add(span)
	for i, c := range conns {
		wg.Go(func() { counts[i], failed[i] = t.repeat(ctx, c, t.requests[i], until) })
	}
	wg.Wait()
	took, all := time.Since(began), 0
	for _, n := range counts {
		all += n
	}
	if err := errors.Join(failed...); err != nil {
		return 0, err
	}
	return float64(all) / took.Seconds(), ctx.Err()
}

func dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", u.Host, err)
	}
	return c, nil
}

func (t target) repeat(ctx context.Context, c net.Conn, req *http.Request, until time.Time) (int, error) {
	out, in := bufio.NewWriter(c), bufio.NewReaderSize(c, 64<<10)
	for n := 0; ; n++ {
		now := time.Now()
		if now.After(until) || ctx.Err() != nil {
			return n, nil //nolint:nilerr // the time was up
		}
		if err := c.SetDeadline(now.Add(answerTime)); err != nil {
			return n, err
		}
		if err := t.once(req, out, in); err != nil {
			return n, fmt.Errorf("GET %s: %w", req.URL, err)
		}
	}
}

func (t target) once(req *http.Request, out *bufio.Writer, in *bufio.Reader) error {
	if err := req.Write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	res, err := http.ReadResponse(in, req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode != t.status && (t.status != http.StatusNotModified || res.StatusCode != http.StatusOK):
		return fmt.Errorf("answered %s", res.Status)
	case t.bytes > 0 && n != int64(t.bytes):
		return fmt.Errorf("answered %d bytes, want %d", n, t.bytes)
	}
	return nil
}
