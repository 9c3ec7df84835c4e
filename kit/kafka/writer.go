package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// A batch stays under MaxMessageBytes with its own overhead. Dead letters get a little more room, because
// their headers say why they died.
const (
	maxBatchBytes     = MaxMessageBytes - 64<<10
	maxDeadBatchBytes = MaxMessageBytes - 16<<10
)

// ErrTooLarge refuses a whole Write: one of its messages is over the limit, none was sent.
var ErrTooLarge = errors.New("message is too large")

// WriteErrors has one entry for each message of a Write, nil for those that Kafka acknowledged.
type WriteErrors []error

func (e WriteErrors) Error() string {
	n, first := 0, error(nil)
	for _, err := range e {
		if err != nil {
			if n == 0 {
				first = err
			}
			n++
		}
	}
	return fmt.Sprintf("kafka refused %d of %d messages: %v", n, len(e), first)
}

// Unwrap gives the errors that are not nil.
func (e WriteErrors) Unwrap() []error {
	var out []error
	for _, err := range e {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// Writer writes messages and waits until all in-sync replicas have them. Messages of one key keep their order.
type Writer struct {
	w         *kafkago.Writer
	transport *kafkago.Transport
}

// NewWriter makes a writer for any topic; Close it.
func NewWriter(cfg Config) *Writer { return newWriter(cfg, maxBatchBytes) }

func newWriter(cfg Config, batchBytes int64) *Writer {
	transport := &kafkago.Transport{DialTimeout: dialTimeout, IdleTimeout: 30 * time.Second}
	return &Writer{transport: transport, w: &kafkago.Writer{
		Addr:            kafkago.TCP(cfg.Brokers...),
		Transport:       transport,
		Balancer:        &kafkago.Hash{},
		RequiredAcks:    kafkago.RequireAll,
		BatchSize:       500,
		BatchBytes:      batchBytes,
		BatchTimeout:    time.Millisecond,
		MaxAttempts:     5,
		WriteBackoffMin: 50 * time.Millisecond,
		WriteBackoffMax: time.Second,
		ReadTimeout:     requestTimeout,
		WriteTimeout:    requestTimeout,
		Completion:      keepPositions,
	}}
}

// position takes what the broker said from the writer's goroutine to the caller's.
type position struct {
	mu        sync.Mutex
	partition int
	offset    int64
	ok        bool
}

func keepPositions(msgs []kafkago.Message, err error) {
	if err != nil {
		return
	}
	for _, m := range msgs {
		if p, ok := m.WriterData.(*position); ok {
			p.mu.Lock()
			p.partition, p.offset, p.ok = m.Partition, m.Offset, true
			p.mu.Unlock()
		}
	}
}

// Write sends messages, each with its Topic set, and waits for the acknowledgements. Partition and Offset of
// the acknowledged ones are filled in when it is called with a slice (Write(ctx, msgs...)). Its error is WriteErrors when some
// were refused. When ctx ends first, messages may still be written: consumers meet duplicates.
func (w *Writer) Write(ctx context.Context, msgs ...Message) error {
	if len(msgs) == 0 {
		return nil
	}
	batch, positions := make([]kafkago.Message, len(msgs)), make([]position, len(msgs))
	for i, m := range msgs {
		batch[i] = toKafka(m)
		batch[i].WriterData = &positions[i]
	}
	err := w.w.WriteMessages(ctx, batch...)
	for i := range positions {
		p := &positions[i]
		p.mu.Lock()
		if p.ok {
			msgs[i].Partition, msgs[i].Offset = p.partition, p.offset
		}
		p.mu.Unlock()
	}
	var large kafkago.MessageTooLargeError
	if errors.As(err, &large) {
		return fmt.Errorf("write key %s to %s, %d bytes: %w", large.Message.Key, large.Message.Topic, len(large.Message.Value), ErrTooLarge)
	}
	var each kafkago.WriteErrors
	if errors.As(err, &each) && len(each) == len(msgs) {
		return WriteErrors(each)
	}
	if err != nil {
		return fmt.Errorf("write %d messages to kafka: %w", len(msgs), err)
	}
	return nil
}

// Close sends what is pending and drops the connections.
func (w *Writer) Close() error {
	err := w.w.Close()
	w.transport.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("close kafka writer: %w", err)
	}
	return nil
}
