// Command analyzer runs the analyzer service.
package main

import (
	"context"
	"log/slog"

	"crateful.dev/analyzer"
	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
)

func main() { service.Main("analyzer", run) }

func run(ctx context.Context, log *slog.Logger) error {
	cfg, err := config.Load[analyzer.Config](nil)
	if err != nil {
		return err
	}
	s, err := analyzer.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	ln, err := service.Listen(cfg.Addr)
	if err != nil {
		return err
	}
	g := service.NewGroup(ctx)
	g.Go("http", func(ctx context.Context) error { return service.Serve(ctx, ln, s.Handler(), log) })
	g.Go("work", s.Run)
	return g.Wait()
}
