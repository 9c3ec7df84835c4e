package postgres

import (
	"context"
	"fmt"
	"strings"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/tx"
)

// AuditStore keeps the log of what admins did.
type AuditStore struct{ db *DB }

// NewAuditStore returns an audit.Store over db.
func NewAuditStore(db *DB) *AuditStore { return &AuditStore{db} }

var _ audit.Store = (*AuditStore)(nil)

// Add implements audit.Store.
func (s *AuditStore) Add(ctx context.Context, r audit.Row) error {
	t, ok := s.db.Tx(ctx)
	if !ok {
		return fmt.Errorf("record %s: there is no transaction", r.Action)
	}
	_, err := t.Exec(ctx, `INSERT INTO audit_log (id, at, actor_id, actor_email, via, request_id, action, subject_kind, subject_id, subject_name, reason, data)
		VALUES ($1, $2, $3::uuid, coalesce((SELECT email FROM accounts WHERE id = $3::uuid), ''), $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.ID, r.At, null(r.ActorID), r.Via, r.RequestID, r.Action, r.Subject.Kind, r.Subject.ID, r.Subject.Name, r.Reason, []byte(r.Data))
	if err != nil {
		return translate(fmt.Errorf("record %s: %w", r.Action, err), "")
	}
	return nil
}

// List implements audit.Store.
func (s *AuditStore) List(ctx context.Context, q audit.Query) ([]api.AuditEntry, error) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	switch {
	case q.Actor == "":
	case tx.ValidID(q.Actor):
		add("actor_id = ?", q.Actor)
	default:
		add("lower(actor_email) = lower(?)", q.Actor)
	}
	if kind, id, ok := strings.Cut(q.Subject, ":"); ok {
		add("subject_kind = ? AND subject_id = ?", kind, id)
	} else if q.Subject != "" {
		add("subject_id = ?", q.Subject)
	}
	if q.Action != "" {
		add("(action = ? OR action LIKE ?)", q.Action, likeText(q.Action)+".%")
	}
	if q.Before != "" {
		add("id < ?", q.Before)
	}
	sql := `SELECT id, at, coalesce(actor_id::text, ''), actor_email, via, request_id, action, subject_kind, subject_id, subject_name, reason, data FROM audit_log`
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	args = append(args, q.Limit)
	rows, err := s.db.pgx(ctx).Query(ctx, sql+fmt.Sprintf(" ORDER BY id DESC LIMIT $%d", len(args)), args...)
	if err != nil {
		return nil, translate(err, "audit log")
	}
	defer rows.Close()
	out := []api.AuditEntry{}
	for rows.Next() {
		var e api.AuditEntry
		var data []byte
		if err := rows.Scan(&e.ID, &e.At, &e.ActorID, &e.ActorEmail, &e.Via, &e.RequestID, &e.Action, &e.SubjectKind, &e.SubjectID,
			&e.SubjectName, &e.Reason, &data); err != nil {
			return nil, translate(err, "audit log")
		}
		e.At, e.Data = e.At.UTC(), data
		out = append(out, e)
	}
	return out, translate(rows.Err(), "audit log")
}

// likeText makes text mean itself in a LIKE pattern.
func likeText(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}
