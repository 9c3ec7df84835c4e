package models

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/outbox"
	"crateful.dev/models/internal/postgres"
)

// What the operator's command does beside a running models: it looks at the same database, or brings it back from a backup.

// Schema compares the migrations of a database with those of this program.
type Schema = postgres.Schema

// SchemaOf reads the version of a database's schema and changes nothing.
func SchemaOf(ctx context.Context, databaseURL string, log *slog.Logger) (Schema, error) {
	db, err := postgres.Open(ctx, databaseURL, postgres.Options{MaxConns: 1}, log)
	if err != nil {
		return Schema{}, err
	}
	defer db.Close()
	return postgres.SchemaAt(ctx, db.Pool())
}

// GrantAdmin gives the account with this e-mail the admin role, or takes it.
func GrantAdmin(ctx context.Context, databaseURL, email string, admin bool, log *slog.Logger) error {
	db, err := postgres.Open(ctx, databaseURL, postgres.Options{MaxConns: 2}, log)
	if err != nil {
		return err
	}
	defer db.Close()
	store, acts := postgres.NewAccountStore(db), audit.New(postgres.NewAuditStore(db))
	return db.WithinTx(ctx, func(ctx context.Context) error {
		a, err := store.ByEmail(ctx, email)
		if err != nil || a.Admin == admin {
			return err
		}
		if err := store.SetAdmin(ctx, email, admin); err != nil {
			return err
		}
		action := "account.grant_admin"
		if !admin {
			action = "account.revoke_admin"
		}
		return acts.Record(ctx, audit.Entry{Action: action, Subject: audit.Subject{Kind: "account", ID: a.ID, Name: a.Email}})
	})
}

// AdminToken makes a personal token with the scope admin for an account that is an admin, and gives its secret, which is not
// kept anywhere.
func AdminToken(ctx context.Context, databaseURL, email, name string, days int, log *slog.Logger) (secret string, err error) {
	db, err := postgres.Open(ctx, databaseURL, postgres.Options{MaxConns: 1}, log)
	if err != nil {
		return "", err
	}
	defer db.Close()
	store, acts := postgres.NewAccountStore(db), audit.New(postgres.NewAuditStore(db))
	err = db.WithinTx(ctx, func(ctx context.Context) error {
		a, err := store.ByEmail(ctx, email)
		if err != nil {
			return err
		}
		if !a.Admin || a.DisabledAt != nil {
			return fmt.Errorf("%s is no admin: cratefulctl admin grant %s", email, email)
		}
		var t account.Token
		t, secret = account.NewToken(a.ID, name, []string{api.ScopeAdmin}, days, time.Now().UTC().Truncate(time.Microsecond))
		if err := store.AddToken(ctx, t); err != nil {
			return err
		}
		return acts.Record(ctx, audit.Entry{
			Action: "account.admin_token", Subject: audit.Subject{Kind: "account", ID: a.ID, Name: a.Email}, Data: map[string]any{"token_id": t.ID, "days": days},
		})
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Topics are all topics of Crateful as they must be.
func Topics() []kafka.Topic { return outbox.Topics() }

// CheckMail signs in at the mail server and sends nothing.
func CheckMail(ctx context.Context, smtpURL, from string, log *slog.Logger) error {
	mailer, err := mail.New(smtpURL, from, "http://localhost", log)
	if err != nil {
		return err
	}
	return mailer.Check(ctx)
}

// Renewed says what AfterRestore did.
type Renewed struct {
	Resent int64 // requests for work that go out again
}

// AfterRestore fits a database that came from a backup to a Kafka whose topics are new: requests to the analyzer that lay at
// or after next go out again, all of a partition that is not in it, and what was known of dead letters is forgotten, because
// new ones will have their numbers.
func AfterRestore(ctx context.Context, databaseURL string, next kafka.Offsets, log *slog.Logger) (out Renewed, err error) {
	db, err := postgres.Open(ctx, databaseURL, postgres.Options{MaxConns: 1}, log)
	if err != nil {
		return out, err
	}
	defer db.Close()
	err = db.WithinTx(ctx, func(ctx context.Context) error {
		if out.Resent, err = db.Resend(ctx, events.TopicUploads, next); err != nil {
			return err
		}
		return db.ForgetDeadLetters(ctx)
	})
	return out, err
}

// ExpectedObjects gives the keys that storage should hold, in order and in batches.
func ExpectedObjects(ctx context.Context, databaseURL string, log *slog.Logger, each func(keys []string) error) error {
	const batch = 1000
	db, err := postgres.Open(ctx, databaseURL, postgres.Options{MaxConns: 1}, log)
	if err != nil {
		return err
	}
	defer db.Close()
	store := postgres.NewUploadStore(db)
	for after := ""; ; {
		keys, err := store.Referenced(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("list expected objects: %w", err)
		}
		if len(keys) == 0 {
			return nil
		}
		if err := each(keys); err != nil {
			return err
		}
		if len(keys) < batch {
			return nil
		}
		after = keys[len(keys)-1]
	}
}
