package client

import (
	"context"
	"net/http"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// AdminAccount is everything admins see about one account.
func (c *Client) AdminAccount(ctx context.Context, id string) (api.AdminAccountDetail, error) {
	return call[api.AdminAccountDetail](ctx, c, http.MethodGet, "/v1/admin/accounts/"+segment(id), nil)
}

// AdminPacks finds packs, for admins.
func (c *Client) AdminPacks(ctx context.Context, q api.AdminPackQuery) (api.AdminPacks, error) {
	values := pageQuery(q.Cursor, q.Limit)
	set(values, "q", q.Text)
	set(values, "state", string(q.State))
	set(values, "producer", q.Producer)
	return call[api.AdminPacks](ctx, c, http.MethodGet, "/v1/admin/packs", nil, httpx.WithQuery(values))
}

// Appeal asks for a taken-down pack back, for its producer.
func (c *Client) Appeal(ctx context.Context, packID string, in api.NewAppeal) (api.Appeal, error) {
	return post[api.Appeal](ctx, c, "/v1/packs/"+segment(packID)+"/appeal", in)
}

// PackAppeals lists the appeals of a pack, for its producer.
func (c *Client) PackAppeals(ctx context.Context, packID string) (api.Appeals, error) {
	return call[api.Appeals](ctx, c, http.MethodGet, "/v1/packs/"+segment(packID)+"/appeals", nil)
}

// AdminAppeals lists appeals, for admins.
func (c *Client) AdminAppeals(ctx context.Context, q api.AppealQuery) (api.AdminAppeals, error) {
	values := pageQuery(q.Cursor, q.Limit)
	set(values, "state", string(q.State))
	return call[api.AdminAppeals](ctx, c, http.MethodGet, "/v1/admin/appeals", nil, httpx.WithQuery(values))
}

// ResolveAppeal answers an appeal, for admins.
func (c *Client) ResolveAppeal(ctx context.Context, id string, in api.ResolveAppeal) (api.AdminAppeal, error) {
	return post[api.AdminAppeal](ctx, c, "/v1/admin/appeals/"+segment(id)+"/resolve", in)
}

// Report tells admins about a pack or a sound.
func (c *Client) Report(ctx context.Context, in api.NewReport) (api.Reported, error) {
	return post[api.Reported](ctx, c, "/v1/reports", in)
}

// AdminReports lists what was reported, for admins.
func (c *Client) AdminReports(ctx context.Context, q api.ReportQuery) (api.AdminReports, error) {
	values := pageQuery(q.Cursor, q.Limit)
	set(values, "state", string(q.State))
	return call[api.AdminReports](ctx, c, http.MethodGet, "/v1/admin/reports", nil, httpx.WithQuery(values))
}

// ResolveReport answers the reports about one thing, for admins.
func (c *Client) ResolveReport(ctx context.Context, id string, in api.ResolveReport) (api.AdminReport, error) {
	return post[api.AdminReport](ctx, c, "/v1/admin/reports/"+segment(id)+"/resolve", in)
}

// Audit reads the log of what admins did.
func (c *Client) Audit(ctx context.Context, q api.AuditQuery) (api.AuditEntries, error) {
	values := pageQuery(q.Cursor, q.Limit)
	set(values, "actor", q.Actor)
	set(values, "subject", q.Subject)
	set(values, "action", q.Action)
	return call[api.AuditEntries](ctx, c, http.MethodGet, "/v1/admin/audit", nil, httpx.WithQuery(values))
}

// NoteIndexAct notes what the admin asks of the search index, and refuses who is no admin. With a key, the same call made again
// notes nothing.
func (c *Client) NoteIndexAct(ctx context.Context, key string, in api.IndexAct) error {
	return c.do(ctx, http.MethodPost, "/v1/admin/audit", in, nil, IdempotencyKey(key))
}
