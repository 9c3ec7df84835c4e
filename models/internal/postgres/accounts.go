package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/tx"
)

// AccountStore keeps accounts and what belongs to them.
type AccountStore struct{ db *DB }

// NewAccountStore returns an account.Store over db.
func NewAccountStore(db *DB) *AccountStore { return &AccountStore{db} }

type accountRow struct {
	ID              string `gorm:"primaryKey"`
	Email           string
	EmailVerifiedAt *time.Time
	PasswordHash    string
	Handle          string
	Name            string
	Bio             string
	Links           textArray
	AvatarKey       string
	BannerKey       string
	Theme           string
	Density         string
	SingleKeys      bool
	LevelMatching   bool
	FollowerMails   bool
	Personalise     bool
	Locale          string
	DefaultProject  *string
	Admin           bool
	Sells           bool
	Demo            bool
	Followers       int
	PersonID        string
	DisabledAt      *time.Time
	DisabledReason  string
	Revision        int64
	CreatedAt       time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt       time.Time `gorm:"autoUpdateTime:false"`
}

func (accountRow) TableName() string { return "accounts" }

func accountRowOf(a account.Account) accountRow {
	row := accountRow{
		ID: a.ID, Email: a.Email, EmailVerifiedAt: a.EmailVerifiedAt, PasswordHash: a.PasswordHash, Handle: a.Handle, Name: a.Name,
		Bio: a.Bio, Links: a.Links, AvatarKey: a.AvatarKey, BannerKey: a.BannerKey, Theme: a.Settings.Theme, Density: a.Settings.Density,
		SingleKeys: a.Settings.SingleKeys, LevelMatching: a.Settings.LevelMatching, FollowerMails: a.Settings.FollowerMails,
		Personalise: a.Settings.Personalise, Locale: a.Settings.Locale, Admin: a.Admin, Sells: a.Sells, Demo: a.Demo,
		Followers: a.Followers, PersonID: a.PersonID, DisabledAt: a.DisabledAt, DisabledReason: a.DisabledReason, Revision: a.Revision,
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
	if a.Settings.DefaultProject != "" {
		row.DefaultProject = &a.Settings.DefaultProject
	}
	return row
}

func (r accountRow) account() account.Account {
	a := account.Account{
		ID: r.ID, Email: r.Email, EmailVerifiedAt: utc(r.EmailVerifiedAt), PasswordHash: r.PasswordHash, Handle: r.Handle, Name: r.Name,
		Bio: r.Bio, Links: r.Links, AvatarKey: r.AvatarKey, BannerKey: r.BannerKey,
		Settings: api.Settings{
			Theme: r.Theme, Density: r.Density, SingleKeys: r.SingleKeys, LevelMatching: r.LevelMatching,
			FollowerMails: r.FollowerMails, Personalise: r.Personalise, Locale: r.Locale,
		},
		Admin: r.Admin, Sells: r.Sells, Demo: r.Demo, Followers: r.Followers, PersonID: r.PersonID, DisabledAt: utc(r.DisabledAt),
		DisabledReason: r.DisabledReason, Revision: r.Revision, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.DefaultProject != nil {
		a.Settings.DefaultProject = *r.DefaultProject
	}
	return a
}

func accounts(rows []accountRow) []account.Account {
	out := make([]account.Account, len(rows))
	for i, r := range rows {
		out[i] = r.account()
	}
	return out
}

// Create implements account.Store.
func (s *AccountStore) Create(ctx context.Context, a account.Account) error {
	row := accountRowOf(a)
	if err := s.db.gorm(ctx).Create(&row).Error; err != nil {
		return translate(fmt.Errorf("create account: %w", err), "")
	}
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO handles (handle, account_id, since) VALUES (lower($1), $2, $3)`, a.Handle, a.ID, a.CreatedAt)
	if err != nil {
		return translate(fmt.Errorf("take handle: %w", err), "")
	}
	return nil
}

// ByID implements account.Store.
func (s *AccountStore) ByID(ctx context.Context, id string) (account.Account, error) {
	return s.one(s.db.gorm(ctx).Where("id = ?", id))
}

// ByEmail implements account.Store.
func (s *AccountStore) ByEmail(ctx context.Context, email string) (account.Account, error) {
	return s.one(s.db.gorm(ctx).Where("lower(email) = lower(?)", email))
}

// ByHandle implements account.Store.
func (s *AccountStore) ByHandle(ctx context.Context, handle string) (account.Account, error) {
	return s.one(s.db.gorm(ctx).Where("id = (SELECT account_id FROM handles WHERE handle = lower(?))", handle))
}

// Lock implements account.Store.
func (s *AccountStore) Lock(ctx context.Context, id string) (account.Account, error) {
	if _, ok := s.db.Tx(ctx); !ok {
		return account.Account{}, fmt.Errorf("lock account: there is no transaction")
	}
	return s.one(s.db.gorm(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id))
}

func (s *AccountStore) one(query *gorm.DB) (account.Account, error) {
	var row accountRow
	if err := query.Take(&row).Error; err != nil {
		return account.Account{}, translate(err, "account")
	}
	return row.account(), nil
}

// ByIDs implements account.Store.
func (s *AccountStore) ByIDs(ctx context.Context, ids []string) ([]account.Account, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []accountRow
	if err := s.db.gorm(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, translate(err, "accounts")
	}
	return accounts(rows), nil
}

// Save implements account.Store.
func (s *AccountStore) Save(ctx context.Context, a account.Account) error {
	row := accountRowOf(a)
	row.Revision++
	err := s.db.gorm(ctx).Model(&accountRow{ID: a.ID}).
		Select("email", "email_verified_at", "password_hash", "name", "bio", "links", "avatar_key", "banner_key", "theme", "density",
			"single_keys", "level_matching", "follower_mails", "personalise", "locale", "default_project", "admin", "sells", "person_id",
			"disabled_at", "disabled_reason", "revision", "updated_at").Updates(row).Error
	return translate(err, "save account")
}

// Rename implements account.Store.
func (s *AccountStore) Rename(ctx context.Context, id, handle string, at time.Time) error {
	// One's own old handle can be taken back; anybody else's is a conflict.
	tag, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO handles AS h (handle, account_id, since) VALUES (lower($2), $1, $3)
		ON CONFLICT (handle) DO UPDATE SET since = $3 WHERE h.account_id = $1`, id, handle, at)
	if err != nil {
		return translate(fmt.Errorf("take handle: %w", err), "")
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.CodeConflict, "handles_pkey", "It exists already.")
	}
	_, err = s.db.pgx(ctx).Exec(ctx, `UPDATE accounts SET handle = $2 WHERE id = $1`, id, handle)
	return translate(err, "rename account")
}

// List implements account.Store.
func (s *AccountStore) List(ctx context.Context, text, after string, limit int) ([]account.Account, error) {
	q := s.db.gorm(ctx).Order("id DESC").Limit(limit)
	if err := tx.CheckCursor(after); err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("id < ?", after)
	}
	if text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
		q = q.Where("email ILIKE ? OR handle ILIKE ? OR name ILIKE ?", like, like, like)
	}
	var rows []accountRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, translate(err, "accounts")
	}
	return accounts(rows), nil
}

// SetAdmin gives or takes the admin role, and writes that into the audit log.
func (s *AccountStore) SetAdmin(ctx context.Context, email string, admin bool) error {
	return s.db.WithinTx(ctx, func(ctx context.Context) error {
		q := s.db.pgx(ctx)
		var id, handle string
		var is bool
		if err := q.QueryRow(ctx, `SELECT id, handle, admin FROM accounts WHERE lower(email) = lower($1) FOR UPDATE`, email).Scan(&id, &handle, &is); err != nil {
			return translate(err, "account")
		}
		if is == admin {
			return nil
		}
		if _, err := q.Exec(ctx, `UPDATE accounts SET admin = $2, revision = revision + 1, updated_at = now() WHERE id = $1`, id, admin); err != nil {
			return translate(err, "set admin")
		}
		action := "account.revoke_admin"
		if admin {
			action = "account.grant_admin"
		}
		return audit.New(NewAuditStore(s.db)).Record(ctx, audit.Entry{Action: action, Subject: audit.Subject{Kind: "account", ID: id, Name: handle}})
	})
}

// Follow implements account.Store.
func (s *AccountStore) Follow(ctx context.Context, follower, producer string, at time.Time) (bool, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, `WITH new AS (
		INSERT INTO follows (follower_id, producer_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING producer_id)
		UPDATE accounts SET followers = followers + 1 FROM new WHERE accounts.id = new.producer_id`, follower, producer, at)
	return tag.RowsAffected() > 0, translate(err, "follow")
}

// Unfollow implements account.Store.
func (s *AccountStore) Unfollow(ctx context.Context, follower, producer string) (bool, error) {
	tag, err := s.db.pgx(ctx).Exec(ctx, `WITH old AS (
		DELETE FROM follows WHERE follower_id = $1 AND producer_id = $2 RETURNING producer_id)
		UPDATE accounts SET followers = followers - 1 FROM old WHERE accounts.id = old.producer_id`, follower, producer)
	return tag.RowsAffected() > 0, translate(err, "unfollow")
}

// Follows implements account.Store.
func (s *AccountStore) Follows(ctx context.Context, follower string, producers []string) (map[string]bool, error) {
	var ids []string
	err := s.db.gorm(ctx).Table("follows").Where("follower_id = ? AND producer_id IN ?", follower, producers).Pluck("producer_id", &ids).Error
	if err != nil {
		return nil, translate(err, "follows")
	}
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// Following implements account.Store.
func (s *AccountStore) Following(ctx context.Context, follower, after string, limit int) ([]account.Account, error) {
	return s.joined(ctx, s.db.gorm(ctx).Joins("JOIN follows ON follows.producer_id = accounts.id").
		Where("follows.follower_id = ? AND accounts.disabled_at IS NULL", follower), after, limit)
}

// Followers implements account.Store.
func (s *AccountStore) Followers(ctx context.Context, producer, after string, limit int) ([]account.Account, error) {
	return s.joined(ctx, s.db.gorm(ctx).Joins("JOIN follows ON follows.follower_id = accounts.id").
		Where("follows.producer_id = ? AND accounts.disabled_at IS NULL AND accounts.follower_mails AND accounts.email_verified_at IS NOT NULL", producer), after, limit)
}

func (s *AccountStore) joined(_ context.Context, q *gorm.DB, after string, limit int) ([]account.Account, error) {
	if err := tx.CheckCursor(after); err != nil {
		return nil, err
	}
	if after != "" {
		q = q.Where("accounts.id > ?", after)
	}
	var rows []accountRow
	if err := q.Select("accounts.*").Order("accounts.id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, translate(err, "follows")
	}
	return accounts(rows), nil
}

// Visitor implements account.Store.
func (s *AccountStore) Visitor(ctx context.Context, key, newPersonID string, at time.Time) (string, error) {
	var person string
	err := s.db.pgx(ctx).QueryRow(ctx, `SELECT person_id FROM visitors WHERE key = $1 AND seen_at > $2`, key, at.Add(-24*time.Hour)).Scan(&person)
	if err == nil {
		return person, nil
	}
	err = s.db.pgx(ctx).QueryRow(ctx, `INSERT INTO visitors AS v (key, person_id, created_at, seen_at) VALUES ($1, $2, $3, $3)
		ON CONFLICT (key) DO UPDATE SET seen_at = $3 RETURNING person_id`, key, newPersonID, at).Scan(&person)
	return person, translate(err, "visitor")
}

// KnownVisitor implements account.Store.
func (s *AccountStore) KnownVisitor(ctx context.Context, key string) (string, error) {
	return s.visitor(ctx, `SELECT person_id FROM visitors WHERE key = $1`, key)
}

// TakeVisitor implements account.Store.
func (s *AccountStore) TakeVisitor(ctx context.Context, key string) (string, error) {
	return s.visitor(ctx, `DELETE FROM visitors WHERE key = $1 RETURNING person_id`, key)
}

func (s *AccountStore) visitor(ctx context.Context, sql, key string) (string, error) {
	var person string
	err := translate(s.db.pgx(ctx).QueryRow(ctx, sql, key).Scan(&person), "visitor")
	if errs.CodeOf(err) == errs.CodeNotFound {
		return "", nil
	}
	return person, err
}

// Prune implements account.Store.
func (s *AccountStore) Prune(ctx context.Context, at time.Time) error {
	for _, q := range []struct {
		sql    string
		before time.Time
	}{
		{`DELETE FROM sessions WHERE expires_at < $1`, at},
		{`DELETE FROM mail_links WHERE expires_at < $1`, at},
		{`DELETE FROM api_tokens WHERE expires_at < $1`, at.Add(-30 * 24 * time.Hour)},
		{`DELETE FROM visitors WHERE seen_at < $1`, at.Add(-400 * 24 * time.Hour)},
	} {
		if _, err := s.db.pgx(ctx).Exec(ctx, q.sql, q.before); err != nil {
			return translate(fmt.Errorf("prune accounts: %w", err), "")
		}
	}
	return nil
}
