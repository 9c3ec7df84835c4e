package shop

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	models "crateful.dev/models/api"
)

// credit is one owned thing as liner notes and registers want it.
type credit struct{ kind, title, pack, producer, handle, edition, licence, since, order string }

func creditOf(i models.LibraryItem) credit {
	return credit{
		kind: string(i.Kind), title: i.Title, pack: i.PackTitle, producer: i.Seller.Name, handle: "@" + i.Seller.Handle, edition: strconv.Itoa(i.Edition),
		licence: i.LicenceCode, since: i.AcquiredAt.Format(time.DateOnly), order: i.OrderNumber,
	}
}

// creditsCSV lists everything that one owns, newest first.
func (s *Shop) creditsCSV(c *gin.Context) error {
	return s.credits(c, "text/csv; charset=utf-8", "crateful-credits.csv", func(to io.Writer) error {
		return csv.NewWriter(to).WriteAll([][]string{{"kind", "title", "pack", "producer", "handle", "version", "licence", "licensed_since", "order"}})
	}, func(to io.Writer, all []credit) error {
		w := csv.NewWriter(to)
		for _, x := range all {
			if err := w.Write([]string{x.kind, cell(x.title), cell(x.pack), cell(x.producer), cell(x.handle), x.edition, x.licence, x.since, x.order}); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	})
}

// creditsText lists the same in sentences.
func (s *Shop) creditsText(c *gin.Context) error {
	return s.credits(c, "text/plain; charset=utf-8", "crateful-credits.txt", func(io.Writer) error { return nil }, func(to io.Writer, all []credit) error {
		for _, x := range all {
			what := x.title
			if x.kind == string(models.ItemSound) {
				what += ", from " + x.pack
			}
			if _, err := fmt.Fprintf(to, "%s by %s (%s). Licensed on Crateful (%s), %s, order %s.\n", what, x.producer, x.handle, x.licence, x.since, x.order); err != nil {
				return err
			}
		}
		return nil
	})
}

// cell keeps spreadsheets from taking somebody's title for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// credits streams the library, page by page. A list that cannot be finished is cut off, so that its reader sees that it is not whole.
func (s *Shop) credits(c *gin.Context, media, name string, begin func(io.Writer) error, write func(io.Writer, []credit) error) error {
	_, ctx := s.As(c)
	page, err := s.Models.Library(ctx, models.LibraryQuery{Limit: 100})
	if err != nil {
		return err
	}
	c.Header("Content-Type", media)
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusOK)
	err = begin(c.Writer)
	for err == nil {
		all := make([]credit, len(page.Items))
		for i, item := range page.Items {
			all[i] = creditOf(item)
		}
		if err = write(c.Writer, all); err != nil || page.NextCursor == "" {
			break
		}
		who, _ := s.As(c)
		if err = s.Identifier.Renew(c.Request.Context(), who); err != nil {
			break
		}
		_, ctx = s.As(c)
		page, err = s.Models.Library(ctx, models.LibraryQuery{Limit: 100, Cursor: page.NextCursor})
	}
	if err != nil {
		s.Log.WarnContext(ctx, "credits cut off", "error", err)
		panic(http.ErrAbortHandler) // net/http's way to let the reader see it
	}
	return nil
}
