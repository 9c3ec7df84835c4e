package studio

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/objects"
	models "crateful.dev/models/api"
)

const (
	partBytes   = 8 << 20 // a file up to this size is one PUT
	signFor     = 15 * time.Minute
	signAtOnce  = 100
	contentType = "application/octet-stream" // nobody's word about a file is taken before it was read
)

func (s *Studio) upload(c *gin.Context) error {
	in, err := httpx.Decode[api.UploadRequest](c)
	if err != nil {
		return err
	}
	return s.offer(c, func(ctx context.Context) (models.OfferedUploads, error) {
		return s.Models.OfferUploads(ctx, c.Param("id"), newUploads(in))
	}, in)
}

func (s *Studio) uploadPicture(c *gin.Context) error {
	in, err := httpx.Decode[api.UploadRequest](c)
	if err != nil {
		return err
	}
	return s.offer(c, func(ctx context.Context) (models.OfferedUploads, error) {
		return s.Models.OfferPictures(ctx, newUploads(in))
	}, in)
}

func newUploads(in api.UploadRequest) models.NewUploads {
	out := models.NewUploads{Files: make([]models.NewUpload, len(in.Files))}
	for i, f := range in.Files {
		out.Files[i] = models.NewUpload(f)
	}
	return out
}

// offer lets models decide and begins multipart uploads for what is longer than one part.
func (s *Studio) offer(c *gin.Context, ask func(context.Context) (models.OfferedUploads, error), in api.UploadRequest) error {
	_, ctx := s.As(c)
	offered, err := ask(ctx)
	if err != nil {
		return err
	}
	out := api.Uploads{Uploads: make([]api.Upload, len(offered.Offers)), ETag: offered.ETag}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, o := range offered.Offers {
		out.Uploads[i] = api.Upload{
			PartBytes: partBytes, Resumed: o.Resumed, Done: o.Done, LeftOut: o.LeftOut, Refused: o.Refused, Detail: o.Detail,
		}
		if i < len(in.Files) {
			out.Uploads[i].Path = in.Files[i].Path
		}
		u := o.Upload
		if u == nil {
			continue
		}
		out.Uploads[i].ID, out.Uploads[i].Path, out.Uploads[i].Key, out.Uploads[i].State = u.ID, u.Path, u.ObjectKey, string(u.State)
		if u.PartBytes > 0 {
			out.Uploads[i].PartBytes = u.PartBytes
		}
		if o.Done || open(*u) != nil || (u.SizeBytes <= partBytes && u.MultipartID == "") {
			continue
		}
		g.Go(func() error {
			uploadID := u.MultipartID
			if uploadID == "" {
				begun, err := s.beginMultipart(ctx, *u)
				if err != nil {
					return err
				}
				uploadID = begun
			}
			out.Uploads[i].UploadID = uploadID
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, out)
}

func (s *Studio) beginMultipart(ctx context.Context, u models.Upload) (string, error) {
	id, err := s.Objects.CreateMultipart(ctx, u.ObjectKey, contentType)
	if err != nil {
		return "", storageDown(err)
	}
	size := int64(partBytes)
	kept, err := s.Models.UploadProgress(ctx, u.ID, models.UploadProgress{MultipartID: &id, PartBytes: &size})
	if errs.CodeOf(err) == errs.CodeConflict { // another tab was quicker: both go on with its parts
		kept, err = s.Models.Upload(ctx, u.ID)
	}
	if err != nil || kept.MultipartID != id {
		s.Soft(ctx, "abort of an upload nobody began", s.Objects.AbortMultipart(context.WithoutCancel(ctx), u.ObjectKey, id))
	}
	if err != nil {
		return "", err
	}
	return kept.MultipartID, nil
}

func storageDown(err error) error {
	return errs.Wrap(errs.CodeUnavailable, err, "storage_unavailable", "The storage does not answer. What was sent is safe; it goes on by itself.")
}

// own reads an upload of the caller. Admins may look at others' in models, but send nothing for them.
func (s *Studio) own(c *gin.Context) (models.Upload, error) {
	who, ctx := s.As(c)
	u, err := s.Models.Upload(ctx, c.Param("id"))
	if err == nil && u.OwnerID != who.AccountID() {
		return u, errs.NotFound("upload")
	}
	return u, err
}

func open(u models.Upload) error {
	if u.Removed || (u.State != models.UploadWaiting && u.State != models.UploadUploading) {
		return errs.New(errs.CodeConflict, "upload_closed", "This file has arrived already or was removed.")
	}
	return nil
}

// partLength is the size of part n of an upload, or -1 when it has no such part.
func partLength(u models.Upload, n int) int64 {
	if u.MultipartID == "" {
		if n == 1 {
			return u.SizeBytes
		}
		return -1
	}
	from := int64(n-1) * u.PartBytes
	if n < 1 || n > 10000 || u.PartBytes <= 0 || from >= u.SizeBytes {
		return -1
	}
	return min(u.PartBytes, u.SizeBytes-from)
}

func (s *Studio) sign(c *gin.Context) error {
	in, err := httpx.Decode[api.SignRequest](c)
	if err != nil {
		return err
	}
	if len(in.Parts) == 0 || len(in.Parts) > signAtOnce {
		return errs.Invalid(errs.Field{Name: "parts", Reason: "out_of_range", Detail: fmt.Sprintf("1 to %d parts", signAtOnce)})
	}
	u, err := s.own(c)
	if err != nil {
		return err
	}
	if err := open(u); err != nil {
		return err
	}
	ctx := c.Request.Context()
	out := api.Signed{Parts: make([]api.SignedPart, len(in.Parts))}
	for i, part := range in.Parts {
		size := partLength(u, part.Number)
		if size <= 0 {
			return errs.Invalid(errs.Field{Name: fmt.Sprintf("parts.%d.number", i), Reason: "out_of_range", Detail: "The file has no such part."})
		}
		if sum, err := base64.StdEncoding.DecodeString(part.SHA256); err != nil || (len(sum) != 0 && len(sum) != sha256.Size) {
			return errs.Invalid(errs.Field{Name: fmt.Sprintf("parts.%d.sha256", i), Reason: "malformed", Detail: "This is no SHA-256 in base64."})
		}
		var link objects.Presigned
		if u.MultipartID == "" {
			link, err = s.Objects.PresignPut(ctx, u.ObjectKey, size, contentType, part.SHA256, signFor)
		} else {
			link, err = s.Objects.PresignPart(ctx, u.ObjectKey, u.MultipartID, part.Number, size, part.SHA256, signFor)
		}
		if err != nil {
			return storageDown(err)
		}
		out.Parts[i] = api.SignedPart{Number: part.Number, URL: link.URL, Headers: headers(link.Headers), ExpiresAt: link.ExpiresAt}
	}
	return screen.Done(c, http.StatusOK, out)
}

// headers are never null in JSON.
func headers(in map[string]string) map[string]string {
	if in == nil {
		return map[string]string{}
	}
	return in
}

func (s *Studio) parts(c *gin.Context) error {
	u, err := s.own(c)
	if err != nil {
		return err
	}
	out := api.UploadedParts{Parts: []api.UploadedPart{}}
	if u.MultipartID != "" {
		held, err := s.whole(c.Request.Context(), u)
		if err != nil && !errors.Is(err, objects.ErrNoUpload) {
			return storageDown(err)
		}
		for _, p := range held {
			out.Parts = append(out.Parts, api.UploadedPart{Number: p.Number, SizeBytes: p.Size, ETag: p.ETag})
		}
	}
	return screen.JSON(c, out)
}

// whole lists the parts that have their full length; others are sent again.
func (s *Studio) whole(ctx context.Context, u models.Upload) ([]objects.Part, error) {
	held, err := s.Objects.ListParts(ctx, u.ObjectKey, u.MultipartID)
	if err != nil {
		return nil, err
	}
	full := held[:0]
	for _, p := range held {
		if p.Size == partLength(u, p.Number) {
			full = append(full, p)
		}
	}
	return full, nil
}

// complete believes storage alone: parts are listed, their sizes and sum checked, the object looked at. It can be
// called again.
func (s *Studio) complete(c *gin.Context) error {
	u, err := s.own(c)
	if err != nil {
		return err
	}
	_, ctx := s.As(c)
	if u.Removed {
		return open(u)
	}
	if open(u) == nil {
		info, err := s.stored(ctx, u)
		if err != nil {
			// Pressed twice: the other call has completed it, and the bytes may have moved on since.
			if now, readErr := s.Models.Upload(ctx, u.ID); readErr == nil && !now.Removed && open(now) != nil {
				return screen.Done(c, http.StatusOK, file(now, nil))
			}
			return err
		}
		if u, err = s.Models.CompleteUpload(ctx, u.ID, models.UploadDone{SizeBytes: info.Size, ETag: info.ETag}); err != nil {
			return err
		}
	}
	return screen.Done(c, http.StatusOK, file(u, nil))
}

func (s *Studio) stored(ctx context.Context, u models.Upload) (objects.Info, error) {
	var info objects.Info
	var err error
	if u.MultipartID == "" {
		info, err = s.Objects.Stat(ctx, u.ObjectKey)
	} else {
		info, err = s.joined(ctx, u)
	}
	switch {
	case errors.Is(err, objects.ErrNotFound):
		return info, missing()
	case err != nil:
		if _, ok := errs.As(err); ok {
			return info, err
		}
		return info, storageDown(err)
	case info.Size != u.SizeBytes:
		// Its address takes bytes only once: what is wrong must go before it can be sent again.
		if err := s.Objects.Remove(ctx, u.ObjectKey); err != nil {
			return info, storageDown(err)
		}
		return info, errs.New(errs.CodeConflict, "size_differs", "Storage holds another size than announced. Send the file again.")
	}
	return info, nil
}

func missing() error {
	return errs.New(errs.CodeConflict, "parts_missing", "Some of the file has not arrived yet.")
}

func (s *Studio) joined(ctx context.Context, u models.Upload) (objects.Info, error) {
	held, err := s.whole(ctx, u)
	if errors.Is(err, objects.ErrNoUpload) { // completed before, and nobody was told
		return s.Objects.Stat(ctx, u.ObjectKey)
	}
	if err != nil {
		return objects.Info{}, err
	}
	var sum int64
	for _, p := range held {
		sum += p.Size
	}
	if sum != u.SizeBytes {
		return objects.Info{}, missing()
	}
	return s.Objects.CompleteMultipart(ctx, u.ObjectKey, u.MultipartID, held)
}

func (s *Studio) removeUpload(c *gin.Context) error {
	_, ctx := s.As(c)
	u, err := s.Models.RemoveUpload(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, file(u, nil))
}

func (s *Studio) restoreUpload(c *gin.Context) error {
	_, ctx := s.As(c)
	u, err := s.Models.RestoreUpload(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, file(u, nil))
}

func (s *Studio) retryUpload(c *gin.Context) error {
	_, ctx := s.As(c)
	u, err := s.Models.RetryUpload(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	return screen.Done(c, http.StatusOK, file(u, nil))
}
