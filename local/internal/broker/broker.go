// Package broker is the embedded Kafka: a broker in this process that speaks the real
// protocol on a real port and keeps records and group offsets on disk. It is for one copy.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"crateful.dev/kit/process"
)

// Options say where the records live.
type Options struct {
	// Dir holds topics, records and offsets. It is kept over restarts.
	Dir string
	// Port on 127.0.0.1; 0 takes a free one.
	Port int
	// CleanEvery is how often compacted topics are cleaned; 0 means every 15 s.
	CleanEvery time.Duration
	Log        *slog.Logger
}

// Broker is the running broker.
type Broker struct {
	cluster *kfake.Cluster
	lock    *os.File
	addr    string
	closing sync.Once
}

// maxBatch leaves room for the framing around the largest message the platform sends, 4 MiB.
const maxBatch = 5 << 20

// Start opens the folder and listens. An acknowledged write is on disk: a kill -9 loses nothing.
func Start(ctx context.Context, o Options) (*Broker, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CleanEvery == 0 {
		o.CleanEvery = 15 * time.Second
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	records := filepath.Join(dir, "records")
	if err := os.MkdirAll(records, 0o700); err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("start broker in %s: %w", dir, err)
	}
	var listening net.Addr
	cluster, err := kfake.NewCluster(
		kfake.Ports(o.Port), kfake.ClusterID("crateful-local"),
		kfake.ListenFn(func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, address)
			if err == nil {
				listening = l.Addr()
			}
			return l, err
		}),
		kfake.DataDir(records), kfake.SyncWrites(),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.WithLogger(logger{o.Log}),
		kfake.BrokerConfigs(map[string]string{
			"group.initial.rebalance.delay.ms": "0",
			"message.max.bytes":                strconv.Itoa(maxBatch),
			"log.cleaner.backoff.ms":           strconv.FormatInt(o.CleanEvery.Milliseconds(), 10),
			// Only closed segments are cleaned: close them at a size a laptop reaches.
			"log.segment.bytes": strconv.Itoa(16 << 20),
			"log.roll.ms":       strconv.FormatInt(time.Hour.Milliseconds(), 10),
		}),
	)
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("start broker in %s: %w", dir, err)
	}
	return &Broker{cluster: cluster, lock: lock, addr: listening.String()}, nil
}

// Addr is host:port, for KAFKA_BROKERS.
func (b *Broker) Addr() string { return b.addr }

// Close flushes and stops. Clients that are still connected are cut.
func (b *Broker) Close() error {
	b.closing.Do(func() {
		b.cluster.Close()
		_ = b.lock.Close()
	})
	return nil
}

// lockDir keeps a second broker out of the folder: two would interleave their records.
func lockDir(dir string) (*os.File, error) {
	f, err := process.Lock(filepath.Join(dir, "lock"))
	if errors.Is(err, process.ErrLocked) {
		return nil, errors.New("another broker uses this folder; the embedded one is for one copy")
	}
	return f, err
}

// logger passes on what an operator must know; the broker's own information is chatter.
type logger struct{ log *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error("broker error", "error", fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn("broker warning", "warning", fmt.Sprintf(format, args...))
	}
}
