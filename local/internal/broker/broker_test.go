package broker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"crateful.dev/local/internal/broker"

	"github.com/segmentio/kafka-go"
)

func start(t *testing.T, o broker.Options) *broker.Broker {
	t.Helper()
	b, err := broker.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func admin(b *broker.Broker) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(b.Addr()), Timeout: 10 * time.Second}
}

func createTopic(t *testing.T, b *broker.Broker, name string, partitions int, configs ...kafka.ConfigEntry) {
	t.Helper()
	res, err := admin(b).CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: name, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: configs,
	}}})
	if err != nil || res.Errors[name] != nil {
		t.Fatal(err, res)
	}
}

func write(t *testing.T, b *broker.Broker, topic string, messages ...kafka.Message) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{Addr: kafka.TCP(b.Addr()), Topic: topic, Balancer: &kafka.Hash{}, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, BatchBytes: 4<<20 + 1<<10, Transport: transport}
	if err := w.WriteMessages(t.Context(), messages...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func group(b *broker.Broker, topic, name string) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{b.Addr()}, GroupID: name, Topic: topic, StartOffset: kafka.FirstOffset, MaxBytes: 8 << 20,
		MaxWait: time.Second, SessionTimeout: 10 * time.Second, HeartbeatInterval: time.Second, JoinGroupBackoff: 500 * time.Millisecond, ReadLagInterval: -1,
	})
}

// take reads and commits n messages.
func take(t *testing.T, r *kafka.Reader, n int) (keys []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range n {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			t.Fatalf("after %d of %d: %v", len(keys), n, err)
		}
		keys = append(keys, string(m.Key))
		if err := r.CommitMessages(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

func numbered(from, to int) (messages []kafka.Message) {
	for i := from; i < to; i++ {
		messages = append(messages, kafka.Message{Key: []byte(strconv.Itoa(i)), Value: []byte("v")})
	}
	return messages
}

func TestGroupsGoOnAfterARestart(t *testing.T) {
	dir := t.TempDir()
	b := start(t, broker.Options{Dir: dir})
	createTopic(t, b, "packs", 3)
	write(t, b, "packs", numbered(0, 30)...)
	r := group(b, "packs", "indexer")
	seen := take(t, r, 12)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	b = start(t, broker.Options{Dir: dir})
	r = group(b, "packs", "indexer")
	defer func() { _ = r.Close() }()
	seen = append(seen, take(t, r, 18)...)
	distinct := map[string]bool{}
	for _, key := range seen {
		distinct[key] = true
	}
	if len(distinct) != 30 {
		t.Errorf("saw %d of 30 messages, each once: %v", len(distinct), seen)
	}
}

func TestTwoMembersShareAGroup(t *testing.T) {
	b := start(t, broker.Options{Dir: t.TempDir()})
	createTopic(t, b, "uploads", 4)
	type got struct{ member, key string }
	messages := make(chan got, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 2)
	for _, member := range []string{"a", "b"} {
		r := group(b, "uploads", "analyzer")
		go func() {
			defer func() { stopped <- r.Close() }()
			for {
				m, err := r.FetchMessage(ctx)
				if err != nil {
					return
				}
				if r.CommitMessages(ctx, m) != nil {
					continue
				}
				select {
				case messages <- got{member, string(m.Key)}:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	members := map[string]int{}
	deadline := time.After(30 * time.Second)
	for n := 0; len(members) < 2; n++ {
		write(t, b, "uploads", numbered(n*8, n*8+8)...)
		for range 8 {
			select {
			case m := <-messages:
				members[m.member]++
			case <-deadline:
				cancel()
				t.Fatalf("only %v got work", members)
			}
		}
	}
	cancel()
	for range 2 {
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}
}

func TestLargestMessage(t *testing.T) {
	b := start(t, broker.Options{Dir: t.TempDir()})
	createTopic(t, b, "packs", 1)
	write(t, b, "packs", kafka.Message{Key: []byte("k"), Value: bytes.Repeat([]byte("v"), 4<<20)})
	r := group(b, "packs", "g")
	defer func() { _ = r.Close() }()
	take(t, r, 1)
}

func TestTopicsAreNotMadeByThemselves(t *testing.T) {
	b := start(t, broker.Options{Dir: t.TempDir()})
	w := &kafka.Writer{Addr: kafka.TCP(b.Addr()), Topic: "typo", RequiredAcks: kafka.RequireAll, MaxAttempts: 1, BatchTimeout: time.Millisecond}
	defer func() { _ = w.Close() }()
	if err := w.WriteMessages(t.Context(), kafka.Message{Value: []byte("v")}); !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Errorf("got %v", err)
	}
}

func TestCompactionKeepsTheLastOfEachKey(t *testing.T) {
	b := start(t, broker.Options{Dir: t.TempDir(), CleanEvery: 100 * time.Millisecond})
	createTopic(t, b, "packs", 1,
		kafka.ConfigEntry{ConfigName: "cleanup.policy", ConfigValue: "compact"},
		kafka.ConfigEntry{ConfigName: "segment.bytes", ConfigValue: "65536"},
		kafka.ConfigEntry{ConfigName: "min.cleanable.dirty.ratio", ConfigValue: "0.01"},
	)
	const keys, rounds = 10, 60
	var messages []kafka.Message
	for round := range rounds {
		for key := range keys {
			messages = append(messages, kafka.Message{Key: fmt.Appendf(nil, "pack-%d", key), Value: fmt.Appendf(nil, "%d:%s", round, strings.Repeat("x", 1000))})
		}
	}
	for from := 0; from < len(messages); from += 50 {
		write(t, b, "packs", messages[from:from+50]...)
	}

	deadline := time.Now().Add(30 * time.Second)
	for attempt := 0; ; attempt++ {
		r := group(b, "packs", "reader-"+strconv.Itoa(attempt))
		last, n := map[string]string{}, 0
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		for {
			m, err := r.FetchMessage(ctx)
			if err != nil {
				t.Fatalf("after %d messages: %v", n, err)
			}
			n++
			round, _, _ := strings.Cut(string(m.Value), ":")
			last[string(m.Key)] = round
			if m.Offset == int64(len(messages)-1) {
				break
			}
		}
		cancel()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if len(last) != keys {
			t.Fatalf("%d keys are left of %d", len(last), keys)
		}
		for key, round := range last {
			if round != strconv.Itoa(rounds-1) {
				t.Fatalf("%s ends with round %s", key, round)
			}
		}
		if n < len(messages)/2 {
			t.Logf("%d of %d messages are left", n, len(messages))
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d messages are left: nothing was cleaned", n, len(messages))
		}
	}
}

func TestASecondBrokerInTheFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	start(t, broker.Options{Dir: dir})
	b, err := broker.Start(t.Context(), broker.Options{Dir: dir})
	if err == nil {
		_ = b.Close()
		t.Fatal("started twice")
	}
	if !strings.Contains(err.Error(), "one copy") {
		t.Errorf("unclear: %v", err)
	}
}

func TestATakenPortLeavesTheFolderFree(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dir := t.TempDir()
	b, err := broker.Start(t.Context(), broker.Options{Dir: dir, Port: l.Addr().(*net.TCPAddr).Port})
	if err == nil {
		_ = b.Close()
		t.Fatal("started on a taken port")
	}
	start(t, broker.Options{Dir: dir})
}

// TestKilled kills a process while it writes, and counts what was acknowledged. Topics with
// their settings and committed offsets must be there again too.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("BROKER_CHILD"); dir != "" {
		writeForEver(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "BROKER_CHILD="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := func() int {
		b, _ := os.ReadFile(filepath.Join(dir, "acknowledged"))
		n, _ := strconv.Atoi(string(b))
		return n
	}
	for end := time.Now().Add(60 * time.Second); acknowledged() < 300; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the child writes nothing")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	b := start(t, broker.Options{Dir: filepath.Join(dir, "broker")})
	described, err := admin(b).DescribeConfigs(t.Context(), &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: "packs", ConfigNames: []string{"cleanup.policy"}}}})
	if err != nil || len(described.Resources) != 1 || len(described.Resources[0].ConfigEntries) != 1 || described.Resources[0].ConfigEntries[0].ConfigValue != "compact" {
		t.Errorf("the topic's settings: %+v, %v", described, err)
	}
	r := group(b, "packs", "indexer")
	defer func() { _ = r.Close() }()
	rest := take(t, r, acknowledged()-5)
	if rest[0] != "5" {
		t.Errorf("the group went on at %s, want 5", rest[0])
	}
	if last := rest[len(rest)-1]; last != strconv.Itoa(acknowledged()-1) {
		t.Errorf("ended at %s of %d acknowledged", last, acknowledged())
	}
}

func writeForEver(t *testing.T, dir string) {
	b := start(t, broker.Options{Dir: filepath.Join(dir, "broker")})
	createTopic(t, b, "packs", 1, kafka.ConfigEntry{ConfigName: "cleanup.policy", ConfigValue: "compact"})
	write(t, b, "packs", numbered(0, 5)...)
	r := group(b, "packs", "indexer")
	take(t, r, 5)
	w := &kafka.Writer{Addr: kafka.TCP(b.Addr()), Topic: "packs", RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond}
	for n := 5; ; n++ {
		if err := w.WriteMessages(t.Context(), numbered(n, n+1)...); err != nil {
			t.Fatal(err)
		}
		next := filepath.Join(dir, "next")
		if err := os.WriteFile(next, []byte(strconv.Itoa(n+1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, filepath.Join(dir, "acknowledged")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		b, err := broker.Start(t.Context(), broker.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
