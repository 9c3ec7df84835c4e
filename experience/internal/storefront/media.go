package storefront

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/objects"
	models "crateful.dev/models/api"
)

var (
	coverSum  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	coverFile = regexp.MustCompile(`^(96|320|640)\.webp$`)
)

// cover streams a picture. Its address names its content, so it may be kept for ever.
func (s *Storefront) cover(c *gin.Context) error {
	sum, file := c.Param("sha"), c.Param("file")
	if !coverSum.MatchString(sum) || !coverFile.MatchString(file) {
		return errs.NotFound("cover")
	}
	etag := `"` + sum[:32] + file[:2] + `"`
	header := c.Writer.Header()
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	if httpx.NotModified(c, etag) {
		return nil
	}
	body, info, err := s.Objects.Get(c.Request.Context(), "covers/"+sum+"/"+file, objects.GetOptions{})
	if err != nil {
		header.Del("Cache-Control")
		header.Del("ETag")
		if errors.Is(err, objects.ErrNotFound) {
			return errs.NotFound("cover")
		}
		return errs.Wrap(errs.CodeUnavailable, err, "storage_unavailable", "The picture cannot be read at the moment.")
	}
	defer body.Close()
	header.Set("Content-Type", "image/webp")
	header.Set("Content-Length", strconv.FormatInt(info.Size, 10))
	c.Status(http.StatusOK)
	if c.Request.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(c.Writer, body); err != nil {
		s.Log.Debug("cover cut off", "error", err)
	}
	return nil
}

// previewFor is how long a link to a preview lives.
const previewFor = 15 * time.Minute

func (s *Storefront) preview(c *gin.Context) error {
	_, ctx := s.As(c)
	sound, err := s.Models.SoundPreview(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	link, err := s.Objects.PresignGet(ctx, sound.PreviewKey, previewFor, objects.PresignGetOptions{
		ContentType: "audio/mpeg", CacheControl: "private, max-age=" + strconv.Itoa(int(previewFor.Seconds())),
	})
	if err != nil {
		return errs.Wrap(errs.CodeUnavailable, err, "storage_unavailable", "The preview cannot be played at the moment.")
	}
	// Withdrawn packs must fall silent at once, so the redirect itself is asked for each time.
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusFound, link.URL)
	return nil
}

func decodeInteractions(c *gin.Context) (models.Interactions, error) {
	in, err := httpx.Decode[api.Interactions](c)
	if err != nil {
		return models.Interactions{}, err
	}
	out := models.Interactions{Items: make([]models.Interaction, len(in.Items))}
	for i, item := range in.Items {
		out.Items[i] = models.Interaction(item)
	}
	return out, nil
}
