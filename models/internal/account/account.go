// Package account is who people are: sign-up and sign-in, sessions, personal tokens, profile and settings, visitors and
// pseudonyms, follows. It leaves storing to postgres, mails to mail and HTTP to httpapi.
package account

import (
	"context"
	"log/slog"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

// Account is everything known about one.
type Account struct {
	ID              string
	Email           string
	EmailVerifiedAt *time.Time
	PasswordHash    string
	Handle          string
	Name            string
	Bio             string
	Links           []string
	AvatarKey       string
	BannerKey       string
	Settings        api.Settings
	Admin           bool
	Sells           bool
	Demo            bool
	Followers       int
	PersonID        string
	DisabledAt      *time.Time
	DisabledReason  string
	Revision        int64
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Session is a place somebody is signed in. The secret is known by its hash alone.
type Session struct {
	ID        string
	AccountID string
	TokenHash []byte
	Device    string
	IP        string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Token is a personal API token.
type Token struct {
	ID        string
	AccountID string
	Name      string
	Prefix    string
	TokenHash []byte
	Scopes    []string
	CreatedAt time.Time
	UsedAt    *time.Time
	ExpiresAt *time.Time
}

// Purpose of a link in a mail.
type Purpose string

// Purposes.
const (
	PurposeVerify Purpose = "verify"
	PurposeReset  Purpose = "reset"
)

// Link is a link in a mail, good once.
type Link struct {
	TokenHash []byte
	AccountID string
	Purpose   Purpose
	Email     string // the address it was sent to
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Store keeps accounts. Methods answer errs codes: not_found for what is not there, conflict with the constraint's name as
// reason for what is taken.
type Store interface {
	Create(ctx context.Context, a Account) error
	ByID(ctx context.Context, id string) (Account, error)
	ByIDs(ctx context.Context, ids []string) ([]Account, error)
	ByEmail(ctx context.Context, email string) (Account, error)
	ByHandle(ctx context.Context, handle string) (Account, error) // present or old handle
	Lock(ctx context.Context, id string) (Account, error)         // inside a transaction
	Save(ctx context.Context, a Account) error                    // all that may change but handle and followers; revision+1
	Rename(ctx context.Context, id, handle string, at time.Time) error
	List(ctx context.Context, text, after string, limit int) ([]Account, error) // newest first, after an id

	AddSession(ctx context.Context, s Session) error
	SessionByHash(ctx context.Context, hash []byte) (Session, Account, error)
	SessionByID(ctx context.Context, id string) (Session, Account, error)
	Sessions(ctx context.Context, accountID string) ([]Session, error)
	TouchSession(ctx context.Context, id string, seenAt, expiresAt time.Time, ip string) error
	EndSession(ctx context.Context, accountID, id string) error
	EndSessions(ctx context.Context, accountID, except string) error

	AddToken(ctx context.Context, t Token) error
	TokenByHash(ctx context.Context, hash []byte) (Token, Account, error)
	TokenByID(ctx context.Context, id string) (Token, Account, error)
	Tokens(ctx context.Context, accountID string) ([]Token, error)
	TouchToken(ctx context.Context, id string, usedAt time.Time) error
	EndToken(ctx context.Context, accountID, id string) error
	EndTokens(ctx context.Context, accountID string) error

	AddLink(ctx context.Context, l Link) error
	UseLink(ctx context.Context, hash []byte, purpose Purpose, at time.Time) (Link, error) // deletes it
	DropLinks(ctx context.Context, accountID string, purpose Purpose) error

	Visitor(ctx context.Context, key, newPersonID string, at time.Time) (personID string, err error) // finds or makes
	KnownVisitor(ctx context.Context, key string) (personID string, err error)                       // "" when unknown
	TakeVisitor(ctx context.Context, key string) (personID string, err error)                        // deletes; "" when unknown

	Follow(ctx context.Context, follower, producer string, at time.Time) (changed bool, err error)
	Unfollow(ctx context.Context, follower, producer string) (changed bool, err error)
	Follows(ctx context.Context, follower string, producers []string) (map[string]bool, error)
	Following(ctx context.Context, follower, after string, limit int) ([]Account, error)
	Followers(ctx context.Context, producer, after string, limit int) ([]Account, error) // who want mails, by id

	Mute(ctx context.Context, accountID, kind, thing string, at time.Time) (changed bool, err error) // not_found for what is not there
	Unmute(ctx context.Context, accountID, kind, thing string) (changed bool, err error)
	Mutes(ctx context.Context, accountID string) ([]api.Mute, error) // newest first
	CountMutesTold(ctx context.Context, accountID string) (told int64, err error)

	Prune(ctx context.Context, at time.Time) error
}

// Limiter slows down guessing.
type Limiter interface {
	Take(ctx context.Context, bucket string, burst int, interval time.Duration) error
}

// Signer makes person tokens.
type Signer interface {
	Sign(claims api.PersonClaims, now time.Time) (token string, expiresAt time.Time, err error)
}

// Mailer sends a mail now.
type Mailer interface {
	Deliver(ctx context.Context, m mail.Message) error
}

// Config of the rules.
type Config struct {
	FirstAdmin string // e-mail that becomes admin when it is confirmed
	Demo       bool   // demo accounts may be made
}

// Service is the rules about accounts.
type Service struct {
	cfg     Config
	store   Store
	unit    tx.Unit
	limits  Limiter
	signer  Signer
	mailer  Mailer
	log     *slog.Logger
	hashing *hashing
	merged  []func(ctx context.Context, visitor, accountID string) error
	renamed []func(ctx context.Context, accountID string) error
	now     func() time.Time
}

// New returns a Service.
func New(cfg Config, store Store, unit tx.Unit, limits Limiter, signer Signer, mailer Mailer, log *slog.Logger) *Service {
	return &Service{
		cfg: cfg, store: store, unit: unit, limits: limits, signer: signer, mailer: mailer, log: log, hashing: newHashing(),
		now: func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
	}
}

// OnVisitorMerged adds what happens, in the same transaction, when a visitor turns out to be an account: carts move.
// Call it before the service is used.
func (s *Service) OnVisitorMerged(do func(ctx context.Context, visitor, accountID string) error) {
	s.merged = append(s.merged, do)
}

// OnRenamed adds what happens, in the same transaction, when an account takes another name or handle: listings follow.
// Call it before the service is used.
func (s *Service) OnRenamed(do func(ctx context.Context, accountID string) error) {
	s.renamed = append(s.renamed, do)
}

// Get answers the caller's own account.
func (s *Service) Get(ctx context.Context, who auth.Caller) (api.Account, error) {
	a, err := s.store.ByID(ctx, who.AccountID)
	if err != nil {
		return api.Account{}, err
	}
	return own(a), nil
}

// MarkSeller notes that the account has a pack. Call it in the transaction that makes its first one.
func (s *Service) MarkSeller(ctx context.Context, accountID string) error {
	return s.change(ctx, accountID, func(a *Account) error { a.Sells = true; return nil })
}

// SetPictures puts checked pictures into the profile; nil leaves one as it is, "" takes it away. Keys are covers/<sha256>.
func (s *Service) SetPictures(ctx context.Context, accountID string, avatar, banner *string) error {
	return s.change(ctx, accountID, func(a *Account) error {
		if avatar != nil {
			a.AvatarKey = *avatar
		}
		if banner != nil {
			a.BannerKey = *banner
		}
		return nil
	})
}

// Prune forgets sessions, links and visitors past their time.
func (s *Service) Prune(ctx context.Context) error { return s.store.Prune(ctx, s.now()) }

// change locks an account, changes it and saves it.
func (s *Service) change(ctx context.Context, id string, edit func(a *Account) error) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		a, err := s.store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if err := edit(&a); err != nil {
			return err
		}
		a.UpdatedAt = s.now()
		return s.store.Save(ctx, a)
	})
}

func own(a Account) api.Account {
	return api.Account{
		ID: a.ID, Email: a.Email, EmailVerified: a.EmailVerifiedAt != nil, Handle: a.Handle, Name: a.Name, Bio: a.Bio,
		Links: list(a.Links), AvatarKey: a.AvatarKey, BannerKey: a.BannerKey, Admin: a.Admin, Sells: a.Sells,
		Followers: a.Followers, Settings: a.Settings, CreatedAt: a.CreatedAt, Revision: a.Revision,
	}
}

// list is never null in JSON.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
