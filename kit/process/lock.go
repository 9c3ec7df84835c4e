package process

import (
	"os"
	"syscall"
)

// ErrLocked is what Lock fails with while another process holds the lock.
const ErrLocked = syscall.EWOULDBLOCK

// Lock makes the file, if there is none, and locks it until it is closed or this process ends, however that happens (flock(2)).
func Lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
