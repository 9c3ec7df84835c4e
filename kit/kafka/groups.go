package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Group is a consumer group as the cluster knows it.
type Group struct {
	Name       string
	State      string // Stable, Empty, PreparingRebalance, …
	Members    []Member
	Partitions []Progress // by topic and partition: what a member reads, and what was ever committed
}

// Member is a client that belongs to a group.
type Member struct {
	ID   string
	Host string
}

// Progress is how far a group is in one partition.
type Progress struct {
	Topic     string
	Partition int
	Committed int64 // -1: nothing yet
	End       int64 // the offset after the last message
	Lag       int64 // messages not committed that are still there
	Overdue   int64 // those of them that were written before the time asked about
	Member    string
}

// Groups tells of every group that reads one of the topics, or is finding out what it reads, how far it is. Messages written before overdue are counted beside the
// others. It takes a handful of requests whatever the number of partitions, but one for each group.
func Groups(ctx context.Context, cfg Config, topics []string, overdue time.Time) ([]Group, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	var groups []Group
	err := cfg.patiently(ctx, func(client *kafkago.Client) (err error) {
		groups, err = listGroups(ctx, client, topics, overdue)
		return err
	})
	return groups, err
}

// Overdue counts the messages of topic that were written before a time and that group has not committed.
func Overdue(ctx context.Context, cfg Config, group, topic string, before time.Time) (n int64, err error) {
	err = cfg.patiently(ctx, func(client *kafkago.Client) error {
		logs, err := extents(ctx, client, []string{topic}, before)
		if err != nil {
			return err
		}
		committed, err := fetchOffsets(ctx, client, group, asking(logs))
		if err != nil {
			return err
		}
		n = 0
		for at, log := range logs {
			n += max(0, log.due-max(log.first, committed[at]))
		}
		return nil
	})
	return n, err
}

func listGroups(ctx context.Context, client *kafkago.Client, topics []string, overdue time.Time) ([]Group, error) {
	logs, err := extents(ctx, client, topics, overdue)
	if err != nil {
		return nil, err
	}
	described, err := describeGroups(ctx, client)
	if err != nil {
		return nil, err
	}
	var groups []Group
	for _, d := range described {
		g, err := progress(ctx, client, d, logs)
		if err != nil {
			return nil, err
		}
		// While members come and go the cluster does not say what they read.
		if len(g.Partitions) > 0 || len(g.Members) > 0 && g.State != "Stable" {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// describeGroups tells of all groups in order of their names.
func describeGroups(ctx context.Context, client *kafkago.Client) ([]kafkago.DescribeGroupsResponseGroup, error) {
	// Every broker knows its own groups alone, so each is asked: nobody, and without an error, when no broker answered the client yet.
	if _, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{}}); err != nil {
		return nil, fmt.Errorf("ask kafka for metadata: %w", err)
	}
	listed, err := client.ListGroups(ctx, &kafkago.ListGroupsRequest{})
	if err == nil {
		err = listed.Error
	}
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	if len(listed.Groups) == 0 {
		return nil, nil
	}
	names := make([]string, 0, len(listed.Groups))
	for _, g := range listed.Groups {
		names = append(names, g.GroupID)
	}
	slices.Sort(names)
	described, err := client.DescribeGroups(ctx, &kafkago.DescribeGroupsRequest{GroupIDs: slices.Compact(names)})
	if err != nil {
		return nil, fmt.Errorf("describe groups: %w", err)
	}
	var groups []kafkago.DescribeGroupsResponseGroup
	for _, d := range described.Groups {
		if errors.Is(d.Error, kafkago.GroupIdNotFound) {
			continue // deleted meanwhile
		}
		if d.Error != nil {
			return nil, fmt.Errorf("describe group %s: %w", d.GroupID, d.Error)
		}
		groups = append(groups, d)
	}
	slices.SortFunc(groups, func(a, b kafkago.DescribeGroupsResponseGroup) int { return cmp.Compare(a.GroupID, b.GroupID) })
	return groups, nil
}

// fetchOffsets is what a group committed, -1 where it has not, in the partitions asked for, or in all where it has.
func fetchOffsets(ctx context.Context, client *kafkago.Client, group string, asked map[string][]int) (map[place]int64, error) {
	resp, err := client.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: group, Topics: asked})
	if err == nil && !errors.Is(resp.Error, kafkago.GroupIdNotFound) {
		err = resp.Error
	}
	if err != nil {
		return nil, fmt.Errorf("fetch offsets of group %s: %w", group, err)
	}
	committed := map[place]int64{}
	for topic, partitions := range resp.Topics {
		for _, p := range partitions {
			if p.Error != nil {
				return nil, fmt.Errorf("fetch offsets of group %s, %s partition %d: %w", group, topic, p.Partition, p.Error)
			}
			committed[place{topic, p.Partition}] = p.CommittedOffset
		}
	}
	return committed, nil
}

type place struct {
	topic     string
	partition int
}

// asking are the partitions as a request names them.
func asking(logs map[place]extent) map[string][]int {
	asked := map[string][]int{}
	for at := range logs {
		asked[at.topic] = append(asked[at.topic], at.partition)
	}
	return asked
}

// extent is where a partition begins and ends, and the first offset that is not overdue.
type extent struct{ first, end, due int64 }

func extents(ctx context.Context, client *kafkago.Client, topics []string, overdue time.Time) (map[place]extent, error) {
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: topics})
	if err != nil {
		return nil, fmt.Errorf("describe topics: %w", err)
	}
	ends, times := map[string][]kafkago.OffsetRequest{}, map[string][]kafkago.OffsetRequest{}
	for _, t := range meta.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("describe topic %s: %w", t.Name, t.Error)
		}
		for _, p := range t.Partitions {
			ends[t.Name] = append(ends[t.Name], kafkago.FirstOffsetOf(p.ID), kafkago.LastOffsetOf(p.ID))
			times[t.Name] = append(times[t.Name], kafkago.TimeOffsetOf(p.ID, overdue))
		}
	}
	logs := map[place]extent{}
	listed, err := listOffsets(ctx, client, ends)
	if err != nil {
		return nil, err
	}
	for at, p := range listed {
		logs[at] = extent{first: p.FirstOffset, end: p.LastOffset, due: p.LastOffset}
	}
	if listed, err = listOffsets(ctx, client, times); err != nil {
		return nil, err
	}
	for at, p := range listed {
		for offset := range p.Offsets {
			if e := logs[at]; offset >= 0 { // -1: every message is older
				e.due = offset
				logs[at] = e
			}
		}
	}
	return logs, nil
}

func listOffsets(ctx context.Context, client *kafkago.Client, topics map[string][]kafkago.OffsetRequest) (map[place]kafkago.PartitionOffsets, error) {
	resp, err := client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: topics})
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	out := map[place]kafkago.PartitionOffsets{}
	for topic, partitions := range resp.Topics {
		for _, p := range partitions {
			if p.Error != nil {
				return nil, fmt.Errorf("list offsets of %s, partition %d: %w", topic, p.Partition, p.Error)
			}
			out[place{topic, p.Partition}] = p
		}
	}
	return out, nil
}

func progress(ctx context.Context, client *kafkago.Client, d kafkago.DescribeGroupsResponseGroup, logs map[place]extent) (Group, error) {
	g := Group{Name: d.GroupID, State: d.GroupState}
	reading := map[place]string{}
	for _, m := range d.Members {
		g.Members = append(g.Members, Member{ID: m.MemberID, Host: m.ClientHost})
		for _, t := range m.MemberAssignments.Topics {
			for _, p := range t.Partitions {
				reading[place{t.Topic, p}] = m.MemberID
			}
		}
	}
	committed, err := fetchOffsets(ctx, client, g.Name, asking(logs))
	if err != nil {
		return g, err
	}
	for at, offset := range committed {
		member, read := reading[at]
		if offset < 0 && !read {
			continue
		}
		log := logs[at]
		next := max(log.first, offset)
		g.Partitions = append(g.Partitions, Progress{
			Topic: at.topic, Partition: at.partition, Committed: offset, End: log.end,
			Lag: max(0, log.end-next), Overdue: max(0, log.due-next), Member: member,
		})
	}
	slices.SortFunc(g.Partitions, func(a, b Progress) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return g, nil
}
