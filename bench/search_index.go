package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	indexerapi "crateful.dev/indexer/api"
	indexer "crateful.dev/indexer/client"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const (
	searchPrefix   = "bench"
	fillBatch      = 200
	fillTime       = 20 * time.Minute
	replayRounds   = 3
	lagRate        = 50 // publishes a second
	lagSpan        = 20 * time.Second
	lagGoal        = 1500
	replayGoal     = 0.85
	replayMemory   = 200 // MiB
	searchGoal     = 1.3
	suggestGoal    = 50
	millionGoal    = 120
	millionRawGoal = 1.15
)

// searchSite is the search of an invented catalogue on a real Kafka and a real Elasticsearch, in front of which stand an
// indexer of its own command and an experience of a whole site.
type searchSite struct {
	*apart
	truth      *truth
	writer     *kafka.Writer
	index      *indexer.Client
	address    string // of the indexer
	experience string
	engine     string // of Elasticsearch
	token      string // of experience
	pid        int    // of the indexer
}

func startSearch(ctx context.Context, b *bench, packs int) (_ *searchSite, err error) {
	brokers, engine := os.Getenv("KAFKA_BROKERS"), os.Getenv("ELASTICSEARCH_URL")
	if brokers == "" || engine == "" {
		return nil, errors.New("KAFKA_BROKERS and ELASTICSEARCH_URL do not name servers: make bench-search")
	}
	site, err := b.site(ctx)
	if err != nil {
		return nil, err
	}
	s := &searchSite{
		apart: &apart{site: site.process.cmd.Process.Pid}, engine: strings.TrimRight(engine, "/"),
		token: valueOf(site.Environments["experience"], "CRATEFUL_SERVICE_TOKEN"),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	cluster := kafka.Config{Brokers: strings.Split(brokers, ",")}
	err = kafka.EnsureTopics(ctx, cluster,
		kafka.Topic{Name: events.TopicPacks, Partitions: 12, Configs: map[string]string{"cleanup.policy": "compact", "max.message.bytes": fmt.Sprint(kafka.MaxMessageBytes)}},
		kafka.Topic{Name: events.TopicPacks + events.DeadSuffix, Partitions: 1})
	if err != nil {
		return nil, err
	}
	s.writer = kafka.NewWriter(cluster)
	if s.truth, err = startTruth(time.Now()); err != nil {
		return nil, err
	}
	if err := s.publish(ctx, packs); err != nil {
		return nil, err
	}
	env := []string{
		"KAFKA_BROKERS=" + brokers, "ELASTICSEARCH_URL=" + engine, "ELASTICSEARCH_PREFIX=" + searchPrefix, "INDEXER_ROLLBACK_WINDOW=0s",
		"MODELS_URL=" + s.truth.url(), "CRATEFUL_SERVICE_TOKEN=" + s.token, "CRATEFUL_SERVICE_TOKENS=experience=" + s.token,
	}
	if s.address, err = s.commandUntil(ctx, b, "indexer", "/healthz", env); err != nil {
		return nil, err
	}
	s.pid = s.children[len(s.children)-1].cmd.Process.Pid
	s.index = indexer.New(httpx.ClientConfig{BaseURL: s.address, ServiceToken: s.token, Timeout: time.Minute})
	s.experience, err = s.command(ctx, b, "experience", append(site.Environments["experience"], "INDEXER_URL="+s.address))
	return s, err
}

func (s *searchSite) stop() error {
	var failed []error
	failed = append(failed, s.apart.stop())
	if s.writer != nil {
		failed = append(failed, s.writer.Close())
	}
	if s.truth != nil {
		failed = append(failed, s.truth.close())
	}
	return errors.Join(failed...)
}

// publish sends the next packs as the relay would: acknowledged, in batches.
func (s *searchSite) publish(ctx context.Context, more int) error {
	from := int(s.truth.packs.Load())
	for n := from; n < from+more; n += fillBatch {
		var batch []kafka.Message
		for k := n; k < min(n+fillBatch, from+more); k++ {
			message, err := invented{}.message(k, s.truth.at)
			if err != nil {
				return err
			}
			batch = append(batch, kafka.Message{Topic: events.TopicPacks, Key: []byte(uuid(k)), Value: message})
		}
		if err := s.writer.Write(ctx, batch...); err != nil {
			return err
		}
	}
	s.truth.packs.Add(int64(more))
	return nil
}

// filled is how one rebuild went.
type filled struct {
	perSecond float64 // documents, from the first to the last message
	documents int64
	micros    float64 // processor time of the indexer for each of them
	peak      float64 // MiB of the indexer, verification included
}

// rebuild fills a new generation and waits until it answers searches. begun: the indexer does so by itself.
func (s *searchSite) rebuild(ctx context.Context, begun bool) (filled, error) {
	var out filled
	memory := watchMemory(ctx, s.pid)
	defer memory()
	if !begun {
		if _, err := s.index.StartReindex(ctx, indexerapi.StartReindex{By: "bench", Reason: "a figure"}); err != nil {
			return out, explain(err)
		}
	}
	var first, last time.Time
	var before int64 // messages read at first
	cpu := func() float64 { return cpuTime([]running{{pid: s.pid}}) }
	spent := 0.0
	err := wait(ctx, fillTime, 250*time.Millisecond, "the rebuild", func() (bool, error) {
		state, err := s.index.Reindex(ctx)
		if err != nil || state.Rebuild == nil {
			return false, err
		}
		r := state.Rebuild
		switch {
		case r.State == indexerapi.RebuildFailed:
			return false, fmt.Errorf("the rebuild failed: %s", r.Detail)
		case r.State == indexerapi.RebuildFilling && r.Messages > 0 && first.IsZero():
			first, before, spent = time.Now(), r.Messages, cpu()
		case r.Messages == r.Total && r.Total > 0 && last.IsZero() && !first.IsZero():
			last = time.Now()
			written := float64(r.Total-before) * (soundsPerPack + 1)
			out.perSecond, out.micros = written/last.Sub(first).Seconds(), 1e6*(cpu()-spent)/written
		}
		out.documents = r.Documents
		return r.State == indexerapi.RebuildDone && (begun || !first.IsZero()), nil
	})
	for _, mib := range memory() {
		out.peak += mib
	}
	return out, err
}

// lag publishes new packs at a steady rate and gives how many milliseconds after its commit search showed each.
func (s *searchSite) lag(ctx context.Context) ([]float64, error) {
	from, n := int(s.truth.packs.Load()), int(lagRate*lagSpan.Seconds())
	pace := time.NewTicker(time.Second / lagRate)
	defer pace.Stop()
	sent := make(chan error, n)
	for k := from; k < from+n; k++ {
		<-pace.C
		message, err := invented{}.message(k, time.Now())
		if err != nil {
			return nil, err
		}
		go func() {
			sent <- s.writer.Write(ctx, kafka.Message{Topic: events.TopicPacks, Key: []byte(uuid(k)), Value: message})
		}()
	}
	for range n {
		if err := <-sent; err != nil {
			return nil, err
		}
	}
	s.truth.packs.Add(int64(n))
	var millis []float64
	for k := from; k < from+n; k++ {
		var found indexerapi.Trace
		err := wait(ctx, time.Minute, 50*time.Millisecond, "a pack to be found", func() (bool, error) {
			var err error
			found, err = s.index.Trace(ctx, uuid(k))
			return err == nil && !found.SearchableAt.IsZero(), nil
		})
		if err != nil {
			return nil, err
		}
		millis = append(millis, float64(found.SearchableAt.Sub(found.CommittedAt).Microseconds())/1000)
	}
	return millis, nil
}
