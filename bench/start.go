package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	startGoal = 10
	starts    = 3
)

// secondStart times `make run` on a folder that was in use before, until the site says that it is ready.
func secondStart(ctx context.Context, b *bench) error {
	dir := filepath.Join(b.dir, "started")
	if _, err := b.makeRun(ctx, dir); err != nil { // the first one makes the database
		return err
	}
	var took []float64
	for range starts {
		t, err := b.makeRun(ctx, dir)
		if err != nil {
			return err
		}
		took = append(took, t.Seconds())
	}
	b.add(figure{name: "second `make run` until the site is ready", goal: "≤ 10 s", unit: " s", digits: 1, values: took, ok: atMost(startGoal)})
	return nil
}

// watcher closes found when what is written holds a text.
type watcher struct {
	mu    sync.Mutex
	text  []byte
	want  []byte
	found chan struct{}
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	had := bytes.Contains(w.text, w.want)
	w.text = append(w.text, p...)
	if !had && bytes.Contains(w.text, w.want) {
		close(w.found)
	}
	return len(p), nil
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}

// makeRun starts the site on a folder, gives the time until it is ready, and stops it as Ctrl-C does.
func (b *bench) makeRun(ctx context.Context, dir string) (time.Duration, error) {
	cmd := exec.Command("make", "--no-print-directory", "run") //nolint:noctx // it is stopped below
	out := &watcher{want: []byte("Ready after"), found: make(chan struct{})}
	cmd.Dir, cmd.Stdout, cmd.Stderr = b.root, out, out
	cmd.Env = append(os.Environ(), "CRATEFUL_DATA="+dir, "CRATEFUL_ADDR=127.0.0.1:0", "SEED=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("make run: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var took time.Duration
	var err error
	select {
	case <-out.found:
		took = time.Since(began)
	case err = <-ended:
		return 0, fmt.Errorf("make run ended: %w: %s", err, out)
	case <-time.After(startTime):
		err = fmt.Errorf("make run is not ready after %v: %s", startTime, out)
	case <-ctx.Done():
		err = ctx.Err()
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	select {
	case <-ended: //nolint:errcheck // make itself says that it was interrupted
	case <-time.After(stopTime):
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended //nolint:errcheck // it was killed
	}
	return took, err
}
