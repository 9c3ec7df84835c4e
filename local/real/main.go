// Command real runs Crateful on real servers, for tests.
//
//	real parts -kafka FOLDER -elasticsearch FOLDER -minio FILE COMMAND…
//	real services -programs FOLDER COMMAND…
//
// parts starts Kafka, Elasticsearch, MinIO and Postgres on free ports and runs COMMAND with their addresses in its
// environment, by the names of .env.example. services starts the six services, each by its own command, on the servers
// that the environment names, with a mailbox and the Stripe sandbox, and runs COMMAND with CRATEFUL_URL and
// CRATEFUL_MAIL_URL. Both stop everything and throw the data away when COMMAND ends, and fail when it
// failed, when a server ended meanwhile and when a service did not end well.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "real: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	usage := errors.New("usage: real parts | services [flags] COMMAND…")
	if len(args) == 0 {
		return usage
	}
	flags := flag.NewFlagSet("real "+args[0], flag.ContinueOnError)
	var start func(context.Context, *keeper) ([]string, error)
	switch args[0] {
	case "parts":
		var p parts
		flags.StringVar(&p.kafka, "kafka", "", "folder with Kafka's jars")
		flags.StringVar(&p.elasticsearch, "elasticsearch", "", "folder of the Elasticsearch server")
		flags.StringVar(&p.minio, "minio", "", "the MinIO server")
		start = p.start
	case "services":
		var s services
		flags.StringVar(&s.programs, "programs", "", "folder with the services' commands")
		start = s.start
	default:
		return usage
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return usage
	}
	k, err := newKeeper()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close(err != nil)) }()
	env, err := start(ctx, k)
	if err != nil {
		return err
	}
	return k.command(ctx, flags.Args(), env)
}
