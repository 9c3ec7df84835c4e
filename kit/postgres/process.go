package postgres

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"crateful.dev/kit/process"
)

// stop asks the server with the given signal first (SIGINT: fast shutdown with a checkpoint, SIGQUIT:
// at once), and insists when that takes too long.
func stop(p *process.Process, first syscall.Signal, patience time.Duration) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{first, patience}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		if err := p.Cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		select {
		case <-p.Done():
			return nil
		case <-time.After(step.wait):
		}
	}
	return errors.New("postgres does not end")
}

// clearStale deals with postmaster.pid of a run that was killed: a server that still works
// there is asked to end; a file whose number now belongs to another program is removed,
// because postgres itself would refuse to start.
func clearStale(data string, patience time.Duration) error {
	path := filepath.Join(data, "postmaster.pid")
	deadline := time.Now().Add(patience)
	for signal := syscall.SIGINT; ; {
		b, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _, _ := strings.Cut(string(b), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil || pid <= 1 || !serves(pid, data) {
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			return nil
		}
		if time.Now().After(deadline) {
			return errors.New("a postgres server still works in " + data)
		}
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		if time.Until(deadline) < patience/2 {
			signal = syscall.SIGQUIT
		}
		time.Sleep(100 * time.Millisecond)
	}
}
