// Package gotool lends tests a server that is a Go program of somebody else's: installed once at its version, started, and
// stopped when the test ends. That it cannot be had is a failure, not a reason to skip.
package gotool

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// How long things may take.
const (
	installTime = 5 * time.Minute
	startTime   = 30 * time.Second
)

// Start runs program@version with args and answers what the first group of ready matches in its output.
func Start(t testing.TB, program, version string, ready *regexp.Regexp, args ...string) string {
	t.Helper()
	binary := install(t, program, version)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, binary, args...) //nolint:gosec // the program is named in a test
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatalf("start %s: %v", program, err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			if m := ready.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
				break
			}
		}
		_, _ = io.Copy(io.Discard, output)
	}()
	select {
	case address := <-found:
		return address
	case <-time.After(startTime):
		t.Fatalf("%s was not ready within %s", program, startTime)
		return ""
	}
}

// install builds the program into the repository's folder for fetched things, unless it is there.
func install(t testing.TB, program, version string) string {
	t.Helper()
	kept := filepath.Join(root(t), ".cache", path.Base(program)+"-"+version)
	if _, err := os.Stat(kept); err == nil {
		return kept
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), installTime)
	defer cancel()
	built := t.TempDir()
	cmd := exec.CommandContext(ctx, "go", "install", program+"@"+version) //nolint:gosec // the program is named in a test
	cmd.Env = append(os.Environ(), "GOBIN="+built, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("install %s@%s: %v\n%s", program, version, err, out)
	}
	copyWhole(t, filepath.Join(built, path.Base(program)), kept)
	return kept
}

// copyWhole puts a copy in place as a whole or not at all: other tests may do the same.
func copyWhole(t testing.TB, from, to string) {
	t.Helper()
	binary, err := os.ReadFile(from) //nolint:gosec // it was just built
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		t.Fatal(err)
	}
	part, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(binary); err != nil {
		t.Fatal(err)
	}
	if err := part.Chmod(0o700); err != nil {
		t.Fatal(err)
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part.Name(), to); err != nil {
		t.Fatal(err)
	}
}

// root is the folder of the workspace.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("there is no go.work above the test")
		}
		dir = up
	}
}
