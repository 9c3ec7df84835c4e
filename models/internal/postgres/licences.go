package postgres

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/kit/errs"
	"crateful.dev/models/certificate"
	"crateful.dev/models/internal/licence"
)

// LicenceStore keeps licences, certificates and their public keys.
type LicenceStore struct{ db *DB }

// NewLicenceStore returns a LicenceStore.
func NewLicenceStore(db *DB) *LicenceStore { return &LicenceStore{db} }

var _ licence.Store = (*LicenceStore)(nil)

// Granted reads what an order granted and has no licence, under the names of now.
func (s *LicenceStore) Granted(ctx context.Context, orderID string) ([]licence.Facts, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT e.id, e.kind, e.pack_id, l.pack_slug, l.pack_title, e.edition_id, l.edition,
			coalesce(e.sound_id::text, ''), l.sound_name, p.name, p.handle,
			o.buyer_name, o.number, l.licence, l.tier, e.created_at
		FROM entitlements e
		JOIN order_lines l ON l.id = e.order_line_id
		JOIN orders o ON o.id = e.order_id
		JOIN accounts p ON p.id = e.producer_id
		WHERE e.order_id = $1 AND NOT EXISTS (SELECT 1 FROM licences f WHERE f.entitlement_id = e.id) ORDER BY e.id`, orderID)
	if err != nil {
		return nil, translate(err, "entitlements")
	}
	facts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (licence.Facts, error) {
		var f licence.Facts
		var number int64
		err := row.Scan(&f.EntitlementID, &f.Kind, &f.PackID, &f.PackSlug, &f.PackTitle, &f.EditionID, &f.Edition, &f.SoundID, &f.SoundName,
			&f.Producer, &f.Handle, &f.Licensee, &number, &f.Code, &f.Tier, &f.GrantedAt)
		f.OrderNumber, f.GrantedAt = orderNumber(number), f.GrantedAt.UTC()
		return f, err
	})
	return facts, translate(err, "entitlements")
}

// Unlicensed lists orders with entitlements that have no licence, oldest first.
func (s *LicenceStore) Unlicensed(ctx context.Context, limit int) ([]string, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT DISTINCT e.order_id FROM entitlements e LEFT JOIN licences l ON l.entitlement_id = e.id
		WHERE l.entitlement_id IS NULL ORDER BY e.order_id LIMIT $1`, limit)
	if err != nil {
		return nil, translate(err, "entitlements")
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, translate(err, "entitlements")
}

// Files lists an edition's files by path, or those of one sound in it.
func (s *LicenceStore) Files(ctx context.Context, editionID, soundID string) ([]certificate.File, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, `SELECT path, sha256, size_bytes FROM edition_files
		WHERE edition_id = $1 AND ($2::uuid IS NULL OR sound_id = $2) ORDER BY path COLLATE "C"`, editionID, nullable(soundID))
	if err != nil {
		return nil, translate(err, "files")
	}
	files, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (certificate.File, error) {
		var f certificate.File
		return f, row.Scan(&f.Path, &f.SHA256, &f.SizeBytes)
	})
	if err == nil && len(files) == 0 {
		return nil, fmt.Errorf("edition %s has no files to license", editionID)
	}
	return files, translate(err, "files")
}

// Freeze stores a licence once.
func (s *LicenceStore) Freeze(ctx context.Context, l licence.Frozen) error {
	facts, err := json.Marshal(l.Facts)
	if err != nil {
		return fmt.Errorf("encode facts of licence: %w", err)
	}
	_, err = s.db.pgx(ctx).Exec(ctx, `INSERT INTO licences (entitlement_id, facts, template, text, text_sha256) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (entitlement_id) DO NOTHING`, l.EntitlementID, facts, l.Template, l.Text, l.TextSHA256)
	return translate(err, "licence")
}

// Keep stores a certificate once.
func (s *LicenceStore) Keep(ctx context.Context, c licence.Issued) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO certificates (id, entitlement_id, edition_id, document, key_id, issued_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (entitlement_id, edition_id) DO NOTHING`, c.ID, c.EntitlementID, c.EditionID, c.Document, c.KeyID, c.IssuedAt)
	return translate(err, "certificate")
}

// Licence reads what the account holds.
func (s *LicenceStore) Licence(ctx context.Context, accountID, entitlementID string) (licence.Frozen, error) {
	var l licence.Frozen
	var facts []byte
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT f.facts, f.template, f.text, f.text_sha256, f.shows_name
		FROM licences f JOIN entitlements e ON e.id = f.entitlement_id
		WHERE e.id = $1 AND e.account_id = $2 AND e.ended_at IS NULL`, entitlementID, accountID).
		Scan(&facts, &l.Template, &l.Text, &l.TextSHA256, &l.ShowsName)
	if err != nil {
		return l, translate(err, "licence")
	}
	if err := json.Unmarshal(facts, &l.Facts); err != nil {
		return l, fmt.Errorf("read facts of licence %s: %w", entitlementID, err)
	}
	return l, nil
}

// Edition finds one that the entitlement covers; a sound is covered in the edition it was bought in.
func (s *LicenceStore) Edition(ctx context.Context, entitlementID, editionID string) (licence.Edition, error) {
	var e licence.Edition
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT ed.id, ed.number
		FROM entitlements e
		JOIN editions own ON own.id = e.edition_id
		LEFT JOIN listings p ON p.pack_id = e.pack_id
		JOIN editions ed ON ed.pack_id = e.pack_id AND ed.state = 'built'
			AND (ed.id = own.id OR e.kind = 'pack' AND ed.number <= greatest(own.number, p.edition))
		WHERE e.id = $1 AND e.ended_at IS NULL AND ed.id = coalesce($2::uuid, own.id)`, entitlementID, nullable(editionID)).Scan(&e.ID, &e.Number)
	return e, translate(err, "edition")
}

// Certificate reads the one of an edition.
func (s *LicenceStore) Certificate(ctx context.Context, entitlementID, editionID string) (licence.Issued, error) {
	c := licence.Issued{EntitlementID: entitlementID, EditionID: editionID}
	err := s.db.pgx(ctx).QueryRow(ctx, "SELECT id, document, key_id, issued_at FROM certificates WHERE entitlement_id = $1 AND edition_id = $2", entitlementID, editionID).
		Scan(&c.ID, &c.Document, &c.KeyID, &c.IssuedAt)
	c.IssuedAt = c.IssuedAt.UTC()
	return c, translate(err, "certificate")
}

// Standing reads a certificate and whether its entitlement ended.
func (s *LicenceStore) Standing(ctx context.Context, certificateID string) (licence.Standing, error) {
	st := licence.Standing{Issued: licence.Issued{ID: certificateID}}
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT c.entitlement_id, c.edition_id, c.document, c.key_id, c.issued_at, f.shows_name, e.ended_at
		FROM certificates c JOIN licences f USING (entitlement_id) JOIN entitlements e ON e.id = c.entitlement_id WHERE c.id = $1`, certificateID).
		Scan(&st.EntitlementID, &st.EditionID, &st.Document, &st.KeyID, &st.IssuedAt, &st.ShowsName, &st.EndedAt)
	st.EndedAt = utc(st.EndedAt)
	return st, translate(err, "certificate")
}

// ShowName stores the holder's choice.
func (s *LicenceStore) ShowName(ctx context.Context, accountID, entitlementID string, show bool) error {
	tag, err := s.db.pgx(ctx).Exec(ctx, `UPDATE licences f SET shows_name = $3 FROM entitlements e
		WHERE e.id = f.entitlement_id AND f.entitlement_id = $1 AND e.account_id = $2`, entitlementID, accountID, show)
	if err == nil && tag.RowsAffected() == 0 {
		return errs.NotFound("licence")
	}
	return translate(err, "licence")
}

// Keys lists public keys, newest first.
func (s *LicenceStore) Keys(ctx context.Context) ([]certificate.Key, error) {
	rows, err := s.db.pgx(ctx).Query(ctx, "SELECT public_key, since FROM licence_keys ORDER BY since DESC, id")
	if err != nil {
		return nil, translate(err, "licence keys")
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (certificate.Key, error) {
		var public []byte
		var since time.Time
		err := row.Scan(&public, &since)
		return certificate.NewKey(ed25519.PublicKey(public), since), err
	})
	return keys, translate(err, "licence keys")
}

// AddKey stores a public key once.
func (s *LicenceStore) AddKey(ctx context.Context, public ed25519.PublicKey) error {
	_, err := s.db.pgx(ctx).Exec(ctx, "INSERT INTO licence_keys (id, public_key) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", certificate.KeyID(public), []byte(public))
	return translate(err, "licence key")
}
