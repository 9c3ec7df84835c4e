package operations

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/outbox"
)

// Bounds of what is asked of Kafka for the queue.
const (
	kafkaTime  = 3 * time.Second // a page waits no longer
	kafkaFresh = 5 * time.Second // an answer, also a bad one, holds this long
	// lagAge is how old a message may get before somebody should know that a consumer has not taken it.
	lagAge = 2 * time.Minute
)

// sight is what was last seen of Kafka. Whoever finds it old looks again, the others wait for that.
type sight struct {
	mu     sync.Mutex
	at     time.Time
	groups []kafka.Group
	dead   []api.DeadTopic
	err    error
}

// look answers what Kafka knows, at most kafkaFresh old.
func (s *Service) look(ctx context.Context) ([]kafka.Group, []api.DeadTopic, error) {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	if time.Since(s.seen.at) < kafkaFresh {
		return s.seen.groups, s.seen.dead, s.seen.err
	}
	// Who waits in line behind this one wants the answer too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), kafkaTime)
	defer cancel()
	var groups []kafka.Group
	var dead []api.DeadTopic
	var errGroups, errDead error
	var wg sync.WaitGroup
	wg.Go(func() { groups, errGroups = s.groups(ctx) })
	wg.Go(func() { dead, errDead = s.deadTopics(ctx) })
	wg.Wait()
	s.seen.groups, s.seen.dead, s.seen.err = groups, dead, cmp.Or(errGroups, errDead)
	s.seen.at = time.Now()
	return s.seen.groups, s.seen.dead, s.seen.err
}

// forget has the next look ask again, after something was changed.
func (s *Service) forget() {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	s.seen.at = time.Time{}
}

// origins are the topics that consumers read.
func origins() []string {
	return []string{events.TopicPacks, events.TopicUploads, events.TopicInteractions}
}

func (s *Service) groups(ctx context.Context) ([]kafka.Group, error) {
	return kafka.Groups(ctx, s.kafka, origins(), time.Now().Add(-lagAge))
}

// Needs is what an operator should look at. That Kafka is away is a line of its own.
func (s *Service) Needs(ctx context.Context) (api.OperatorNeeds, error) {
	needs, err := s.store.Needs(ctx)
	if err != nil {
		return api.OperatorNeeds{}, err
	}
	groups, dead, err := s.look(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "kafka was not asked for the queue", "error", err)
		needs = append(needs, api.OperatorNeed{Kind: api.NeedKafka, Count: 1, Detail: "Kafka does not answer. Lag and dead letters are not known."})
	}
	if line := lagging(groups); line.Count > 0 && err == nil {
		needs = append(needs, line)
	}
	if line := letters(dead); line.Count > 0 && err == nil {
		needs = append(needs, line)
	}
	order := api.NeedKinds()
	slices.SortFunc(needs, func(a, b api.OperatorNeed) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return api.OperatorNeeds{Needs: needs}, nil
}

// lagging counts messages that a consumer should have taken by now.
func lagging(groups []kafka.Group) api.OperatorNeed {
	need := api.OperatorNeed{Kind: api.NeedConsumerLag}
	var worst int64
	for _, g := range groups {
		byTopic := map[string]int64{}
		for _, p := range g.Partitions {
			byTopic[p.Topic] += p.Overdue
		}
		for topic, n := range byTopic {
			need.Count += n
			if n > worst {
				worst = n
				need.Detail = fmt.Sprintf("%s: %d of %s", g.Name, n, topic)
				if len(g.Members) == 0 {
					need.Detail += ", nobody reads"
				}
			}
		}
	}
	return need
}

func letters(topics []api.DeadTopic) api.OperatorNeed {
	need := api.OperatorNeed{Kind: api.NeedDeadLetters}
	for _, t := range topics {
		if t.Open == 0 {
			continue
		}
		if need.Count == 0 || t.OldestAt != nil && (need.OldestAt == nil || t.OldestAt.Before(*need.OldestAt)) {
			need.OldestAt, need.Detail = t.OldestAt, t.Topic
		}
		need.Count += t.Open
	}
	return need
}

// Lag tells how far the consumers are.
func (s *Service) Lag(ctx context.Context) (api.Lag, error) {
	groups, _, err := s.look(ctx)
	if err != nil {
		return api.Lag{}, away(err)
	}
	out := api.Lag{Groups: make([]api.ConsumerGroup, 0, len(groups))}
	for _, g := range groups {
		host := map[string]string{}
		for _, m := range g.Members {
			host[m.ID] = m.Host
		}
		group := api.ConsumerGroup{Group: g.Name, State: g.State, Members: len(g.Members), Partitions: make([]api.PartitionLag, 0, len(g.Partitions))}
		for _, p := range g.Partitions {
			group.Lag, group.Overdue = group.Lag+p.Lag, group.Overdue+p.Overdue
			group.Partitions = append(group.Partitions, api.PartitionLag{
				Topic: p.Topic, Partition: p.Partition, Committed: p.Committed, End: p.End, Lag: p.Lag, Overdue: p.Overdue, Host: host[p.Member],
			})
		}
		out.Groups = append(out.Groups, group)
	}
	return out, nil
}

// deadNames are the dead topics there are.
func deadNames() []string {
	var names []string
	for _, t := range outbox.Topics() {
		if !slices.Contains(origins(), t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}
