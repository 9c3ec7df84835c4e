package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"crateful.dev/kit/errs"
)

// Reasons of translated errors that callers may compare.
const ReasonRetry = "retry" // lost against a concurrent change; the same call may work again

// translate turns driver errors into errs. what names the thing looked for; errors that are translated already stay.
func translate(err error, what string) error {
	if err == nil {
		return nil
	}
	if _, ok := errs.As(err); ok {
		return err
	}
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, pgx.ErrNoRows), errors.Is(err, sql.ErrNoRows):
		if what == "" {
			what = "row"
		}
		return errs.NotFound(what)
	case errors.Is(err, context.DeadlineExceeded):
		return errs.Wrap(errs.CodeTimeout, err, "timeout", "The database took too long.")
	case errors.Is(err, context.Canceled):
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "23505": // unique_violation
			return errs.Wrap(errs.CodeConflict, err, pg.ConstraintName, "It exists already.")
		case "23503": // foreign_key_violation
			return errs.Wrap(errs.CodeConflict, err, pg.ConstraintName, "Something it refers to is missing or still in use.")
		case "23514", "23502", "22001", "22003": // check, not null, too long, out of range
			return errs.Wrap(errs.CodeInvalid, err, pg.ConstraintName, "A value is not allowed.")
		case "22P02", "22P05", "22021": // not a uuid, not a character
			return errs.Wrap(errs.CodeInvalid, err, "malformed", "A value is malformed.")
		case "40001", "40P01", "55P03": // serialization, deadlock, lock not available
			return errs.Wrap(errs.CodeConflict, err, ReasonRetry, "Somebody changed it at the same time. Try again.")
		case "57014": // query_canceled by statement_timeout
			return errs.Wrap(errs.CodeTimeout, err, "timeout", "The database took too long.")
		}
		if pg.Code[:2] == "08" || pg.Code[:2] == "53" || pg.Code[:3] == "57P" {
			return errs.Wrap(errs.CodeUnavailable, err, "database_unavailable", "The database is not available.")
		}
	}
	if away(err) {
		return errs.Wrap(errs.CodeUnavailable, err, "database_unavailable", "The database is not available.")
	}
	if what != "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	return err
}

// away says that there is no connection, or that it broke.
func away(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}

// only is the one thing that a query by its key found, if it did.
func only[T any](found []T, err error, what string) (one T, _ error) {
	switch {
	case err != nil:
		return one, err
	case len(found) == 0:
		return one, errs.NotFound(what)
	}
	return found[0], nil
}
