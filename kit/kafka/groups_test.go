package kafka_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"crateful.dev/kit/kafka"
)

func groupNamed(t *testing.T, cfg kafka.Config, name string, overdue time.Time, topics ...string) (kafka.Group, bool) {
	t.Helper()
	groups, err := kafka.Groups(deadline(t), cfg, topics, overdue)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		if g.Name == name {
			return g, true
		}
	}
	return kafka.Group{}, false
}

func sum(g kafka.Group) (lag, overdue int64) {
	for _, p := range g.Partitions {
		lag, overdue = lag+p.Lag, overdue+p.Overdue
	}
	return lag, overdue
}

func TestGroupsTellMembersAndLag(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	notes, other, readers := own(t, "notes"), own(t, "other"), own(t, "readers")
	ensure(t, cfg, kafka.Topic{Name: notes, Partitions: 3}, kafka.Topic{Name: other, Partitions: 1})
	write(t, cfg, numbered(notes, 30)...)
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	arrived, hold, ended := make(chan int, 100), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- kafka.ConsumeGroup(ctx, kafka.GroupConfig{
			Config: cfg, Group: readers, Topic: notes, BatchSize: 100,
			Handle: func(ctx context.Context, msgs []kafka.Message) error {
				arrived <- len(msgs)
				select {
				case <-hold:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			},
		})
	}()
	select {
	case <-arrived:
	case <-ctx.Done():
		t.Fatal("nothing arrived")
	}
	g, ok := groupNamed(t, cfg, readers, time.Now().Add(-time.Hour), notes, other)
	lag, overdue := sum(g)
	if !ok || len(g.Members) != 1 || g.State != "Stable" || len(g.Partitions) != 3 || lag != 30 || overdue != 0 {
		t.Errorf("while it works: %+v, lag %d, overdue %d", g, lag, overdue)
	}
	for i, p := range g.Partitions {
		if p.Topic != notes || p.Partition != i || p.Committed != -1 || p.Member != g.Members[0].ID {
			t.Errorf("partition %d: %+v", i, p)
		}
	}
	g, _ = groupNamed(t, cfg, readers, time.Now().Add(time.Hour), notes)
	if _, overdue := sum(g); overdue != 30 {
		t.Errorf("all messages are older than an hour from now, %d are said to be", overdue)
	}
	close(hold)
	for lag > 0 {
		g, _ = groupNamed(t, cfg, readers, time.Now(), notes)
		lag, _ = sum(g)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	write(t, cfg, numbered(notes, 5)...)
	// The broker learns that the member left, or that it is silent.
	for g, _ = groupNamed(t, cfg, readers, time.Now(), notes); len(g.Members) > 0; g, _ = groupNamed(t, cfg, readers, time.Now(), notes) {
		if deadline(t).Err() != nil {
			t.Fatal("the member stays")
		}
	}
	if lag, _ := sum(g); g.State != "Empty" || lag != 5 {
		t.Errorf("without a member: %s, lag %d", g.State, lag)
	}
	if _, ok := groupNamed(t, cfg, readers, time.Now(), other); ok {
		t.Error("the group is listed with a topic that it does not read")
	}
}

func TestGroupsOfABrokerThatIsAway(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	start := time.Now()
	cfg := kafka.Config{Brokers: []string{"127.0.0.1:1"}}
	if _, err := kafka.Groups(ctx, cfg, []string{"notes"}, time.Now()); err == nil {
		t.Error("groups of nowhere")
	}
	if groups, err := kafka.GroupStates(ctx, cfg); err == nil {
		t.Errorf("states of groups of nowhere: %+v", groups)
	}
	if _, err := kafka.Read(ctx, cfg, "notes", 0, 0, 1, 1); err == nil {
		t.Error("read from nowhere")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestReadPages(t *testing.T) {
	t.Parallel()
	cfg, ctx := cluster(t), deadline(t)
	notes := own(t, "notes")
	ensure(t, cfg, kafka.Topic{Name: notes, Partitions: 1})
	if p, err := kafka.Read(ctx, cfg, notes, 0, 0, 10, 1000); err != nil || len(p.Messages) != 0 || p.End != 0 {
		t.Errorf("empty: %+v, %v", p, err)
	}
	write(t, cfg, numbered(notes, 25)...)
	var seen []string
	for from := int64(0); ; {
		p, err := kafka.Read(ctx, cfg, notes, 0, from, 10, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Messages) > 10 || p.End != 25 || p.First != 0 {
			t.Fatalf("page %+v", p)
		}
		for _, m := range p.Messages {
			seen = append(seen, string(m.Value))
			if m.Offset != int64(len(seen)-1) || m.Header("type") != "note" || len(m.Key) != 2 || m.Time.IsZero() {
				t.Errorf("message %+v", m)
			}
		}
		if from = p.Next; from >= p.End {
			break
		}
	}
	if len(seen) != 25 || seen[24] != "24" {
		t.Errorf("seen %v", seen)
	}
	if p, err := kafka.Read(ctx, cfg, notes, 0, 12, 10, 3); err != nil || len(p.Messages) != 2 || p.Next != 14 {
		t.Errorf("up to three bytes from the middle: %+v, %v", p, err)
	}
	if p, err := kafka.Read(ctx, cfg, notes, 0, 99, 10, 1000); err != nil || len(p.Messages) != 0 {
		t.Errorf("past the end: %+v, %v", p, err)
	}
	if _, err := kafka.Read(ctx, cfg, notes, 7, 0, 10, 1000); err == nil {
		t.Error("a partition that is not there was read")
	}
}
