package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Page is what Read found of a partition.
type Page struct {
	Messages []Message
	Next     int64 // where the next page begins
	First    int64 // the first offset that is still there
	End      int64 // the offset after the last message
}

// Bounds of Read: it stops at whichever comes first.
const (
	fetchBytes = 2 * MaxMessageBytes
	fetchWait  = 500 * time.Millisecond
)

// Read gives at most limit messages of a partition from an offset on, and fewer when they are larger than maxBytes together, but one
// at least. It never waits for messages that are not there yet. Offsets that are gone are passed over.
func Read(ctx context.Context, cfg Config, topic string, partition int, from int64, limit, maxBytes int) (Page, error) {
	if err := cfg.validate(); err != nil {
		return Page{}, err
	}
	first, end, err := Bounds(ctx, cfg, topic)
	if err != nil {
		return Page{}, err
	}
	last, ok := end[partition]
	if !ok {
		return Page{}, fmt.Errorf("read %s: there is no partition %d", topic, partition)
	}
	page := Page{Next: max(from, first[partition]), First: first[partition], End: last}
	client, done := cfg.admin()
	defer done()
	for size := 0; page.Next < page.End && len(page.Messages) < limit && size < maxBytes; {
		got, err := fetchFrom(ctx, client, topic, partition, page.Next)
		if err != nil {
			return page, fmt.Errorf("read %s, partition %d from %d: %w", topic, partition, page.Next, err)
		}
		if len(got) == 0 {
			return page, ctx.Err() // compaction took the rest
		}
		for _, m := range got {
			if m.Offset >= page.End || len(page.Messages) == limit || size >= maxBytes {
				break
			}
			page.Messages, page.Next = append(page.Messages, m), m.Offset+1
			size += len(m.Value)
		}
	}
	return page, nil
}

func fetchFrom(ctx context.Context, client *kafkago.Client, topic string, partition int, from int64) ([]Message, error) {
	resp, err := client.Fetch(ctx, &kafkago.FetchRequest{
		Topic: topic, Partition: partition, Offset: from, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait,
	})
	if err == nil {
		err = resp.Error
	}
	if err != nil {
		return nil, err
	}
	var out []Message
	for {
		r, err := resp.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		m := Message{Topic: topic, Partition: partition, Offset: r.Offset, Time: r.Time.UTC()}
		if m.Key, err = kafkago.ReadAll(r.Key); err != nil {
			return nil, err
		}
		if m.Value, err = kafkago.ReadAll(r.Value); err != nil {
			return nil, err
		}
		for _, h := range r.Headers {
			m.Headers = append(m.Headers, Header{Key: h.Key, Value: h.Value})
		}
		if m.Offset >= from { // a batch may begin before
			out = append(out, m)
		}
	}
}
