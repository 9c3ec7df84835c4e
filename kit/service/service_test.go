package service_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"crateful.dev/kit/service"
)

func TestServeDrains(t *testing.T) {
	t.Parallel()
	ln, err := service.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		select {
		case <-service.Draining(r.Context()):
			_, _ = io.WriteString(w, "drained")
		case <-r.Context().Done():
			t.Error("the request was cut")
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, ln, h, slog.New(slog.DiscardHandler)) }()

	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + ln.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answer <- string(b)
	}()
	<-entered
	cancel()
	if got := <-answer; got != "drained" {
		t.Errorf("the running request got %q", got)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestGroupStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	g := service.NewGroup(t.Context())
	broken := errors.New("broken")
	waited := false
	g.Go("waits", func(ctx context.Context) error {
		<-ctx.Done()
		waited = true
		return ctx.Err()
	})
	g.Go("ends well", func(context.Context) error { return nil })
	g.Go("fails", func(context.Context) error { return broken })
	err := g.Wait()
	if !errors.Is(err, broken) || err.Error() != "fails: broken" {
		t.Errorf("Wait gave %v", err)
	}
	if !waited {
		t.Error("Wait did not wait for all")
	}
}

func TestGroupEndsQuietly(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	g := service.NewGroup(ctx)
	g.Go("waits", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	cancel()
	if err := g.Wait(); err != nil {
		t.Errorf("Wait gave %v", err)
	}
}
