// Package kafka is Kafka as this platform uses it: acknowledged writes, consumer groups that commit after
// the work, dead topics, and replays. What messages mean is left to others.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/trace"
)

// MaxMessageBytes is the largest record batch a topic takes; it is what `max.message.bytes` should say.
const MaxMessageBytes = 4 << 20

const (
	requestTimeout = 10 * time.Second
	dialTimeout    = 3 * time.Second
)

// Config says where Kafka is.
type Config struct {
	Brokers []string // host:port
	Log     *slog.Logger
	Service string                // whose spans those of its groups are
	Metrics prometheus.Registerer // takes the counters of its groups; nil: nobody counts
}

func (c Config) logger() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

func (c Config) validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("kafka: no brokers")
	}
	return nil
}

// Header is one header of a message.
type Header struct {
	Key   string
	Value []byte
}

// Message is one record.
type Message struct {
	Topic     string
	Partition int
	Offset    int64
	Key       []byte
	Value     []byte
	Headers   []Header
	Time      time.Time

	span trace.Span // of handling it
}

// Header gives the first header of that name, or "".
func (m Message) Header(key string) string {
	for _, h := range m.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

func fromKafka(m kafkago.Message) Message {
	out := Message{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Key: m.Key, Value: m.Value, Time: m.Time.UTC()}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, Header{Key: h.Key, Value: h.Value})
	}
	return out
}

func toKafka(m Message) kafkago.Message {
	out := kafkago.Message{Topic: m.Topic, Key: m.Key, Value: m.Value, Time: m.Time}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, kafkago.Header{Key: h.Key, Value: h.Value})
	}
	return out
}

// admin makes a client for one task; close it so that its connections end.
func (c Config) admin() (client *kafkago.Client, closeIdle func()) {
	transport := &kafkago.Transport{DialTimeout: dialTimeout, IdleTimeout: 30 * time.Second}
	return &kafkago.Client{Addr: kafkago.TCP(c.Brokers...), Timeout: requestTimeout, Transport: transport}, transport.CloseIdleConnections
}

// Ping asks a broker for the cluster's metadata.
func Ping(ctx context.Context, cfg Config) error {
	client, done := cfg.admin()
	defer done()
	if _, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{}}); err != nil {
		return fmt.Errorf("ask kafka for metadata: %w", err)
	}
	return nil
}

// patiently asks again, for a while, when a partition or a group is between two brokers or has only just been made.
func (c Config) patiently(ctx context.Context, ask func(*kafkago.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	retry := backoff{low: 50 * time.Millisecond, high: time.Second}
	for {
		client, done := c.admin() // a new one: it remembers who led
		err := ask(client)
		done()
		if !moving(err) || retry.wait(ctx) != nil {
			return err
		}
	}
}

func moving(err error) bool {
	for _, passing := range []kafkago.Error{
		kafkago.NotLeaderForPartition, kafkago.LeaderNotAvailable,
		kafkago.GroupLoadInProgress, kafkago.GroupCoordinatorNotAvailable, kafkago.NotCoordinatorForGroup,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

// backoff waits between tries: doubling from low to high, with jitter.
type backoff struct{ low, high, next time.Duration }

func (b *backoff) wait(ctx context.Context) error {
	b.next = min(max(b.next*2, b.low), b.high)
	t := time.NewTimer(b.next/2 + rand.N(b.next/2+1)) //nolint:gosec // jitter
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
