package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Headers that a dead letter carries beside its own.
const (
	HeaderDeadTopic     = "dead-topic"
	HeaderDeadPartition = "dead-partition"
	HeaderDeadOffset    = "dead-offset"
	HeaderDeadGroup     = "dead-group"
	HeaderDeadError     = "dead-error"
	HeaderDeadTime      = "dead-time"
)

const maxDeadError = 2000 // bytes of the reason

type poison struct{ err error }

func (p poison) Error() string { return p.err.Error() }
func (p poison) Unwrap() error { return p.err }

// Poison marks an error that trying again cannot heal: the message belongs to the dead topic.
func Poison(err error) error {
	if err == nil {
		return nil
	}
	return poison{err}
}

// IsPoison says whether err was marked.
func IsPoison(err error) bool {
	var p poison
	return errors.As(err, &p)
}

// GroupConfig is one member of a consumer group.
type GroupConfig struct {
	Config
	Group     string
	Topic     string
	DeadTopic string // "" logs and drops poison
	// Handle gets a batch in order (per partition). When it returns nil the batch is committed. On a poison
	// error the batch is halved, and those that are poison alone go to DeadTopic. Any other
	// error is tried again, for ever, with growing pauses. A message can come more than once.
	Handle    func(ctx context.Context, msgs []Message) error
	BatchSize int           // messages, 100 when 0
	BatchWait time.Duration // for more messages after the first, 10 ms when 0
	// MaxAttempts makes an error poison after so many tries; 0 means never.
	MaxAttempts int
}

// maxBatchMemory stops a batch early, bytes.
const maxBatchMemory = 16 << 20

// ConsumeGroup reads the topic as a member of the group until ctx ends, and returns ctx's error then. Several calls with
// the same group share the partitions.
func ConsumeGroup(ctx context.Context, cfg GroupConfig) error {
	if err := cfg.validate(); err != nil {
		return err
	}
	if cfg.BatchSize == 0 {
		cfg.BatchSize = 100
	}
	if cfg.BatchWait == 0 {
		cfg.BatchWait = 10 * time.Millisecond
	}
	log := cfg.logger().With("topic", cfg.Topic, "group", cfg.Group)
	readerConfig := readerConfig(cfg.Config, log)
	readerConfig.GroupID, readerConfig.Topic = cfg.Group, cfg.Topic
	readerConfig.StartOffset = kafkago.FirstOffset
	readerConfig.HeartbeatInterval = time.Second
	readerConfig.SessionTimeout = 10 * time.Second
	readerConfig.RebalanceTimeout = 10 * time.Second
	readerConfig.JoinGroupBackoff = 500 * time.Millisecond
	readerConfig.CommitInterval = 0
	readerConfig.WatchPartitionChanges = true
	readerConfig.PartitionWatchInterval = 5 * time.Second
	if err := readerConfig.Validate(); err != nil {
		return fmt.Errorf("consume %s: %w", cfg.Topic, err)
	}
	g := &group{cfg: cfg, log: log, reader: kafkago.NewReader(readerConfig), count: newCounters(cfg.Metrics).of(cfg.Topic)}
	if cfg.DeadTopic != "" {
		g.dead = newWriter(cfg.Config, maxDeadBatchBytes)
	}
	err := g.run(ctx)
	err = errors.Join(err, g.reader.Close())
	if g.dead != nil {
		err = errors.Join(err, g.dead.Close())
	}
	return err
}

func readerConfig(cfg Config, log *slog.Logger) kafkago.ReaderConfig {
	return kafkago.ReaderConfig{
		Brokers:         cfg.Brokers,
		Dialer:          &kafkago.Dialer{Timeout: dialTimeout, DualStack: true},
		MinBytes:        1,
		MaxBytes:        2 * MaxMessageBytes,
		MaxWait:         time.Second, // also the socket's deadline: shorter gives false timeouts, longer a slow Close
		QueueCapacity:   100,
		ReadLagInterval: -1,
		ErrorLogger: kafkago.LoggerFunc(func(format string, args ...any) {
			log.Debug("kafka reader", "message", fmt.Sprintf(format, args...))
		}),
	}
}

type group struct {
	cfg    GroupConfig
	log    *slog.Logger
	reader *kafkago.Reader
	dead   *Writer
	count  counters
}

func (g *group) run(ctx context.Context) error {
	for {
		raw, err := g.fetchBatch(ctx)
		if err != nil {
			return err
		}
		msgs := make([]Message, len(raw))
		for i, m := range raw {
			msgs[i] = fromKafka(m)
		}
		if err := g.handle(ctx, msgs); err != nil {
			return err
		}
		if err := g.commit(ctx, raw); err != nil {
			return err
		}
	}
}

func (g *group) fetchBatch(ctx context.Context) ([]kafkago.Message, error) {
	first, err := fetch(ctx, g.reader, g.log)
	if err != nil {
		return nil, err
	}
	batch, size := []kafkago.Message{first}, len(first.Value)
	wait, cancel := context.WithTimeout(ctx, g.cfg.BatchWait)
	defer cancel()
	for len(batch) < g.cfg.BatchSize && size < maxBatchMemory {
		m, err := g.reader.FetchMessage(wait)
		if err != nil {
			break // no more for now; what is wrong shows itself at the next first message
		}
		batch, size = append(batch, m), size+len(m.Value)
	}
	return batch, nil
}

// fetch waits for the next message. FetchMessage returns passing errors too, io.EOF among them when the broker dies while the
// group is joined: only the end of ctx ends it. Nobody closes a reader that somebody fetches from.
func fetch(ctx context.Context, r *kafkago.Reader, log *slog.Logger) (kafkago.Message, error) {
	retry := backoff{low: 100 * time.Millisecond, high: 5 * time.Second}
	for {
		m, err := r.FetchMessage(ctx)
		if err == nil {
			return m, nil
		}
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
		log.Warn("fetch failed", "error", err)
		if err := retry.wait(ctx); err != nil {
			return m, err
		}
	}
}

func (g *group) handle(ctx context.Context, msgs []Message) error {
	err := g.try(ctx, msgs)
	if err == nil || !IsPoison(err) {
		return err
	}
	if len(msgs) == 1 {
		return g.bury(ctx, msgs[0], err)
	}
	half := len(msgs) / 2
	if err := g.handle(ctx, msgs[:half]); err != nil {
		return err
	}
	return g.handle(ctx, msgs[half:])
}

// try calls Handle until it succeeds or its error is poison.
func (g *group) try(ctx context.Context, msgs []Message) error {
	retry := backoff{low: 100 * time.Millisecond, high: 15 * time.Second}
	for attempt := 1; ; attempt++ {
		end := g.beginSpans(ctx, msgs)
		err := g.cfg.Handle(ctx, msgs)
		end(err)
		if err == nil {
			g.count.handled.WithLabelValues(g.cfg.Topic).Add(float64(len(msgs)))
		}
		if err == nil || IsPoison(err) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if g.cfg.MaxAttempts > 0 && attempt >= g.cfg.MaxAttempts {
			return Poison(err)
		}
		g.count.failed.WithLabelValues(g.cfg.Topic).Inc()
		g.log.Warn("handling failed, trying again", "attempt", attempt, "messages", len(msgs),
			"partition", msgs[0].Partition, "offset", msgs[0].Offset, "error", err)
		if err := retry.wait(ctx); err != nil {
			return err
		}
	}
}

// bury writes the message with the reason to the dead topic, until that works.
func (g *group) bury(ctx context.Context, m Message, reason error) error {
	log := g.log.With("partition", m.Partition, "offset", m.Offset)
	g.count.dead.WithLabelValues(g.cfg.Topic).Inc()
	log.ErrorContext(m.Context(ctx), "poison message", "dead_topic", g.cfg.DeadTopic, "error", reason)
	if g.dead == nil {
		return nil
	}
	text := reason.Error()
	if len(text) > maxDeadError {
		text = text[:maxDeadError]
	}
	letter := Message{Topic: g.cfg.DeadTopic, Key: m.Key, Value: m.Value}
	letter.Headers = append(letter.Headers, m.Headers...)
	for _, h := range []struct{ key, value string }{
		{HeaderDeadTopic, m.Topic},
		{HeaderDeadPartition, strconv.Itoa(m.Partition)},
		{HeaderDeadOffset, strconv.FormatInt(m.Offset, 10)},
		{HeaderDeadGroup, g.cfg.Group},
		{HeaderDeadError, text},
		{HeaderDeadTime, time.Now().UTC().Format(time.RFC3339Nano)},
	} {
		letter.Headers = append(letter.Headers, Header{Key: h.key, Value: []byte(h.value)})
	}
	retry := backoff{low: 100 * time.Millisecond, high: 15 * time.Second}
	for {
		err := g.dead.Write(ctx, letter)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		log.Warn("dead letter not written, trying again", "error", err)
		if err := retry.wait(ctx); err != nil {
			return err
		}
	}
}

// commit gives up after some tries: the messages then come again, which handlers bear.
func (g *group) commit(ctx context.Context, raw []kafkago.Message) error {
	retry := backoff{low: 100 * time.Millisecond, high: time.Second}
	for range 3 {
		// The work is done: a shutdown should not make it happen twice.
		commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		err := g.reader.CommitMessages(commit, raw...)
		cancel()
		if err == nil {
			return nil
		}
		g.log.Warn("commit failed", "error", err)
		if err := retry.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}
