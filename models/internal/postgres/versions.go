package postgres

import (
	"context"
	"fmt"

	"crateful.dev/models/api"
)

// VersionStore says how far packs and orders are.
type VersionStore struct{ db *DB }

// NewVersionStore returns a store over db.
func NewVersionStore(db *DB) *VersionStore { return &VersionStore{db} }

// Versions reads the versions of packs, with those of their files, and of orders.
func (s *VersionStore) Versions(ctx context.Context, q api.VersionsQuery) (api.Versions, error) {
	out := api.Versions{Packs: []api.Version{}, Orders: []api.Version{}}
	var err error
	if len(q.PackIDs) > 0 {
		out.Packs, err = s.read(ctx, `
			SELECT p.id, p.producer_id, p.version || '.' || p.revision || '.' || p.state || '.' ||
				coalesce((SELECT extract(epoch FROM max(u.updated_at)) || '.' || count(*) FROM uploads u WHERE u.pack_id = p.id), '')
			FROM packs p WHERE p.id = ANY($1)`, q.PackIDs)
	}
	if err == nil && len(q.OrderIDs) > 0 {
		out.Orders, err = s.read(ctx, `
			SELECT id, buyer_id, state || '.' || extract(epoch FROM updated_at) FROM orders WHERE id = ANY($1)`, q.OrderIDs)
	}
	return out, err
}

func (s *VersionStore) read(ctx context.Context, sql string, ids []string) ([]api.Version, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, sql, ids)
	if err != nil {
		return nil, translate(fmt.Errorf("read versions: %w", err), "version")
	}
	defer rows.Close()
	versions := []api.Version{}
	for rows.Next() {
		var v api.Version
		if err := rows.Scan(&v.ID, &v.OwnerID, &v.Version); err != nil {
			return nil, translate(fmt.Errorf("read version: %w", err), "version")
		}
		versions = append(versions, v)
	}
	return versions, translate(rows.Err(), "version")
}
