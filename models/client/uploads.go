package client

import (
	"context"
	"net/http"
	"net/url"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// OfferUploads announces files for a pack.
func (c *Client) OfferUploads(ctx context.Context, pack string, in api.NewUploads) (api.OfferedUploads, error) {
	return call[api.OfferedUploads](ctx, c, http.MethodPost, "/v1/packs/"+segment(pack)+"/uploads", in)
}

// OfferPictures announces an avatar or banner.
func (c *Client) OfferPictures(ctx context.Context, in api.NewUploads) (api.OfferedUploads, error) {
	return call[api.OfferedUploads](ctx, c, http.MethodPost, "/v1/uploads", in)
}

// Uploads lists the files of a pack; with removed, those taken out too.
func (c *Client) Uploads(ctx context.Context, pack string, removed bool) (api.Uploads, error) {
	q := url.Values{}
	if removed {
		q.Set("removed", "1")
	}
	return call[api.Uploads](ctx, c, http.MethodGet, "/v1/packs/"+segment(pack)+"/uploads", nil, httpx.WithQuery(q))
}

// Upload is one file.
func (c *Client) Upload(ctx context.Context, id string) (api.Upload, error) {
	return call[api.Upload](ctx, c, http.MethodGet, "/v1/uploads/"+segment(id), nil)
}

// UploadProgress keeps how far the sending is.
func (c *Client) UploadProgress(ctx context.Context, id string, in api.UploadProgress) (api.Upload, error) {
	return call[api.Upload](ctx, c, http.MethodPatch, "/v1/uploads/"+segment(id), in)
}

// CompleteUpload says what storage holds now. It may be called again.
func (c *Client) CompleteUpload(ctx context.Context, id string, in api.UploadDone) (api.Upload, error) {
	return call[api.Upload](ctx, c, http.MethodPost, "/v1/uploads/"+segment(id)+"/complete", in)
}

// RetryUpload has a refused file checked again.
func (c *Client) RetryUpload(ctx context.Context, id string) (api.Upload, error) {
	return call[api.Upload](ctx, c, http.MethodPost, "/v1/uploads/"+segment(id)+"/retry", nil)
}

// RemoveUpload takes a file out of its pack.
func (c *Client) RemoveUpload(ctx context.Context, id string) (api.Upload, error) {
	return call[api.Upload](ctx, c, http.MethodDelete, "/v1/uploads/"+segment(id), nil)
}

// RestoreUpload undoes that.
func (c *Client) RestoreUpload(ctx context.Context, id string) (api.Upload, error) {
	return call[api.Upload](ctx, c, http.MethodPost, "/v1/uploads/"+segment(id)+"/restore", nil)
}

// BeginUpload counts a try to check a file. Analyzer only.
func (c *Client) BeginUpload(ctx context.Context, id string, attempt int) (api.UploadBegun, error) {
	return call[api.UploadBegun](ctx, c, http.MethodPost, "/v1/uploads/"+segment(id)+"/begin", api.UploadBegin{Attempt: attempt})
}

// ReportUpload tells what was found. Analyzer only.
func (c *Client) ReportUpload(ctx context.Context, id string, in api.UploadReport) (api.UploadReported, error) {
	return call[api.UploadReported](ctx, c, http.MethodPost, "/v1/uploads/"+segment(id)+"/report", in)
}

// RegisterEntries makes uploads of an archive's entries. Analyzer only.
func (c *Client) RegisterEntries(ctx context.Context, id string, in api.ArchiveEntries) (api.OfferedUploads, error) {
	return call[api.OfferedUploads](ctx, c, http.MethodPost, "/v1/uploads/"+segment(id)+"/children", in)
}

// ExpiredUploads lists whose objects are to go. Analyzer only.
func (c *Client) ExpiredUploads(ctx context.Context, limit int) (api.ExpiredUploads, error) {
	return call[api.ExpiredUploads](ctx, c, http.MethodGet, "/v1/uploads/expired", nil, httpx.WithQuery(pageQuery("", limit)))
}

// UploadSwept says that they went. Analyzer only.
func (c *Client) UploadSwept(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodPost, "/v1/uploads/"+segment(id)+"/swept", nil, nil)
}

// BeginEdition counts a try to build an edition. Analyzer only.
func (c *Client) BeginEdition(ctx context.Context, id string) (api.EditionBegun, error) {
	return call[api.EditionBegun](ctx, c, http.MethodPost, "/v1/editions/"+segment(id)+"/begin", nil)
}

// ReportEdition says that the zip is there, or why not. Analyzer only.
func (c *Client) ReportEdition(ctx context.Context, id string, in api.EditionReport) (api.EditionReported, error) {
	return call[api.EditionReported](ctx, c, http.MethodPost, "/v1/editions/"+segment(id)+"/report", in)
}

// CheckObjects names the keys that nobody refers to. Analyzer only.
func (c *Client) CheckObjects(ctx context.Context, keys []string) (api.ObjectsChecked, error) {
	return call[api.ObjectsChecked](ctx, c, http.MethodPost, "/v1/objects/check", api.ObjectsCheck{Keys: keys})
}

// ObjectKeys lists keys that storage should hold. Analyzer only.
func (c *Client) ObjectKeys(ctx context.Context, cursor string, limit int) (api.ObjectKeys, error) {
	return call[api.ObjectKeys](ctx, c, http.MethodGet, "/v1/objects", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// MissingObjects reports keys that storage should hold and does not. Analyzer only.
func (c *Client) MissingObjects(ctx context.Context, keys []string) error {
	return c.do(ctx, http.MethodPost, "/v1/objects/missing", api.ObjectsMissing{Keys: keys}, nil)
}
