package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/tx"
)

const (
	directQueue = 10_000
	directBatch = 500
	directWait  = 200 * time.Millisecond
)

// Direct takes views and previews, of which there are many and none matters much, straight to Kafka in batches. They are
// acknowledged to the browser once they are in memory: a crash may lose the last second of them, and while Kafka is down
// those beyond the bounded queue are dropped and counted. Everything else goes through the outbox.
type Direct struct {
	writer  Writer
	log     *slog.Logger
	queue   chan kafka.Message
	dropped prometheus.Counter
	sent    prometheus.Counter
}

// NewDirect returns a Direct; Run sends.
func NewDirect(writer Writer, metrics prometheus.Registerer, log *slog.Logger) *Direct {
	d := &Direct{writer: writer, log: log, queue: make(chan kafka.Message, directQueue)}
	d.dropped = prometheus.NewCounter(prometheus.CounterOpts{Name: "crateful_interactions_dropped_total", Help: "Views and previews dropped because the queue was full."})
	d.sent = prometheus.NewCounter(prometheus.CounterOpts{Name: "crateful_interactions_sent_total", Help: "Views and previews acknowledged by Kafka."})
	metrics.MustRegister(d.dropped, d.sent)
	return d
}

// Record queues one event of subject that happened at the given time. It tells whether there was room.
func (d *Direct) Record(subject string, at time.Time, trace string, data events.Data) (bool, error) {
	envelope, err := events.New(tx.NewID(), subject, 0, at, trace, data)
	if err != nil {
		return false, err
	}
	value, err := json.Marshal(envelope)
	if err != nil {
		return false, fmt.Errorf("encode event %s: %w", envelope.Type, err)
	}
	select {
	case d.queue <- kafka.Message{
		Topic: data.Topic(), Key: []byte(subject), Value: value,
		Headers: []kafka.Header{{Key: "type", Value: []byte(envelope.Type)}},
	}:
		return true, nil
	default:
		d.dropped.Inc()
		return false, nil
	}
}

// Run sends what is queued until ctx ends, and then what is left within five seconds.
func (d *Direct) Run(ctx context.Context) error {
	for {
		batch := d.collect(ctx)
		if ctx.Err() != nil {
			return d.flush(ctx, batch)
		}
		wait := 100 * time.Millisecond
		for len(batch) > 0 {
			err := d.writer.Write(ctx, batch...)
			if err == nil {
				d.sent.Add(float64(len(batch)))
				break
			}
			if ctx.Err() != nil {
				return d.flush(ctx, batch)
			}
			d.log.WarnContext(ctx, "interactions not sent", "count", len(batch), "error", err)
			batch = unacknowledged(batch, err)
			if !pause(ctx, wait) {
				return d.flush(ctx, batch)
			}
			wait = min(wait*2, 5*time.Second)
		}
	}
}

// collect waits for a first message and then a moment for more.
func (d *Direct) collect(ctx context.Context) []kafka.Message {
	var batch []kafka.Message
	select {
	case <-ctx.Done():
		return nil
	case m := <-d.queue:
		batch = append(batch, m)
	}
	timer := time.NewTimer(directWait)
	defer timer.Stop()
	for len(batch) < directBatch {
		select {
		case <-ctx.Done():
			return batch
		case <-timer.C:
			return batch
		case m := <-d.queue:
			batch = append(batch, m)
		}
	}
	return batch
}

func (d *Direct) flush(ctx context.Context, batch []kafka.Message) error {
	for {
		select {
		case m := <-d.queue:
			batch = append(batch, m)
			continue
		default:
		}
		break
	}
	if len(batch) == 0 {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := d.writer.Write(last, batch...); err != nil {
		d.dropped.Add(float64(len(unacknowledged(batch, err))))
		d.log.WarnContext(ctx, "interactions lost at stop", "error", err)
		return nil
	}
	d.sent.Add(float64(len(batch)))
	return nil
}

func unacknowledged(batch []kafka.Message, err error) []kafka.Message {
	each, ok := err.(kafka.WriteErrors) //nolint:errorlint // Write returns it bare
	if !ok || len(each) != len(batch) {
		return batch
	}
	var left []kafka.Message
	for i, m := range batch {
		if each[i] != nil {
			left = append(left, m)
		}
	}
	return left
}
