// Command models runs the system of record.
//
//	models                        serve
//	models migrate                bring the database's schema up to date
//	models admin grant EMAIL      give an account the admin role
//	models admin revoke EMAIL     take it
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
	"crateful.dev/models"
)

func main() {
	service.Main("models", func(ctx context.Context, log *slog.Logger) error { return run(ctx, os.Args[1:], log) })
}

func run(ctx context.Context, args []string, log *slog.Logger) error {
	switch {
	case len(args) == 0 || (len(args) == 1 && args[0] == "serve"):
		return serve(ctx, log)
	case len(args) == 1 && args[0] == "migrate":
		db, err := config.Load[database](nil)
		if err != nil {
			return err
		}
		return models.Migrate(ctx, db.URL.Reveal(), log)
	case len(args) == 3 && args[0] == "admin" && (args[1] == "grant" || args[1] == "revoke"):
		db, err := config.Load[database](nil)
		if err != nil {
			return err
		}
		return models.GrantAdmin(ctx, db.URL.Reveal(), args[2], args[1] == "grant", log)
	}
	return errors.New("usage: models [serve] | migrate | admin grant EMAIL | admin revoke EMAIL")
}

type database struct {
	URL config.Secret `env:"DATABASE_URL,required"`
}

func serve(ctx context.Context, log *slog.Logger) error {
	service.CollectAt(400)
	cfg, err := config.Load[models.Config](nil)
	if err != nil {
		return err
	}
	s, err := models.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer s.Close()
	ln, err := service.Listen(cfg.Addr)
	if err != nil {
		return err
	}
	g := service.NewGroup(ctx)
	g.Go("serve", func(ctx context.Context) error { return service.Serve(ctx, ln, s.Handler(), log) })
	g.Go("work", s.Run)
	return g.Wait()
}
