package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// ids writes a list of ids into a query.
func ids(list []string) url.Values { return url.Values{"ids": {strings.Join(list, ",")}} }

// StudioPacks lists the caller's packs, latest change first.
func (c *Client) StudioPacks(ctx context.Context, cursor string, limit int) (api.StudioPacks, error) {
	return call[api.StudioPacks](ctx, c, http.MethodGet, "/v1/studio/packs", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// StudioNeeds is what waits for the caller as a producer.
func (c *Client) StudioNeeds(ctx context.Context) (api.StudioNeeds, error) {
	return call[api.StudioNeeds](ctx, c, http.MethodGet, "/v1/studio/needs", nil)
}

// Workbench is all about one pack of the caller.
func (c *Client) Workbench(ctx context.Context, id string) (api.Workbench, error) {
	return call[api.Workbench](ctx, c, http.MethodGet, "/v1/studio/packs/"+segment(id), nil)
}

// ListingTerms is what the studio's forms need to know.
func (c *Client) ListingTerms(ctx context.Context) (api.ListingTerms, error) {
	return call[api.ListingTerms](ctx, c, http.MethodGet, "/v1/listing-terms", nil)
}

// CreatePack makes a draft. The key may be empty.
func (c *Client) CreatePack(ctx context.Context, key string, in api.NewPack) (api.Workbench, error) {
	return call[api.Workbench](ctx, c, http.MethodPost, "/v1/packs", in, IdempotencyKey(key))
}

// ChangePack changes a listing.
func (c *Client) ChangePack(ctx context.Context, id, etag string, in api.PackChange) (api.Workbench, error) {
	return call[api.Workbench](ctx, c, http.MethodPatch, "/v1/packs/"+segment(id), in, IfMatch(etag))
}

// DeletePack removes a pack that nobody bought and that is not on sale.
func (c *Client) DeletePack(ctx context.Context, id, etag string) error {
	return c.do(ctx, http.MethodDelete, "/v1/packs/"+segment(id), nil, nil, IfMatch(etag))
}

// AnswerQuestions decides between measured and stated values.
func (c *Client) AnswerQuestions(ctx context.Context, id string, in api.AnswerQuestions) (api.SoundsChanged, error) {
	return call[api.SoundsChanged](ctx, c, http.MethodPost, "/v1/packs/"+segment(id)+"/answers", in)
}

// ChangeSounds changes many sounds at once.
func (c *Client) ChangeSounds(ctx context.Context, id, etag string, in api.SoundsChange) (api.SoundsChanged, error) {
	return call[api.SoundsChanged](ctx, c, http.MethodPatch, "/v1/packs/"+segment(id)+"/sounds", in, IfMatch(etag))
}

// RestoreSounds undoes that with its Before.
func (c *Client) RestoreSounds(ctx context.Context, id, etag string, in api.SoundsRestore) (api.SoundsChanged, error) {
	return call[api.SoundsChanged](ctx, c, http.MethodPut, "/v1/packs/"+segment(id)+"/sounds/editable", in, IfMatch(etag))
}

// PublishPack puts a pack on sale, or makes its changes public.
func (c *Client) PublishPack(ctx context.Context, id, etag string) (api.Published, error) {
	return call[api.Published](ctx, c, http.MethodPost, "/v1/packs/"+segment(id)+"/publish", nil, IfMatch(etag))
}

// WithdrawPack takes a pack off sale, or stops its publishing.
func (c *Client) WithdrawPack(ctx context.Context, id, etag string) (api.StudioPack, error) {
	return call[api.StudioPack](ctx, c, http.MethodPost, "/v1/packs/"+segment(id)+"/withdraw", nil, IfMatch(etag))
}

// TakeDownPack takes a pack off sale for a reason. Admins only.
func (c *Client) TakeDownPack(ctx context.Context, id string, in api.TakeDown) (api.StudioPack, error) {
	return call[api.StudioPack](ctx, c, http.MethodPost, "/v1/packs/"+segment(id)+"/take-down", in)
}

// ReinstatePack undoes that. Admins only.
func (c *Client) ReinstatePack(ctx context.Context, id string, in api.Reinstate) (api.StudioPack, error) {
	return call[api.StudioPack](ctx, c, http.MethodPost, "/v1/packs/"+segment(id)+"/reinstate", in)
}

// PackTrace says how far the latest revision has come.
func (c *Client) PackTrace(ctx context.Context, id string) (api.Trace, error) {
	return call[api.Trace](ctx, c, http.MethodGet, "/v1/packs/"+segment(id)+"/trace", nil)
}

// AdminPackTrace is PackTrace of anybody's pack, for admins.
func (c *Client) AdminPackTrace(ctx context.Context, id string) (api.Trace, error) {
	return call[api.Trace](ctx, c, http.MethodGet, "/v1/admin/packs/"+segment(id)+"/trace", nil)
}

// Packs lists packs on sale.
func (c *Client) Packs(ctx context.Context, in api.PackQuery) (api.PackList, error) {
	q := pageQuery(in.Cursor, in.Limit)
	set(q, "sort", in.Sort)
	set(q, "genre", in.Genre)
	set(q, "tag", in.Tag)
	set(q, "producer", in.Producer)
	set(q, "among", strings.Join(in.Among, ","))
	if in.Free {
		q.Set("free", "1")
	}
	return call[api.PackList](ctx, c, http.MethodGet, "/v1/packs", nil, httpx.WithQuery(q))
}

// PacksByID keeps the order asked for, leaves unknown ones out and marks those that are gone. At most 200.
func (c *Client) PacksByID(ctx context.Context, list []string) (api.PackList, error) {
	return call[api.PackList](ctx, c, http.MethodGet, "/v1/packs/batch", nil, httpx.WithQuery(ids(list)))
}

// Pack is the page of a pack on sale, by slug or id. With an ifNoneMatch that still holds, notModified is true and the
// page empty.
func (c *Client) Pack(ctx context.Context, ref, ifNoneMatch string) (out api.PackPage, etag string, notModified bool, err error) {
	var res httpx.Response
	out, err = call[api.PackPage](ctx, c, http.MethodGet, "/v1/packs/"+segment(ref), nil,
		httpx.WithHeader("If-None-Match", ifNoneMatch), httpx.WithResponse(&res))
	return out, res.Header.Get("ETag"), res.Status == http.StatusNotModified, err
}

// GonePack is the little that may be said of a pack off sale.
func (c *Client) GonePack(ctx context.Context, ref string) (api.GonePack, error) {
	return call[api.GonePack](ctx, c, http.MethodGet, "/v1/packs/"+segment(ref)+"/gone", nil)
}

// PackPreview is the working copy of the caller's pack as a buyer would see it.
func (c *Client) PackPreview(ctx context.Context, id string) (api.PackPage, error) {
	return call[api.PackPage](ctx, c, http.MethodGet, "/v1/packs/"+segment(id)+"/preview-page", nil)
}

// Sounds lists sounds of packs on sale.
func (c *Client) Sounds(ctx context.Context, in api.SoundQuery) (api.SoundList, error) {
	q := pageQuery(in.Cursor, in.Limit)
	set(q, "sort", in.Sort)
	set(q, "genre", in.Genre)
	set(q, "tag", in.Tag)
	set(q, "producer", in.Producer)
	if in.Free {
		q.Set("free", "1")
	}
	if in.PerPack > 0 {
		q.Set("per_pack", strconv.Itoa(in.PerPack))
	}
	return call[api.SoundList](ctx, c, http.MethodGet, "/v1/sounds", nil, httpx.WithQuery(q))
}

// SoundsByID keeps the order asked for, leaves unknown ones out and marks those that are gone. At most 200.
func (c *Client) SoundsByID(ctx context.Context, list []string) (api.SoundList, error) {
	return call[api.SoundList](ctx, c, http.MethodGet, "/v1/sounds/batch", nil, httpx.WithQuery(ids(list)))
}

// Sound is the page of one sound.
func (c *Client) Sound(ctx context.Context, id string) (api.SoundPage, error) {
	return call[api.SoundPage](ctx, c, http.MethodGet, "/v1/sounds/"+segment(id), nil)
}

// SoundPreview says which object to play.
func (c *Client) SoundPreview(ctx context.Context, id string) (api.SoundPreview, error) {
	return call[api.SoundPreview](ctx, c, http.MethodGet, "/v1/sounds/"+segment(id)+"/preview", nil)
}

// Genres lists the fixed genres with their packs on sale.
func (c *Client) Genres(ctx context.Context) (api.Genres, error) {
	return call[api.Genres](ctx, c, http.MethodGet, "/v1/genres", nil)
}

// Tags lists the most used tags.
func (c *Client) Tags(ctx context.Context, limit int) (api.Tags, error) {
	return call[api.Tags](ctx, c, http.MethodGet, "/v1/tags", nil, httpx.WithQuery(pageQuery("", limit)))
}

// CatalogueCounts counts what is on sale.
func (c *Client) CatalogueCounts(ctx context.Context) (api.PackTotals, error) {
	return call[api.PackTotals](ctx, c, http.MethodGet, "/v1/catalogue/counts", nil)
}

// ProducerTotals counts what producers have on sale.
func (c *Client) ProducerTotals(ctx context.Context, list []string) (api.ProducerTotalsList, error) {
	return call[api.ProducerTotalsList](ctx, c, http.MethodGet, "/v1/catalogue/producers", nil, httpx.WithQuery(ids(list)))
}

// PackOffer is what a pack costs the caller after what they own of it.
func (c *Client) PackOffer(ctx context.Context, id string) (api.Offer, error) {
	return call[api.Offer](ctx, c, http.MethodGet, "/v1/packs/"+segment(id)+"/offer", nil)
}

// SoundOffer is what a single sound costs the caller after the licences to it they own.
func (c *Client) SoundOffer(ctx context.Context, id string) (api.Offer, error) {
	return call[api.Offer](ctx, c, http.MethodGet, "/v1/sounds/"+segment(id)+"/offer", nil)
}
