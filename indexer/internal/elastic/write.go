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

// bulkAnswer leaves out the items when all went well, as nearly always: reading them costs as much as writing the request.
type bulkAnswer struct {
	AllWritten bool
	Items      []map[string]bulkItem
}

// UnmarshalJSON reads an answer that begins with its errors, as Elasticsearch writes it.
func (a *bulkAnswer) UnmarshalJSON(raw []byte) error {
	if a.AllWritten = bytes.HasPrefix(raw, []byte(`{"errors":false`)); a.AllWritten {
		return nil
	}
	var each struct {
		Items []map[string]bulkItem `json:"items"`
	}
	err := json.Unmarshal(raw, &each)
	a.Items = each.Items
	return err
}

// Bulk implements search.Backend. The revision is the external version: Elasticsearch itself refuses what is not newer
// with 409, which is success here.
func (b *Backend) Bulk(ctx context.Context, generation string, docs []search.Document) ([]search.Result, error) {
	results := make([]search.Result, len(docs))
	lines := make([][]byte, len(docs))
	var room text  // the lines stand in it beside each other
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
			if cap(room)-len(room) < roomLeft {
				room = make(text, 0, roomSize)
			}
			from := len(room)
			room, err = encode(room, d)
			lines[i] = room[from:len(room):len(room)]
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
	var answer bulkAnswer
	size := 0
	for _, i := range sent {
		size += len(lines[i])
	}
	body := make([]byte, 0, size)
	for _, i := range sent {
		body = append(body, lines[i]...)
	}
	path := "/" + b.writeAlias(generation) + "/_bulk?require_alias=true&filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"
	err = b.call(ctx, writeTimeout, http.MethodPost, path, body, &answer)
	if isStatus(err, http.StatusNotFound) {
		return nil, "", fmt.Errorf("write to generation %s: %w", generation, search.ErrNoGeneration)
	}
	if err != nil {
		return nil, "", fmt.Errorf("write to generation %s: %w", generation, err)
	}
	if answer.AllWritten {
		for _, i := range sent {
			results[i].Outcome = search.Written
		}
		return nil, "", nil
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

// What is allocated at once for the lines of documents, and what should be left of it for another.
const (
	roomSize = 256 << 10
	roomLeft = 8 << 10
)

// encode appends the two lines of a document in a bulk request. A replay writes millions, so they are written by hand.
func encode(w text, d search.Document) (text, error) {
	if bytes.ContainsAny(d.Row, "\r\n") { // would end the line
		return w, fmt.Errorf("encode row of document %s: it has more than one line", d.ID)
	}
	source, err := json.Marshal(d.Source)
	if err != nil {
		return w, fmt.Errorf("encode document %s: %w", d.ID, err)
	}
	w.raw(`{"index":{"_id":`).quoted(d.ID).raw(`,"version":`)
	w = strconv.AppendInt(w, d.Version, 10)
	w.raw(`,"version_type":"external"}}` + "\n" + `{"` + fieldID + `":`).quoted(d.ID).name(fieldHead).raw(`{"id":`).quoted(d.ID).name("kind").quoted(d.Kind).name("pack_id").quoted(d.PackID).name("version")
	w = strconv.AppendInt(w, d.Version, 10)
	w.name("gone")
	w = strconv.AppendBool(w, d.Gone)
	w.name("source").raw(string(source)).name("digest").quoted(d.Digest).raw("}")
	if d.Gone {
		w.raw("}\n")
		return w, nil
	}
	w.name(fieldScope).quoted(d.Kind)
	if len(d.Row) > 0 {
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
		w.name(name).quoted(text)
	}
	for name, terms := range d.Terms {
		w.name(name).raw("[")
		for i, t := range terms {
			if i > 0 {
				w.raw(",")
			}
			w.quoted(t)
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

// text is JSON under way.
type text []byte

func (w *text) raw(s string) *text {
	*w = append(*w, s...)
	return w
}

// name begins another field; our names need no escaping.
func (w *text) name(field string) *text { return w.raw(`,"`).raw(field).raw(`":`) }

// quoted is a string in quotes.
func (w *text) quoted(s string) *text {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			raw, _ := json.Marshal(s) //nolint:errcheck,errchkjson // a string always can be
			*w = append(*w, raw...)
			return w
		}
	}
	return w.raw(`"`).raw(s).raw(`"`)
}

// number is one of a list of numbers.
func (w *text) number(i int, n float64, bits int) {
	if i == 0 {
		w.raw("[")
	} else {
		w.raw(",")
	}
	*w = strconv.AppendFloat(*w, n, 'g', -1, bits)
}
