package httpapi

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/idempotency"
	"crateful.dev/models/internal/tx"
)

// Sessions looks at sessions and tokens as they are now.
type Sessions interface {
	// Live answers an error of code unauthenticated when the caller's session or token has ended or the account is
	// disabled, and the caller with its present rights otherwise.
	Live(ctx context.Context, who auth.Caller) (auth.Caller, error)
}

// Config is what the door needs besides the domain services.
type Config struct {
	ServiceTokens map[string]string // name → token
	PersonKey     ed25519.PublicKey // checks person tokens
	Sessions      Sessions
	Tx            tx.Runner
	Keys          idempotency.Store // answers stored under idempotency keys
	Metrics       *prometheus.Registry
	Ready         map[string]func(context.Context) error
	Log           *slog.Logger

	persons *persons
}

// New builds the handler of all resources.
func New(cfg Config, resources []Resource) (http.Handler, error) {
	engine := httpx.NewEngine(httpx.Options{
		Service: "models", Log: cfg.Log, Metrics: cfg.Metrics, Ready: cfg.Ready, MaxBody: 8 << 20,
	})
	cfg.persons = newPersons(cfg.PersonKey)
	seen := map[string]bool{}
	door := engine.Group("/", httpx.RequireService(cfg.ServiceTokens))
	for _, route := range AllRoutes(resources) {
		if seen[route.Name()] || route.Who.kind == "" || route.Handle == nil {
			return nil, fmt.Errorf("route %s is declared twice or is incomplete", route.Name())
		}
		seen[route.Name()] = true
		door.Handle(route.Method, route.Path, httpx.Handle(cfg.serve(route)))
	}
	return engine, nil
}

// AllRoutes lists the routes of all resources in order.
func AllRoutes(resources []Resource) []Route {
	var all []Route
	for _, r := range resources {
		all = append(all, r.Routes()...)
	}
	return all
}

// serve puts the checks that a route asks for in front of its handler.
func (cfg Config) serve(route Route) func(*gin.Context) error {
	handle := route.Handle
	if route.Idempotent != KeyIgnored {
		handle = cfg.idempotent(route)
	}
	return func(c *gin.Context) error {
		who, err := cfg.identify(c)
		if err != nil {
			return err
		}
		if who, err = cfg.admit(c.Request.Context(), route, who); err != nil {
			return err
		}
		c.Request = c.Request.WithContext(auth.Into(c.Request.Context(), who))
		return handle(c)
	}
}
