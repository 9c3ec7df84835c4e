// Package child runs programs that tests start, each in a group with all that it starts.
package child

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"crateful.dev/kit/process"
)

// Start starts a program that ends when we do, however that happens.
func Start(cmd *exec.Cmd) (*process.Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pdeathsig = true, syscall.SIGTERM
	return process.Start(cmd)
}

// Signal reaches all of a program's group. One that has ended gets none.
func Signal(p *process.Process, signal syscall.Signal) error {
	if err := syscall.Kill(-p.Cmd.Process.Pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// Stop gives a program a signal and time to end; after that it is killed, which is an error.
func Stop(p *process.Process, signal syscall.Signal, patience time.Duration) error {
	if p.Ended() {
		return nil // whoever watches has said so
	}
	if err := Signal(p, signal); err != nil {
		return err
	}
	select {
	case <-p.Done():
		return nil
	case <-time.After(patience):
	}
	err := Signal(p, syscall.SIGKILL)
	<-p.Done()
	return errors.Join(fmt.Errorf("did not end within %v", patience), err)
}
