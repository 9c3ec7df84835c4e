// Package service is the life of a process: start, signals, listening, draining, and goroutines
// that have an owner.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"crateful.dev/kit/telemetry"
)

// DrainTimeout is how long Serve lets running requests finish.
const DrainTimeout = 20 * time.Second

// Main runs a service until it ends or SIGINT or SIGTERM arrives, and exits with 1 on an error.
func Main(name string, run func(ctx context.Context, log *slog.Logger) error) {
	log := NewLogger(name)
	stopTraces, err := telemetry.Start(context.Background(), log)
	if err == nil {
		err = runUntilSignal(log, run)
		stopTraces()
	}
	if err != nil {
		log.Error("stopped", "error", err)
		os.Exit(1)
	}
	log.Info("stopped")
}

func runUntilSignal(log *slog.Logger, run func(context.Context, *slog.Logger) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, log)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// NewLogger writes to standard error: JSON, or text with LOG_FORMAT=text; LOG_LEVEL is debug, info, warn or error.
func NewLogger(name string) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(os.Getenv("LOG_LEVEL"))); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewJSONHandler(os.Stderr, opts)
	if strings.EqualFold(os.Getenv("LOG_FORMAT"), "text") {
		h = slog.NewTextHandler(os.Stderr, opts)
	}
	return slog.New(telemetry.Log(h)).With("service", name)
}

// Listen opens a TCP listener, so that port 0 works and "ready" is true when it is said.
func Listen(addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return ln, nil
}

type drainKey struct{}

// Draining is closed when the server of this request begins to drain. Handlers that never end by
// themselves, such as event streams, watch it. It blocks for ever when the request came by another server.
func Draining(ctx context.Context) <-chan struct{} {
	ch, _ := ctx.Value(drainKey{}).(chan struct{})
	return ch
}

// Serve answers on ln until ctx ends, then refuses new connections, lets running requests finish for
// at most DrainTimeout, and returns.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	draining := make(chan struct{})
	base := context.WithValue(context.WithoutCancel(ctx), drainKey{}, draining)
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	log.Info("listening", "addr", ln.Addr().String())

	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	log.Info("draining", "addr", ln.Addr().String())
	close(draining)
	stop, cancel := context.WithTimeout(base, DrainTimeout)
	defer cancel()
	err := srv.Shutdown(stop)
	if err != nil {
		log.Warn("requests cut at the end of draining", "error", err)
		err = srv.Close()
	}
	<-failed //nolint:errcheck // it says that the server was closed
	if err != nil {
		return fmt.Errorf("close server: %w", err)
	}
	return nil
}
