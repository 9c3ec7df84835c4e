// Command recommender runs the recommender service.
//
//	recommender                                                      serve
//	recommender evaluate --train T.csv --out R.csv [--k 20] [--seed 1]   tune on a part of T, train on all, write lists
//	recommender export --out PLACE [--at TIME]                       write what the job in spark/ trains on
//	recommender report [--weeks 8] [--json]                          replay the last weeks and say how good the lists were
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"time"

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
	case args[0] == "export":
		return export(ctx, args[1:], log)
	case args[0] == "report":
		return report(ctx, args[1:], log)
	}
	return errors.New("usage: recommender [serve] | evaluate --train T.csv --out R.csv [--k 20] [--seed 1] | export --out PLACE [--at TIME] | report [--weeks 8] [--json]")
}

func export(ctx context.Context, args []string, log *slog.Logger) error {
	flags := flag.NewFlagSet("recommender export", flag.ContinueOnError)
	out := flags.String("out", "", "a folder, or s3://BUCKET/PREFIX")
	at := time.Now()
	flags.Func("at", "as of when interests fade: RFC 3339; now when it is left out", func(text string) (err error) {
		at, err = time.Parse(time.RFC3339, text)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" || flags.NArg() > 0 {
		return errors.New("usage: recommender export --out PLACE [--at TIME]")
	}
	cfg, err := config.Load[recommender.ExportConfig](nil)
	if err != nil {
		return err
	}
	return recommender.Export(ctx, cfg, *out, at, log)
}

func report(ctx context.Context, args []string, log *slog.Logger) error {
	flags := flag.NewFlagSet("recommender report", flag.ContinueOnError)
	weeks := flags.Int("weeks", 8, "how many to replay")
	asJSON := flags.Bool("json", false, "JSON instead of a table")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *weeks < 1 || *weeks > 104 || flags.NArg() > 0 {
		return errors.New("usage: recommender report [--weeks 8] [--json]; 1 to 104 weeks")
	}
	cfg, err := config.Load[recommender.ReportConfig](nil)
	if err != nil {
		return err
	}
	return recommender.PrintReport(ctx, cfg, log, *weeks, *asJSON, os.Stdout)
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
