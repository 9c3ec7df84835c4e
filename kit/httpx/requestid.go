package httpx

import (
	"context"
	"regexp"

	"github.com/google/uuid"
)

// Headers between our own services.
const (
	HeaderRequestID = "X-Request-Id"
	HeaderService   = "X-Crateful-Service"
)

type requestIDKey struct{}

var requestIDShape = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// WithRequestID puts a request id into ctx; Client sends it on.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the request id in ctx, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
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
