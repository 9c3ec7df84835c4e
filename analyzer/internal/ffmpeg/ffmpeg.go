// Package ffmpeg runs ffmpeg on files that nobody has checked yet: one process at a time per slot, with a deadline,
// an address-space, CPU, output and descriptor limit, no standard input of ours, no network protocol and an empty
// environment. What to ask of it is left to the callers.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrTimeout says that the process ran into its time limit and was killed.
var ErrTimeout = errors.New("ffmpeg ran out of time")

// Limits bound one process.
type Limits struct {
	Time        time.Duration // wall clock, also the CPU time in whole seconds
	MemoryBytes uint64        // address space
	OutputBytes uint64        // largest file it may write
}

// Command is one call.
type Command struct {
	Args   []string
	Limits Limits
	// Stdin feeds the process; nil means none. It must return when the writer fails.
	Stdin func(io.Writer) error
	// Stdout reads what the process prints; nil discards it.
	Stdout func(io.Reader) error
}

// ExitError is a run that ffmpeg itself ended with a failure.
type ExitError struct {
	Status int    // exit status, -1 when a signal ended it
	Signal string // name of that signal
	Stderr string // the end of what it said, for the log only
}

func (e *ExitError) Error() string {
	if e.Signal != "" {
		return fmt.Sprintf("ffmpeg ended by %s: %s", e.Signal, e.Stderr)
	}
	return fmt.Sprintf("ffmpeg exit status %d: %s", e.Status, e.Stderr)
}

// Runner starts processes, at most a fixed number at a time.
type Runner struct {
	path  string
	slots chan struct{}
}

// Find looks for the program (name or path; empty means "ffmpeg") and allows atOnce processes at a time.
func Find(program string, atOnce int) (*Runner, error) {
	if program == "" {
		program = "ffmpeg"
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("ffmpeg is missing; install it (Debian, Ubuntu: apt install ffmpeg): %w", err)
	}
	if atOnce < 1 {
		atOnce = 1
	}
	return &Runner{path: path, slots: make(chan struct{}, atOnce)}, nil
}

// Run starts one process and waits for it and for both streams.
func (r *Runner) Run(ctx context.Context, c Command) error {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return fmt.Errorf("wait for an ffmpeg slot: %w", ctx.Err())
	}
	runCtx, cancel := context.WithTimeout(ctx, c.Limits.Time)
	defer cancel()

	done := make(chan error, 1)
	go func() {
		// The parent-death signal follows the thread that started the child, so that thread must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- r.run(runCtx, c)
	}()
	err := <-done
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("run ffmpeg: %w", ctx.Err())
	case runCtx.Err() != nil:
		return ErrTimeout
	}
	return err
}

func (r *Runner) run(ctx context.Context, c Command) error {
	args := append([]string{"-nostdin", "-hide_banner", "-v", "error", "-y"}, c.Args...)
	cmd := exec.CommandContext(ctx, r.path, args...) //nolint:gosec // the program is the operator's, the arguments are ours
	cmd.Env = []string{"LC_ALL=C", "HOME=/nonexistent"}
	cmd.Dir = os.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	cmd.WaitDelay = 2 * time.Second
	stderr := &tail{max: 2048}
	cmd.Stderr = stderr

	var stdin io.WriteCloser
	var stdout io.ReadCloser
	var err error
	if c.Stdin != nil {
		if stdin, err = cmd.StdinPipe(); err != nil {
			return fmt.Errorf("open ffmpeg's input: %w", err)
		}
	}
	if c.Stdout != nil {
		if stdout, err = cmd.StdoutPipe(); err != nil {
			return fmt.Errorf("open ffmpeg's output: %w", err)
		}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start ffmpeg: %w", err)
	}
	limitErr := limit(cmd.Process.Pid, c.Limits)
	if limitErr != nil && !errors.Is(limitErr, unix.ESRCH) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return limitErr
	}

	fed := make(chan error, 1)
	if stdin != nil {
		go func() {
			err := c.Stdin(stdin)
			if cerr := stdin.Close(); err == nil {
				err = cerr
			}
			fed <- err
		}()
	} else {
		fed <- nil
	}
	var readErr error
	if stdout != nil {
		if readErr = c.Stdout(stdout); readErr != nil {
			_ = cmd.Process.Kill()
		}
		_ = stdout.Close()
	}
	var fedErr error
	if stdin != nil {
		fedErr = <-fed
		if fedErr != nil && !brokenPipe(fedErr) {
			_ = cmd.Process.Kill()
		}
	}
	waitErr := cmd.Wait()

	if readErr != nil {
		return readErr
	}
	if fedErr != nil && !brokenPipe(fedErr) {
		return fedErr
	}
	if waitErr != nil {
		var exit *exec.ExitError
		if errors.As(waitErr, &exit) {
			out := &ExitError{Status: exit.ExitCode(), Stderr: stderr.String()}
			if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
				out.Signal = ws.Signal().String()
			}
			return out
		}
		return fmt.Errorf("wait for ffmpeg: %w", waitErr)
	}
	if fedErr != nil {
		return fmt.Errorf("feed ffmpeg: %w", fedErr)
	}
	return nil
}

// limit binds a process that has just been started; it is still being linked, long before it opens a file.
func limit(pid int, l Limits) error {
	seconds := uint64(l.Time/time.Second) + 1
	for _, r := range []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_AS, l.MemoryBytes},
		{unix.RLIMIT_CPU, seconds},
		{unix.RLIMIT_FSIZE, l.OutputBytes},
		{unix.RLIMIT_NOFILE, 64},
		{unix.RLIMIT_CORE, 0},
	} {
		if err := unix.Prlimit(pid, r.resource, &unix.Rlimit{Cur: r.value, Max: r.value}, nil); err != nil {
			return fmt.Errorf("limit ffmpeg: %w", err)
		}
	}
	return nil
}

func brokenPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed)
}

// tail keeps the end of what was written, printable, on one line.
type tail struct {
	max int
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > t.max {
		p = p[len(p)-t.max:]
	}
	if over := t.buf.Len() + len(p) - t.max; over > 0 {
		t.buf.Next(over)
	}
	t.buf.Write(p)
	return n, nil
}

func (t *tail) String() string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, t.buf.String())
	return strings.Join(strings.Fields(clean), " ")
}
