// Command recommender runs the recommender service.
//
//	recommender                                                      serve
//	recommender evaluate --train T.csv --out R.csv [--k 20] [--seed 1]   tune on a part of T, train on all, write lists
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"

	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
	"crateful.dev/recommender"
	"crateful.dev/recommender/internal/evaluate"
)

func main() {
	service.Main("recommender", func(ctx context.Context, log *slog.Logger) error { return run(ctx, os.Args[1:], log) })
}

func run(ctx context.Context, args []string, log *slog.Logger) error {
	switch {
	case len(args) == 0 || (len(args) == 1 && args[0] == "serve"):
		return serve(ctx, log)
	case args[0] == "evaluate":
		o := evaluate.Options{Log: os.Stderr}
		flags := flag.NewFlagSet("recommender evaluate", flag.ContinueOnError)
		flags.StringVar(&o.Train, "train", "", "CSV of interactions: user,item[,weight][,time]")
		flags.StringVar(&o.Out, "out", "", "CSV to write: user,item,rank")
		flags.IntVar(&o.Most, "k", 20, "items for each user")
		flags.Uint64Var(&o.Seed, "seed", 1, "of everything drawn at random")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if o.Train == "" || o.Out == "" || flags.NArg() > 0 {
			return errors.New("usage: recommender evaluate --train T.csv --out R.csv [--k 20] [--seed 1]")
		}
		return evaluate.Run(ctx, o)
	}
	return errors.New("usage: recommender [serve] | evaluate --train T.csv --out R.csv [--k 20] [--seed 1]")
}

func serve(ctx context.Context, log *slog.Logger) error {
	service.CollectAt(30) // histories and model stay; an answer allocates little
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
