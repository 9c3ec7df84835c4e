// Package errs holds the few error codes that cross service borders, and the error that carries them.
// How a code looks on the wire is left to httpx.
package errs

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Code says what kind of failure it was; every code has one HTTP status.
type Code string

// The codes.
const (
	CodeInvalid             Code = "invalid"
	CodeUnauthenticated     Code = "unauthenticated"
	CodeForbidden           Code = "forbidden"
	CodeNotFound            Code = "not_found"
	CodeGone                Code = "gone"
	CodeConflict            Code = "conflict"
	CodePreconditionFailed  Code = "precondition_failed"
	CodeTooLarge            Code = "too_large"
	CodeIdempotencyMismatch Code = "idempotency_mismatch"
	CodeInProgress          Code = "in_progress"
	CodeRateLimited         Code = "rate_limited"
	CodeUnavailable         Code = "unavailable"
	CodeTimeout             Code = "timeout"
	CodeInternal            Code = "internal"
)

// Field is what is wrong with one field of the input.
type Field struct {
	Name   string `json:"name"`             // as in the input, dotted when nested
	Reason string `json:"reason"`           // stable, for machines
	Detail string `json:"detail,omitempty"` // for people
}

// Error is a failure with a code. Reason is stable and for machines, Detail is for people and
// safe to show, Err is the cause and stays with the operators.
type Error struct {
	Code       Code
	Reason     string
	Detail     string
	Fields     []Field
	RetryAfter time.Duration // when trying again makes sense; 0 says nothing
	Err        error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	if e.Reason != "" {
		b.WriteString(" (" + e.Reason + ")")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, f := range e.Fields {
		b.WriteString("; " + f.Name + ": " + f.Reason)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// New makes an error without a cause.
func New(code Code, reason, detail string) *Error {
	return &Error{Code: code, Reason: reason, Detail: detail}
}

// Invalid says which fields of the input are wrong.
func Invalid(fields ...Field) *Error {
	return &Error{Code: CodeInvalid, Reason: "invalid_fields", Detail: "Some fields are not valid.", Fields: fields}
}

// NotFound says that there is no such thing, for example NotFound("order").
func NotFound(what string) *Error {
	return &Error{Code: CodeNotFound, Reason: strings.ReplaceAll(what, " ", "_") + "_not_found", Detail: "There is no such " + what + "."}
}

// Wrap gives a cause a code.
func Wrap(code Code, err error, reason, detail string) *Error {
	return &Error{Code: code, Reason: reason, Detail: detail, Err: err}
}

// As finds the Error in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// CodeOf is the code of err: "" for nil, timeout for an expired context, internal for what has no code.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := As(err); ok {
		return e.Code
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return CodeTimeout
	}
	return CodeInternal
}

// Each does something with all of them, also after one has failed, and joins what failed.
func Each[T any](all []T, do func(T) error) error {
	var failed []error
	for _, one := range all {
		failed = append(failed, do(one))
	}
	return errors.Join(failed...)
}
