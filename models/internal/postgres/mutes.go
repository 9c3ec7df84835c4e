package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// muteColumns are where the thing of a mute stands.
var muteColumns = map[string]string{
	api.MutePack: "pack_id", api.MuteBecause: "pack_id", api.MuteSound: "sound_id", api.MuteProducer: "producer_id", api.MuteReason: "reason",
}

// Mute implements account.Store.
func (s *AccountStore) Mute(ctx context.Context, accountID, kind, thing string, at time.Time) (bool, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO mutes (account_id, kind, `+muteColumns[kind]+`, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, kind, thing) DO NOTHING`, accountID, kind, thing, at)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23503" {
		return false, errs.NotFound(kind)
	}
	return tag.RowsAffected() > 0, translate(err, "mute")
}

// Unmute implements account.Store.
func (s *AccountStore) Unmute(ctx context.Context, accountID, kind, thing string) (bool, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, `DELETE FROM mutes WHERE account_id = $1 AND kind = $2 AND thing = $3`, accountID, kind, thing)
	return tag.RowsAffected() > 0, translate(err, "unmute")
}

// Mutes implements account.Store. What has not been on sale has no name for others.
func (s *AccountStore) Mutes(ctx context.Context, accountID string) ([]api.Mute, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT m.kind, m.thing, coalesce(l.title, ls.name, p.name, ''), coalesce(l.slug, p.handle, ''), m.created_at
		FROM mutes m LEFT JOIN listings l ON l.pack_id = m.pack_id LEFT JOIN listing_sounds ls ON ls.sound_id = m.sound_id
			LEFT JOIN accounts p ON p.id = m.producer_id
		WHERE m.account_id = $1 ORDER BY m.created_at DESC, m.kind, m.thing`, accountID)
	if err != nil {
		return nil, translate(err, "mutes")
	}
	mutes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m api.Mute, err error) {
		err = row.Scan(&m.Kind, &m.Thing, &m.Title, &m.Slug, &m.CreatedAt)
		m.CreatedAt = m.CreatedAt.UTC()
		return m, err
	})
	return mutes, translate(err, "mutes")
}

// CountMutesTold implements account.Store.
func (s *AccountStore) CountMutesTold(ctx context.Context, accountID string) (int64, error) {
	var told int64
	err := s.db.pgx(ctx).QueryRow(ctx, `UPDATE accounts SET mutes_told = mutes_told + 1 WHERE id = $1 RETURNING mutes_told`, accountID).Scan(&told)
	return told, translate(err, "account")
}
