// Command experience runs the experience service.
package main

import (
	"context"
	"log/slog"

	"crateful.dev/experience"
	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
)

func main() { service.Main("experience", run) }

func run(ctx context.Context, log *slog.Logger) error {
	service.CollectAt(400)
	cfg, err := config.Load[experience.Config](nil)
	if err != nil {
		return err
	}
	s, err := experience.New(ctx, cfg, log)
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
	g.Go("live", s.Run)
	return g.Wait()
}
