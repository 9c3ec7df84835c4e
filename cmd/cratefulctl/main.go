// Command cratefulctl is the operator's: it looks at an installation, repairs it, keeps backups and brings them back.
//
//	cratefulctl help              what there is
//	cratefulctl doctor            is everything well
//	cratefulctl completion bash   completion for a shell
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"crateful.dev/operator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := operator.Run(ctx, os.Args, operator.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ()})
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "cratefulctl: %v\n", err)
		os.Exit(operator.ExitCode(err))
	}
}
