// Command recommender runs the recommender service.
package main

import (
	"context"
	"log/slog"

	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
	"crateful.dev/recommender"
)

func main() { service.Main("recommender", run) }

func run(ctx context.Context, log *slog.Logger) error {
	cfg, err := config.Load[recommender.Config](nil)
	if err != nil {
		return err
	}
	s, err := recommender.New(ctx, cfg, log)
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
	g.Go("model", s.Run)
	return g.Wait()
}
