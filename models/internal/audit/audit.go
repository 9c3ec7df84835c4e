// Package audit is the log of what admins and operators did. A row is written in the transaction of the act it tells of, so
// there is no act without its row and no row without its act; the database refuses to change or delete one.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tx"
)

// Subject is what was acted on. Name is what people call it, kept as it was.
type Subject struct {
	Kind string // account | pack | order | report | appeal | job | dead_letter | index …
	ID   string
	Name string
}

// Entry is one act. Who did it and in which request is read from the context.
type Entry struct {
	Action  string // subject.verb: pack.take_down, job.retry …
	Subject Subject
	Reason  string // as the admin wrote it
	Data    any    // more that matters, as a JSON object; nil: nothing
}

// Row is an entry as it is stored.
type Row struct {
	ID        string
	At        time.Time
	ActorID   string // empty: nobody signed in, see Via
	Via       string // the service that handed the request over, or "command"
	RequestID string
	Action    string
	Subject   Subject
	Reason    string
	Data      json.RawMessage // always an object
}

// Query asks for rows, newest first. Empty fields ask for all.
type Query struct {
	Actor   string // account id, or e-mail as it was then
	Subject string // a subject's id, or "kind:id"
	Action  string // an action, or its first words: "pack" finds pack.take_down
	Before  string // id of the row to go on after
	Limit   int
}

// Store keeps rows. Add works only inside a transaction.
type Store interface {
	Add(ctx context.Context, r Row) error
	List(ctx context.Context, q Query) ([]api.AuditEntry, error)
}

// Log writes and reads the log.
type Log struct {
	store Store
	now   func() time.Time
}

// New returns a Log over store.
func New(store Store) *Log {
	return &Log{store: store, now: func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }}
}

// Command is what Via says of acts by the operator's command, which nobody signs in for.
const Command = "command"

// Record writes an act of the caller in ctx. Call it in the transaction of the act.
func (l *Log) Record(ctx context.Context, e Entry) error {
	data := json.RawMessage("{}")
	if e.Data != nil {
		var err error
		if data, err = json.Marshal(e.Data); err != nil {
			return fmt.Errorf("record %s: %w", e.Action, err)
		}
	}
	who := auth.From(ctx)
	via := who.Service
	if via == "" {
		via = Command
	}
	return l.store.Add(ctx, Row{
		ID: tx.NewID(), At: l.now(), ActorID: who.AccountID, Via: via, RequestID: httpx.RequestID(ctx),
		Action: e.Action, Subject: e.Subject, Reason: e.Reason, Data: data,
	})
}

// List reads the log for admins, newest first.
func (l *Log) List(ctx context.Context, q api.AuditQuery) (api.AuditEntries, error) {
	if err := tx.CheckCursor(q.Cursor); err != nil {
		return api.AuditEntries{}, err
	}
	found, err := l.store.List(ctx, Query{
		Actor: strings.TrimSpace(q.Actor), Subject: strings.TrimSpace(q.Subject), Action: strings.TrimSpace(q.Action), Before: q.Cursor, Limit: q.Limit + 1,
	})
	if err != nil {
		return api.AuditEntries{}, err
	}
	out := api.AuditEntries{Entries: found}
	if len(found) > q.Limit {
		out.Entries = found[:q.Limit]
		out.Next = out.Entries[q.Limit-1].ID
	}
	return out, nil
}
