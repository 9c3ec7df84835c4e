package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
)

// ProblemType is the media type of RFC 9457.
const ProblemType = "application/problem+json"

// Problem is the body of every error answer (RFC 9457 with our members).
type Problem struct {
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Code      errs.Code    `json:"code"`
	Reason    string       `json:"reason,omitempty"`
	Detail    string       `json:"detail,omitempty"`
	Fields    []errs.Field `json:"fields,omitempty"`
	RequestID string       `json:"request_id,omitempty"`
}

// statusClientGone is what the log says when nobody waits for the answer any more.
const statusClientGone = 499

var statuses = map[errs.Code]int{
	errs.CodeInvalid:             http.StatusBadRequest,
	errs.CodeUnauthenticated:     http.StatusUnauthorized,
	errs.CodeForbidden:           http.StatusForbidden,
	errs.CodeNotFound:            http.StatusNotFound,
	errs.CodeGone:                http.StatusGone,
	errs.CodeConflict:            http.StatusConflict,
	errs.CodePreconditionFailed:  http.StatusPreconditionFailed,
	errs.CodeTooLarge:            http.StatusRequestEntityTooLarge,
	errs.CodeIdempotencyMismatch: http.StatusUnprocessableEntity,
	errs.CodeInProgress:          http.StatusConflict,
	errs.CodeRateLimited:         http.StatusTooManyRequests,
	errs.CodeUnavailable:         http.StatusServiceUnavailable,
	errs.CodeTimeout:             http.StatusGatewayTimeout,
	errs.CodeInternal:            http.StatusInternalServerError,
}

// Status is the HTTP status of a code.
func Status(code errs.Code) int {
	if s, ok := statuses[code]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// codeOf is the other direction, for answers that carry no code.
func codeOf(status int) errs.Code {
	switch status {
	case http.StatusConflict:
		return errs.CodeConflict
	case http.StatusUnprocessableEntity, http.StatusMethodNotAllowed:
		return errs.CodeInvalid
	case http.StatusBadGateway:
		return errs.CodeUnavailable
	}
	for code, s := range statuses {
		if s == status {
			return code
		}
	}
	if status >= 400 && status < 500 {
		return errs.CodeInvalid
	}
	return errs.CodeInternal
}

// Handle turns a handler that returns an error into one that answers with a problem.
func Handle(h func(c *gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			Fail(c, err)
		}
	}
}

// Fail answers err as a problem and ends the chain. Causes go to the access log, never to the caller.
func Fail(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
	if c.Writer.Written() {
		return
	}
	if c.Request.Context().Err() != nil && errors.Is(err, context.Canceled) {
		c.Status(statusClientGone)
		c.Writer.WriteHeaderNow()
		return
	}
	WriteProblem(c.Writer, c.Request, err)
}

// WriteProblem answers err as a problem without gin.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	code := errs.CodeOf(err)
	p := Problem{Status: Status(code), Code: code, Reason: string(code), RequestID: RequestID(r.Context())}
	p.Title = http.StatusText(p.Status)
	if e, ok := errs.As(err); ok {
		p.Detail, p.Fields = e.Detail, e.Fields
		if e.Reason != "" {
			p.Reason = e.Reason
		}
		if e.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
		}
	}
	if p.Detail == "" {
		p.Detail = p.Title + "."
	}
	body, encErr := json.Marshal(p)
	if encErr != nil {
		body = []byte(`{"status":500,"code":"internal"}`)
	}
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Del("ETag")
	h.Del("Content-Length")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body)
}

// errorFrom rebuilds the error that WriteProblem wrote.
func errorFrom(status int, header http.Header, body []byte) *errs.Error {
	var p Problem
	if json.Unmarshal(body, &p) != nil || p.Code == "" {
		code := codeOf(status)
		p = Problem{Code: code, Reason: string(code), Detail: http.StatusText(status)}
	}
	e := &errs.Error{Code: p.Code, Reason: p.Reason, Detail: p.Detail, Fields: p.Fields}
	if s, err := strconv.Atoi(header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}
