package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"crateful.dev/kit/process"
	"crateful.dev/local/internal/child"
)

// keeper owns what was started: it notices what ends unasked, and stops all in the end.
type keeper struct {
	dir   string // thrown away at the end
	stops []func() error
	logs  []string
	ended chan error

	servers []*server
}

func newKeeper() (*keeper, error) {
	dir, err := os.MkdirTemp("", "crateful-real-")
	if err != nil {
		return nil, err
	}
	// Servers that refuse root run under another account, which must be able to enter.
	return &keeper{dir: dir, ended: make(chan error, 16)}, os.Chmod(dir, 0o755)
}

// folder makes one for a part's data.
func (k *keeper) folder(name string) (string, error) {
	dir := filepath.Join(k.dir, name)
	return dir, os.MkdirAll(dir, 0o755)
}

// launch starts a server. At the end it is sent a signal, on which it must end without an error; SIGKILL takes servers
// whose data nobody wants, with all their children.
func (k *keeper) launch(name string, cmd *exec.Cmd, end syscall.Signal) error {
	s := &server{name: name, cmd: cmd, end: end, log: filepath.Join(k.dir, name+".log"), ended: k.ended}
	if err := s.start(); err != nil {
		return err
	}
	k.logs = append(k.logs, s.log)
	k.servers = append(k.servers, s)
	k.stops = append(k.stops, s.stop)
	return nil
}

// command runs a command to its end, or until a server ends.
func (k *keeper) command(ctx context.Context, args, env []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	p, err := child.Start(cmd)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
		return p.Err()
	case err = <-k.ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if stopped := child.Stop(p, syscall.SIGTERM, time.Minute); stopped != nil {
		err = errors.Join(err, fmt.Errorf("stop %s: %w", args[0], stopped))
	}
	return err
}

// await asks until there is no error, for at most a time.
func (k *keeper) await(ctx context.Context, what string, most time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		try, stop := context.WithTimeout(ctx, 10*time.Second)
		err := ask(try)
		stop()
		if err == nil {
			return nil
		}
		select {
		case ended := <-k.ended:
			return ended
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, err)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// close stops everything, the last one first. After a failure it shows what the servers said last.
func (k *keeper) close(failed bool) error {
	var errs []error
	for _, stop := range slices.Backward(k.stops) {
		errs = append(errs, stop())
	}
	select {
	case err := <-k.ended:
		errs = append(errs, err)
	default:
	}
	err := errors.Join(errs...)
	if failed || err != nil {
		for _, path := range k.logs {
			if said := process.LastWords(path, 6000); len(said) > 0 {
				fmt.Fprintf(os.Stderr, "---- %s\n%s\n", filepath.Base(path), said)
			}
		}
	}
	return errors.Join(err, os.RemoveAll(k.dir))
}
