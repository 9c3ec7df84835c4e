package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"crateful.dev/kit/kafka"
)

// cluster is the Kafka that the environment names when the suites run on real servers, else a broker in this process.
func cluster(t *testing.T) kafka.Config {
	t.Helper()
	if os.Getenv("CRATEFUL_TEST_REAL") == "" {
		return kafka.Config{Brokers: broker(t).ListenAddrs()}
	}
	brokers := os.Getenv("KAFKA_BROKERS")
	if brokers == "" {
		t.Fatal("KAFKA_BROKERS is not set")
	}
	return kafka.Config{Brokers: strings.Split(brokers, ",")}
}

var thisRun = strconv.FormatInt(time.Now().UnixNano(), 36)

// own makes a name that no other test uses: on real servers they share a cluster.
func own(t *testing.T, name string) string { return thisRun + "." + t.Name() + "." + name }

func broker(t *testing.T) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0", "message.max.bytes": "4194304"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func ensure(t *testing.T, cfg kafka.Config, topics ...kafka.Topic) {
	t.Helper()
	if err := kafka.EnsureTopics(deadline(t), cfg, topics...); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, cfg kafka.Config, msgs ...kafka.Message) {
	t.Helper()
	w := kafka.NewWriter(cfg)
	defer w.Close()
	if err := w.Write(deadline(t), msgs...); err != nil {
		t.Fatal(err)
	}
}

func numbered(topic string, n int) []kafka.Message {
	msgs := make([]kafka.Message, n)
	for i := range msgs {
		msgs[i] = kafka.Message{Topic: topic, Key: fmt.Appendf(nil, "k%d", i%7), Value: fmt.Appendf(nil, "%d", i), Headers: []kafka.Header{{Key: "type", Value: []byte("note")}}}
	}
	return msgs
}

func TestEnsureTopics(t *testing.T) {
	t.Parallel()
	cfg, ctx := cluster(t), deadline(t)
	topic := kafka.Topic{Name: own(t, "notes"), Partitions: 3, Configs: map[string]string{"cleanup.policy": "compact", "max.message.bytes": "4194304"}}
	for range 2 {
		if err := kafka.EnsureTopics(ctx, cfg, topic, kafka.Topic{Name: own(t, "notes.dead"), Partitions: 1}); err != nil {
			t.Fatal(err)
		}
	}
	fewer := topic
	fewer.Partitions = 2
	if err := kafka.EnsureTopics(ctx, cfg, fewer); err == nil || !strings.Contains(err.Error(), "3 partitions, not 2") {
		t.Errorf("another count: %v", err)
	}
	other := topic
	other.Configs = map[string]string{"cleanup.policy": "delete"}
	if err := kafka.EnsureTopics(ctx, cfg, other); err == nil || !strings.Contains(err.Error(), `cleanup.policy="compact", not "delete"`) {
		t.Errorf("another config: %v", err)
	}
	if err := kafka.Ping(ctx, cfg); err != nil {
		t.Error(err)
	}
}

func TestWriteTellsPositionsAndKeepsTheOrderOfKeys(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 3})
	msgs := numbered(own(t, "notes"), 1000)
	write(t, cfg, msgs...)
	byPosition := map[[2]int64]string{}
	for _, m := range msgs {
		byPosition[[2]int64{int64(m.Partition), m.Offset}] = string(m.Value)
	}
	if len(byPosition) != 1000 {
		t.Fatalf("%d positions for 1000 messages", len(byPosition))
	}
	last, n := map[string]int{}, 0
	next, err := kafka.Replay(deadline(t), cfg, own(t, "notes"), func(_ context.Context, m kafka.Message) error {
		n++
		if want := byPosition[[2]int64{int64(m.Partition), m.Offset}]; want != string(m.Value) {
			t.Errorf("at %d/%d is %s, the writer said %s", m.Partition, m.Offset, m.Value, want)
		}
		var i int
		if _, err := fmt.Sscan(string(m.Value), &i); err != nil {
			return err
		}
		if prev, seen := last[string(m.Key)]; seen && prev >= i {
			t.Errorf("key %s: %d after %d", m.Key, i, prev)
		}
		last[string(m.Key)] = i
		if m.Header("type") != "note" {
			t.Error("header lost")
		}
		return nil
	}, kafka.ReplayOptions{})
	if err != nil || n != 1000 {
		t.Fatalf("replayed %d: %v", n, err)
	}
	_, end, err := kafka.Bounds(deadline(t), cfg, own(t, "notes"))
	if err != nil || !maps.Equal(next, end) {
		t.Errorf("ended at %v, the topic at %v: %v", next, end, err)
	}
}

// A broker that refuses one partition alone has to be told so: this test is for the one in this process.
func TestWriteErrorsAreByMessage(t *testing.T) {
	t.Parallel()
	c := broker(t)
	cfg := kafka.Config{Brokers: c.ListenAddrs()}
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 3})
	c.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		topic := req.(*kmsg.ProduceRequest).Topics[0]
		if topic.Partitions[0].Partition != 0 {
			return nil, nil, false
		}
		part := kmsg.NewProduceResponseTopicPartition()
		part.ErrorCode = 29 // TOPIC_AUTHORIZATION_FAILED
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		answer := kmsg.NewProduceResponseTopic()
		answer.Topic, answer.Partitions = topic.Topic, append(answer.Partitions, part)
		resp.Topics = append(resp.Topics, answer)
		return resp, nil, true
	})
	w := kafka.NewWriter(cfg)
	defer w.Close()
	msgs := numbered(own(t, "notes"), 30)
	var each kafka.WriteErrors
	if err := w.Write(deadline(t), msgs...); !errors.As(err, &each) || len(each) != 30 {
		t.Fatalf("got %v", err)
	}
	_, end, err := kafka.Bounds(deadline(t), cfg, own(t, "notes"))
	if err != nil {
		t.Fatal(err)
	}
	written := int64(0)
	for _, e := range each {
		if e == nil {
			written++
		}
	}
	if end[0] != 0 || written == 0 || written == 30 || end[1]+end[2] != written {
		t.Errorf("%d reported as written, the topic ends at %v", written, end)
	}
}

// A partition or a group that is between two brokers is waited for.
func TestWhatMovesIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := broker(t)
	cfg := kafka.Config{Brokers: c.ListenAddrs()}
	ensure(t, cfg, kafka.Topic{Name: "notes", Partitions: 1})
	write(t, cfg, numbered("notes", 3)...)
	if seen := consume(t, cfg, 3, func(g *kafka.GroupConfig, _ *collector) { g.Group, g.Topic, g.DeadTopic = "readers", "notes", "" }); len(seen) != 3 {
		t.Fatalf("seen %v", seen)
	}
	refusals := 0
	once := func(key kmsg.Key, answer func(kmsg.Request, kmsg.Response)) {
		c.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			refusals++
			resp := req.ResponseKind()
			answer(req, resp)
			return resp, nil, true
		})
	}
	once(kmsg.ListOffsets, func(req kmsg.Request, resp kmsg.Response) {
		for _, asked := range req.(*kmsg.ListOffsetsRequest).Topics {
			topic := kmsg.NewListOffsetsResponseTopic()
			topic.Topic = asked.Topic
			for _, p := range asked.Partitions {
				part := kmsg.NewListOffsetsResponseTopicPartition()
				part.Partition, part.ErrorCode = p.Partition, 6 // NOT_LEADER_OR_FOLLOWER
				topic.Partitions = append(topic.Partitions, part)
			}
			resp.(*kmsg.ListOffsetsResponse).Topics = append(resp.(*kmsg.ListOffsetsResponse).Topics, topic)
		}
	})
	if _, end, err := kafka.Bounds(deadline(t), cfg, "notes"); err != nil || end[0] != 3 {
		t.Errorf("bounds: %v, %v", end, err)
	}
	once(kmsg.OffsetFetch, func(_ kmsg.Request, resp kmsg.Response) {
		resp.(*kmsg.OffsetFetchResponse).ErrorCode = 16 // NOT_COORDINATOR
	})
	if lag, err := kafka.Lag(deadline(t), cfg, "readers", "notes"); err != nil || lag != 0 {
		t.Errorf("lag: %d, %v", lag, err)
	}
	once(kmsg.DeleteGroups, func(_ kmsg.Request, resp kmsg.Response) {
		group := kmsg.NewDeleteGroupsResponseGroup()
		group.Group, group.ErrorCode = "readers", 14 // COORDINATOR_LOAD_IN_PROGRESS
		resp.(*kmsg.DeleteGroupsResponse).Groups = append(resp.(*kmsg.DeleteGroupsResponse).Groups, group)
	})
	if err := kafka.DeleteGroup(deadline(t), cfg, "readers"); err != nil {
		t.Errorf("delete: %v", err)
	}
	if refusals < 3 {
		t.Errorf("the broker refused %d times, not for each call", refusals)
	}
}

func TestWriteLimits(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 1})
	w := kafka.NewWriter(cfg)
	defer w.Close()
	small, large := kafka.Message{Topic: own(t, "notes"), Value: []byte("x")}, kafka.Message{Topic: own(t, "notes"), Value: make([]byte, kafka.MaxMessageBytes)}
	if err := w.Write(deadline(t), small, large); !errors.Is(err, kafka.ErrTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
	large.Value = large.Value[:kafka.MaxMessageBytes-128<<10]
	if err := w.Write(deadline(t), small, large); err != nil {
		t.Errorf("under the limit: %v", err)
	}
	if _, end, err := kafka.Bounds(deadline(t), cfg, own(t, "notes")); err != nil || end[0] != 2 {
		t.Errorf("the topic ends at %v: %v", end, err)
	}
	if err := w.Write(deadline(t), kafka.Message{Topic: own(t, "nowhere"), Value: []byte("x")}); err == nil {
		t.Error("an unknown topic was accepted")
	}
}

// collector is a handler that keeps what it got and stops the group when it has enough.
type collector struct {
	mu   sync.Mutex
	seen []string
	want int
	stop context.CancelFunc
}

func (c *collector) handle(_ context.Context, msgs []kafka.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range msgs {
		c.seen = append(c.seen, string(m.Value))
	}
	if len(c.seen) >= c.want {
		c.stop()
	}
	return nil
}

func consume(t *testing.T, cfg kafka.Config, want int, change func(*kafka.GroupConfig, *collector)) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := &collector{want: want, stop: cancel}
	g := kafka.GroupConfig{Config: cfg, Group: own(t, "readers"), Topic: own(t, "notes"), DeadTopic: own(t, "notes.dead"), Handle: c.handle}
	if change != nil {
		change(&g, c)
	}
	if err := kafka.ConsumeGroup(ctx, g); !errors.Is(err, context.Canceled) {
		t.Fatalf("group ended with %v, seen %d of %d", err, len(c.seen), want)
	}
	return c.seen
}

func TestGroupCommitsAfterTheWork(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 3})
	write(t, cfg, numbered(own(t, "notes"), 300)...)
	if lag, err := kafka.Lag(deadline(t), cfg, own(t, "readers"), own(t, "notes")); err != nil || lag != 300 {
		t.Errorf("lag before: %d %v", lag, err)
	}
	overdue := func(before time.Time, want int64) {
		t.Helper()
		if n, err := kafka.Overdue(deadline(t), cfg, own(t, "readers"), own(t, "notes"), before); err != nil || n != want {
			t.Errorf("overdue: %d, want %d, %v", n, want, err)
		}
	}
	overdue(time.Now().Add(time.Hour), 300)
	overdue(time.Now().Add(-time.Hour), 0)
	biggest := 0
	seen := consume(t, cfg, 300, func(g *kafka.GroupConfig, c *collector) {
		g.BatchSize = 50
		g.Handle = func(ctx context.Context, msgs []kafka.Message) error {
			biggest = max(biggest, len(msgs))
			return c.handle(ctx, msgs)
		}
	})
	slices.Sort(seen)
	if n := len(slices.Compact(seen)); n != 300 || biggest < 2 || biggest > 50 {
		t.Errorf("%d different messages, batches up to %d", n, biggest)
	}
	if lag, err := kafka.Lag(deadline(t), cfg, own(t, "readers"), own(t, "notes")); err != nil || lag != 0 {
		t.Errorf("lag after: %d %v", lag, err)
	}
	overdue(time.Now().Add(time.Hour), 0)
	// The next member begins where this one stopped.
	write(t, cfg, kafka.Message{Topic: own(t, "notes"), Key: []byte("k"), Value: []byte("new")})
	if seen := consume(t, cfg, 1, nil); !slices.Equal(seen, []string{"new"}) {
		t.Errorf("resumed with %v", seen)
	}
	if err := kafka.DeleteGroup(deadline(t), cfg, own(t, "readers")); err != nil {
		t.Error(err)
	}
	if lag, err := kafka.Lag(deadline(t), cfg, own(t, "readers"), own(t, "notes")); err != nil || lag != 301 {
		t.Errorf("lag of a forgotten group: %d %v", lag, err)
	}
}

// A member that dies with its work half done has not committed: the next one gets the batch again.
func TestGroupLosesNothing(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 1})
	write(t, cfg, numbered(own(t, "notes"), 10)...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := kafka.ConsumeGroup(ctx, kafka.GroupConfig{Config: cfg, Group: own(t, "readers"), Topic: own(t, "notes"), Handle: func(ctx context.Context, _ []kafka.Message) error {
		cancel()
		return ctx.Err()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if seen := consume(t, cfg, 10, nil); len(seen) != 10 || seen[0] != "0" {
		t.Errorf("seen again: %v", seen)
	}
}

func TestPoisonGoesToTheDeadTopic(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 1}, kafka.Topic{Name: own(t, "notes.dead"), Partitions: 1})
	write(t, cfg, numbered(own(t, "notes"), 20)...)
	passing := 2
	seen := consume(t, cfg, 19, func(g *kafka.GroupConfig, c *collector) {
		g.Handle = func(ctx context.Context, msgs []kafka.Message) error {
			if passing > 0 {
				passing--
				return errors.New("database away")
			}
			for _, m := range msgs {
				if string(m.Value) == "13" {
					return kafka.Poison(fmt.Errorf("parse %s: %w", m.Value, errors.New("unlucky")))
				}
			}
			return c.handle(ctx, msgs)
		}
	})
	if len(seen) != 19 || slices.Contains(seen, "13") || seen[18] != "19" {
		t.Errorf("seen %v", seen)
	}
	var dead []kafka.Message
	if _, err := kafka.Replay(deadline(t), cfg, own(t, "notes.dead"), func(_ context.Context, m kafka.Message) error {
		dead = append(dead, m)
		return nil
	}, kafka.ReplayOptions{}); err != nil {
		t.Fatal(err)
	}
	if len(dead) != 1 {
		t.Fatalf("%d dead letters", len(dead))
	}
	m := dead[0]
	for header, want := range map[string]string{
		"type": "note", kafka.HeaderDeadTopic: own(t, "notes"), kafka.HeaderDeadPartition: "0", kafka.HeaderDeadOffset: "13",
		kafka.HeaderDeadGroup: own(t, "readers"), kafka.HeaderDeadError: "parse 13: unlucky",
	} {
		if got := m.Header(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if string(m.Value) != "13" || string(m.Key) != "k6" {
		t.Errorf("dead letter %s=%s", m.Key, m.Value)
	}
	if lag, err := kafka.Lag(deadline(t), cfg, own(t, "readers"), own(t, "notes")); err != nil || lag != 0 {
		t.Errorf("the partition did not move on: lag %d %v", lag, err)
	}
}

func TestReplayGoesOnLive(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 3})
	write(t, cfg, kafka.Message{Topic: own(t, "notes"), Key: []byte("a"), Value: []byte("old")}) // two partitions stay empty
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var events []string
	_, err := kafka.Replay(ctx, cfg, own(t, "notes"), func(_ context.Context, m kafka.Message) error {
		events = append(events, string(m.Value))
		if string(m.Value) == "new" {
			cancel()
		}
		return nil
	}, kafka.ReplayOptions{Live: true, CaughtUp: func() {
		events = append(events, "caught up")
		write(t, cfg, kafka.Message{Topic: own(t, "notes"), Key: []byte("bb"), Value: []byte("new")})
	}})
	if !errors.Is(err, context.Canceled) || !slices.Equal(events, []string{"old", "caught up", "new"}) {
		t.Errorf("%v %v", events, err)
	}
}

func TestReplayBetweenOffsets(t *testing.T) {
	t.Parallel()
	cfg := cluster(t)
	ensure(t, cfg, kafka.Topic{Name: own(t, "notes"), Partitions: 1}, kafka.Topic{Name: own(t, "empty"), Partitions: 3})
	write(t, cfg, numbered(own(t, "notes"), 10)...)
	var seen []string
	keep := func(_ context.Context, m kafka.Message) error { seen = append(seen, string(m.Value)); return nil }
	next, err := kafka.Replay(deadline(t), cfg, own(t, "notes"), keep, kafka.ReplayOptions{From: kafka.Offsets{0: 3}, Until: kafka.Offsets{0: 6}})
	if err != nil || !slices.Equal(seen, []string{"3", "4", "5"}) || next[0] != 6 {
		t.Errorf("%v, next %v, %v", seen, next, err)
	}
	caught := false
	if _, err := kafka.Replay(deadline(t), cfg, own(t, "empty"), keep, kafka.ReplayOptions{CaughtUp: func() { caught = true }}); err != nil || !caught {
		t.Errorf("empty topic: caught up %v, %v", caught, err)
	}
	broken := errors.New("broken")
	if _, err := kafka.Replay(deadline(t), cfg, own(t, "notes"), func(context.Context, kafka.Message) error { return broken }, kafka.ReplayOptions{Live: true}); !errors.Is(err, broken) {
		t.Errorf("a failing handler: %v", err)
	}
	if _, err := kafka.Replay(deadline(t), cfg, own(t, "nowhere"), keep, kafka.ReplayOptions{}); err == nil {
		t.Error("an unknown topic was replayed")
	}
}

// A broker that dies while a consumer joins its group ends the connection in the middle: the consumer comes back.
func TestConsumerOutlivesBrokerThatDiesWhileItJoins(t *testing.T) {
	t.Parallel()
	c := broker(t)
	cfg := kafka.Config{Brokers: c.ListenAddrs()}
	ensure(t, cfg, kafka.Topic{Name: "notes", Partitions: 1})
	write(t, cfg, numbered("notes", 3)...)
	ended := 0
	c.ControlKey(int16(kmsg.JoinGroup), func(kmsg.Request) (kmsg.Response, error, bool) {
		if ended++; ended > 6 { // more often than the client tries by itself
			return nil, nil, false
		}
		c.KeepControl()
		return nil, errors.New("killed"), true
	})
	if seen := consume(t, cfg, 3, func(g *kafka.GroupConfig, _ *collector) { g.Group, g.Topic, g.DeadTopic = "readers", "notes", "" }); len(seen) != 3 {
		t.Errorf("seen %v", seen)
	}
	if ended < 6 {
		t.Errorf("only %d connections ended", ended)
	}
}
