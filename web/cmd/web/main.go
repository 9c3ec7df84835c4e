// Command web serves Crateful's pages. Its configuration is web.Config, from the environment.
package main

import (
	"context"
	"log/slog"

	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
	"crateful.dev/web"
)

func main() { service.Main("web", run) }

func run(ctx context.Context, log *slog.Logger) error {
	cfg, err := config.Load[web.Config](nil)
	if err != nil {
		return err
	}
	s, err := web.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	log.Info("listening", "address", cfg.Addr, "url", cfg.Site())
	return s.Run(ctx)
}
