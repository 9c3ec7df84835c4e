package storage

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/debuglogger"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"

	"crateful.dev/kit/process"
)

const (
	childArgument    = "storage-child"
	readyLine        = "ready"
	healthPath       = "/healthz"
	shutdownPatience = 5 * time.Second
	hearOutLimit     = 64 << 20 // bytes: more than any part
)

// childConfig travels over the child's stdin: arguments and environment are for everybody to read.
type childConfig struct {
	Addr, Dir, AccessKey, SecretKey, AllowOrigin string
}

// MaybeRunChild serves and never returns when this process was started as the storage
// child, and returns at once otherwise. Call it first in main and in TestMain.
func MaybeRunChild() {
	if len(os.Args) != 2 || os.Args[1] != childArgument {
		return
	}
	if err := runChild(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReader(stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	var config childConfig
	if err := json.Unmarshal(line, &config); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	// Asked to end, the parent closes our stdin; killed, the system does.
	ctx, cancel := context.WithCancel(context.Background())
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
		time.Sleep(shutdownPatience)
		os.Exit(0)
	}()
	if err := lock(config.Dir); err != nil {
		return err
	}
	store, err := open(config.Dir)
	if err != nil {
		return err
	}
	err = embedgw.RunVersityGW(ctx, whole{store}, &embedgw.Config{
		RootUserAccess: config.AccessKey, RootUserSecret: config.SecretKey, Region: Region,
		Ports: []string{config.Addr}, CORSAllowOrigin: config.AllowOrigin,
		MaxConnections: 4096, MaxRequests: 1024, MultipartMaxParts: 10000, KeepAlive: true,
		Quiet: true, LogLevel: debuglogger.LevelSilent, HealthPath: healthPath, DisableACLs: true,
		S3Options: []s3api.Option{
			s3api.WithMiddleware("/", inert), s3api.WithMiddleware("/", hearOut),
			s3api.WithOnListen(func() { _, _ = fmt.Fprintln(stdout, readyLine) }),
		},
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// inert keeps what strangers uploaded from being taken for a page.
func inert(c fiber.Ctx) error {
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.Next()
}

// hearOut reads what is left of a refused body. Without it the connection is reset while the
// client still sends, and a browser sees a network error in place of the refusal.
func hearOut(c fiber.Ctx) error {
	err := c.Next()
	if err != nil || c.Response().StatusCode() >= fiber.StatusBadRequest {
		if rest := c.Request().BodyStream(); rest != nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(rest, hearOutLimit))
		}
	}
	return err
}

func open(dir string) (*posix.Posix, error) {
	objects := filepath.Join(dir, "objects")
	if err := os.MkdirAll(objects, 0o750); err != nil {
		return nil, err
	}
	// A threshold of zero refuses every copy.
	opts := posix.PosixOpts{ValidateBucketNames: true, CopyObjectThreshold: 5 << 30}
	var store meta.MetadataStorer = meta.XattrMeta{}
	side := filepath.Join(dir, "meta")
	// A folder that began with sidecar files goes on with them, wherever it was moved.
	if _, err := os.Stat(side); err == nil || (meta.XattrMeta{}).Test(objects) != nil {
		if err := os.MkdirAll(side, 0o750); err != nil {
			return nil, err
		}
		sidecar, err := meta.NewSideCar(side)
		if err != nil {
			return nil, fmt.Errorf("open the metadata: %w", err)
		}
		store, opts.SideCarDir = sidecar, side
	}
	gateway, err := posix.New(objects, store, opts)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", objects, err)
	}
	return gateway, nil
}

// lock keeps a second storage out of the folder. The child of a killed run may need a moment to end.
func lock(dir string) error {
	for end := time.Now().Add(2 * shutdownPatience); ; time.Sleep(50 * time.Millisecond) {
		f, err := process.Lock(filepath.Join(dir, "lock"))
		switch {
		case err == nil:
			held = f
			return nil
		case !errors.Is(err, process.ErrLocked):
			return err
		case time.Now().After(end):
			return fmt.Errorf("another process uses %s: %w", dir, err)
		}
	}
}

// held keeps the lock's file from being collected, and closed, while the child lives.
var held *os.File //nolint:unused // that is its use
