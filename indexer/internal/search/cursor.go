package search

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"crateful.dev/indexer/api"
)

// cursor is the place in a list of results. It holds values, no position: what is written or withdrawn between two
// pages moves nothing else.
type cursor struct {
	Kind  api.Kind `json:"k"`
	Sort  api.Sort `json:"s"`
	After []string `json:"a"`
}

func (c cursor) encode() (string, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// decodeCursor reads a cursor that anybody may have written: it fits the query's kind and order, and its values are
// what the order sorts by.
func decodeCursor(q api.Query, order []Order) ([]string, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil {
		return nil, ErrBadCursor
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, ErrBadCursor
	}
	if c.Kind != q.Kind || c.Sort != q.Sort || len(c.After) != len(order)+1 {
		return nil, ErrBadCursor
	}
	for i, o := range order {
		if !o.Numeric() {
			continue
		}
		f, err := strconv.ParseFloat(c.After[i], 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, ErrBadCursor
		}
		c.After[i] = strconv.FormatFloat(f, 'g', -1, 64)
	}
	for _, v := range c.After {
		if len(v) > 512 || !utf8.ValidString(v) {
			return nil, ErrBadCursor
		}
	}
	return c.After, nil
}
