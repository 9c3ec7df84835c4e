package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// ErrNoTopic says that a topic is missing.
var ErrNoTopic = errors.New("topic is missing")

// CheckTopic compares a topic that is there with what it must be, and changes nothing.
func CheckTopic(ctx context.Context, cfg Config, t Topic) error {
	return cfg.patiently(ctx, func(client *kafkago.Client) error {
		n, err := leaders(ctx, client, t.Name)
		switch {
		case errors.Is(err, kafkago.UnknownTopicOrPartition):
			return ErrNoTopic
		case err != nil:
			return fmt.Errorf("describe topic %s: %w", t.Name, err)
		case n != t.Partitions:
			return fmt.Errorf("topic %s has %d partitions, not %d", t.Name, n, t.Partitions)
		}
		return checkConfigs(ctx, client, t)
	})
}

// DeleteTopics removes topics with all they hold and returns when they are gone. One that is not there is fine.
func DeleteTopics(ctx context.Context, cfg Config, names ...string) error {
	client, done := cfg.admin()
	defer done()
	resp, err := client.DeleteTopics(ctx, &kafkago.DeleteTopicsRequest{Topics: names})
	if err != nil {
		return fmt.Errorf("delete topics: %w", err)
	}
	for name, err := range resp.Errors {
		if err != nil && !errors.Is(err, kafkago.UnknownTopicOrPartition) {
			return fmt.Errorf("delete topic %s: %w", name, err)
		}
	}
	retry := backoff{low: 50 * time.Millisecond, high: time.Second}
	for _, name := range names {
		for {
			_, err := leaders(ctx, client, name)
			if errors.Is(err, kafkago.UnknownTopicOrPartition) {
				break
			}
			if err := retry.wait(ctx); err != nil {
				return fmt.Errorf("wait until topic %s is gone: %w", name, err)
			}
		}
	}
	return nil
}

// GroupState is a consumer group: who is in it, and how far it has come.
type GroupState struct {
	Name    string             `json:"name"`
	Members int                `json:"members"`
	Offsets map[string]Offsets `json:"offsets"` // by topic; partitions without a commit are left out
}

// GroupStates lists all consumer groups in order of their names.
func GroupStates(ctx context.Context, cfg Config) (groups []GroupState, err error) {
	err = cfg.patiently(ctx, func(client *kafkago.Client) error {
		groups, err = groupStates(ctx, client)
		return err
	})
	return groups, err
}

func groupStates(ctx context.Context, client *kafkago.Client) ([]GroupState, error) {
	described, err := describeGroups(ctx, client)
	if err != nil {
		return nil, err
	}
	groups := []GroupState{}
	for _, d := range described {
		g := GroupState{Name: d.GroupID, Members: len(d.Members), Offsets: map[string]Offsets{}}
		committed, err := fetchOffsets(ctx, client, g.Name, nil)
		if err != nil {
			return nil, err
		}
		for at, offset := range committed {
			if offset < 0 {
				continue
			}
			if g.Offsets[at.topic] == nil {
				g.Offsets[at.topic] = Offsets{}
			}
			g.Offsets[at.topic][at.partition] = offset
		}
		groups = append(groups, g)
	}
	return groups, nil
}
