// Command indexer runs the search index on its own. -role says which half of the work this copy does.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"

	"crateful.dev/indexer"
	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
)

func main() {
	role := flag.String("role", "", "search, ingest or both (default INDEXER_ROLE, else both)")
	flag.Parse()
	service.Main("indexer", func(ctx context.Context, log *slog.Logger) error { return run(ctx, log, *role) })
}

func run(ctx context.Context, log *slog.Logger, role string) (err error) {
	service.CollectAt(200) // a replay has 40 MiB in use and should stay below 200
	cfg, err := config.Load[indexer.Config](environment(role))
	if err != nil {
		return err
	}
	svc, err := indexer.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	ln, err := service.Listen(cfg.Addr)
	if err != nil {
		return err
	}
	group := service.NewGroup(ctx)
	group.Go("http", func(ctx context.Context) error { return service.Serve(ctx, ln, svc.Handler(), log) })
	group.Go("ingest", svc.Run)
	return group.Wait()
}
