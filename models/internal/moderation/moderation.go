// Package moderation keeps the catalogue honest: accounts that are disabled and their packs with them, packs that are taken
// down and given back, appeals of producers, reports of everybody. Every act of an admin is one transaction with its row in
// the audit log and its mails. How a pack or an account changes is for packages catalog and account.
package moderation

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

// TakeDown is why a pack is off sale by an admin's hand.
type TakeDown struct {
	ID          string
	PackID      string
	WithAccount bool // because its producer's account was disabled
	Reason      string
	FilesKept   bool
	Listed      bool // it was on sale
	Unpublished bool // it had changes that buyers did not see
	By          string
	At          time.Time
}

// Thing is what somebody reports, as it is or was on sale.
type Thing struct {
	Kind       string
	ID         string
	PackID     string
	ProducerID string
	Name       string
}

// Report is one person's word about a thing.
type Report struct {
	ID         string
	Reason     string
	Text       string
	Email      string
	ReporterID string
	At         time.Time
}

// Store keeps it. Methods that lock or change work inside a transaction.
type Store interface {
	AddTakeDown(ctx context.Context, t TakeDown) error
	OpenTakeDown(ctx context.Context, packID string) (TakeDown, error)                // not_found without one
	EndTakeDown(ctx context.Context, packID string, at time.Time) error               // nothing when there is none
	Suspended(ctx context.Context, producerID string) ([]TakeDown, error)             // open, with the account, by pack
	TakeDownByID(ctx context.Context, id string) (TakeDown, error)                    // also an ended one
	Owners(ctx context.Context, packID, after string, limit int) ([]Reader, error)    // of the pack or a sound of it, by id
	Reporters(ctx context.Context, caseID, after string, limit int) ([]Reader, error) // by report id
	AccountFacts(ctx context.Context, id string) (api.AdminAccountDetail, error)      // all but account and audit
	Packs(ctx context.Context, q api.AdminPackQuery) ([]api.AdminPack, error)         // newest first
	AddAppeal(ctx context.Context, a api.Appeal, takeDownID string) error             // conflict appeals_open_key
	PackAppeals(ctx context.Context, packID string) ([]api.Appeal, error)             // newest first
	Appeal(ctx context.Context, id string) (api.AdminAppeal, error)                   //
	Appeals(ctx context.Context, q api.AppealQuery) ([]api.AdminAppeal, error)        //
	LockAppeal(ctx context.Context, id string) (api.AppealState, error)               //
	OpenAppeal(ctx context.Context, packID string) (string, error)                    // its id, locked; "" without one
	AnswerAppeal(ctx context.Context, id string, a Answer) error                      //
	Thing(ctx context.Context, kind, id string) (Thing, error)                        // not_found when it never was on sale
	AddReport(ctx context.Context, t Thing, r Report) (id string, err error)          // of the same reporter's open one if there is
	Case(ctx context.Context, id string) (api.AdminReport, error)                     //
	Cases(ctx context.Context, q api.ReportQuery) ([]api.AdminReport, error)          //
	LockCase(ctx context.Context, id string) (api.ReportState, error)                 //
	OpenCases(ctx context.Context, packID string) ([]string, error)                   // locked, by id
	AnswerCase(ctx context.Context, id string, s api.ReportState, note string, a Answer) error
}

// Answer is who answered when, and what.
type Answer struct {
	Granted bool
	Text    string
	By      string
	At      time.Time
}

// Reader is somebody who gets a mail. Cursor is where the list goes on after them.
type Reader struct {
	Cursor string
	Name   string
	Email  string
	Locale string
}

// Packs is what packs can do; inside a transaction.
type Packs interface {
	Read(ctx context.Context, id string) (catalog.Pack, error)
	Lock(ctx context.Context, id string) (catalog.Pack, error)
	LockAll(ctx context.Context, producerID string) error
	TakeDown(ctx context.Context, id, reason string) (catalog.Off, error)
	Reinstate(ctx context.Context, id string) (catalog.Pack, error)
	Suspend(ctx context.Context, producerID, reason string) ([]catalog.Off, error)
	GiveBack(ctx context.Context, id string, unpublished bool) (bool, error)
}

// Accounts is what accounts can do; inside a transaction.
type Accounts interface {
	ByID(ctx context.Context, id string) (account.Account, error)
	Disable(ctx context.Context, who auth.Caller, id, reason string) (before, after account.Account, err error)
	Enable(ctx context.Context, id string) (before, after account.Account, err error)
}

// Log writes down what admins do, and reads it.
type Log interface {
	Record(ctx context.Context, e audit.Entry) error
	List(ctx context.Context, q api.AuditQuery) (api.AuditEntries, error)
}

// Limiter slows down what strangers may do.
type Limiter interface {
	Take(ctx context.Context, bucket string, burst int, interval time.Duration) error
}

// Service is the rules.
type Service struct {
	Unit     tx.Unit
	Store    Store
	Packs    Packs
	Accounts Accounts
	Log      Log
	Limits   Limiter
}

// now is cut to what the database keeps.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Audit reads the log, newest first.
func (s *Service) Audit(ctx context.Context, q api.AuditQuery) (api.AuditEntries, error) {
	return s.Log.List(ctx, q)
}

// maxIndexReason is the length of a reason, in characters.
const maxIndexReason = 500

// NoteIndexAct writes down what an admin asks of the search index.
func (s *Service) NoteIndexAct(ctx context.Context, in api.IndexAct) error {
	if !slices.Contains(api.IndexActs(), in.Action) {
		return errs.Invalid(errs.Field{Name: "action", Reason: "unknown", Detail: strings.Join(api.IndexActs(), ", ")})
	}
	reason, err := text("reason", in.Reason, 0, maxIndexReason, "")
	if err != nil {
		return err
	}
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		return s.Log.Record(ctx, audit.Entry{Action: in.Action, Subject: audit.Subject{Kind: "index", ID: "search", Name: "search"}, Reason: reason})
	})
}

// text cleans what somebody wrote, and refuses what is too short or too long.
func text(field, value string, least, most int, detail string) (string, error) {
	value, bad := catalog.CleanText(field, value, most)
	if bad != nil {
		return "", errs.Invalid(*bad)
	}
	if utf8.RuneCountInString(value) < least {
		return "", errs.Invalid(errs.Field{Name: field, Reason: "required", Detail: detail})
	}
	return value, nil
}

// write sends a mail once this transaction is done. key says what it is about, so that it goes once.
func (s *Service) write(ctx context.Context, template, key string, to Reader, data map[string]string) error {
	data["name"] = to.Name
	return s.Unit.Enqueue(ctx, mail.Message{Template: template, To: to.Email, Locale: to.Locale, Key: key, Data: data}, tx.Unique())
}

// tell writes to a producer.
func (s *Service) tell(ctx context.Context, template, key, producerID string, data map[string]string) error {
	a, err := s.Accounts.ByID(ctx, producerID)
	if err != nil {
		return err
	}
	return s.write(ctx, template, key, readerOf(a), data)
}

func readerOf(a account.Account) Reader {
	return Reader{Cursor: a.ID, Name: a.Name, Email: a.Email, Locale: a.Settings.Locale}
}

// pageEnd cuts a list that was read one longer than asked for, and tells where it goes on.
func pageEnd[T any](found []T, limit int, id func(T) string) ([]T, string) {
	if len(found) <= limit {
		return found, ""
	}
	found = found[:limit]
	return found, id(found[limit-1])
}
