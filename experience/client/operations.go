package client

import (
	"context"
	"net/http"
	"strconv"

	"crateful.dev/experience/api"
)

// AdminNeeds is what waits for an operator.
func (a *Asking) AdminNeeds(ctx context.Context) (api.AdminNeeds, error) {
	return get[api.AdminNeeds](ctx, a, "/admin/needs", nil)
}

// AdminOrderQuery narrows AdminOrders. Empty fields ask for all.
type AdminOrderQuery struct {
	Words     string // number, e-mail address, id, or the payment provider's id
	State     string
	Attention bool // stuck ones alone
	Next      string
}

// AdminOrders lists everybody's orders.
func (a *Asking) AdminOrders(ctx context.Context, q AdminOrderQuery) (api.AdminOrders, error) {
	return get[api.AdminOrders](ctx, a, "/admin/orders", filled("q", q.Words, "state", q.State, "attention", flag(q.Attention), "cursor", q.Next))
}

func flag(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// AdminOrder is anybody's order.
func (a *Asking) AdminOrder(ctx context.Context, id string) (api.AdminOrder, error) {
	return get[api.AdminOrder](ctx, a, "/admin/orders/"+seg(id), nil)
}

// CheckOrder asks the payment provider about an order now.
func (a *Asking) CheckOrder(ctx context.Context, id string, in api.ActReason) (api.OrderChecked, error) {
	return call[api.OrderChecked](ctx, a, http.MethodPost, "/admin/orders/"+seg(id)+"/check", in)
}

// AttendOrder says that what was wrong with an order was settled by hand.
func (a *Asking) AttendOrder(ctx context.Context, id string, in api.ActReason) (api.AdminOrder, error) {
	return call[api.AdminOrder](ctx, a, http.MethodPost, "/admin/orders/"+seg(id)+"/attended", in)
}

// Outbox is what waits on its way to Kafka.
func (a *Asking) Outbox(ctx context.Context) (api.Outbox, error) {
	return get[api.Outbox](ctx, a, "/admin/outbox", nil)
}

// Recommendations is how good recommendations were in the last weeks.
func (a *Asking) Recommendations(ctx context.Context) (api.AdminRecommendations, error) {
	return get[api.AdminRecommendations](ctx, a, "/admin/recommendations", nil)
}

// Lag is how far the consumers are.
func (a *Asking) Lag(ctx context.Context) (api.Lag, error) {
	return get[api.Lag](ctx, a, "/admin/lag", nil)
}

// DeadLetters reads a dead topic; all shows also what was dealt with. Without a topic it counts.
func (a *Asking) DeadLetters(ctx context.Context, topic string, all bool, next string) (api.DeadLetters, error) {
	return get[api.DeadLetters](ctx, a, "/admin/dead", filled("topic", topic, "all", flag(all), "cursor", next))
}

// Redrive sends dead letters to their topic again, each once.
func (a *Asking) Redrive(ctx context.Context, in api.DeadSelection) (api.DeadDealt, error) {
	return call[api.DeadDealt](ctx, a, http.MethodPost, "/admin/dead/redrive", in)
}

// DismissDead gives dead letters up.
func (a *Asking) DismissDead(ctx context.Context, in api.DeadSelection) (api.DeadDealt, error) {
	return call[api.DeadDealt](ctx, a, http.MethodPost, "/admin/dead/dismiss", in)
}

// AdminJobQuery narrows AdminJobs. Empty fields ask for all.
type AdminJobQuery struct {
	State  string
	Kind   string
	Failed bool // those that wait for an operator
	Next   string
}

// AdminJobs reads the queue, newest first.
func (a *Asking) AdminJobs(ctx context.Context, q AdminJobQuery) (api.AdminJobs, error) {
	return get[api.AdminJobs](ctx, a, "/admin/jobs", filled("state", q.State, "job", q.Kind, "failed", flag(q.Failed), "cursor", q.Next))
}

// RetryJob has a job run again now.
func (a *Asking) RetryJob(ctx context.Context, id int64, in api.ActReason) (api.AdminJob, error) {
	return call[api.AdminJob](ctx, a, http.MethodPost, "/admin/jobs/"+strconv.FormatInt(id, 10)+"/retry", in)
}

// CancelJob gives a job up.
func (a *Asking) CancelJob(ctx context.Context, id int64, in api.ActReason) (api.AdminJob, error) {
	return call[api.AdminJob](ctx, a, http.MethodPost, "/admin/jobs/"+strconv.FormatInt(id, 10)+"/cancel", in)
}

// Reprocess has audio measured again.
func (a *Asking) Reprocess(ctx context.Context, in api.Reprocess) (api.Reprocessed, error) {
	return call[api.Reprocessed](ctx, a, http.MethodPost, "/admin/reprocess", in)
}

// Reprocessing is how far measuring again is.
func (a *Asking) Reprocessing(ctx context.Context) (api.Reprocessing, error) {
	return get[api.Reprocessing](ctx, a, "/admin/reprocess", nil)
}

// DismissFile ends the waiting of a file on which the analyzer crashed, or takes that back.
func (a *Asking) DismissFile(ctx context.Context, id string, in api.Dismissal) error {
	return do(ctx, a, http.MethodPost, "/admin/files/"+seg(id)+"/dismiss", in)
}

// StoredObjects is what storage lacks, and the sweeps.
func (a *Asking) StoredObjects(ctx context.Context, next string) (api.StoredObjects, error) {
	return get[api.StoredObjects](ctx, a, "/admin/objects", cursor(next))
}

// SweepObjects asks for a sweep now.
func (a *Asking) SweepObjects(ctx context.Context) (api.Sweep, error) {
	return call[api.Sweep](ctx, a, http.MethodPost, "/admin/objects/sweep", nil)
}

// Republish sends the state of packs again at a new revision.
func (a *Asking) Republish(ctx context.Context, in api.Republish) (api.Republishing, error) {
	return call[api.Republishing](ctx, a, http.MethodPost, "/admin/republish", in)
}

// Reindex is the state of the search index.
func (a *Asking) Reindex(ctx context.Context) (api.Reindex, error) {
	return get[api.Reindex](ctx, a, "/admin/reindex", nil)
}

// StartReindex begins to rebuild the search index by replay.
func (a *Asking) StartReindex(ctx context.Context, in api.ActReason) (api.Reindex, error) {
	return call[api.Reindex](ctx, a, http.MethodPost, "/admin/reindex", in)
}

// VerifyIndex begins to compare the search index with the database, and to repair it.
func (a *Asking) VerifyIndex(ctx context.Context, in api.ActReason) (api.Reindex, error) {
	return call[api.Reindex](ctx, a, http.MethodPost, "/admin/reindex/verify", in)
}

// CancelReindex ends the running rebuild and drops what it filled.
func (a *Asking) CancelReindex(ctx context.Context) (api.Reindex, error) {
	return call[api.Reindex](ctx, a, http.MethodDelete, "/admin/reindex", nil)
}

// RollbackReindex makes the generation before answer searches again.
func (a *Asking) RollbackReindex(ctx context.Context, in api.ActReason) (api.Reindex, error) {
	return call[api.Reindex](ctx, a, http.MethodPost, "/admin/reindex/rollback", in)
}
