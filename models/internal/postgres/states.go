package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"crateful.dev/models/events"
	"crateful.dev/models/internal/catalog"
)

// publishedAsKept is PackPublishedV1 around the listing's stored bytes.
type publishedAsKept struct {
	Pack            json.RawMessage `json:"pack"`
	RemovedSoundIDs []string        `json:"removed_sound_ids"`
}

func (publishedAsKept) EventType() string { return events.PackPublishedV1{}.EventType() }
func (publishedAsKept) Topic() string     { return events.TopicPacks }

// PackStates implements catalog.StateStore. State and outbox are read at one moment.
func (s *PackStore) PackStates(ctx context.Context, q catalog.StatesQuery) (states []catalog.State, more bool, err error) {
	after := q.After
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	rows, err := s.db.pgx(ctx).Query(ctx, `
		WITH found AS (
			SELECT pack_id AS id, false AS deleted, octet_length(listing) AS bytes FROM listings WHERE pack_id > $1::uuid AND ($4::uuid[] IS NULL OR pack_id = ANY ($4))
			UNION ALL SELECT pack_id, true, 0 FROM deleted_packs WHERE pack_id > $1::uuid AND ($4::uuid[] IS NULL OR pack_id = ANY ($4))
			ORDER BY id LIMIT $2::int + 1
		), page AS (SELECT *, row_number() OVER (ORDER BY id) AS n, sum(bytes) OVER (ORDER BY id) AS total, count(*) OVER () AS found FROM found)
		SELECT p.id::text, p.deleted, p.found, coalesce(l.revision, d.revision), coalesce(l.updated_at, d.deleted_at), coalesce(l.gone, ''),
			CASE WHEN l.listed THEN l.listing END,
			ARRAY(SELECT x.sound_id::text FROM listing_sounds x WHERE x.pack_id = p.id AND (x.removed OR NOT l.listed)
				UNION SELECT y.sound_id::text FROM stray_sounds y WHERE y.pack_id = p.id
				UNION SELECT unnest(d.sound_ids)::text ORDER BY 1),
			EXISTS (SELECT 1 FROM outbox o WHERE o.sent_at IS NULL AND o.topic = 'packs' AND o.key = p.id::text)
		FROM page p LEFT JOIN listings l ON l.pack_id = p.id AND NOT p.deleted LEFT JOIN deleted_packs d ON d.pack_id = p.id AND p.deleted
		WHERE p.n <= $2 AND (p.n = 1 OR p.total <= $3) ORDER BY p.id`, after, q.Limit, q.Bytes, q.PackIDs)
	if err != nil {
		return nil, false, translate(err, "states")
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var st catalog.State
		var deleted bool
		var gone string
		var listing []byte
		var sounds []string
		if err := rows.Scan(&st.PackID, &deleted, &found, &st.Revision, &st.At, &gone, &listing, &sounds, &st.Unsent); err != nil {
			return nil, false, translate(err, "states")
		}
		switch {
		case deleted:
			st.Data = events.PackDeletedV1{PackID: st.PackID, SoundIDs: orEmpty(sounds)}
		case gone != "":
			st.Data = events.PackWithdrawnV1{PackID: st.PackID, SoundIDs: orEmpty(sounds), TakenDown: gone == "taken_down"}
		default:
			st.Data = publishedAsKept{Pack: listing, RemovedSoundIDs: orEmpty(sounds)}
		}
		states = append(states, st)
	}
	return states, found > len(states), translate(rows.Err(), "states")
}

// CountStates implements catalog.StateStore.
func (s *PackStore) CountStates(ctx context.Context) (n int64, err error) {
	err = s.db.pgx(ctx).QueryRow(ctx, "SELECT (SELECT count(*) FROM listings) + (SELECT count(*) FROM deleted_packs)").Scan(&n)
	return n, translate(err, "states")
}

// Unsent implements catalog.StateStore.
func (s *PackStore) Unsent(ctx context.Context) (n int64, err error) {
	err = s.db.pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM outbox WHERE sent_at IS NULL").Scan(&n)
	return n, translate(err, "outbox")
}

// KeepStrays implements catalog.StateStore.
func (s *PackStore) KeepStrays(ctx context.Context, packID string, soundIDs []string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO stray_sounds (pack_id, sound_id) SELECT DISTINCT $1::uuid, x FROM unnest($2::uuid[]) x
		WHERE NOT EXISTS (SELECT 1 FROM listing_sounds l WHERE l.sound_id = x) ON CONFLICT DO NOTHING`, packID, soundIDs)
	if err != nil {
		return translate(fmt.Errorf("keep strays of pack %s: %w", packID, err), "stray sound")
	}
	return nil
}
