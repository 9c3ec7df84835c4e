// Package storage is the embedded S3: versitygw over a folder, in a child process of the
// same binary because the gateway changes the working directory of the process it runs in.
package storage

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Region is what the embedded storage answers to.
const Region = "us-east-1"

// Options say where the storage lives and who may use it.
type Options struct {
	// Dir holds objects and their metadata.
	Dir string
	// Addr is host:port to listen on; port 0 takes a free one.
	Addr string
	// AccessKey and SecretKey of the one account.
	AccessKey, SecretKey string
	// AllowOrigin is the site's origin for browsers, where a bucket has no CORS rules of its own.
	AllowOrigin string
	Log         *slog.Logger
}

// Server is the running child.
type Server struct {
	addr  string
	cmd   *exec.Cmd
	stdin io.Closer
	done  chan struct{}

	closing sync.Once
	err     error
}

// Start starts the child and returns when it serves. The binary must call MaybeRunChild
// first thing in main.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start storage: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start storage: %w", err)
	}
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start storage: %w", err)
	}
	for attempt := 0; ; attempt++ {
		addr := o.Addr
		if port == "0" {
			// The gateway does not tell the port it got, so choose one for it.
			if addr, err = freeAddr(host); err != nil {
				return nil, fmt.Errorf("start storage: %w", err)
			}
		}
		s, err := start(ctx, childConfig{
			Addr: addr, Dir: dir, AccessKey: o.AccessKey, SecretKey: o.SecretKey, AllowOrigin: o.AllowOrigin,
		}, o.Log)
		if err == nil {
			return s, nil
		}
		if port != "0" || attempt == 3 || ctx.Err() != nil {
			return nil, fmt.Errorf("start storage on %s: %w", addr, err)
		}
	}
}

func start(ctx context.Context, config childConfig, log *slog.Logger) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, childArgument)
	cmd.SysProcAttr = ownGroup()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaint lastLine
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{addr: config.Addr, cmd: cmd, stdin: stdin, done: make(chan struct{})}
	ready := make(chan struct{})
	go s.watch(stdout, ready, log, &complaint)
	if err := json.NewEncoder(stdin).Encode(config); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("configure the child: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	select {
	case <-ready:
	case <-s.done:
		return nil, fmt.Errorf("the child ended: %s", complaint.String())
	case <-ctx.Done():
		_ = s.Close()
		return nil, fmt.Errorf("wait for the child: %w", ctx.Err())
	}
	if err := s.healthy(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// watch owns the child's end: the one line that says ready, then its exit.
func (s *Server) watch(stdout io.Reader, ready chan<- struct{}, log *slog.Logger, complaint *lastLine) {
	lines := bufio.NewScanner(stdout)
	told := false
	for lines.Scan() {
		if !told && lines.Text() == readyLine {
			told = true
			close(ready)
		}
	}
	_, _ = io.Copy(io.Discard, stdout)
	err := s.cmd.Wait()
	if said := complaint.String(); err != nil || said != "" {
		log.Info("storage child ended", "error", err, "said", said)
	}
	close(s.done)
}

func (s *Server) healthy(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint()+healthPath, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for health: %s", res.Status)
	}
	return nil
}

// Addr is host:port.
func (s *Server) Addr() string { return s.addr }

// Endpoint is the address with its scheme, for S3_ENDPOINT.
func (s *Server) Endpoint() string { return "http://" + s.addr }

// Done closes when the child has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Close ends the child and waits for it; requests under way get a few seconds.
func (s *Server) Close() error {
	s.closing.Do(func() {
		// A closed stdin is how the child learns that we are done, or gone.
		_ = s.stdin.Close()
		select {
		case <-s.done:
			return
		case <-time.After(2 * shutdownPatience):
		}
		if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.err = fmt.Errorf("stop storage: %w", err)
			return
		}
		<-s.done
	})
	return s.err
}

func freeAddr(host string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return net.JoinHostPort(host, strconv.Itoa(port)), l.Close()
}

// lastLine keeps the last line written to it, at most 4 KiB.
type lastLine struct {
	mu   sync.Mutex
	line []byte
}

func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(l.line, p...)
	if over := len(l.line) - 4096; over > 0 {
		l.line = append(l.line[:0], l.line[over:]...)
	}
	return len(p), nil
}

// colours are what a program writes around its words for a terminal.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(colours.ReplaceAllString(string(l.line), ""))
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return text
}
