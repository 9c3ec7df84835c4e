package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"crateful.dev/local"
)

// seed adds packs to a copy that runs in another terminal.
func seed(ctx context.Context, o local.Options, packs int) error {
	demo, err := local.OpenDemo(o.DataDir, terminalLog())
	if err != nil {
		return err
	}
	defer demo.Close()
	began := time.Now()
	line := newLine(os.Stdout)
	if err := demo.Seed(ctx, packs, line.progress); err != nil {
		line.end("Stopped. `crateful seed -packs 0` goes on where it was left.")
		return err
	}
	line.end(fmt.Sprintf("Complete after %.0f s.", time.Since(began).Seconds()))
	return nil
}

// unseed takes the demo packs off the site.
func unseed(ctx context.Context, o local.Options) error {
	demo, err := local.OpenDemo(o.DataDir, terminalLog())
	if err != nil {
		return err
	}
	defer demo.Close()
	sum, err := demo.Remove(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d demo packs deleted, %d withdrawn because demo buyers own them. `make seed` brings the catalogue back.\n", sum.Deleted, sum.Withdrawn)
	return nil
}
