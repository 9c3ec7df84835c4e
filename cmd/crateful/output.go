package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"crateful.dev/local"
)

// openLog writes everything to a file and what matters to the terminal. The file of the run before is kept beside it.
func openLog(dataDir string) (*slog.Logger, io.Closer, error) {
	dir := filepath.Join(dataDir, "log")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // below a folder the database's account walks through
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	path := filepath.Join(dir, "crateful.log")
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	all := slog.NewJSONHandler(f, &slog.HandlerOptions{Level: min(slog.LevelInfo, terminalLevel())})
	return slog.New(slog.NewMultiHandler(all, terminalLog().Handler())), f, nil
}

func terminalLevel() slog.Level {
	level := slog.LevelWarn
	if text := os.Getenv("LOG_LEVEL"); text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return slog.LevelWarn
		}
	}
	return level
}

func terminalLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: terminalLevel()}))
}

// line is one line that is written over on a terminal, and written when it changes much elsewhere.
type line struct {
	mu       sync.Mutex
	out      *os.File
	terminal bool
	last     int // tenths told
	width    int
}

func newLine(out *os.File) *line {
	info, err := out.Stat()
	return &line{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0, last: -1}
}

func (l *line) progress(p local.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprintf("Demo catalogue: %d of %d packs on sale, %d of %d buyers", p.Packs, p.AllPacks, p.Buyers, p.AllBuyers)
	if l.terminal {
		fmt.Fprintf(l.out, "\r%s%s", text, strings.Repeat(" ", max(l.width-len(text), 0)))
		l.width = len(text)
		return
	}
	if tenths := 5*p.Packs/max(p.AllPacks, 1) + 5*p.Buyers/max(p.AllBuyers, 1); tenths != l.last {
		l.last = tenths
		fmt.Fprintln(l.out, text)
	}
}

func (l *line) end(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.terminal {
		fmt.Fprintf(l.out, "\r%s\r", strings.Repeat(" ", l.width))
	}
	fmt.Fprintln(l.out, text)
}
