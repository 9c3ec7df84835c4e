// Command crateful runs the whole of Crateful on one computer.
//
//	crateful                  run everything; Ctrl-C stops it
//	crateful seed -packs N    add N demo packs to a running copy
//	crateful unseed           take the demo catalogue out of a running copy
//	crateful parts            run what keeps data and no service, for cratefulctl restore
//	crateful keys             print fresh keys and tokens for services that run alone
//
// CRATEFUL_ADDR says where the site listens, CRATEFUL_DATA where the data lies, SEED=0 leaves the demo catalogue out,
// LOG_LEVEL (warn) is for the terminal; everything is in log/crateful.log below the data folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"crateful.dev/kit/config"
	"crateful.dev/local"
)

func main() {
	local.MaybeRunChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "crateful: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	options, err := config.Load[local.Options](nil)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return run(ctx, options)
	case args[0] == "seed":
		flags := flag.NewFlagSet("crateful seed", flag.ContinueOnError)
		packs := flags.Int("packs", 12, "how many packs to add")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if *packs < 0 || *packs > 400 || flags.NArg() > 0 {
			return errors.New("seed takes -packs from 0 to 400")
		}
		return seed(ctx, options, *packs)
	case args[0] == "unseed" && len(args) == 1:
		return unseed(ctx, options)
	case args[0] == "parts" && len(args) == 1:
		options.PartsOnly = true
		return run(ctx, options)
	case args[0] == "keys" && len(args) == 1:
		return keys()
	}
	return errors.New("usage: crateful | crateful seed -packs N | crateful unseed | crateful parts | crateful keys")
}
