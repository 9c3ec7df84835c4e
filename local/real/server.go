package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"crateful.dev/kit/process"
	"crateful.dev/local/internal/child"
)

// server is one that was launched; a test may kill it and start it again.
type server struct {
	name  string
	cmd   *exec.Cmd // as it was started first
	end   syscall.Signal
	log   string     // file
	ended chan error // told when it ends unasked

	mu    sync.Mutex
	run   *process.Process // nil while it is killed
	asked chan struct{}    // closed before it is ended
}

func (s *server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return errors.New(s.name + " runs already")
	}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := &exec.Cmd{Path: s.cmd.Path, Args: s.cmd.Args, Env: s.cmd.Env, Dir: s.cmd.Dir, SysProcAttr: s.cmd.SysProcAttr, Err: s.cmd.Err, Stdout: log, Stderr: log}
	p, err := child.Start(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	asked := make(chan struct{})
	s.run, s.asked = p, asked
	go func() {
		<-p.Done()
		select {
		case <-asked:
		default:
			s.ended <- fmt.Errorf("%s ended by itself: %s", s.name, cmd.ProcessState)
		}
	}()
	return nil
}

// kill ends it at once, with all its children, as a power cut does.
func (s *server) kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return errors.New(s.name + " does not run")
	}
	close(s.asked)
	err := child.Stop(s.run, syscall.SIGKILL, 30*time.Second)
	s.run = nil
	return err
}

// stop ends it for good.
func (s *server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	close(s.asked)
	err := child.Stop(s.run, s.end, 30*time.Second)
	if err == nil && s.end != syscall.SIGKILL {
		err = s.run.Err()
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	return nil
}
