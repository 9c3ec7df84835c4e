// Package process is for programs beside each other on one computer: it starts those that must not outlive us, finds ports for
// them, and keeps two from using one thing.
package process

import (
	"os/exec"
	"runtime"
)

// Process is a running program.
type Process struct {
	Cmd *exec.Cmd

	done chan struct{}
	err  error
}

// Start starts cmd from a thread that lives as long as the child: the kernel sends the parent-death signal of its
// SysProcAttr when the thread that forked ends, not when the process does (prctl(2), PR_SET_PDEATHSIG).
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{Cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Done closes when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how it ended, once it has.
func (p *Process) Err() error { return p.err }

// Ended says whether it has.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
