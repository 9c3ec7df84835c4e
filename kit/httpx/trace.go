package httpx

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"

	"github.com/google/uuid"
)

// Headers between our own services.
const (
	HeaderRequestID   = "X-Request-Id"
	HeaderService     = "X-Crateful-Service"
	HeaderTraceparent = "Traceparent"
)

type (
	requestIDKey   struct{}
	traceparentKey struct{}
)

var (
	requestIDShape   = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)
	traceparentShape = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

// WithRequestID puts a request id into ctx; Client sends it on.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the request id in ctx, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithTraceparent puts a W3C traceparent into ctx; Client sends it on. What has not its shape is ignored.
func WithTraceparent(ctx context.Context, traceparent string) context.Context {
	if !traceparentShape.MatchString(traceparent) {
		return ctx
	}
	return context.WithValue(ctx, traceparentKey{}, traceparent)
}

// Traceparent is the W3C traceparent in ctx, or "".
func Traceparent(ctx context.Context) string {
	tp, _ := ctx.Value(traceparentKey{}).(string)
	return tp
}

// ChildTraceparent keeps parent's trace and names a new span in it; without a valid parent a new trace begins.
func ChildTraceparent(parent string) string {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails
	trace, flags := hex.EncodeToString(random[:16]), "01"
	if traceparentShape.MatchString(parent) {
		trace, flags = parent[3:35], parent[53:]
	}
	return "00-" + trace + "-" + hex.EncodeToString(random[16:]) + "-" + flags
}

func traceID(traceparent string) string {
	if len(traceparent) < 35 {
		return ""
	}
	return traceparent[3:35]
}

func requestIDFrom(header string) string {
	if requestIDShape.MatchString(header) {
		return header
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.NewString()
	}
	return id.String()
}
