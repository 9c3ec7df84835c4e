// Package saved keeps people's searches and what those newly find. What a query means is the indexer's business: here it is
// a value that can be equal to another. The indexer matches and reports; what counts as new is decided here, by when a thing
// was first on sale, so that reports may come late, twice or after a replay.
package saved

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

const (
	visit     = 30 * time.Minute // in which what was new stays marked
	undoFor   = 24 * time.Hour   // a removed search can be restored
	matchSlop = 100              // rows above MaxSavedMatches before the oldest are let go
)

// Search is a kept search.
type Search struct {
	ID        string
	AccountID string
	Name      string
	Query     json.RawMessage // names sorted, so that equal queries are equal bytes
	Mail      api.SavedMail
	ToldAt    time.Time // what matched later was not written about
	MailedAt  *time.Time
	MailDue   *time.Time // a job writes then
	SeenAt    time.Time
	SeenLast  time.Time // SeenAt before the last visit
	LetGoAt   time.Time // when the latest match that is not kept any more came
	New       int       // read only: since Since
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
	DeletedAt *time.Time
}

// ETag changes with every change its owner makes.
func (s *Search) ETag() string { return fmt.Sprintf(`"s%d"`, s.Version) }

// hash is the identity of a query.
func (s *Search) hash() []byte {
	sum := sha256.Sum256(s.Query)
	return sum[:]
}

// since is when its owner looked before now: within a visit, before that visit.
func (s *Search) since(now time.Time) time.Time {
	if now.Sub(s.SeenAt) < visit {
		return s.SeenLast
	}
	return s.SeenAt
}

func (s *Search) shown(since time.Time) api.SavedSearch {
	return api.SavedSearch{
		ID: s.ID, Name: s.Name, Query: s.Query, Mail: s.Mail, New: s.New, NewMore: s.LetGoAt.After(since), Since: since, ETag: s.ETag(),
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

// Found is a thing that a search newly found.
type Found struct {
	Name  string // of the sound; empty for a pack
	Pack  string // title
	Maker string // name of the producer
}

// Owner is whom mails are for.
type Owner struct {
	Email, Name, Locale string
	Mails               bool // the address is confirmed and the account open
}

// Store keeps searches and their matches. Methods that change something run inside a transaction.
type Store interface {
	// Clock is the database's: a time taken while a row is locked is later than all that was written under its lock before.
	Clock(ctx context.Context) (time.Time, error)
	// List answers the account's searches that are not deleted, each with New since SeenAt, newest first.
	List(ctx context.Context, accountID string) ([]Search, error)
	// Lock answers one, deleted or not, without New.
	Lock(ctx context.Context, id string) (Search, error)
	// Turn lets one transaction at a time go on until it ends, so that numbers become visible in their order.
	Turn(ctx context.Context) error
	Count(ctx context.Context, accountID string) (int, error)
	// Create and Restore give the search the next number.
	Create(ctx context.Context, s Search, hash []byte) error
	Restore(ctx context.Context, s Search) error
	// Save stores all but what Create alone sets.
	Save(ctx context.Context, s Search) error
	Prune(ctx context.Context, before time.Time) error

	// New lists by ids what matched after since and is on sale: what was found last first, in the order of its pack.
	New(ctx context.Context, id string, since time.Time) ([]string, error)
	// Found describes the first of it, up to limit, and counts all.
	Found(ctx context.Context, id string, since time.Time, limit int) ([]Found, int, error)

	Queries(ctx context.Context, after int64, limit int) (api.SavedQueries, error)
	// Existing locks those of the searches that exist, in the order of their ids.
	Existing(ctx context.Context, ids []string) ([]string, error)
	// Add keeps the pairs of search and item that were not kept yet and are new: the item is on sale in the pack, and was first
	// after the search was saved and after what was let go. It answers which searches got how many.
	Add(ctx context.Context, packID string, searches, items []string, at time.Time) (map[string]int, error)
	// Trim lets the oldest matches beyond keep go where there are more than keep and slop.
	Trim(ctx context.Context, ids []string, keep, slop int) error
	// Mailing locks those of the searches that want mails and have none due.
	Mailing(ctx context.Context, ids []string) ([]Search, error)
	// Daily locks the account's searches of the daily mail.
	Daily(ctx context.Context, accountID string) ([]Search, error)
	Owner(ctx context.Context, accountID string) (Owner, error)
}

// Signer makes texts that others cannot make.
type Signer interface {
	Seal(purpose, text string) string
	Open(purpose, sealed string) (text string, ok bool)
}

// Limiter slows down who saves too much.
type Limiter interface {
	Take(ctx context.Context, bucket string, burst int, interval time.Duration) error
}

// Service keeps searches.
type Service struct {
	Store  Store
	Unit   tx.Unit
	Limits Limiter
	Signer Signer
}

var (
	errTooMany = errs.New(errs.CodeConflict, "too_many_saved", fmt.Sprintf("You can keep %d searches.", api.MaxSavedSearches))
	errAlready = errs.New(errs.CodeConflict, "already_saved", "You have saved this search already.")
)

// List answers the caller's searches: those with something new first.
func (s *Service) List(ctx context.Context, who auth.Caller) (api.SavedSearches, error) {
	list, err := s.Store.List(ctx, who.AccountID)
	if err != nil {
		return api.SavedSearches{}, err
	}
	out := api.SavedSearches{Searches: make([]api.SavedSearch, 0, len(list))}
	var rest []api.SavedSearch
	for i := range list {
		if shown := list[i].shown(list[i].SeenAt); shown.New > 0 {
			out.Searches = append(out.Searches, shown)
		} else {
			rest = append(rest, shown)
		}
	}
	out.Searches = append(out.Searches, rest...)
	return out, nil
}

// Create keeps a search.
func (s *Service) Create(ctx context.Context, who auth.Caller, in api.NewSavedSearch) (api.SavedSearch, error) {
	if err := s.Limits.Take(ctx, "saved:account:"+who.AccountID, 30, 10*time.Second); err != nil {
		return api.SavedSearch{}, err
	}
	query, err := sortedJSON(in.Query)
	if err != nil {
		return api.SavedSearch{}, err
	}
	var search Search
	change := api.SavedChange{Name: &in.Name}
	if in.Mail != "" {
		change.Mail = &in.Mail
	}
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		if err := s.room(ctx, who); err != nil {
			return err
		}
		at, err := s.Store.Clock(ctx)
		if err != nil {
			return err
		}
		search = Search{
			ID: tx.NewID(), AccountID: who.AccountID, Query: query, Mail: api.SavedMailNone, ToldAt: at, SeenAt: at, SeenLast: at, Version: 1, CreatedAt: at, UpdatedAt: at,
		}
		if err := s.change(ctx, &search, change, at); err != nil {
			return err
		}
		return already(s.Store.Create(ctx, search, search.hash()))
	})
	return search.shown(search.SeenAt), err
}

// room holds the limit of an account.
func (s *Service) room(ctx context.Context, who auth.Caller) error {
	if err := s.Store.Turn(ctx); err != nil {
		return err
	}
	n, err := s.Store.Count(ctx, who.AccountID)
	if err != nil {
		return err
	}
	if n >= api.MaxSavedSearches {
		return errTooMany
	}
	return nil
}

func already(err error) error {
	if e, ok := errs.As(err); ok && e.Reason == "saved_searches_query_key" {
		return errAlready
	}
	return err
}

// sortedJSON writes a JSON object with its names sorted and nothing between, so that it does not depend on who wrote it.
func sortedJSON(raw json.RawMessage) (json.RawMessage, error) {
	bad := errs.Invalid(errs.Field{Name: "query", Reason: "malformed", Detail: "This is not a search."})
	if len(raw) > api.MaxSavedQuery {
		return nil, bad
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var query map[string]any
	if err := d.Decode(&query); err != nil || len(query) == 0 {
		return nil, bad
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, bad
	}
	out, err := json.Marshal(query)
	if err != nil || len(out) > api.MaxSavedQuery {
		return nil, bad
	}
	return out, nil
}

// change applies what was checked.
func (s *Service) change(ctx context.Context, search *Search, in api.SavedChange, at time.Time) error {
	if in.Name != nil {
		name, bad := catalog.CleanLine("name", *in.Name, api.MaxSavedNameRunes)
		if bad != nil {
			return errs.Invalid(*bad)
		}
		if name == "" {
			return errs.Invalid(errs.Field{Name: "name", Reason: "required", Detail: "Give the search a name."})
		}
		search.Name = name
	}
	if in.Mail == nil || *in.Mail == search.Mail {
		return nil
	}
	switch *in.Mail {
	case api.SavedMailNone:
	case api.SavedMailInstant, api.SavedMailDaily:
		owner, err := s.Store.Owner(ctx, search.AccountID)
		if err != nil {
			return err
		}
		if !owner.Mails {
			return errs.New(errs.CodeForbidden, "email_unverified", "Confirm your e-mail address before you ask for mails.")
		}
	default:
		return errs.Invalid(errs.Field{Name: "mail", Reason: "unknown", Detail: "Ask for none, instant or daily."})
	}
	search.Mail, search.ToldAt, search.MailDue = *in.Mail, at, nil
	return nil
}

// Page reads the caller's search with what is new in it.
func (s *Service) Page(ctx context.Context, who auth.Caller, id string) (api.SavedPage, error) {
	var out api.SavedPage
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		search, err := s.Store.Lock(ctx, id) // what a report adds from now on is later than ReadAt
		if err != nil {
			return err
		}
		if err := search.of(who); err != nil {
			return err
		}
		if out.ReadAt, err = s.Store.Clock(ctx); err != nil {
			return err
		}
		since := search.since(out.ReadAt)
		if out.Items, err = s.Store.New(ctx, id, since); err != nil {
			return err
		}
		search.New = len(out.Items)
		out.Search = search.shown(since)
		return nil
	})
	return out, err
}

// of refuses what is somebody else's, or removed.
func (s *Search) of(who auth.Caller) error {
	if s.AccountID != who.AccountID || s.DeletedAt != nil {
		return errs.NotFound("saved search")
	}
	return nil
}

// edit locks the caller's search and stores what do makes of it.
func (s *Service) edit(ctx context.Context, who auth.Caller, id string, do func(ctx context.Context, search *Search, at time.Time) error) (Search, error) {
	var out Search
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		search, err := s.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if err := search.of(who); err != nil {
			return err
		}
		at, err := s.Store.Clock(ctx)
		if err != nil {
			return err
		}
		if err := do(ctx, &search, at); err != nil {
			return err
		}
		out = search
		return s.Store.Save(ctx, search)
	})
	return out, err
}

// Change renames the search, or says when it mails.
func (s *Service) Change(ctx context.Context, who auth.Caller, id, etag string, in api.SavedChange) (api.SavedSearch, error) {
	search, err := s.edit(ctx, who, id, func(ctx context.Context, search *Search, at time.Time) error {
		if etag != "*" && etag != search.ETag() {
			return errs.New(errs.CodePreconditionFailed, "version_changed", "The search was changed elsewhere in the meantime. Read it again.")
		}
		if err := s.change(ctx, search, in, at); err != nil {
			return err
		}
		search.Version, search.UpdatedAt = search.Version+1, at
		return nil
	})
	if err != nil {
		return api.SavedSearch{}, err
	}
	items, err := s.Store.New(ctx, id, search.SeenAt)
	search.New = len(items)
	return search.shown(search.SeenAt), err
}

// Seen notes that the owner has seen everything up to until, which never goes back.
func (s *Service) Seen(ctx context.Context, who auth.Caller, id string, until time.Time) error {
	_, err := s.edit(ctx, who, id, func(_ context.Context, search *Search, at time.Time) error {
		until = until.UTC().Truncate(time.Microsecond)
		if until.After(at) {
			until = at
		}
		if !until.After(search.SeenAt) {
			return nil
		}
		if until.Sub(search.SeenAt) >= visit {
			search.SeenLast = search.SeenAt
		}
		search.SeenAt = until
		return nil
	})
	return err
}

// Delete removes the search; Restore brings it back for a day. Doing it twice is fine.
func (s *Service) Delete(ctx context.Context, who auth.Caller, id string) error {
	_, err := s.edit(ctx, who, id, func(_ context.Context, search *Search, at time.Time) error {
		search.DeletedAt, search.MailDue = &at, nil
		return nil
	})
	return err
}

// Restore takes a removal back, with all that was found meanwhile.
func (s *Service) Restore(ctx context.Context, who auth.Caller, id string) (api.SavedSearch, error) {
	var search Search
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		full := s.room(ctx, who)
		if full != nil && !errors.Is(full, errTooMany) {
			return full
		}
		var err error
		if search, err = s.Store.Lock(ctx, id); err != nil {
			return err
		}
		switch {
		case search.AccountID != who.AccountID:
			return errs.NotFound("saved search")
		case search.DeletedAt == nil:
			return nil // pressed twice
		case full != nil:
			return full
		}
		search.DeletedAt = nil
		return already(s.Store.Restore(ctx, search))
	})
	if err != nil {
		return api.SavedSearch{}, err
	}
	items, err := s.Store.New(ctx, id, search.SeenAt)
	search.New = len(items)
	return search.shown(search.SeenAt), err
}

// PruneJob forgets what was removed and cannot be restored any more.
type PruneJob struct{}

// Kind implements tx.Job.
func (PruneJob) Kind() string { return "saved_prune" }

// Prune runs a PruneJob.
func (s *Service) Prune(ctx context.Context, _ PruneJob) error {
	return s.Store.Prune(ctx, time.Now().Add(-undoFor))
}
