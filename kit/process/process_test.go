package process_test

import (
	"errors"
	"net"
	"path/filepath"
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
