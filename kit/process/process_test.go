package process_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crateful.dev/kit/process"
)

func TestLockIsForOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	for range 2 {
		held, err := process.Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := process.Lock(path); !errors.Is(err, process.ErrLocked) {
			t.Errorf("locked a second time: %v", err)
		}
		if err := held.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := process.Lock(filepath.Join(path, "none")); err == nil || errors.Is(err, process.ErrLocked) {
		t.Errorf("a lock in no folder: %v", err)
	}
}

func TestFreePortCanBeListenedTo(t *testing.T) {
	t.Parallel()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
}

func TestLastWordsAreTheEndOfALog(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("it began\nit broke\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for most, want := range map[int]string{9: "it broke", 1000: "it began\nit broke"} {
		if got := process.LastWords(log, most); got != want {
			t.Errorf("the last %d bytes are %q, want %q", most, got, want)
		}
	}
	if got := process.LastWords(log+"s", 9); !strings.Contains(got, "no such file") {
		t.Errorf("of no log: %q", got)
	}
}
