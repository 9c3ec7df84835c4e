package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	names, err := groupNames(ctx, client)
	if err != nil {
		return nil, err
	}
	groups := []GroupState{}
	for _, name := range names {
		g := GroupState{Name: name, Offsets: map[string]Offsets{}}
		about, err := client.DescribeGroups(ctx, &kafkago.DescribeGroupsRequest{GroupIDs: []string{name}})
		if err != nil {
			return nil, fmt.Errorf("describe group %s: %w", name, err)
		}
		for _, d := range about.Groups {
			if d.Error != nil {
				return nil, fmt.Errorf("describe group %s: %w", name, d.Error)
			}
			g.Members += len(d.Members)
		}
		resp, err := client.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: name})
		if err == nil {
			err = resp.Error
		}
		if err != nil {
			return nil, fmt.Errorf("fetch offsets of group %s: %w", name, err)
		}
		for topic, partitions := range resp.Topics {
			at := Offsets{}
			for _, p := range partitions {
				if p.Error != nil {
					return nil, fmt.Errorf("fetch offsets of group %s, %s partition %d: %w", name, topic, p.Partition, p.Error)
				}
				if p.CommittedOffset >= 0 {
					at[p.Partition] = p.CommittedOffset
				}
			}
			if len(at) > 0 {
				g.Offsets[topic] = at
			}
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// groupNames asks every broker: each knows its own groups alone.
func groupNames(ctx context.Context, client *kafkago.Client) ([]string, error) {
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{}})
	if err != nil {
		return nil, fmt.Errorf("ask kafka for metadata: %w", err)
	}
	var names []string
	for _, b := range meta.Brokers {
		resp, err := client.ListGroups(ctx, &kafkago.ListGroupsRequest{Addr: kafkago.TCP(fmt.Sprintf("%s:%d", b.Host, b.Port))})
		if err == nil {
			err = resp.Error
		}
		if err != nil {
			return nil, fmt.Errorf("list groups of broker %d: %w", b.ID, err)
		}
		for _, g := range resp.Groups {
			names = append(names, g.GroupID)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
