package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"crateful.dev/kit/process"
	"crateful.dev/local/internal/child"
)

// Member is one copy of a service.
type Member struct {
	Name, Service string
	Addr          string

	fleet *Fleet
	env   []string

	mu   sync.Mutex
	life *life
}

// life is one process of a copy, from its start to its end.
type life struct {
	*process.Process
	asked atomic.Bool // to end
}

// drainTime is longer than a service lets its requests finish.
const drainTime = 40 * time.Second

// URL is where this copy listens.
func (m *Member) URL() string { return "http://" + m.Addr }

// Log is the file with what it says.
func (m *Member) Log() string { return filepath.Join(m.fleet.options.Dir, m.Name+".log") }

func (m *Member) launch() error {
	log, err := os.OpenFile(m.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(filepath.Join(m.fleet.options.Programs, m.Service))
	cmd.Env, cmd.Stdout, cmd.Stderr = m.env, log, log
	p, err := child.Start(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", m.Name, err)
	}
	now := &life{Process: p}
	m.mu.Lock()
	m.life = now
	m.mu.Unlock()
	go func() {
		<-p.Done()
		if !now.asked.Load() {
			m.fleet.ended <- fmt.Errorf("%s ended by itself: %s", m.Name, cmd.ProcessState)
		}
	}()
	return nil
}

// Start starts a copy that was killed or stopped, and waits until it is ready.
func (m *Member) Start(ctx context.Context) error {
	if err := m.launch(); err != nil {
		return err
	}
	return m.Await(ctx)
}

// Await waits until the copy is ready.
func (m *Member) Await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := m.Ready(ctx)
		if err == nil {
			return nil
		}
		if !m.running() {
			return fmt.Errorf("%s ended", m.Name)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", m.Name, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Ready asks whether what it needs is there.
func (m *Member) Ready(ctx context.Context) error {
	res, err := m.get(ctx, "/readyz")
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// Metric reads one of the copy's figures: the sum over its labels, where it has them.
func (m *Member) Metric(ctx context.Context, name string) (float64, error) {
	res, err := m.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	sum, found := 0.0, false
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok || !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "{") {
			continue
		}
		value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, err
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("%s has no metric %s", m.Name, name)
	}
	return sum, nil
}

// Command runs another command of the service's program, with the copy's environment.
func (m *Member) Command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(m.fleet.options.Programs, m.Service), args...)
	cmd.Env = m.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", m.Service, strings.Join(args, " "), err, out)
	}
	return nil
}

func (m *Member) get(ctx context.Context, path string) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL()+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", m.Name, res.Status), res.Body.Close())
	}
	return readAll(res)
}

// Memory is what the copy has resident, bytes.
func (m *Member) Memory() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", m.current().Cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0, fmt.Errorf("%s: no memory in %q", m.Name, raw)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// Kill ends it at once, as a power cut does.
func (m *Member) Kill() error {
	p := m.current()
	p.asked.Store(true)
	err := child.Signal(p.Process, syscall.SIGKILL)
	<-p.Done()
	return err
}

// Drain asks it to end, as a deployment does, and waits; it must end well.
func (m *Member) Drain() error {
	p := m.current()
	p.asked.Store(true)
	err := child.Stop(p.Process, syscall.SIGTERM, drainTime)
	if err == nil {
		err = p.Err()
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", m.Name, err)
	}
	return nil
}

func (m *Member) current() *life {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.life
}

func (m *Member) running() bool {
	now := m.current()
	return now != nil && !now.Ended()
}
