//go:build !linux

package postgres

import (
	"errors"
	"os"
	"syscall"
)

func account(_ string, _ syscall.Signal) (*syscall.SysProcAttr, error) {
	if os.Geteuid() == 0 {
		return nil, errors.New("postgres does not run as root: start as another user")
	}
	return &syscall.SysProcAttr{Setpgid: true}, nil
}

func serves(pid int, _ string) bool { return syscall.Kill(pid, 0) == nil }
