package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"crateful.dev/indexer/internal/search"
)

// Bounds of one bulk request.
const (
	maxBulkBytes = 5 << 20
	maxBulkDocs  = 1000
)

type bulkItem struct {
	Status int `json:"status"`
	Error  struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	} `json:"error"`
}

// Bulk implements search.Backend. The revision is the external version: Elasticsearch itself refuses what is not newer
// with 409, which is success here.
func (b *Backend) Bulk(ctx context.Context, generation string, docs []search.Document) ([]search.Result, error) {
	results := make([]search.Result, len(docs))
	var body bytes.Buffer
	var sent []int
	flush := func() error {
		if len(sent) == 0 {
			return nil
		}
		err := b.send(ctx, generation, body.Bytes(), sent, results)
		body.Reset()
		sent = sent[:0]
		return err
	}
	for i, d := range docs {
		// One version out of range would fail the whole request.
		lines, err := encode(d)
		if err == nil {
			err = d.Check()
		}
		if err != nil {
			results[i] = search.Result{Outcome: search.Rejected, Reason: err.Error()}
			continue
		}
		if body.Len()+len(lines) > maxBulkBytes || len(sent) >= maxBulkDocs {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		body.Write(lines)
		sent = append(sent, i)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return results, nil
}

func (b *Backend) send(ctx context.Context, generation string, body []byte, sent []int, results []search.Result) error {
	var answer struct {
		Items []map[string]bulkItem `json:"items"`
	}
	path := "/" + b.writeAlias(generation) + "/_bulk?require_alias=true&filter_path=items.*.status,items.*.error.type,items.*.error.reason"
	err := b.call(ctx, writeTimeout, http.MethodPost, path, body, &answer)
	if isStatus(err, http.StatusNotFound) {
		return fmt.Errorf("write to generation %s: %w", generation, search.ErrNoGeneration)
	}
	if err != nil {
		return fmt.Errorf("write to generation %s: %w", generation, err)
	}
	if len(answer.Items) != len(sent) {
		return fmt.Errorf("write to generation %s: %d answers for %d documents", generation, len(answer.Items), len(sent))
	}
	for k, i := range sent {
		item := answer.Items[k]["index"]
		switch s := item.Status; {
		case s == http.StatusOK || s == http.StatusCreated:
			results[i].Outcome = search.Written
		case s == http.StatusConflict:
			results[i].Outcome = search.Stale
		case s == http.StatusNotFound:
			return fmt.Errorf("write to generation %s: %w", generation, search.ErrNoGeneration)
		case s == http.StatusTooManyRequests || s >= http.StatusInternalServerError || s == 0:
			return fmt.Errorf("write to generation %s: %w: %d %s", generation, search.ErrUnavailable, s, item.Error.Type)
		default:
			results[i] = search.Result{Outcome: search.Rejected, Reason: item.Error.Type + ": " + item.Error.Reason}
		}
	}
	return nil
}

// encode writes the two lines of a document in a bulk request.
func encode(d search.Document) ([]byte, error) {
	action, err := json.Marshal(object{"index": object{"_id": d.ID, "version": d.Version, "version_type": "external"}})
	if err != nil {
		return nil, fmt.Errorf("encode document %s: %w", d.ID, err)
	}
	head := d
	head.Text, head.Terms, head.Numbers, head.Row = nil, nil, nil, nil
	body := object{fieldID: d.ID, fieldHead: head}
	if !d.Gone {
		body[fieldScope], body[fieldRow] = d.Kind, d.Row
		for name, text := range d.Text {
			body[name] = text
		}
		for name, terms := range d.Terms {
			body[name] = terms
		}
		for name, numbers := range d.Numbers {
			body[name] = numbers
		}
	}
	source, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode document %s: %w", d.ID, err)
	}
	lines := make([]byte, 0, len(action)+len(source)+2)
	lines = append(append(lines, action...), '\n')
	return append(append(lines, source...), '\n'), nil
}
