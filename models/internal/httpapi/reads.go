package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/tx"
)

// Page is which part of a list is asked for.
type Page struct {
	Cursor string // opaque to callers; empty at the start
	Limit  int
}

// pageOf reads ?cursor= and ?limit=.
func pageOf(c *gin.Context, byDefault, most int) (Page, error) {
	p := Page{Cursor: c.Query("cursor"), Limit: byDefault}
	if len(p.Cursor) > 2000 {
		return p, tx.BadCursor()
	}
	if s := c.Query("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > most {
			return p, errs.Invalid(errs.Field{Name: "limit", Reason: "out_of_range", Detail: fmt.Sprintf("Ask for 1 to %d at a time.", most)})
		}
		p.Limit = n
	}
	return p, nil
}

// cursorOf makes a cursor of the values where a list goes on; nothing is left after a zero value.
func cursorOf[T comparable](at T) (string, error) {
	var end T
	if at == end {
		return "", nil
	}
	raw, err := json.Marshal(at)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// decodeCursor reads a cursor back.
func decodeCursor(cursor string, at any) error {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return tx.BadCursor()
	}
	if err := json.Unmarshal(raw, at); err != nil {
		return tx.BadCursor()
	}
	return nil
}

// placeOf reads the place where a list goes on, nil at its beginning. id picks the row's id out of it.
func placeOf[T any](page Page, id func(*T) string) (*T, error) {
	if page.Cursor == "" {
		return nil, nil //nolint:nilnil // the beginning is no error
	}
	at := new(T)
	if err := decodeCursor(page.Cursor, at); err != nil {
		return nil, err
	}
	if !tx.ValidID(id(at)) {
		return nil, tx.BadCursor()
	}
	return at, nil
}
