package backup

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"crateful.dev/kit/kafka"
)

// interactions is the one topic that is nowhere else: views and previews reach it past the database.
const interactions = "interactions"

// message is one of them. Its partition follows from its key.
type message struct {
	Key     []byte         `json:"key"`
	Value   []byte         `json:"value"`
	Time    time.Time      `json:"time"`
	Headers []kafka.Header `json:"headers,omitempty"`
}

func (s *Site) keepInteractions(ctx context.Context, dir string, m *Manifest) error {
	w, err := writeLines(filepath.Join(dir, interactionsFile))
	if err != nil {
		return err
	}
	_, err = kafka.Replay(ctx, s.Kafka, interactions, func(_ context.Context, in kafka.Message) error {
		m.Interactions.Messages++
		if m.Interactions.Messages%10_000 == 0 {
			s.progress("interactions: %d", m.Interactions.Messages)
		}
		return w.add(message{in.Key, in.Value, in.Time, in.Headers})
	}, kafka.ReplayOptions{})
	file, closed := w.close()
	if err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("keep interactions: %w", err)
	}
	m.Interactions.File = file
	return nil
}

// bringInteractions sends them again, those of one key in their order.
func (s *Site) bringInteractions(ctx context.Context, dir string) (int64, error) {
	const batch = 1000
	w := kafka.NewWriter(s.Kafka)
	sent, pending := int64(0), make([]kafka.Message, 0, batch)
	flush := func() error {
		if err := w.Write(ctx, pending...); err != nil {
			return err
		}
		sent += int64(len(pending))
		pending = pending[:0]
		s.progress("interactions: %d", sent)
		return nil
	}
	err := readLines(filepath.Join(dir, interactionsFile), func(m message) error {
		pending = append(pending, kafka.Message{Topic: interactions, Key: m.Key, Value: m.Value, Time: m.Time, Headers: m.Headers})
		if len(pending) < batch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return sent, fmt.Errorf("bring interactions back: %w", err)
	}
	return sent, nil
}
