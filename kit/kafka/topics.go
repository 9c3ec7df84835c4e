package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Topic is what a topic must be.
type Topic struct {
	Name        string
	Partitions  int
	Replication int               // copies; 0 leaves it to the broker's default
	Configs     map[string]string // for example "cleanup.policy": "compact"
}

// EnsureTopics creates what is missing and fails when a topic that exists has another number of partitions
// or other configs than asked for. It returns when every partition has a leader.
func EnsureTopics(ctx context.Context, cfg Config, topics ...Topic) error {
	if err := cfg.validate(); err != nil {
		return err
	}
	client, done := cfg.admin()
	defer done()
	req := &kafkago.CreateTopicsRequest{}
	for _, t := range topics {
		replication := t.Replication
		if replication == 0 {
			replication = -1
		}
		spec := kafkago.TopicConfig{Topic: t.Name, NumPartitions: t.Partitions, ReplicationFactor: replication}
		for _, name := range sortedKeys(t.Configs) {
			spec.ConfigEntries = append(spec.ConfigEntries, kafkago.ConfigEntry{ConfigName: name, ConfigValue: t.Configs[name]})
		}
		req.Topics = append(req.Topics, spec)
	}
	resp, err := client.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	for name, err := range resp.Errors {
		if err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) {
			return fmt.Errorf("create topic %s: %w", name, err)
		}
	}
	for _, t := range topics {
		if err := checkPartitions(ctx, client, t); err != nil {
			return err
		}
		if err := checkConfigs(ctx, client, t); err != nil {
			return err
		}
	}
	return nil
}

func checkPartitions(ctx context.Context, client *kafkago.Client, t Topic) error {
	retry := backoff{low: 50 * time.Millisecond, high: time.Second}
	for {
		n, err := leaders(ctx, client, t.Name)
		switch {
		case err == nil && n == t.Partitions:
			return nil
		case err == nil && n > 0:
			return fmt.Errorf("topic %s has %d partitions, not %d", t.Name, n, t.Partitions)
		case err != nil && !errors.Is(err, kafkago.UnknownTopicOrPartition) && !errors.Is(err, kafkago.LeaderNotAvailable):
			return fmt.Errorf("describe topic %s: %w", t.Name, err)
		}
		if err := retry.wait(ctx); err != nil {
			return fmt.Errorf("wait for topic %s: %w", t.Name, err)
		}
	}
}

// leaders counts the partitions of a topic, and fails while one has no leader.
func leaders(ctx context.Context, client *kafkago.Client, topic string) (int, error) {
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return 0, err
	}
	for _, t := range meta.Topics {
		if t.Name != topic {
			continue
		}
		if t.Error != nil {
			return 0, t.Error
		}
		for _, p := range t.Partitions {
			if p.Error != nil {
				return 0, p.Error
			}
		}
		return len(t.Partitions), nil
	}
	return 0, kafkago.UnknownTopicOrPartition
}

func checkConfigs(ctx context.Context, client *kafkago.Client, t Topic) error {
	if len(t.Configs) == 0 {
		return nil
	}
	resp, err := client.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Resources: []kafkago.DescribeConfigRequestResource{{
		ResourceType: kafkago.ResourceTypeTopic, ResourceName: t.Name, ConfigNames: sortedKeys(t.Configs),
	}}})
	if err != nil {
		return fmt.Errorf("describe configs of topic %s: %w", t.Name, err)
	}
	got := map[string]string{}
	for _, r := range resp.Resources {
		if r.Error != nil {
			return fmt.Errorf("describe configs of topic %s: %w", t.Name, r.Error)
		}
		for _, e := range r.ConfigEntries {
			got[e.ConfigName] = e.ConfigValue
		}
	}
	for _, name := range sortedKeys(t.Configs) {
		if got[name] != t.Configs[name] {
			return fmt.Errorf("topic %s has %s=%q, not %q", t.Name, name, got[name], t.Configs[name])
		}
	}
	return nil
}

// Offsets is an offset for every partition.
type Offsets map[int]int64

// Bounds lists the first offset of every partition and the one after the last.
func Bounds(ctx context.Context, cfg Config, topic string) (first, end Offsets, err error) {
	err = cfg.patiently(ctx, func(client *kafkago.Client) error {
		first, end, err = bounds(ctx, client, topic)
		return err
	})
	return first, end, err
}

func bounds(ctx context.Context, client *kafkago.Client, topic string) (first, end Offsets, err error) {
	n, err := leaders(ctx, client, topic)
	if err != nil {
		return nil, nil, fmt.Errorf("describe topic %s: %w", topic, err)
	}
	var reqs []kafkago.OffsetRequest
	for p := range n {
		reqs = append(reqs, kafkago.FirstOffsetOf(p), kafkago.LastOffsetOf(p))
	}
	resp, err := client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{topic: reqs}})
	if err != nil {
		return nil, nil, fmt.Errorf("list offsets of %s: %w", topic, err)
	}
	first, end = Offsets{}, Offsets{}
	for _, p := range resp.Topics[topic] {
		if p.Error != nil {
			return nil, nil, fmt.Errorf("list offsets of %s, partition %d: %w", topic, p.Partition, p.Error)
		}
		first[p.Partition], end[p.Partition] = p.FirstOffset, p.LastOffset
	}
	return first, end, nil
}

// ClusterID is the id by which a cluster tells itself from others.
func ClusterID(ctx context.Context, cfg Config) (id string, err error) {
	err = cfg.patiently(ctx, func(client *kafkago.Client) error {
		meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{}})
		if err != nil {
			return fmt.Errorf("ask kafka for metadata: %w", err)
		}
		id = meta.ClusterID
		return nil
	})
	return id, err
}

// Lag counts the messages of topic that group has not committed yet.
func Lag(ctx context.Context, cfg Config, group, topic string) (n int64, err error) {
	err = cfg.patiently(ctx, func(client *kafkago.Client) error {
		n, err = lag(ctx, client, group, topic)
		return err
	})
	return n, err
}

func lag(ctx context.Context, client *kafkago.Client, group, topic string) (int64, error) {
	first, end, err := bounds(ctx, client, topic)
	if err != nil {
		return 0, err
	}
	done, err := committed(ctx, client, group, topic, end)
	if err != nil {
		return 0, err
	}
	var lag int64
	for p, last := range end {
		lag += max(0, last-max(first[p], done[p]))
	}
	return lag, nil
}

// Behind counts the messages before end, as Bounds told it earlier, that group has not committed yet. While others write
// all the time, Lag may never be 0; Behind tells when what was there has been worked on.
func Behind(ctx context.Context, cfg Config, group, topic string, end Offsets) (n int64, err error) {
	err = cfg.patiently(ctx, func(client *kafkago.Client) error {
		first, _, err := bounds(ctx, client, topic)
		if err != nil {
			return err
		}
		done, err := committed(ctx, client, group, topic, end)
		if err != nil {
			return err
		}
		n = 0
		for p, last := range end {
			n += max(0, last-max(first[p], done[p]))
		}
		return nil
	})
	return n, err
}

// committed are the offsets that group has committed in the partitions of which.
func committed(ctx context.Context, client *kafkago.Client, group, topic string, which Offsets) (Offsets, error) {
	found, err := fetchOffsets(ctx, client, group, map[string][]int{topic: slices.Collect(maps.Keys(which))})
	if err != nil {
		return nil, err
	}
	done := Offsets{}
	for at, offset := range found {
		done[at.partition] = offset
	}
	return done, nil
}

// DeleteGroup forgets a group without members and its offsets. A group that is not there is fine.
func DeleteGroup(ctx context.Context, cfg Config, group string) error {
	err := cfg.patiently(ctx, func(client *kafkago.Client) error {
		resp, err := client.DeleteGroups(ctx, &kafkago.DeleteGroupsRequest{GroupIDs: []string{group}})
		if err == nil {
			err = resp.Errors[group]
		}
		return err
	})
	if err != nil && !errors.Is(err, kafkago.GroupIdNotFound) {
		return fmt.Errorf("delete group %s: %w", group, err)
	}
	return nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
