package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"crateful.dev/experience/api"
	indexerapi "crateful.dev/indexer/api"
	indexer "crateful.dev/indexer/client"
	"crateful.dev/kit/httpx"
)

// index is what a request writes to that does so itself, as the simplest design would.
type index interface {
	// show returns when the index has the pack.
	show(ctx context.Context, pack api.Workbench, cents int64) error
	needsRelay() bool
}

// showTime is how long such a request waits for the index.
const showTime = 10 * time.Second

const synchronousIndex = "/bench-synchronous"

// elasticsearch takes a listing's documents in one request. It does not wait until searches see them: that would take
// up to a second more.
type elasticsearch struct{ raw *rawIndex }

func newElasticsearch(ctx context.Context, address string) (*elasticsearch, error) {
	raw := newRaw(address, showTime)
	if err := raw.ask(ctx, http.MethodPut, synchronousIndex, []byte(`{"settings":{"number_of_replicas":0}}`), nil); err != nil {
		return nil, fmt.Errorf("make an index: %w", err)
	}
	return &elasticsearch{raw}, nil
}

func (*elasticsearch) needsRelay() bool { return false }

func (e *elasticsearch) show(ctx context.Context, pack api.Workbench, _ int64) error {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	add := func(id string, document any) error {
		action := map[string]map[string]string{"index": {"_id": id}}
		return errors.Join(lines.Encode(action), lines.Encode(document))
	}
	err := add(pack.Pack.ID, pack.Pack)
	for _, f := range pack.Files {
		err = errors.Join(err, add(f.SoundID, f))
	}
	if err != nil {
		return err
	}
	var done struct {
		Errors bool `json:"errors"`
	}
	if err := e.raw.ask(ctx, http.MethodPost, synchronousIndex+"/_bulk", body.Bytes(), &done); err != nil {
		return err
	}
	if done.Errors {
		return errors.New("the index refused documents")
	}
	return nil
}

// embedded is the index inside the indexer, which nobody else can write to: the request waits until it shows the pack.
type embedded struct{ indexer *indexer.Client }

func newEmbedded(address, token string) *embedded {
	return &embedded{indexer.New(httpx.ClientConfig{BaseURL: address, ServiceToken: token, Timeout: showTime})}
}

func (*embedded) needsRelay() bool { return true }

func (e *embedded) show(ctx context.Context, pack api.Workbench, cents int64) error {
	ctx, cancel := context.WithTimeout(ctx, showTime)
	defer cancel()
	for {
		rows, err := e.indexer.Lookup(ctx, indexerapi.Lookup{PackIDs: []string{pack.Pack.ID}})
		if err != nil {
			return err
		}
		if len(rows.Packs) == 1 && rows.Packs[0].Price.Amount == cents {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}
