package client

import (
	"context"
	"net/http"
	"net/url"

	"crateful.dev/experience/api"
)

// filled leaves out what is empty.
func filled(pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

// AdminAccounts finds accounts by a part of their e-mail address, handle or name.
func (a *Asking) AdminAccounts(ctx context.Context, words, next string) (api.AdminAccounts, error) {
	return get[api.AdminAccounts](ctx, a, "/admin/accounts", filled("q", words, "cursor", next))
}

// AdminAccount is all that admins see of one account.
func (a *Asking) AdminAccount(ctx context.Context, id string) (api.AdminAccountDetail, error) {
	return get[api.AdminAccountDetail](ctx, a, "/admin/accounts/"+seg(id), nil)
}

// DisableAccount locks an account out and takes its packs off sale.
func (a *Asking) DisableAccount(ctx context.Context, id string, in api.DisableAccount) error {
	return do(ctx, a, http.MethodPost, "/admin/accounts/"+seg(id)+"/disable", in)
}

// EnableAccount lets it in again.
func (a *Asking) EnableAccount(ctx context.Context, id string, in api.EnableAccount) error {
	return do(ctx, a, http.MethodPost, "/admin/accounts/"+seg(id)+"/enable", in)
}

// AdminPackQuery narrows AdminPacks. Empty fields ask for all.
type AdminPackQuery struct {
	Words    string // part of title, slug or the producer's handle; or an id
	State    string
	Producer string // id or handle
	Next     string
}

// AdminPacks finds packs in any state.
func (a *Asking) AdminPacks(ctx context.Context, q AdminPackQuery) (api.AdminPacks, error) {
	return get[api.AdminPacks](ctx, a, "/admin/packs", filled("q", q.Words, "state", q.State, "producer", q.Producer, "cursor", q.Next))
}

// TakeDown takes a pack off sale for a reason that its producer is told.
func (a *Asking) TakeDown(ctx context.Context, pack string, in api.TakeDown) error {
	return do(ctx, a, http.MethodPost, "/admin/packs/"+seg(pack)+"/take-down", in)
}

// Reinstate undoes TakeDown: the pack's producer can publish it again.
func (a *Asking) Reinstate(ctx context.Context, pack string, in api.Reinstate) error {
	return do(ctx, a, http.MethodPost, "/admin/packs/"+seg(pack)+"/reinstate", in)
}

// AdminTrace is where a pack's newest revision is on its way to buyers.
func (a *Asking) AdminTrace(ctx context.Context, pack string) (api.Trace, error) {
	return get[api.Trace](ctx, a, "/admin/packs/"+seg(pack)+"/trace", nil)
}

// Appeal answers a take-down of one's own pack.
func (a *Asking) Appeal(ctx context.Context, pack string, in api.NewAppeal) (api.Appeal, error) {
	return call[api.Appeal](ctx, a, http.MethodPost, "/studio/packs/"+seg(pack)+"/appeal", in)
}

// AdminAppeals lists appeals; state is open when empty, or all.
func (a *Asking) AdminAppeals(ctx context.Context, state, next string) (api.AdminAppeals, error) {
	return get[api.AdminAppeals](ctx, a, "/admin/appeals", filled("state", state, "cursor", next))
}

// ResolveAppeal grants or refuses one.
func (a *Asking) ResolveAppeal(ctx context.Context, id string, in api.ResolveAppeal) (api.AdminAppeal, error) {
	return call[api.AdminAppeal](ctx, a, http.MethodPost, "/admin/appeals/"+seg(id)+"/resolve", in)
}

// Report tells admins that something is wrong with a pack or a sound.
func (a *Asking) Report(ctx context.Context, in api.NewReport) (api.Reported, error) {
	return call[api.Reported](ctx, a, http.MethodPost, "/reports", in)
}

// AdminReports lists what was reported; state is open when empty, or all.
func (a *Asking) AdminReports(ctx context.Context, state, next string) (api.AdminReports, error) {
	return get[api.AdminReports](ctx, a, "/admin/reports", filled("state", state, "cursor", next))
}

// ResolveReport dismisses what was reported, or takes it down.
func (a *Asking) ResolveReport(ctx context.Context, id string, in api.ResolveReport) (api.AdminReport, error) {
	return call[api.AdminReport](ctx, a, http.MethodPost, "/admin/reports/"+seg(id)+"/resolve", in)
}

// AuditQuery narrows Audit. Empty fields ask for all.
type AuditQuery struct {
	Actor   string // account id or e-mail address
	Subject string // id of what was acted on, or kind:id
	Action  string // an action or its first words: pack finds pack.take_down
	Next    string
}

// Audit is what admins and operators did, newest first.
func (a *Asking) Audit(ctx context.Context, q AuditQuery) (api.AuditLog, error) {
	return get[api.AuditLog](ctx, a, "/admin/audit", filled("actor", q.Actor, "subject", q.Subject, "action", q.Action, "cursor", q.Next))
}
