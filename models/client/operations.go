package client

import (
	"context"
	"net/http"
	"strconv"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// OperatorNeeds is what an operator should look at. Admins only, as all below.
func (c *Client) OperatorNeeds(ctx context.Context) (api.OperatorNeeds, error) {
	return call[api.OperatorNeeds](ctx, c, http.MethodGet, "/v1/admin/needs", nil)
}

// Outbox is what waits on its way to Kafka.
func (c *Client) Outbox(ctx context.Context) (api.Outbox, error) {
	return call[api.Outbox](ctx, c, http.MethodGet, "/v1/admin/outbox", nil)
}

// Lag is how far the consumers are.
func (c *Client) Lag(ctx context.Context) (api.Lag, error) {
	return call[api.Lag](ctx, c, http.MethodGet, "/v1/admin/lag", nil)
}

// DeadLetters reads a dead topic.
func (c *Client) DeadLetters(ctx context.Context, in api.DeadQuery) (api.DeadLetters, error) {
	q := pageQuery(in.Cursor, in.Limit)
	set(q, "topic", in.Topic)
	if in.All {
		q.Set("all", "1")
	}
	return call[api.DeadLetters](ctx, c, http.MethodGet, "/v1/admin/dead", nil, httpx.WithQuery(q))
}

// Redrive sends dead letters to their topic again, each once.
func (c *Client) Redrive(ctx context.Context, in api.DeadSelection) (api.DeadDealt, error) {
	return post[api.DeadDealt](ctx, c, "/v1/admin/dead/redrive", in)
}

// DismissDead gives dead letters up.
func (c *Client) DismissDead(ctx context.Context, in api.DeadSelection) (api.DeadDealt, error) {
	return post[api.DeadDealt](ctx, c, "/v1/admin/dead/dismiss", in)
}

// Jobs reads a page of the queue, newest first.
func (c *Client) Jobs(ctx context.Context, in api.JobQuery) (api.Jobs, error) {
	q := pageQuery(in.Cursor, in.Limit)
	set(q, "state", in.State)
	set(q, "kind", in.Kind)
	if in.Failed {
		q.Set("failed", "1")
	}
	return call[api.Jobs](ctx, c, http.MethodGet, "/v1/admin/jobs", nil, httpx.WithQuery(q))
}

// RetryJob has a job run again now.
func (c *Client) RetryJob(ctx context.Context, id int64, in api.JobAct) (api.Job, error) {
	return post[api.Job](ctx, c, "/v1/admin/jobs/"+strconv.FormatInt(id, 10)+"/retry", in)
}

// CancelJob gives a job up.
func (c *Client) CancelJob(ctx context.Context, id int64, in api.JobAct) (api.Job, error) {
	return post[api.Job](ctx, c, "/v1/admin/jobs/"+strconv.FormatInt(id, 10)+"/cancel", in)
}

// Reprocess has audio measured again.
func (c *Client) Reprocess(ctx context.Context, in api.Reprocess) (api.Reprocessed, error) {
	return post[api.Reprocessed](ctx, c, "/v1/admin/reprocess", in)
}

// Reprocessing is how far measuring again is.
func (c *Client) Reprocessing(ctx context.Context) (api.Reprocessing, error) {
	return call[api.Reprocessing](ctx, c, http.MethodGet, "/v1/admin/reprocess", nil)
}

// DismissFile ends the waiting of a file on which the analyzer crashed, or takes that back.
func (c *Client) DismissFile(ctx context.Context, id string, in api.Dismissal) error {
	return c.do(ctx, http.MethodPost, "/v1/admin/uploads/"+segment(id)+"/dismiss", in, nil)
}

// StoredObjects is what storage lacks, and the sweeps.
func (c *Client) StoredObjects(ctx context.Context, cursor string, limit int) (api.StoredObjects, error) {
	return call[api.StoredObjects](ctx, c, http.MethodGet, "/v1/admin/objects", nil, httpx.WithQuery(pageQuery(cursor, limit)))
}

// SweepObjects asks for a sweep now.
func (c *Client) SweepObjects(ctx context.Context) (api.Sweep, error) {
	return post[api.Sweep](ctx, c, "/v1/admin/objects/sweep", nil)
}

// AdminOrders reads a page of everybody's orders, newest first.
func (c *Client) AdminOrders(ctx context.Context, in api.AdminOrderQuery) (api.AdminOrders, error) {
	q := pageQuery(in.Cursor, in.Limit)
	set(q, "q", in.Text)
	set(q, "state", string(in.State))
	if in.Attention {
		q.Set("attention", "1")
	}
	return call[api.AdminOrders](ctx, c, http.MethodGet, "/v1/admin/orders", nil, httpx.WithQuery(q))
}

// AdminOrder is anybody's order.
func (c *Client) AdminOrder(ctx context.Context, id string) (api.AdminOrder, error) {
	return call[api.AdminOrder](ctx, c, http.MethodGet, adminOrderPath(id), nil)
}

// CheckOrder asks the payment provider about an order now.
func (c *Client) CheckOrder(ctx context.Context, id string, in api.OrderAct) (api.OrderChecked, error) {
	return post[api.OrderChecked](ctx, c, adminOrderPath(id)+"/check", in)
}

// AttendOrder says that what was wrong with an order was settled by hand.
func (c *Client) AttendOrder(ctx context.Context, id string, in api.OrderAct) (api.AdminOrder, error) {
	return post[api.AdminOrder](ctx, c, adminOrderPath(id)+"/attended", in)
}

// BeginSweep takes up a sweep that somebody asked for, or tells of one that is due. Service analyzer only, as all below.
func (c *Client) BeginSweep(ctx context.Context, due bool) (api.SweepBegun, error) {
	return post[api.SweepBegun](ctx, c, "/v1/objects/sweeps", api.SweepBegin{Due: due})
}

// EndSweep tells what a sweep found.
func (c *Client) EndSweep(ctx context.Context, id string, in api.SweepEnd) error {
	return c.do(ctx, http.MethodPost, "/v1/objects/sweeps/"+segment(id)+"/end", in, nil)
}

// BeginMeasurement counts a try at measuring a sound again.
func (c *Client) BeginMeasurement(ctx context.Context, uploadID string, attempt int) (api.MeasureBegun, error) {
	return post[api.MeasureBegun](ctx, c, "/v1/uploads/"+segment(uploadID)+"/measurement/begin", api.MeasureBegin{Attempt: attempt})
}

// ReportMeasurement tells what was found.
func (c *Client) ReportMeasurement(ctx context.Context, uploadID string, in api.MeasureReport) (api.MeasureTaken, error) {
	return post[api.MeasureTaken](ctx, c, "/v1/uploads/"+segment(uploadID)+"/measurement", in)
}
