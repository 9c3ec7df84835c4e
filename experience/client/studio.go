package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"crateful.dev/experience/api"
	"crateful.dev/kit/httpx"
)

func ifMatch(etag string) httpx.RequestOption { return httpx.WithHeader("If-Match", etag) }

// Studio lists the caller's packs and what waits for them.
func (a *Asking) Studio(ctx context.Context, next string) (api.Studio, error) {
	return get[api.Studio](ctx, a, "/studio", cursor(next))
}

// CreatePack makes a draft.
func (a *Asking) CreatePack(ctx context.Context, in api.NewPack) (api.Workbench, error) {
	return call[api.Workbench](ctx, a, http.MethodPost, "/packs", in)
}

// Workbench is all about one pack of the caller.
func (a *Asking) Workbench(ctx context.Context, pack string) (api.Workbench, error) {
	return get[api.Workbench](ctx, a, "/studio/packs/"+seg(pack), nil)
}

// ChangePack changes the listing; an etag that is not the newest fails with precondition_failed.
func (a *Asking) ChangePack(ctx context.Context, pack, etag string, in api.PackChange) (api.Workbench, error) {
	return call[api.Workbench](ctx, a, http.MethodPatch, "/studio/packs/"+seg(pack), in, ifMatch(etag))
}

// ChangeSounds changes many sounds at once.
func (a *Asking) ChangeSounds(ctx context.Context, pack, etag string, in api.SoundsChange) (api.SoundsChanged, error) {
	return call[api.SoundsChanged](ctx, a, http.MethodPatch, "/studio/packs/"+seg(pack)+"/sounds", in, ifMatch(etag))
}

// AnswerQuestion decides between measured and stated.
func (a *Asking) AnswerQuestion(ctx context.Context, pack string, in api.Answer) (api.Workbench, error) {
	return call[api.Workbench](ctx, a, http.MethodPost, "/studio/packs/"+seg(pack)+"/answers", in)
}

// Publish puts a pack on sale, or makes changes public.
func (a *Asking) Publish(ctx context.Context, pack, etag string) (api.Workbench, error) {
	return call[api.Workbench](ctx, a, http.MethodPost, "/studio/packs/"+seg(pack)+"/publish", nil, ifMatch(etag))
}

// Withdraw takes a pack off sale; owners keep it.
func (a *Asking) Withdraw(ctx context.Context, pack, etag string) (api.Workbench, error) {
	return call[api.Workbench](ctx, a, http.MethodPost, "/studio/packs/"+seg(pack)+"/withdraw", nil, ifMatch(etag))
}

// DeletePack removes a pack that nobody bought.
func (a *Asking) DeletePack(ctx context.Context, pack, etag string) error {
	return do(ctx, a, http.MethodDelete, "/studio/packs/"+seg(pack), nil, ifMatch(etag))
}

// Upload announces files for a pack.
func (a *Asking) Upload(ctx context.Context, pack string, in api.UploadRequest) (api.Uploads, error) {
	return call[api.Uploads](ctx, a, http.MethodPost, "/studio/packs/"+seg(pack)+"/uploads", in)
}

// Sign gives addresses to PUT parts to.
func (a *Asking) Sign(ctx context.Context, upload string, in api.SignRequest) (api.Signed, error) {
	return call[api.Signed](ctx, a, http.MethodPost, "/uploads/"+seg(upload)+"/sign", in)
}

// Parts lists what storage holds of an upload.
func (a *Asking) Parts(ctx context.Context, upload string) (api.UploadedParts, error) {
	return get[api.UploadedParts](ctx, a, "/uploads/"+seg(upload)+"/parts", nil)
}

// CompleteUpload says that all bytes are there; storage is asked whether that is so. It may be called twice.
func (a *Asking) CompleteUpload(ctx context.Context, upload string) (api.StudioFile, error) {
	return call[api.StudioFile](ctx, a, http.MethodPost, "/uploads/"+seg(upload)+"/complete", nil)
}

// RemoveUpload takes a file out of its pack.
func (a *Asking) RemoveUpload(ctx context.Context, upload string) error {
	return do(ctx, a, http.MethodDelete, "/uploads/"+seg(upload), nil)
}

// RestoreUpload undoes RemoveUpload.
func (a *Asking) RestoreUpload(ctx context.Context, upload string) (api.StudioFile, error) {
	return call[api.StudioFile](ctx, a, http.MethodPost, "/uploads/"+seg(upload)+"/restore", nil)
}

// RetryUpload checks a refused file once more.
func (a *Asking) RetryUpload(ctx context.Context, upload string) (api.StudioFile, error) {
	return call[api.StudioFile](ctx, a, http.MethodPost, "/uploads/"+seg(upload)+"/retry", nil)
}

// Sales is the plot and the statement of the last days.
func (a *Asking) Sales(ctx context.Context, days int, next string) (api.Sales, error) {
	query := url.Values{"days": {strconv.Itoa(days)}}
	if next != "" {
		query.Set("cursor", next)
	}
	return get[api.Sales](ctx, a, "/studio/sales", query)
}

// Quote is what a producer receives of a price.
func (a *Asking) Quote(ctx context.Context, price api.Money) (api.Quote, error) {
	return get[api.Quote](ctx, a, "/studio/quote", url.Values{
		"amount": {strconv.FormatInt(price.Amount, 10)}, "currency": {price.Currency},
	})
}

// RestoreSounds undoes ChangeSounds with what it answered as Before.
func (a *Asking) RestoreSounds(ctx context.Context, pack, etag string, in api.SoundsRestore) (api.SoundsChanged, error) {
	return call[api.SoundsChanged](ctx, a, http.MethodPut, "/studio/packs/"+seg(pack)+"/sounds", in, ifMatch(etag))
}
