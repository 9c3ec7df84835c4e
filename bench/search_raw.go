package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// rawIndex is Elasticsearch asked without anything of ours: what the ratios are against.
type rawIndex struct {
	http *http.Client
	base string
}

func newRaw(base string, timeout time.Duration) *rawIndex {
	return &rawIndex{base: base, http: &http.Client{Timeout: timeout, Transport: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true}}}
}

// ask sends one request and reads all of the answer.
func (r *rawIndex) ask(ctx context.Context, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := r.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s answered %s: %.300s", method, path, res.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// busy is the processor time that Elasticsearch has spent so far, in seconds.
func (r *rawIndex) busy(ctx context.Context) (float64, error) {
	var stats struct {
		Nodes map[string]struct {
			Process struct {
				CPU struct {
					Millis float64 `json:"total_in_millis"`
				} `json:"cpu"`
			} `json:"process"`
		} `json:"nodes"`
	}
	err := r.ask(ctx, http.MethodGet, "/_nodes/stats/process", nil, &stats)
	sum := 0.0
	for _, n := range stats.Nodes {
		sum += n.Process.CPU.Millis / 1000
	}
	return sum, err
}

// Bounds of a raw bulk request, those of the indexer.
const (
	rawDocuments = 2000
	rawBytes     = 5 << 20
	rawWriters   = 2 // as many as there are processors; more brought nothing
	copyIndex    = "bench-copy"
)

// bulks reads every document of the index that answers searches and makes bulk requests of them, ready to be sent.
func (r *rawIndex) bulks(ctx context.Context) (requests [][]byte, documents int, err error) {
	type page struct {
		ScrollID string `json:"_scroll_id"`
		Hits     struct {
			Hits []struct {
				ID      string          `json:"_id"`
				Version int64           `json:"_version"`
				Source  json.RawMessage `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	var p page
	if err := r.ask(ctx, http.MethodPost, "/"+searchPrefix+"/_search?scroll=2m", []byte(`{"size":1000,"version":true,"sort":["_doc"]}`), &p); err != nil {
		return nil, 0, err
	}
	var body bytes.Buffer
	held := 0
	flush := func() {
		if held > 0 {
			requests = append(requests, bytes.Clone(body.Bytes()))
			body.Reset()
			held = 0
		}
	}
	for len(p.Hits.Hits) > 0 {
		for _, h := range p.Hits.Hits {
			if held >= rawDocuments || body.Len()+len(h.Source) > rawBytes {
				flush()
			}
			fmt.Fprintf(&body, `{"index":{"_id":%q,"version":%d,"version_type":"external"}}`+"\n", h.ID, h.Version)
			if err := json.Compact(&body, h.Source); err != nil {
				return nil, 0, err
			}
			body.WriteByte('\n')
			held++
			documents++
		}
		next := fmt.Appendf(nil, `{"scroll":"2m","scroll_id":%q}`, p.ScrollID)
		p = page{}
		if err := r.ask(ctx, http.MethodPost, "/_search/scroll", next, &p); err != nil {
			return nil, 0, err
		}
	}
	flush()
	return requests, documents, nil
}

// fill sends the bulk requests to an empty index with the settings and the mapping of the one that answers searches, and
// gives documents a second.
func (r *rawIndex) fill(ctx context.Context, requests [][]byte, documents int) (perSecond float64, err error) {
	var now map[string]struct {
		Mappings json.RawMessage `json:"mappings"`
		Settings struct {
			Index map[string]any `json:"index"`
		} `json:"settings"`
	}
	if err := r.ask(ctx, http.MethodGet, "/"+searchPrefix, nil, &now); err != nil {
		return 0, err
	}
	for _, index := range now {
		for _, own := range []string{"uuid", "provided_name", "creation_date", "version", "history_uuid", "routing"} {
			delete(index.Settings.Index, own)
		}
		body, err := json.Marshal(map[string]any{"settings": index.Settings.Index, "mappings": index.Mappings})
		if err != nil {
			return 0, err
		}
		if err := r.ask(ctx, http.MethodPut, "/"+copyIndex, body, nil); err != nil {
			return 0, err
		}
	}
	defer func() {
		if gone := r.ask(context.WithoutCancel(ctx), http.MethodDelete, "/"+copyIndex, nil, nil); err == nil {
			err = gone
		}
	}()
	work := make(chan []byte)
	failed := make(chan error, rawWriters)
	var writers sync.WaitGroup
	began := time.Now()
	for range rawWriters {
		writers.Go(func() {
			for body := range work {
				var answer struct {
					Errors bool `json:"errors"`
				}
				err := r.ask(ctx, http.MethodPost, "/"+copyIndex+"/_bulk?filter_path=errors", body, &answer)
				if err == nil && answer.Errors {
					err = fmt.Errorf("the copy refused documents")
				}
				if err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for _, body := range requests {
		work <- body
	}
	close(work)
	writers.Wait()
	took := time.Since(began)
	select {
	case err := <-failed:
		return 0, err
	default:
	}
	return float64(documents) / took.Seconds(), nil
}
