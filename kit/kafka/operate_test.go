package kafka_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"crateful.dev/kit/kafka"
)

func TestCheckTopicChangesNothing(t *testing.T) {
	t.Parallel()
	cfg, ctx := cluster(t), deadline(t)
	topic := kafka.Topic{Name: own(t, "notes"), Partitions: 3, Configs: map[string]string{"cleanup.policy": "compact"}}
	for range 2 {
		if err := kafka.CheckTopic(ctx, cfg, topic); !errors.Is(err, kafka.ErrNoTopic) {
			t.Fatalf("a topic that is not there: %v", err)
		}
	}
	ensure(t, cfg, topic)
	if err := kafka.CheckTopic(ctx, cfg, topic); err != nil {
		t.Error(err)
	}
	fewer, other := topic, topic
	fewer.Partitions, other.Configs = 2, map[string]string{"cleanup.policy": "delete"}
	if err := kafka.CheckTopic(ctx, cfg, fewer); err == nil || !strings.Contains(err.Error(), "3 partitions, not 2") {
		t.Errorf("another count: %v", err)
	}
	if err := kafka.CheckTopic(ctx, cfg, other); err == nil || !strings.Contains(err.Error(), `"compact", not "delete"`) {
		t.Errorf("another config: %v", err)
	}
}

func TestDeleteTopicsTakesAllTheyHold(t *testing.T) {
	t.Parallel()
	cfg, ctx := cluster(t), deadline(t)
	topic := kafka.Topic{Name: own(t, "notes"), Partitions: 2}
	ensure(t, cfg, topic)
	write(t, cfg, numbered(topic.Name, 20)...)
	if err := kafka.DeleteTopics(ctx, cfg, topic.Name, own(t, "never")); err != nil {
		t.Fatal(err)
	}
	ensure(t, cfg, topic)
	_, end, err := kafka.Bounds(ctx, cfg, topic.Name)
	if err != nil || end[0] != 0 || end[1] != 0 {
		t.Errorf("made again it ends at %v (%v)", end, err)
	}
}

func TestGroupStatesTellOffsetsAndMembers(t *testing.T) {
	t.Parallel()
	cfg, ctx := cluster(t), deadline(t)
	topic, name := kafka.Topic{Name: own(t, "notes"), Partitions: 2}, own(t, "readers")
	ensure(t, cfg, topic)
	write(t, cfg, numbered(topic.Name, 20)...)
	_, end, err := kafka.Bounds(ctx, cfg, topic.Name)
	if err != nil {
		t.Fatal(err)
	}
	find := func() *kafka.GroupState {
		groups, err := kafka.GroupStates(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if g.Name == name {
				return &g
			}
		}
		return nil
	}
	if g := find(); g != nil {
		t.Fatalf("a group that never was: %+v", g)
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	read, members := 0, 0
	err = kafka.ConsumeGroup(reading, kafka.GroupConfig{Config: cfg, Group: name, Topic: topic.Name, BatchSize: 1, Handle: func(_ context.Context, msgs []kafka.Message) error {
		if read += len(msgs); read == 20 {
			if g := find(); g != nil {
				members = g.Members
			}
			stop()
		}
		return nil
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if members != 1 {
		t.Errorf("%d members while one reads", members)
	}
	g := find()
	if g == nil || g.Members != 0 || len(g.Offsets) != 1 || g.Offsets[topic.Name][0] != end[0] || g.Offsets[topic.Name][1] != end[1] {
		t.Errorf("afterwards it is %+v, the topic ends at %v", g, end)
	}
}
