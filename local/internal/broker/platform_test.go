package broker_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/local/internal/broker"
)

// The platform's own client over the embedded broker: topics are ensured at every start, a
// replay over a compacted topic ends, and a poisoned message goes aside.
func TestThePlatformsClient(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	topics := []kafka.Topic{
		{Name: "packs", Partitions: 12, Configs: map[string]string{"cleanup.policy": "compact", "max.message.bytes": "4194304", "segment.bytes": "65536", "min.cleanable.dirty.ratio": "0.01"}},
		{Name: "packs.dead", Partitions: 1},
	}
	b := start(t, broker.Options{Dir: dir, CleanEvery: 300 * time.Millisecond})
	cfg := kafka.Config{Brokers: []string{b.Addr()}}
	if err := kafka.EnsureTopics(ctx, cfg, topics...); err != nil {
		t.Fatal(err)
	}
	const keys, rounds = 24, 12
	w := kafka.NewWriter(cfg)
	for round := range rounds {
		var batch []kafka.Message
		for key := range keys {
			batch = append(batch, kafka.Message{Topic: "packs", Key: fmt.Appendf(nil, "pack-%d", key), Value: append(fmt.Appendf(nil, "%d ", round), bytes.Repeat([]byte("x"), 20_000)...)})
		}
		if err := w.Write(ctx, batch...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	read := keys * rounds
	for read > keys*rounds*2/3 {
		last, err := replay(ctx, cfg, &read)
		if err != nil {
			t.Fatal(err)
		}
		for key := range keys {
			if got := last[fmt.Sprintf("pack-%d", key)]; got != rounds-1 {
				t.Fatalf("pack-%d ends with round %d", key, got)
			}
		}
	}
	t.Logf("%d of %d messages are left", read, keys*rounds)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	b = start(t, broker.Options{Dir: dir})
	cfg = kafka.Config{Brokers: []string{b.Addr()}}
	if err := kafka.EnsureTopics(ctx, cfg, topics...); err != nil {
		t.Fatalf("after a restart: %v", err)
	}
	group, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	handled := map[string]bool{}
	go func() {
		ended <- kafka.ConsumeGroup(group, kafka.GroupConfig{Config: cfg, Group: "indexer-1", Topic: "packs", DeadTopic: "packs.dead", Handle: func(_ context.Context, messages []kafka.Message) error {
			for _, m := range messages {
				if string(m.Key) == "pack-7" && bytes.HasPrefix(m.Value, fmt.Appendf(nil, "%d ", rounds-1)) {
					return kafka.Poison(fmt.Errorf("cannot read %s", m.Key))
				}
				handled[string(m.Key)] = true
			}
			return nil
		}})
	}()
	for {
		lag, err := kafka.Lag(ctx, cfg, "indexer-1", "packs")
		if err == nil && lag == 0 {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatalf("lag %d, %v", lag, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil && ctx.Err() == nil {
		t.Log(err)
	}
	if len(handled) != keys {
		t.Errorf("handled %d of %d packs", len(handled), keys)
	}
	dead := 0
	if _, err := kafka.Replay(ctx, cfg, "packs.dead", func(context.Context, kafka.Message) error { dead++; return nil }, kafka.ReplayOptions{}); err != nil || dead != 1 {
		t.Errorf("%d dead messages, %v", dead, err)
	}
}

// replay gives the last round of each key and counts what it read.
func replay(ctx context.Context, cfg kafka.Config, read *int) (map[string]int, error) {
	last := map[string]int{}
	n := 0
	_, err := kafka.Replay(ctx, cfg, "packs", func(_ context.Context, m kafka.Message) error {
		n++
		var round int
		if _, err := fmt.Sscanf(string(m.Value), "%d ", &round); err != nil {
			return err
		}
		last[string(m.Key)] = round
		return nil
	}, kafka.ReplayOptions{})
	*read = n
	return last, err
}
