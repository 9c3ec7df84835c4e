// Package elastic keeps the search index in Elasticsearch 8. Every generation is an index of its own; searches go
// through one alias, writes through one alias per generation that must exist, so that a late write cannot bring a
// removed generation back.
package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/wire"
)

// Deadlines of single calls.
const (
	searchTimeout = 8 * time.Second
	writeTimeout  = 30 * time.Second
	adminTimeout  = 30 * time.Second
)

// Config says which Elasticsearch to use.
type Config struct {
	URL    string // may carry user and password
	Prefix string // of all index and alias names
	// RefreshInterval is a safety net: what was written to the current generation becomes visible after it even when nobody
	// refreshes.
	RefreshInterval time.Duration
}

// Backend is a search.Backend on Elasticsearch.
type Backend struct {
	es      *elasticsearch.Client
	prefix  string
	refresh time.Duration
	pool    *http.Transport
}

var _ search.Backend = (*Backend)(nil)

// New returns a Backend. It sends nothing yet.
func New(cfg Config) (*Backend, error) {
	if cfg.Prefix == "" {
		cfg.Prefix = "crateful"
	}
	if cfg.RefreshInterval == 0 {
		cfg.RefreshInterval = time.Second
	}
	pool := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: writeTimeout, DisableCompression: true}
	es, err := elasticsearch.NewClient(elasticsearch.Config{
		Addresses: []string{cfg.URL}, Transport: pool, MaxRetries: 2, RetryOnStatus: []int{http.StatusBadGateway},
	})
	if err != nil {
		return nil, fmt.Errorf("configure elasticsearch: %w", err)
	}
	return &Backend{es: es, prefix: cfg.Prefix, refresh: cfg.RefreshInterval, pool: pool}, nil
}

func (b *Backend) alias() string                       { return b.prefix }
func (b *Backend) index(generation string) string      { return b.prefix + "-g-" + generation }
func (b *Backend) writeAlias(generation string) string { return b.prefix + "-w-" + generation }
func (b *Backend) recordIndex() string                 { return b.prefix + "-record" }

// statusError is an answer that is no success.
type statusError struct {
	status int
	reason string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("elasticsearch answered %d: %s", e.status, e.reason)
}

func isStatus(err error, status int) bool {
	var e *statusError
	return errors.As(err, &e) && e.status == status
}

// call sends one request and reads the answer into out, which may be nil.
func (b *Backend) call(ctx context.Context, timeout time.Duration, method, path string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("elasticsearch %s: %w", path, err)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	} else {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	res, err := b.es.Perform(req)
	if err != nil {
		return fmt.Errorf("elasticsearch: %w: %w", search.ErrUnavailable, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 256<<20))
	if err != nil {
		return fmt.Errorf("read elasticsearch's answer: %w: %w", search.ErrUnavailable, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		failed := &statusError{status: res.StatusCode, reason: reason(answer)}
		if res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= http.StatusInternalServerError {
			return fmt.Errorf("%w: %w", search.ErrUnavailable, failed)
		}
		return failed
	}
	if out == nil {
		return nil
	}
	if err := wire.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read elasticsearch's answer: %w", err)
	}
	return nil
}

func reason(answer []byte) string {
	var e struct {
		Error struct {
			Reason string `json:"reason"`
			Type   string `json:"type"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &e) == nil && e.Error.Reason != "" {
		return e.Error.Type + ": " + e.Error.Reason
	}
	return strings.ToValidUTF8(string(answer[:min(len(answer), 300)]), "")
}

// admin sends a JSON value to an administrative address.
func (b *Backend) admin(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	return b.call(ctx, adminTimeout, method, path, body, out)
}

// EnsureGeneration implements search.Backend.
func (b *Backend) EnsureGeneration(ctx context.Context, generation string) error {
	if generation == "" || generation != strings.ToLower(generation) || url.PathEscape(generation) != generation {
		return fmt.Errorf("generation %q: not a name", generation)
	}
	settings := indexSettings()
	settings["aliases"] = object{b.writeAlias(generation): object{}}
	err := b.admin(ctx, http.MethodPut, "/"+b.index(generation), settings, nil)
	exists := isStatus(err, http.StatusBadRequest) && strings.Contains(err.Error(), "resource_already_exists")
	if err != nil && !exists {
		return fmt.Errorf("create generation %s: %w", generation, err)
	}
	return nil
}

// Generations implements search.Backend.
func (b *Backend) Generations(ctx context.Context) ([]string, error) {
	var found map[string]json.RawMessage
	if err := b.admin(ctx, http.MethodGet, "/"+b.index("*")+"/_alias", nil, &found); err != nil {
		return nil, fmt.Errorf("list generations: %w", err)
	}
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, strings.TrimPrefix(name, b.index("")))
	}
	slices.Sort(names)
	return names, nil
}

// DeleteGeneration implements search.Backend.
func (b *Backend) DeleteGeneration(ctx context.Context, generation string) error {
	current, err := b.Current(ctx)
	if err != nil {
		return err
	}
	if current == generation {
		return fmt.Errorf("delete generation %s: it is current: %w", generation, search.ErrConflict)
	}
	err = b.admin(ctx, http.MethodDelete, "/"+b.index(generation), nil, nil)
	if err != nil && !isStatus(err, http.StatusNotFound) {
		return fmt.Errorf("delete generation %s: %w", generation, err)
	}
	return nil
}

// Current implements search.Backend.
func (b *Backend) Current(ctx context.Context) (string, error) {
	var found map[string]json.RawMessage
	err := b.admin(ctx, http.MethodGet, "/_alias/"+b.alias(), nil, &found)
	if isStatus(err, http.StatusNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read current generation: %w", err)
	}
	for name := range found {
		return strings.TrimPrefix(name, b.index("")), nil
	}
	return "", nil
}

// Swap implements search.Backend: removing and adding the alias is one step.
func (b *Backend) Swap(ctx context.Context, from, to string) error {
	current, err := b.Current(ctx)
	if err != nil {
		return err
	}
	if current != from {
		return fmt.Errorf("swap: %q is current, not %q: %w", current, from, search.ErrConflict)
	}
	settings := object{"index": object{"refresh_interval": fmt.Sprintf("%dms", b.refresh.Milliseconds())}}
	err = b.admin(ctx, http.MethodPut, "/"+b.index(to)+"/_settings", settings, nil)
	if isStatus(err, http.StatusNotFound) {
		return fmt.Errorf("swap %s to %s: %w: %w", from, to, search.ErrConflict, err)
	}
	if err != nil {
		return fmt.Errorf("swap to %s: %w", to, err)
	}
	actions := []object{}
	if from != "" {
		actions = append(actions, object{"remove": object{"index": b.index(from), "alias": b.alias(), "must_exist": true}})
	}
	actions = append(actions, object{"add": object{"index": b.index(to), "alias": b.alias()}})
	err = b.admin(ctx, http.MethodPost, "/_aliases", object{"actions": actions}, nil)
	if isStatus(err, http.StatusNotFound) {
		return fmt.Errorf("swap %s to %s: %w: %w", from, to, search.ErrConflict, err)
	}
	if err != nil {
		return fmt.Errorf("swap to %s: %w", to, err)
	}
	return nil
}

// Refresh implements search.Backend.
func (b *Backend) Refresh(ctx context.Context, generation string) error {
	err := b.admin(ctx, http.MethodPost, "/"+b.index(generation)+"/_refresh", nil, nil)
	if isStatus(err, http.StatusNotFound) {
		return fmt.Errorf("refresh %s: %w", generation, search.ErrNoGeneration)
	}
	if err != nil {
		return fmt.Errorf("refresh %s: %w", generation, err)
	}
	return nil
}

// Ready implements search.Backend.
func (b *Backend) Ready(ctx context.Context) error {
	current, err := b.Current(ctx)
	if err != nil {
		return err
	}
	if current == "" {
		return fmt.Errorf("no current generation: %w", search.ErrUnavailable)
	}
	return nil
}

// Close implements search.Backend.
func (b *Backend) Close() error {
	b.pool.CloseIdleConnections()
	return nil
}
