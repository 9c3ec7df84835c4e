package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"crateful.dev/kit/telemetry"
	"crateful.dev/local"
)

const (
	testCard   = "4242 4242 4242 4242"
	signInTime = time.Minute
)

// run starts everything, says where it is, seeds in the background and waits.
func run(ctx context.Context, o local.Options) error {
	if err := local.CheckFree(o.DataDir); err != nil {
		return err // before the log of the copy that runs is touched
	}
	log, logs, err := openLog(o.DataDir)
	if err != nil {
		return err
	}
	defer logs.Close()
	o.Log = log
	stopTraces, err := telemetry.Start(ctx, log)
	if err != nil {
		return err
	}
	defer stopTraces()
	began := time.Now()
	fmt.Println("Crateful is starting …")
	stack, err := local.Start(ctx, o)
	if err != nil {
		return err
	}
	var work sync.WaitGroup
	seeding, stopSeeding := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- stack.Wait() }()

	show(stack.Places())
	fmt.Printf("%-12s %s\n\n", "log", filepath.Join(o.DataDir, "log", "crateful.log"))
	switch {
	case o.PartsOnly:
		fmt.Println("No service runs. In another terminal: cratefulctl --data " + o.DataDir + " restore FOLDER")
	case os.Getenv("SEED") == "0":
		fmt.Println("Without the demo catalogue and its accounts (SEED=0).")
	default:
		if err := demonstrate(seeding, stack, &work, log); err != nil {
			fmt.Printf("The demo catalogue is left out: %v\n", err)
		}
	}
	fmt.Printf("Ready after %.1f s. Ctrl-C stops it; everything stays in %s.\n\n", time.Since(began).Seconds(), o.DataDir)
	if !o.PartsOnly {
		fmt.Printf("    %s\n\n", stack.URL())
	}

	select {
	case <-ctx.Done():
		fmt.Println("\nStopping …")
		err = nil
	case err = <-ended:
	}
	stopSeeding()
	work.Wait()
	began = time.Now()
	err = errors.Join(err, stack.Close())
	if err == nil {
		fmt.Printf("Stopped after %.1f s.\n", time.Since(began).Seconds())
	}
	return err
}

func show(places []local.Place) {
	for _, p := range places {
		fmt.Printf("%-12s %-32s %s\n", p.Name, p.Address, p.About)
	}
}

// demonstrate prints the demo sign-ins and brings the catalogue in the background.
func demonstrate(ctx context.Context, stack *local.Stack, work *sync.WaitGroup, log *slog.Logger) error {
	demo, err := stack.Demo()
	if err != nil {
		return err
	}
	making, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	accounts, err := demo.SignIns(making)
	if err != nil {
		demo.Close()
		return err
	}
	fmt.Println("Demo sign-ins, good on this computer alone:")
	for _, a := range accounts {
		fmt.Printf("  %-10s %-38s %s\n", a.Role, a.Email, a.Password)
	}
	if stack.SandboxURL() != "" {
		fmt.Printf("  %-10s %s, any later date, any 3 digits\n", "card", testCard)
	}
	fmt.Println()
	if !demo.Wanted() {
		demo.Close()
		return nil
	}
	work.Go(func() {
		defer demo.Close()
		began := time.Now()
		line := newLine(os.Stdout)
		err := demo.Seed(ctx, 0, line.progress)
		switch {
		case ctx.Err() != nil:
			line.end("The demo catalogue goes on at the next start.")
		case err != nil:
			log.Error("demo catalogue stopped", "error", err)
			line.end(fmt.Sprintf("The demo catalogue stopped and goes on at the next start: %v", err))
		default:
			line.end(fmt.Sprintf("The demo catalogue is complete after %.0f s.", time.Since(began).Seconds()))
		}
	})
	return nil
}
