package screen

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Export is a list that a person takes home as a file.
type Export[T any] struct {
	Name  string // of the file
	Media string
	// Read gives a part of the list, the first one for an empty cursor, and the cursor of the next one, empty at the end.
	Read func(ctx context.Context, cursor string) (part []T, next string, err error)
	// Write writes a part; first says that nothing was written before.
	Write func(to io.Writer, part []T, first bool) error
}

// Stream sends all of it, part by part; each is read with a person token of its own time. A list that cannot be finished is cut
// off, so that its reader sees that it is not whole.
func (e Export[T]) Stream(s *Services, c *gin.Context) error {
	who, ctx := s.As(c)
	part, next, err := e.Read(ctx, "")
	if err != nil {
		return err
	}
	c.Header("Content-Type", e.Media)
	c.Header("Content-Disposition", `attachment; filename="`+e.Name+`"`)
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusOK)
	err = e.Write(c.Writer, part, true)
	for err == nil && next != "" {
		if err = s.Identifier.Renew(c.Request.Context(), who); err != nil {
			break
		}
		who, ctx = s.As(c)
		if part, next, err = e.Read(ctx, next); err == nil {
			err = e.Write(c.Writer, part, false)
		}
	}
	if err != nil {
		s.Log.WarnContext(ctx, "export cut off", "file", e.Name, "error", err)
		panic(http.ErrAbortHandler) // net/http's way to let the reader see it
	}
	return nil
}

// CSV writes an export as a table with a header.
func CSV[T any](header []string, record func(T) []string) func(io.Writer, []T, bool) error {
	return func(to io.Writer, part []T, first bool) error {
		w := csv.NewWriter(to)
		if first {
			if err := w.Write(header); err != nil {
				return err
			}
		}
		for _, item := range part {
			if err := w.Write(record(item)); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	}
}
