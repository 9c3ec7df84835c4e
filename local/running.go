package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Running is what a running stack leaves in its data folder for other commands on this computer.
type Running struct {
	URL  string `json:"url"`
	Mail string `json:"mail"`
	PID  int    `json:"pid"`
}

const runningFile = "running.json"

func (s *Stack) writeRunning() error {
	path := filepath.Join(s.dir, runningFile)
	text, err := json.Marshal(Running{s.url, s.MailURL(), os.Getpid()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("leave the addresses: %w", err)
	}
	s.add("addresses", stageSite, func() error { return os.Remove(path) })
	return nil
}

// FindRunning gives the stack that runs on a data folder.
func FindRunning(dataDir string) (Running, error) {
	var r Running
	text, err := os.ReadFile(filepath.Join(dataDir, runningFile))
	if errors.Is(err, os.ErrNotExist) {
		return r, fmt.Errorf("nothing runs on %s: start it with `make run`", dataDir)
	}
	if err != nil {
		return r, fmt.Errorf("find the running site: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("find the running site: %w", err)
	}
	return r, nil
}
