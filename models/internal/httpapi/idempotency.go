package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/idempotency"
)

// keptHeaders are part of a stored answer.
var keptHeaders = []string{"Content-Type", "ETag", "Location"}

// errAnswered rolls back a transaction whose handler wrote an error answer itself.
var errAnswered = errors.New("answered with an error")

func (cfg Config) idempotent(route Route) func(*gin.Context) error {
	return func(c *gin.Context) error {
		value := c.GetHeader("Idempotency-Key")
		if value == "" {
			if route.Idempotent == KeyInTx {
				return cfg.inTx(c, route.Handle)
			}
			return route.Handle(c)
		}
		if len(value) > 255 {
			return errs.New(errs.CodeInvalid, "invalid_idempotency_key", "An Idempotency-Key has at most 255 characters.")
		}
		key, err := cfg.key(c, route, value)
		if err != nil {
			return err
		}
		if route.Idempotent == KeyInTx {
			return cfg.inTx(c, func(c *gin.Context) error { return cfg.answerOnce(c, key, route.Handle) })
		}
		if err := cfg.answerOnce(c, key, route.Handle); err != nil {
			return err
		}
		return nil
	}
}

// inTx runs the handler in one transaction and sends its answer only after the commit.
func (cfg Config) inTx(c *gin.Context, handle func(*gin.Context) error) error {
	outer, request := c.Writer, c.Request
	held := &heldWriter{ResponseWriter: outer, status: http.StatusOK}
	c.Writer = held
	defer func() { c.Writer, c.Request = outer, request }() // also when the handler panics
	err := cfg.Tx.WithinTx(request.Context(), func(ctx context.Context) error {
		c.Request = request.WithContext(ctx)
		if err := handle(c); err != nil {
			return err
		}
		if held.status >= 400 {
			return errAnswered
		}
		return nil
	})
	if err != nil && !errors.Is(err, errAnswered) {
		return err
	}
	held.release()
	return nil
}

// answerOnce replays the stored answer or runs the handler and stores what it answers.
func (cfg Config) answerOnce(c *gin.Context, key idempotency.Key, handle func(*gin.Context) error) error {
	ctx := c.Request.Context()
	stored, err := cfg.Keys.Begin(ctx, key)
	if err != nil {
		return err
	}
	if stored != nil {
		for name, v := range stored.Headers {
			c.Header(name, v)
		}
		c.Header("Idempotent-Replayed", "true")
		c.Status(stored.Status)
		_, err := c.Writer.Write(stored.Body)
		return err
	}
	outer := c.Writer
	held := &heldWriter{ResponseWriter: outer, status: http.StatusOK}
	c.Writer = held
	defer func() { c.Writer = outer }() // also when the handler panics
	err = handle(c)
	if err != nil || held.status >= 400 {
		after, cancel := afterwards(ctx)
		defer cancel()
		if forgetErr := cfg.Keys.Forget(after, key); forgetErr != nil {
			err = errors.Join(err, forgetErr)
		}
		if err == nil {
			held.release()
		}
		return err
	}
	answer := idempotency.Answer{Status: held.status, Headers: map[string]string{}, Body: held.body.Bytes()}
	for _, name := range keptHeaders {
		if v := held.Header().Get(name); v != "" {
			answer.Headers[name] = v
		}
	}
	after, cancel := afterwards(ctx)
	defer cancel()
	if err := cfg.Keys.Finish(after, key, answer); err != nil {
		return err
	}
	held.release()
	return nil
}

// afterwards outlives the request for a moment: what was done is noted even if the caller hung up.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

func (cfg Config) key(c *gin.Context, route Route, value string) (idempotency.Key, error) {
	body, err := httpx.Body(c)
	if err != nil {
		return idempotency.Key{}, err
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	hash := sha256.New()
	hash.Write([]byte(c.Request.URL.RequestURI() + "\n" + c.GetHeader("If-Match") + "\n"))
	hash.Write(body)
	who := auth.From(c.Request.Context())
	owner := "visitor:" + who.Visitor
	if who.SignedIn() {
		owner = "account:" + who.AccountID
	} else if who.Visitor == "" {
		owner = "service:" + who.Service
	}
	return idempotency.Key{Owner: owner, Route: route.Name(), Value: value, RequestHash: hash.Sum(nil)}, nil
}

// heldWriter keeps an answer back until it is certain.
type heldWriter struct {
	gin.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *heldWriter) WriteHeader(status int)            { w.status = status }
func (w *heldWriter) WriteHeaderNow()                   {}
func (w *heldWriter) Write(b []byte) (int, error)       { return w.body.Write(b) }
func (w *heldWriter) WriteString(s string) (int, error) { return w.body.WriteString(s) }
func (w *heldWriter) Status() int                       { return w.status }
func (w *heldWriter) Size() int                         { return w.body.Len() }
func (w *heldWriter) Written() bool                     { return w.body.Len() > 0 }
func (w *heldWriter) Flush()                            {}

func (w *heldWriter) release() {
	w.ResponseWriter.WriteHeader(w.status)
	if w.body.Len() > 0 {
		_, _ = w.ResponseWriter.Write(w.body.Bytes()) // the caller hung up; the answer is stored
		return
	}
	w.ResponseWriter.WriteHeaderNow()
}
