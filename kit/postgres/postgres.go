// Package postgres starts a private Postgres cluster from the server binaries of the
// machine: for the all-in-one on a laptop and for tests. Production gives an address instead.
// It knows nothing about schemas.
package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"crateful.dev/kit/process"
)

const superuser = "crateful"

// Options say where a cluster lives and how it runs.
type Options struct {
	// Dir holds everything of the cluster: data, password, log. It is kept over restarts.
	Dir string
	// Port on 127.0.0.1; 0 takes a free one.
	Port int
	// Disposable gives up durability for speed: for tests only.
	Disposable bool
	// Binaries is asked for a folder with initdb and postgres when the machine has none.
	Binaries func(context.Context) (string, error)
	Log      *slog.Logger
}

// Cluster is a running server.
type Cluster struct {
	dir, password string
	port          int
	disposable    bool
	process       *process.Process
	lock          *os.File
	log           *slog.Logger

	closing  sync.Once
	closeErr error
}

// Start makes the cluster if Dir has none, starts it and returns when it answers. What was
// committed before a kill -9 is there again afterwards.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	lock, err := process.Lock(filepath.Join(dir, "lock"))
	if errors.Is(err, process.ErrLocked) {
		err = fmt.Errorf("another process uses this folder: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("start postgres in %s: %w", dir, err)
	}
	c := &Cluster{dir: dir, disposable: o.Disposable, lock: lock, log: o.Log}
	if err := c.start(ctx, o); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("start postgres in %s: %w", dir, err)
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, o Options) error {
	bin, err := findBinaries(ctx, dataMajor(c.data()))
	if errors.Is(err, ErrNoBinaries) && o.Binaries != nil {
		bin, err = o.Binaries(ctx)
	}
	if err != nil {
		return err
	}
	attr, err := account(c.dir, c.stopSignal())
	if err != nil {
		return err
	}
	if c.password, err = keptPassword(c.dir); err != nil {
		return err
	}
	if dataMajor(c.data()) == "" {
		began := time.Now()
		if err := c.initialise(ctx, bin, attr); err != nil {
			return err
		}
		c.log.Info("postgres cluster made", "dir", c.dir, "binaries", bin, "took", time.Since(began))
	}
	if err := clearStale(c.data(), 30*time.Second); err != nil {
		return err
	}
	// Two reasons to try again: a free port that somebody else took meanwhile, and workers of
	// a killed server that have not noticed yet and hold its shared memory.
	for attempt := 0; ; attempt++ {
		err := c.launch(ctx, bin, attr, o.Port)
		if err == nil {
			return nil
		}
		if attempt == 5 || ctx.Err() != nil || !errors.Is(err, errEnded) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt+1) * 200 * time.Millisecond):
		}
	}
}

// initialise works in a side folder, so that one cut short is never mistaken for a cluster.
func (c *Cluster) initialise(ctx context.Context, bin string, attr *syscall.SysProcAttr) error {
	fresh := filepath.Join(c.dir, "data.new")
	password := filepath.Join(c.dir, "initdb.password")
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(password)); err != nil {
		return err
	}
	if err := os.WriteFile(password, []byte(c.password+"\n"), 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(password) }()
	if cred := attr.Credential; cred != nil {
		if err := os.Chown(password, int(cred.Uid), int(cred.Gid)); err != nil {
			return err
		}
	}
	args := []string{
		"-D", fresh, "-U", superuser, "-E", "UTF8", "--locale=C.UTF-8",
		"--auth=scram-sha-256", "--pwfile=" + password,
	}
	if c.disposable {
		args = append(args, "--no-sync")
	} else {
		args = append(args, "--data-checksums")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	cmd.Dir, cmd.SysProcAttr = "/", attr
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(out))
	}
	return os.Rename(fresh, c.data())
}

var errEnded = errors.New("the server ended while starting")

func (c *Cluster) launch(ctx context.Context, bin string, attr *syscall.SysProcAttr, port int) error {
	if port == 0 {
		free, err := process.FreePort()
		if err != nil {
			return err
		}
		if port, err = strconv.Atoi(free); err != nil {
			return err
		}
	}
	logfile, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = logfile.Close() }()
	from, err := logfile.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	args := []string{"-D", c.data(), "-p", strconv.Itoa(port)}
	for _, setting := range c.settings() {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir, cmd.SysProcAttr = "/", attr
	cmd.Stdout, cmd.Stderr = logfile, logfile
	p, err := process.Start(cmd)
	if err != nil {
		return err
	}
	c.process, c.port = p, port
	if err := c.await(ctx); err != nil {
		_ = stop(p, c.stopSignal(), 5*time.Second)
		return fmt.Errorf("%w: %s", err, logSince(c.logPath(), from))
	}
	return nil
}

func (c *Cluster) settings() []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "logging_collector=off",
		"timezone=UTC", "log_timezone=UTC", "shared_buffers=64MB", "max_connections=200",
	}
	if c.disposable {
		return append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=512MB", "autovacuum=off", "wal_level=minimal", "max_wal_senders=0")
	}
	return append(settings, "fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_wal_size=512MB", "effective_io_concurrency=0")
}

// await returns when the server answers a query, or with errEnded when it is gone.
func (c *Cluster) await(ctx context.Context) error {
	// Recovery after a kill replays the log first, which may take a while.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		if c.process.Ended() {
			return errEnded
		}
		try, stop := context.WithTimeout(ctx, 2*time.Second)
		conn, err := pgx.Connect(try, c.URL("postgres"))
		if err == nil {
			err = conn.Close(try)
		}
		stop()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the server: %w", errors.Join(ctx.Err(), err))
		case <-c.process.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the address of a database of this cluster, password included.
func (c *Cluster) URL(db string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, c.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + db, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Port is the TCP port on 127.0.0.1.
func (c *Cluster) Port() int { return c.port }

// PID is the number of the server process.
func (c *Cluster) PID() int { return c.process.Cmd.Process.Pid }

// Done closes when the server has ended, asked or not.
func (c *Cluster) Done() <-chan struct{} { return c.process.Done() }

// CreateDatabase makes a database, as a copy of template unless that is "". A database that
// is there already stays as it is.
func (c *Cluster) CreateDatabase(ctx context.Context, name, template string) error {
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		statement += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	err := c.admin(ctx, statement)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42P04" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// DropDatabase removes a database and ends its connections. One that is not there is fine.
func (c *Cluster) DropDatabase(ctx context.Context, name string) error {
	if err := c.admin(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

func (c *Cluster) admin(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// Close shuts the server down and waits for it. The data stays.
func (c *Cluster) Close() error {
	c.closing.Do(func() {
		if err := stop(c.process, c.stopSignal(), 20*time.Second); err != nil {
			c.closeErr = fmt.Errorf("stop postgres: %w", err)
		}
		_ = c.lock.Close()
	})
	return c.closeErr
}

func (c *Cluster) stopSignal() syscall.Signal {
	if c.disposable {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

func (c *Cluster) data() string    { return filepath.Join(c.dir, "data") }
func (c *Cluster) logPath() string { return filepath.Join(c.dir, "postgres.log") }

func keptPassword(dir string) (string, error) {
	path := filepath.Join(dir, "password")
	b, err := os.ReadFile(path)
	if err == nil && len(b) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	password := rand.Text()
	return password, os.WriteFile(path, []byte(password+"\n"), 0o600)
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// logSince is what the server said in this attempt, shortened for an error message.
func logSince(path string, from int64) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.NewSectionReader(f, from, 4096))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b))
}
