package pages

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/internal/view"
)

func (p *Pages) adminQueues() {
	p.get("/admin/queues", p.adminShow(adminQueuePage))
	p.get("/admin/dead", p.adminShow(adminDeadPage))
	p.post("/admin/dead/redrive", p.adminAct(adminDeadPage, redrive))
	p.post("/admin/dead/dismiss", p.adminAct(adminDeadPage, dismissDead))
	p.get("/admin/jobs", p.adminShow(adminJobPage))
	p.post("/admin/jobs/:id/retry", p.adminAct(adminJobPage, retryJob))
	p.post("/admin/jobs/:id/cancel", p.adminAct(adminJobPage, cancelJob))
}

// adminQueuePage is what is on its way: from the database to Kafka, and from Kafka to its readers.
func adminQueuePage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	outbox, err := a.Outbox(ctx)
	if err != nil {
		return nil, "", err
	}
	l := a.l
	v := &view.Admin{Heading: l.T("admin.part_queues"), Lead: l.T("admin.checked", "Time", a.p.Now().UTC().Format("15:04:05")), Every: 5}
	lag, err := a.Lag(ctx)
	switch {
	case errs.CodeOf(err) == errs.CodeUnavailable || errs.CodeOf(err) == errs.CodeTimeout:
		v.Notes = append(v.Notes, view.AdminNote{Kind: "danger", Text: l.T("admin.no_kafka")})
	case err != nil:
		return nil, "", err
	default:
		v.Sections = append(v.Sections, lagSection(l, lag))
	}
	v.Sections = append(v.Sections, outboxSection(a, outbox))
	return v, "queues", nil
}

func lagSection(l *messages.Locale, lag api.Lag) view.AdminSection {
	s := view.AdminSection{ID: "lag", Heading: l.T("admin.lag"), Text: l.T("admin.lag_text"), Table: &view.AdminTable{Caption: l.T("admin.lag"), Heads: heads(l, "group", "state", "#members", "#lag", "#overdue")}}
	for _, g := range lag.Groups {
		state := view.AdminCell{Kind: "ok", Text: g.State}
		if g.Overdue > 0 {
			state.Kind = "warn"
		} else if g.Members == 0 {
			state.Kind = "plain"
		}
		row := view.AdminRow{
			Cells: []view.AdminCell{text(g.Group), state, text(l.Number(int64(g.Members))), {Text: l.Number(g.Lag), Big: true}, text(l.Number(g.Overdue))},
			Name:  l.N("admin.partitions", int64(len(g.Partitions))),
		}
		var lines []string
		for _, p := range g.Partitions {
			lines = append(lines, l.T("admin.partition", "Topic", p.Topic, "Partition", p.Partition, "Committed", p.Committed, "End", p.End, "Lag", l.Number(p.Lag), "Host", orDefault(p.Host, "–")))
		}
		row.More = strings.Join(lines, "\n")
		s.Table.Row(row)
	}
	if len(lag.Groups) == 0 {
		s.Empty = l.T("admin.no_groups")
	}
	return s
}

func outboxSection(a *asked, o api.Outbox) view.AdminSection {
	l := a.l
	s := view.AdminSection{ID: "outbox", Heading: l.T("admin.outbox"), Table: &view.AdminTable{Caption: l.T("admin.outbox"), Heads: heads(l, "event", "topic", "key", "#waiting", "state", "#oldest")}}
	if o.LastSentAt != nil {
		s.Aside = l.T("admin.last_sent", "At", l.Ago(*o.LastSentAt, a.p.Now()))
	}
	for _, lane := range o.Lanes {
		state := view.AdminCell{Kind: "plain", Text: l.T("admin.lane_waiting")}
		if lane.Refusals > 0 {
			state = view.AdminCell{Kind: "danger", Text: l.N("admin.lane_refused", int64(lane.Refusals)), Sub: lane.Refusal}
		}
		s.Table.Row(view.AdminRow{Cells: []view.AdminCell{
			{Text: lane.Type, Sub: l.T("admin.event_facts", "Revision", l.Number(lane.Revision), "Size", l.Size(lane.Bytes))},
			text(lane.Topic), ident(lane.Key),
			{Text: l.Number(lane.Waiting), Big: true},
			state, at(&lane.OldestAt),
		}})
	}
	if o.Waiting == 0 {
		s.Empty = l.T("admin.outbox_empty")
	} else {
		s.Text = l.N("admin.outbox_waiting", o.Waiting)
	}
	return s
}

// adminDeadPage shows the letters of the topic that was asked for, else of the first with open ones.
func adminDeadPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	topic := orDefault(a.c.Query("topic"), a.c.PostForm("topic"))
	found, err := a.DeadLetters(ctx, topic, a.c.Query("all") != "", a.c.Query("cursor"))
	if err == nil && topic == "" {
		for _, t := range found.Topics {
			if t.Open > 0 {
				topic = t.Topic
				found, err = a.DeadLetters(ctx, topic, a.c.Query("all") != "", "")
				break
			}
		}
	}
	if err != nil {
		return nil, "", err
	}
	l := a.l
	v := &view.Admin{Heading: l.T("admin.part_dead"), Lead: l.T("admin.dead_lead")}
	for _, t := range found.Topics {
		v.Filters = append(v.Filters, view.Tab{Text: t.Topic, Count: l.Number(t.Open), URL: "/admin/dead?topic=" + url.QueryEscape(t.Topic), Current: t.Topic == topic})
	}
	s := view.AdminSection{ID: "dead", Table: &view.AdminTable{Caption: l.T("admin.part_dead"), Heads: heads(l, "message", "why_dead", "from", "key", "state", "#when")}, More: a.goesOn(found.Page.Next)}
	open := int64(0)
	for _, m := range found.Messages {
		s.Table.Row(deadRow(a, m))
	}
	for _, t := range found.Topics {
		if t.Topic == topic {
			open = t.Open
		}
	}
	if topic != "" {
		all := view.Tab{Text: l.T("admin.dead_all"), URL: "/admin/dead?all=yes&topic=" + url.QueryEscape(topic), Current: a.c.Query("all") != ""}
		if all.Current {
			all.URL = "/admin/dead?topic=" + url.QueryEscape(topic)
		}
		v.Filters = append(v.Filters, all)
	}
	if open > 1 {
		hidden := []view.Field{{Name: "topic", Value: topic}, {Name: "all", Value: "yes"}}
		s.Acts = []view.AdminAct{
			{Action: "/admin/dead/redrive", Button: l.N("admin.redrive_all", open), Hidden: hidden, Busy: l.T("admin.busy"), Confirm: l.N("admin.redrive_sure", open, "Topic", topic)},
			{
				Action: "/admin/dead/dismiss", Button: l.N("admin.dismiss_all", open), Hidden: hidden, Danger: true, Busy: l.T("admin.busy"), Lead: l.T("admin.dismiss_dead_text"),
				Fields: []view.Input{reasonField(l, ""), nameField(l, topic)},
			},
		}
	}
	if len(found.Messages) == 0 {
		s.Empty = l.T("admin.no_dead")
	}
	v.Sections = []view.AdminSection{s}
	return v, "dead", nil
}

func deadRow(a *asked, m api.DeadLetter) view.AdminRow {
	l := a.l
	state := view.AdminCell{Kind: "warn", Text: l.T("admin.dead_open")}
	if m.Outcome != "" {
		state = view.AdminCell{Kind: "plain", Text: l.Or("admin.dead_"+m.Outcome, m.Outcome)}
		if m.DealtAt != nil {
			state.Sub = l.Ago(*m.DealtAt, a.p.Now())
		}
	}
	row := view.AdminRow{
		Cells: []view.AdminCell{
			{Text: orDefault(m.Type, l.T("admin.unreadable")), Sub: "№ " + strconv.FormatInt(m.Offset, 10)},
			muted(m.Reason),
			{Text: m.OriginTopic + " " + strconv.Itoa(m.OriginPartition) + ":" + strconv.FormatInt(m.OriginOffset, 10), Sub: m.Group},
			ident(m.Key), state, at(&m.Time),
		},
		Name: l.T("admin.value", "Size", l.Size(int64(m.Bytes))), More: m.Value,
	}
	if m.Truncated {
		row.More += "\n…"
	}
	if m.Outcome == "" {
		number := strconv.FormatInt(m.Offset, 10)
		hidden := []view.Field{{Name: "topic", Value: m.Topic}, {Name: "offset", Value: number}}
		row.Acts = []view.AdminAct{
			{Action: "/admin/dead/redrive", Button: l.T("admin.redrive"), Label: number, Hidden: hidden, Busy: l.T("admin.busy")},
			{
				Action: "/admin/dead/dismiss", Button: l.T("admin.dismiss"), Label: number, Hidden: hidden, Busy: l.T("admin.busy"), Lead: l.T("admin.dismiss_dead_text"),
				Fields: []view.Input{reasonField(l, "")},
			},
		}
	}
	return row
}

func (a *asked) deadSelection() (api.DeadSelection, error) {
	in := api.DeadSelection{Topic: a.c.PostForm("topic"), All: a.c.PostForm("all") != "", Reason: a.c.PostForm("reason")}
	for _, number := range a.c.PostFormArray("offset") {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return in, errs.NotFound("message")
		}
		in.Offsets = append(in.Offsets, n)
	}
	return in, nil
}

func (a *asked) deadDone(d api.DeadDealt) adminDone {
	l := a.l
	var said []string
	for _, part := range []struct {
		id string
		n  int
	}{{"redriven", d.Redriven}, {"dismissed", d.Dismissed}, {"superseded", d.Superseded}, {"before", d.Before}, {"left", len(d.Refused)}} {
		if part.n > 0 {
			said = append(said, l.N("admin.dead_did_"+part.id, int64(part.n)))
		}
	}
	if d.More {
		said = append(said, l.T("admin.dead_more"))
	}
	return adminDone{text: orDefault(strings.Join(said, " "), l.T("admin.dead_nothing")), to: "/admin/dead?topic=" + url.QueryEscape(a.c.PostForm("topic"))}
}

func redrive(ctx context.Context, a *asked) (adminDone, error) {
	in, err := a.deadSelection()
	if err != nil {
		return adminDone{}, err
	}
	d, err := a.Redrive(ctx, in)
	return a.deadDone(d), err
}

func dismissDead(ctx context.Context, a *asked) (adminDone, error) {
	in, err := a.deadSelection()
	if err == nil && in.All {
		err = a.named(in.Topic)
	}
	if err != nil {
		return adminDone{}, err
	}
	d, err := a.DismissDead(ctx, in)
	return a.deadDone(d), err
}

var jobLooks = map[string]string{"completed": "ok", "discarded": "danger", "retryable": "warn", "cancelled": "plain"}

func adminJobPage(ctx context.Context, a *asked) (*view.Admin, string, error) {
	q := client.AdminJobQuery{State: a.c.Query("state"), Kind: a.c.Query("job"), Next: a.c.Query("cursor")}
	if q.State == "failed" {
		q.State, q.Failed = "", true
	}
	found, err := a.AdminJobs(ctx, q)
	if err != nil {
		return nil, "", err
	}
	l := a.l
	v := &view.Admin{Heading: l.T("admin.part_jobs"), Filters: a.filters("state", "admin.job_", "", "failed", "running", "available", "scheduled", "retryable", "discarded", "cancelled", "completed")}
	for i, state := range []string{"", "failed", "running", "available", "scheduled", "retryable", "discarded", "cancelled", "completed"} {
		if n := found.Counts[state]; n > 0 {
			v.Filters[i].Count = l.Number(n)
		}
	}
	table := &view.AdminTable{Caption: l.T("admin.part_jobs"), Heads: heads(l, "job", "state", "tries", "#id", "#when")}
	for _, j := range found.Jobs {
		number := strconv.FormatInt(j.ID, 10)
		row := view.AdminRow{
			Cells: []view.AdminCell{
				text(l.Or("admin.job."+j.Kind, j.Kind)),
				{Kind: orDefault(jobLooks[j.State], "plain"), Text: l.Or("admin.job_"+j.State, j.State)},
				text(l.T("admin.tries", "Try", j.Attempt, "Most", j.MaxAttempts)), ident(number), at(jobTime(j)),
			},
			Name: l.T("admin.last_error"), More: j.Error,
		}
		path := "/admin/jobs/" + number
		next := []view.Field{{Name: "next", Value: a.c.Request.URL.RequestURI()}}
		switch j.State {
		case "discarded", "retryable", "cancelled", "scheduled":
			row.Acts = append(row.Acts, view.AdminAct{Action: path + "/retry", Button: l.T("admin.retry"), Label: number, Hidden: next, Busy: l.T("admin.busy")})
		}
		switch j.State {
		case "available", "retryable", "scheduled", "pending", "running":
			row.Acts = append(row.Acts, view.AdminAct{Action: path + "/cancel", Button: l.T("admin.cancel_job"), Label: number, Hidden: next, Danger: true, Busy: l.T("admin.busy"), Confirm: l.T("admin.cancel_job_sure", "Kind", j.Kind)})
		}
		table.Row(row)
	}
	v.Sections = []view.AdminSection{a.listed("jobs", table, found.Page, "admin.no_jobs")}
	return v, "jobs", nil
}

// jobTime is when something last happened to a job, or will.
func jobTime(j api.AdminJob) *time.Time {
	switch {
	case j.FinalizedAt != nil:
		return j.FinalizedAt
	case j.AttemptedAt != nil:
		return j.AttemptedAt
	}
	return &j.CreatedAt
}

func retryJob(ctx context.Context, a *asked) (adminDone, error) {
	id, err := strconv.ParseInt(a.c.Param("id"), 10, 64)
	if err != nil {
		return adminDone{}, errs.NotFound("job")
	}
	_, err = a.RetryJob(ctx, id, api.ActReason{})
	return adminDone{text: a.l.T("admin.did_retry")}, err
}

func cancelJob(ctx context.Context, a *asked) (adminDone, error) {
	id, err := strconv.ParseInt(a.c.Param("id"), 10, 64)
	if err != nil {
		return adminDone{}, errs.NotFound("job")
	}
	_, err = a.CancelJob(ctx, id, api.ActReason{Reason: a.c.PostForm("reason")})
	return adminDone{
		text: a.l.T("admin.did_cancel_job"),
		undo: &session.Undo{Action: "/admin/jobs/" + a.c.Param("id") + "/retry", Label: a.l.T("undo")},
	}, err
}
