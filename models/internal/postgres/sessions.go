package postgres

import (
	"context"
	"time"

	"gorm.io/gorm"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/tx"
)

type sessionRow struct {
	ID        string `gorm:"primaryKey"`
	AccountID string
	TokenHash []byte
	Device    string
	IP        string
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	SeenAt    time.Time
	ExpiresAt time.Time
}

func (sessionRow) TableName() string { return "sessions" }

func (r sessionRow) session() account.Session {
	return account.Session{
		ID: r.ID, AccountID: r.AccountID, TokenHash: r.TokenHash, Device: r.Device, IP: r.IP,
		CreatedAt: r.CreatedAt.UTC(), SeenAt: r.SeenAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
	}
}

type tokenRow struct {
	ID        string `gorm:"primaryKey"`
	AccountID string
	Name      string
	Prefix    string
	TokenHash []byte
	Scopes    textArray
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	UsedAt    *time.Time
	ExpiresAt *time.Time
}

func (tokenRow) TableName() string { return "api_tokens" }

func (r tokenRow) token() account.Token {
	return account.Token{
		ID: r.ID, AccountID: r.AccountID, Name: r.Name, Prefix: r.Prefix, TokenHash: r.TokenHash, Scopes: r.Scopes,
		CreatedAt: r.CreatedAt.UTC(), UsedAt: utc(r.UsedAt), ExpiresAt: utc(r.ExpiresAt),
	}
}

// AddSession implements account.Store.
func (s *AccountStore) AddSession(ctx context.Context, x account.Session) error {
	row := sessionRow(x)
	return translate(s.db.gorm(ctx).Create(&row).Error, "add session")
}

// SessionByHash implements account.Store.
func (s *AccountStore) SessionByHash(ctx context.Context, hash []byte) (account.Session, account.Account, error) {
	return s.session(ctx, "token_hash = ?", hash)
}

// SessionByID implements account.Store.
func (s *AccountStore) SessionByID(ctx context.Context, id string) (account.Session, account.Account, error) {
	return s.session(ctx, "id = ?", id)
}

func (s *AccountStore) session(ctx context.Context, where string, arg any) (account.Session, account.Account, error) {
	var row sessionRow
	if err := s.db.gorm(ctx).Where(where, arg).Take(&row).Error; err != nil {
		return account.Session{}, account.Account{}, translate(err, "session")
	}
	a, err := s.ByID(ctx, row.AccountID)
	return row.session(), a, err
}

// Sessions implements account.Store.
func (s *AccountStore) Sessions(ctx context.Context, accountID string) ([]account.Session, error) {
	var rows []sessionRow
	if err := s.db.gorm(ctx).Where("account_id = ?", accountID).Order("seen_at DESC, id DESC").Limit(200).Find(&rows).Error; err != nil {
		return nil, translate(err, "sessions")
	}
	out := make([]account.Session, len(rows))
	for i, r := range rows {
		out[i] = r.session()
	}
	return out, nil
}

// TouchSession implements account.Store.
func (s *AccountStore) TouchSession(ctx context.Context, id string, seenAt, expiresAt time.Time, ip string) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `UPDATE sessions SET seen_at = $2, expires_at = $3, ip = CASE WHEN $4 = '' THEN ip ELSE $4 END WHERE id = $1`,
		id, seenAt, expiresAt, ip)
	return translate(err, "touch session")
}

// EndSession implements account.Store.
func (s *AccountStore) EndSession(ctx context.Context, accountID, id string) error {
	return s.remove(s.db.gorm(ctx).Where("account_id = ?", accountID), &sessionRow{}, "session", id)
}

// EndSessions implements account.Store.
func (s *AccountStore) EndSessions(ctx context.Context, accountID, except string) error {
	q := s.db.gorm(ctx).Where("account_id = ?", accountID)
	if except != "" {
		q = q.Where("id <> ?", except)
	}
	return translate(q.Delete(&sessionRow{}).Error, "end sessions")
}

func (s *AccountStore) remove(q *gorm.DB, row any, what, id string) error {
	if !tx.ValidID(id) {
		return errs.NotFound(what)
	}
	done := q.Where("id = ?", id).Delete(row)
	if done.Error == nil && done.RowsAffected == 0 {
		return errs.NotFound(what)
	}
	return translate(done.Error, what)
}

// AddToken implements account.Store.
func (s *AccountStore) AddToken(ctx context.Context, t account.Token) error {
	row := tokenRow{
		ID: t.ID, AccountID: t.AccountID, Name: t.Name, Prefix: t.Prefix, TokenHash: t.TokenHash, Scopes: t.Scopes,
		CreatedAt: t.CreatedAt, UsedAt: t.UsedAt, ExpiresAt: t.ExpiresAt,
	}
	return translate(s.db.gorm(ctx).Create(&row).Error, "add token")
}

// TokenByHash implements account.Store.
func (s *AccountStore) TokenByHash(ctx context.Context, hash []byte) (account.Token, account.Account, error) {
	return s.token(ctx, "token_hash = ?", hash)
}

// TokenByID implements account.Store.
func (s *AccountStore) TokenByID(ctx context.Context, id string) (account.Token, account.Account, error) {
	return s.token(ctx, "id = ?", id)
}

func (s *AccountStore) token(ctx context.Context, where string, arg any) (account.Token, account.Account, error) {
	var row tokenRow
	if err := s.db.gorm(ctx).Where(where, arg).Take(&row).Error; err != nil {
		return account.Token{}, account.Account{}, translate(err, "token")
	}
	a, err := s.ByID(ctx, row.AccountID)
	return row.token(), a, err
}

// Tokens implements account.Store.
func (s *AccountStore) Tokens(ctx context.Context, accountID string) ([]account.Token, error) {
	var rows []tokenRow
	if err := s.db.gorm(ctx).Where("account_id = ?", accountID).Order("created_at DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, translate(err, "tokens")
	}
	out := make([]account.Token, len(rows))
	for i, r := range rows {
		out[i] = r.token()
	}
	return out, nil
}

// TouchToken implements account.Store.
func (s *AccountStore) TouchToken(ctx context.Context, id string, usedAt time.Time) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `UPDATE api_tokens SET used_at = $2 WHERE id = $1`, id, usedAt)
	return translate(err, "touch token")
}

// EndToken implements account.Store.
func (s *AccountStore) EndToken(ctx context.Context, accountID, id string) error {
	return s.remove(s.db.gorm(ctx).Where("account_id = ?", accountID), &tokenRow{}, "token", id)
}

// EndTokens implements account.Store.
func (s *AccountStore) EndTokens(ctx context.Context, accountID string) error {
	return translate(s.db.gorm(ctx).Where("account_id = ?", accountID).Delete(&tokenRow{}).Error, "end tokens")
}

// AddLink implements account.Store.
func (s *AccountStore) AddLink(ctx context.Context, l account.Link) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `INSERT INTO mail_links (token_hash, account_id, purpose, email, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, l.TokenHash, l.AccountID, string(l.Purpose), l.Email, l.CreatedAt, l.ExpiresAt)
	return translate(err, "add link")
}

// UseLink implements account.Store.
func (s *AccountStore) UseLink(ctx context.Context, hash []byte, purpose account.Purpose, at time.Time) (account.Link, error) {
	l := account.Link{TokenHash: hash, Purpose: purpose}
	err := s.db.pgx(ctx).QueryRow(ctx, `DELETE FROM mail_links WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
		RETURNING account_id, email, created_at, expires_at`, hash, string(purpose), at).Scan(&l.AccountID, &l.Email, &l.CreatedAt, &l.ExpiresAt)
	return l, translate(err, "link")
}

// DropLinks implements account.Store.
func (s *AccountStore) DropLinks(ctx context.Context, accountID string, purpose account.Purpose) error {
	_, err := s.db.pgx(ctx).Exec(ctx, `DELETE FROM mail_links WHERE account_id = $1 AND purpose = $2`, accountID, string(purpose))
	return translate(err, "drop links")
}
