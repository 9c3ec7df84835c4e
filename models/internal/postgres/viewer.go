package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"crateful.dev/models/api"
)

// ViewerStore reads what signed-in people have to do with things.
type ViewerStore struct{ *CartStore }

// NewViewerStore returns a ViewerStore.
func NewViewerStore(db *DB) ViewerStore { return ViewerStore{NewCartStore(db)} }

// viewerSQL is one statement because signed-in people ask it with every page: five round trips cost the database and us
// three times as much. Lists come as text with a letter in front: s for sounds, p for packs.
const viewerSQL = `
SELECT a.id::text, a.email, a.email_verified_at IS NOT NULL, a.handle, a.name, a.bio, a.links, a.avatar_key, a.banner_key, a.admin, a.sells, a.followers,
    a.theme, a.density, a.single_keys, a.level_matching, a.follower_mails, a.personalise, a.locale, coalesce(a.default_project::text, ''), a.created_at, a.revision,
    ARRAY(SELECT left(l.kind, 1) || coalesce(l.sound_id, l.pack_id) FROM carts c JOIN cart_lines l ON l.cart_id = c.id WHERE c.account_id = $1 ORDER BY l.position),
    ARRAY(SELECT 'p' || e.pack_id FROM entitlements e
        WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.kind = 'pack' AND e.pack_id = ANY ($2::uuid[])
        UNION ALL SELECT 's' || e.sound_id FROM entitlements e
        WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.kind = 'sound' AND e.sound_id = ANY ($3::uuid[])),
    ARRAY(SELECT CASE WHEN i.sound_id IS NULL THEN 'p' || i.pack_id ELSE 's' || i.sound_id END FROM crates c JOIN crate_items i ON i.crate_id = c.id
        WHERE c.owner_id = $1 AND c.liked AND coalesce(i.sound_id, i.pack_id) = ANY ($2::uuid[] || $3::uuid[])),
    ARRAY(SELECT m.kind || ' ' || m.thing FROM mutes m WHERE m.account_id = $1),
    $4::uuid IS NOT NULL AND EXISTS (SELECT FROM follows f WHERE f.follower_id = $1 AND f.producer_id = $4),
    coalesce((SELECT l.revision FROM listings l WHERE l.pack_id = $5 AND l.listed), 0),
    (SELECT count(*) FROM entitlements e WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.kind = 'sound' AND e.pack_id = $5),
    coalesce((SELECT e.tier FROM entitlements e WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.kind = 'pack' AND e.pack_id = $5
        ORDER BY tier_rank(e.tier) DESC LIMIT 1), ''),
    coalesce((SELECT e.tier FROM entitlements e WHERE e.account_id = $1 AND e.ended_at IS NULL AND e.kind = 'sound' AND e.sound_id = $6
        ORDER BY tier_rank(e.tier) DESC LIMIT 1), '')
FROM accounts a WHERE a.id = $1`

// Viewer implements httpapi.ViewerStore.
func (s ViewerStore) Viewer(ctx context.Context, accountID string, q api.ViewerQuery) (api.Viewer, error) {
	a := api.Account{}
	out := api.Viewer{Account: &a}
	var inCart, owned, liked, muted []string
	err := s.db.pgx(ctx).QueryRow(ctx, viewerSQL, accountID, uuids(q.PackIDs), uuids(q.SoundIDs), nullable(q.ProducerID), nullable(q.PackID), nullable(q.SoundID)).Scan(
		&a.ID, &a.Email, &a.EmailVerified, &a.Handle, &a.Name, &a.Bio, &a.Links, &a.AvatarKey, &a.BannerKey, &a.Admin, &a.Sells, &a.Followers,
		&a.Settings.Theme, &a.Settings.Density, &a.Settings.SingleKeys, &a.Settings.LevelMatching, &a.Settings.FollowerMails, &a.Settings.Personalise,
		&a.Settings.Locale, &a.Settings.DefaultProject, &a.CreatedAt, &a.Revision, &inCart, &owned, &liked, &muted, &out.Following,
		&out.PackRevision, &out.PackSounds, &out.PackTier, &out.SoundTier)
	if err != nil {
		return out, translate(err, "account")
	}
	a.Links, a.CreatedAt = orEmpty(a.Links), a.CreatedAt.UTC()
	out.Cart = api.CartCount{Lines: len(inCart), Items: make([]api.Item, len(inCart))}
	for i, thing := range inCart {
		out.Cart.Items[i] = api.Item{Kind: api.ItemSound, ID: thing[1:]}
		if thing[0] == 'p' {
			out.Cart.Items[i].Kind = api.ItemPack
		}
	}
	out.Owned.SoundIDs, out.Owned.PackIDs = sorted(owned)
	out.Liked.SoundIDs, out.Liked.PackIDs = sorted(liked)
	out.Muted = mutedThings(muted)
	return out, nil
}

// mutedThings takes mutes apart by their kind, which stands in front.
func mutedThings(mutes []string) (out api.MutedThings) {
	for _, mute := range mutes {
		kind, thing, _ := strings.Cut(mute, " ")
		switch kind {
		case api.MutePack:
			out.PackIDs = append(out.PackIDs, thing)
		case api.MuteSound:
			out.SoundIDs = append(out.SoundIDs, thing)
		case api.MuteProducer:
			out.ProducerIDs = append(out.ProducerIDs, thing)
		case api.MuteBecause:
			out.Because = append(out.Because, thing)
		case api.MuteReason:
			out.Reasons = append(out.Reasons, thing)
		}
	}
	return out
}

// uuids spares the driver from trying how text could become binary, once for each id. Ids that are none match nothing.
func uuids(ids []string) []pgtype.UUID {
	out := make([]pgtype.UUID, 0, len(ids))
	for _, id := range ids {
		var u pgtype.UUID
		if err := u.Scan(id); err == nil {
			out = append(out, u)
		}
	}
	return out
}

// sorted takes things apart by their letter, each once.
func sorted(things []string) (sounds, packs []string) {
	sounds, packs = []string{}, []string{}
	seen := make(map[string]bool, len(things))
	for _, thing := range things {
		switch {
		case seen[thing]:
			continue
		case thing[0] == 'p':
			packs = append(packs, thing[1:])
		default:
			sounds = append(sounds, thing[1:])
		}
		seen[thing] = true
	}
	return sounds, packs
}

// Revision implements httpapi.ViewerStore.
func (s ViewerStore) Revision(ctx context.Context, packID string) (int64, error) {
	var revision int64
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT revision FROM listings WHERE pack_id = $1 AND listed", packID).Scan(&revision)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return revision, translate(err, "listing")
}
