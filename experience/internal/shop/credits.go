package shop

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/internal/screen"
	models "crateful.dev/models/api"
)

// credits lists everything that one owns, newest first, as liner notes and registers want it.
func (s *Shop) credits(c *gin.Context, media, name string, write func(io.Writer, []models.LibraryItem, bool) error) error {
	return screen.Export[models.LibraryItem]{
		Name: name, Media: media, Write: write,
		Read: func(ctx context.Context, cursor string) ([]models.LibraryItem, string, error) {
			page, err := s.Models.Library(ctx, models.LibraryQuery{Limit: 100, Cursor: cursor})
			return page.Items, page.NextCursor, err
		},
	}.Stream(s.Services, c)
}

func (s *Shop) creditsCSV(c *gin.Context) error {
	header := []string{"kind", "title", "pack", "producer", "handle", "version", "licence", "licensed_since", "order"}
	return s.credits(c, "text/csv; charset=utf-8", "crateful-credits.csv", screen.CSV(header, func(i models.LibraryItem) []string {
		return []string{
			string(i.Kind), models.SpreadsheetText(i.Title), models.SpreadsheetText(i.PackTitle), models.SpreadsheetText(i.Seller.Name),
			models.SpreadsheetText("@" + i.Seller.Handle), strconv.Itoa(i.Edition), i.LicenceCode, i.AcquiredAt.Format(time.DateOnly), i.OrderNumber,
		}
	}))
}

// creditsText lists the same in sentences.
func (s *Shop) creditsText(c *gin.Context) error {
	return s.credits(c, "text/plain; charset=utf-8", "crateful-credits.txt", func(to io.Writer, items []models.LibraryItem, _ bool) error {
		for _, i := range items {
			what := i.Title
			if i.Kind == models.ItemSound {
				what += ", from " + i.PackTitle
			}
			if _, err := fmt.Fprintf(to, "%s by %s (@%s). Licensed on Crateful (%s), %s, order %s.\n",
				what, i.Seller.Name, i.Seller.Handle, i.LicenceCode, i.AcquiredAt.Format(time.DateOnly), i.OrderNumber); err != nil {
				return err
			}
		}
		return nil
	})
}
