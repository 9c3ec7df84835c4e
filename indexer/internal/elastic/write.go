package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"crateful.dev/indexer/internal/search"
)

// Bounds of one bulk request.
const (
	maxBulkBytes = 5 << 20
	maxBulkDocs  = 2000
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
	lines := make([][]byte, len(docs))
	var sent []int // documents of the next request
	size := 0
	flush := func() error {
		if len(sent) == 0 {
			return nil
		}
		err := b.send(ctx, generation, lines, sent, results)
		size = 0
		sent = sent[:0]
		return err
	}
	for i, d := range docs {
		// One version out of range would fail the whole request.
		err := d.Check()
		if err == nil {
			lines[i], err = encode(d)
		}
		if err != nil {
			results[i] = search.Result{Outcome: search.Rejected, Reason: err.Error()}
			continue
		}
		if size+len(lines[i]) > maxBulkBytes || len(sent) >= maxBulkDocs {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		size += len(lines[i])
		sent = append(sent, i)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return results, nil
}

// How often and how long documents that the engine has no room for just now are tried again.
const (
	bulkTries = 6
	bulkPause = 100 * time.Millisecond
)

// send writes the documents until each has its own outcome. Those that the engine could not take now go again, alone, with
// growing pauses; a request that it cannot read at all is halved until the one that spoils it stands alone.
func (b *Backend) send(ctx context.Context, generation string, lines [][]byte, sent []int, results []search.Result) error {
	pause := bulkPause
	for try := 1; ; try++ {
		later, reason, err := b.once(ctx, generation, lines, sent, results)
		switch {
		case isStatus(err, http.StatusBadRequest), isStatus(err, http.StatusRequestEntityTooLarge):
			if len(sent) == 1 {
				results[sent[0]] = search.Result{Outcome: search.Rejected, Reason: err.Error()}
				return nil
			}
			half := len(sent) / 2
			return errors.Join(b.send(ctx, generation, lines, sent[:half], results), b.send(ctx, generation, lines, sent[half:], results))
		case err != nil || len(later) == 0:
			return err
		case try == bulkTries:
			return fmt.Errorf("write to generation %s: %w: %s", generation, search.ErrUnavailable, reason)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		sent, pause = later, pause*2
	}
}

// once sends one request and tells which documents are to be sent again, with the reason of the last.
func (b *Backend) once(ctx context.Context, generation string, lines [][]byte, sent []int, results []search.Result) (later []int, reason string, err error) {
	var answer struct {
		Items []map[string]bulkItem `json:"items"`
	}
	var body bytes.Buffer
	for _, i := range sent {
		body.Write(lines[i])
	}
	path := "/" + b.writeAlias(generation) + "/_bulk?require_alias=true&filter_path=items.*.status,items.*.error.type,items.*.error.reason"
	err = b.call(ctx, writeTimeout, http.MethodPost, path, body.Bytes(), &answer)
	if isStatus(err, http.StatusNotFound) {
		return nil, "", fmt.Errorf("write to generation %s: %w", generation, search.ErrNoGeneration)
	}
	if err != nil {
		return nil, "", fmt.Errorf("write to generation %s: %w", generation, err)
	}
	if len(answer.Items) != len(sent) {
		return nil, "", fmt.Errorf("write to generation %s: %d answers for %d documents", generation, len(answer.Items), len(sent))
	}
	for k, i := range sent {
		item := answer.Items[k]["index"]
		switch item.Status {
		case http.StatusOK, http.StatusCreated:
			results[i].Outcome = search.Written
		case http.StatusConflict:
			results[i].Outcome = search.Stale
		case http.StatusNotFound:
			return nil, "", fmt.Errorf("write to generation %s: %w", generation, search.ErrNoGeneration)
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			results[i] = search.Result{Outcome: search.Rejected, Reason: item.Error.Type + ": " + item.Error.Reason}
		default: // overloaded, full, read-only or locked: no fault of the document
			later, reason = append(later, i), fmt.Sprintf("%d %s: %s", item.Status, item.Error.Type, item.Error.Reason)
		}
	}
	return later, reason, nil
}

// encode writes the two lines of a document in a bulk request. A replay writes millions, so they are written by hand.
func encode(d search.Document) ([]byte, error) {
	head := d
	head.Text, head.Terms, head.Numbers, head.Vector, head.Row = nil, nil, nil, nil, nil
	raw, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("encode document %s: %w", d.ID, err)
	}
	w := lines(make([]byte, 0, 2048+len(d.Row)))
	w.raw(`{"index":{"_id":`).text(d.ID).raw(`,"version":`)
	w = strconv.AppendInt(w, d.Version, 10)
	w.raw(`,"version_type":"external"}}` + "\n" + `{"` + fieldID + `":`).text(d.ID).name(fieldHead).raw(string(raw))
	if d.Gone {
		w.raw("}\n")
		return w, nil
	}
	w.name(fieldScope).text(d.Kind)
	if len(d.Row) > 0 {
		if bytes.ContainsAny(d.Row, "\r\n") { // would end the line
			return nil, fmt.Errorf("encode row of document %s: it has more than one line", d.ID)
		}
		w.name(fieldRow).raw(string(d.Row))
	}
	if len(d.Vector) > 0 {
		w.name(fieldVector)
		for i, f := range d.Vector {
			w.number(i, float64(f), 32)
		}
		w.raw("]")
	}
	for name, text := range d.Text {
		w.name(name).text(text)
	}
	for name, terms := range d.Terms {
		w.name(name).raw("[")
		for i, t := range terms {
			if i > 0 {
				w.raw(",")
			}
			w.text(t)
		}
		w.raw("]")
	}
	for name, numbers := range d.Numbers {
		if len(numbers) == 0 {
			continue
		}
		w.name(name)
		for i, n := range numbers {
			w.number(i, n, 64)
		}
		w.raw("]")
	}
	w.raw("}\n")
	return w, nil
}

// lines is JSON under way.
type lines []byte

func (w *lines) raw(s string) *lines {
	*w = append(*w, s...)
	return w
}

// name begins another field; our names need no escaping.
func (w *lines) name(field string) *lines { return w.raw(`,"`).raw(field).raw(`":`) }

// text is a string in quotes.
func (w *lines) text(s string) *lines {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) //nolint:errcheck,errchkjson // a string always can be
			*w = append(*w, quoted...)
			return w
		}
	}
	return w.raw(`"`).raw(s).raw(`"`)
}

// number is one of a list of numbers.
func (w *lines) number(i int, n float64, bits int) {
	if i == 0 {
		w.raw("[")
	} else {
		w.raw(",")
	}
	*w = strconv.AppendFloat(*w, n, 'g', -1, bits)
}
