package e2e

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"crateful.dev/experience/api"
	indexerapi "crateful.dev/indexer/api"
	"crateful.dev/local"
	"crateful.dev/local/fleet"
	"crateful.dev/models/events"
)

// tell sends Elasticsearch a setting past the link.
func tell(t testing.TB, f *fleet.Fleet, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t, 30*time.Second), http.MethodPut, f.Server("ELASTICSEARCH_URL")+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("PUT %s: %s: %.300s", path, res.Status, said)
	}
}

// isRight waits until the index has read everything and compares all of it with the system of record.
func isRight(t testing.TB, f *fleet.Fleet) {
	t.Helper()
	ctx := deadline(t, 5*time.Minute)
	caughtUp(t, ctx, f, group(t, ctx, f), events.TopicPacks)
	if v := verified(t, ctx, f); v.Differences != 0 || v.Unreadable != 0 || v.Checked == 0 {
		t.Errorf("the index is not what the database says: %+v", v)
	}
}

// Elasticsearch's disk is full: it makes its indices read-only by itself. What was indexed is found, what is published is
// accepted and waits, nothing is given up; once there is room again all of it is found.
func TestFaultElasticsearchFull(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 6*time.Minute)
	p, bench, word := s.onSale(t, "Full Maker", 150)
	generation := strings.TrimPrefix(group(t, ctx, f), "indexer-")
	blocked := func() bool {
		var settings map[string]struct {
			Settings map[string]string `json:"settings"`
		}
		elastic(t, f, http.MethodGet, "/crateful-g-"+generation+"/_settings?flat_settings=true", &settings)
		return settings["crateful-g-"+generation].Settings["index.blocks.read_only_allow_delete"] == "true"
	}
	// Every disk is fuller than this.
	const full = `{"persistent":{"cluster.info.update.interval":"10s","cluster.routing.allocation.disk.threshold_enabled":true,
		"cluster.routing.allocation.disk.watermark.low":"0.001%","cluster.routing.allocation.disk.watermark.high":"0.001%","cluster.routing.allocation.disk.watermark.flood_stage":"0.001%"}}`
	const room = `{"persistent":{"cluster.info.update.interval":null,"cluster.routing.allocation.disk.threshold_enabled":false,
		"cluster.routing.allocation.disk.watermark.low":null,"cluster.routing.allocation.disk.watermark.high":null,"cluster.routing.allocation.disk.watermark.flood_stage":null}}`
	tell(t, f, "/_cluster/settings", full)
	t.Cleanup(func() { tell(t, f, "/_cluster/settings", room) })
	eventually(t, time.Minute, "Elasticsearch to be read-only", func() (bool, error) { return blocked(), nil })

	failures := f.Member("indexer")
	before, err := failures.Metric(ctx, "crateful_consumer_failures_total")
	if err != nil {
		before = 0 // none yet
	}
	p.retitle(t, ctx, bench.Pack.ID, title(word, 1))
	eventually(t, time.Minute, "the indexer to say that it tries again", func() (bool, error) {
		now, err := failures.Metric(ctx, "crateful_consumer_failures_total")
		return err == nil && now > before, err
	})
	eventually(t, time.Minute, "search to say that it is behind, and show what it has", func() (bool, error) {
		found, err := s.stranger(t).Search(ctx, url.Values{"q": {title(word, 0)}, "in": {"packs"}})
		return err == nil && found.Behind && found.Totals.Packs == 1, err
	})

	tell(t, f, "/_cluster/settings", strings.Replace(room, `"cluster.info.update.interval":null`, `"cluster.info.update.interval":"10s"`, 1))
	eventually(t, time.Minute, "Elasticsearch to take writes", func() (bool, error) {
		if blocked() { // with the thresholds off it leaves its blocks where they are
			tell(t, f, "/_all/_settings?expand_wildcards=all", `{"index.blocks.read_only_allow_delete":null}`)
			return false, nil
		}
		return true, nil
	})
	s.finds(t, ctx, title(word, 1), 1)
	s.finds(t, ctx, title(word, 0), 0)
	if dead := messages(t, ctx, f, events.TopicPacks+events.DeadSuffix, about(bench.Pack.ID)); len(dead) > 0 {
		t.Errorf("%d messages were given up", len(dead))
	}
	isRight(t, f)
}

// The indexer is killed at random moments of rebuilds. Each goes on where it was, and nothing that changes meanwhile is lost.
func TestFaultIndexerKilledWhileItRebuilds(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 10*time.Minute)
	p, bench, word := s.onSale(t, "Rebuild Maker", 151)
	must(t, f.Link("indexer", "elasticsearch").Slow(ctx, 40*time.Millisecond)) // so that there is time to be killed in
	interrupted := map[indexerapi.RebuildState]int{}
	for round := range 4 {
		began, err := index(t, f).StartReindex(ctx, indexerapi.StartReindex{By: "e2e", Reason: "it is killed meanwhile"})
		must(t, err)
		time.Sleep(rand.N(1500 * time.Millisecond)) // any moment will do
		state, err := index(t, f).Reindex(ctx)
		must(t, err, f.Member("indexer").Kill())
		if state.Rebuild.Running() {
			interrupted[state.Rebuild.State]++
		}
		p.retitle(t, ctx, bench.Pack.ID, title(word, round+1))
		must(t, f.Member("indexer").Start(ctx))
		if current := rebuilt(t, ctx, f); current == began.Current {
			t.Fatalf("round %d: the rebuild is done, and %s answers as before", round, current)
		}
		s.finds(t, ctx, title(word, round+1), 1)
	}
	t.Logf("killed while rebuilding: %v of 4", interrupted)
	if len(interrupted) == 0 {
		t.Error("it was never killed while it rebuilt")
	}
	must(t, f.Link("indexer", "elasticsearch").Heal(ctx))
	s.finds(t, ctx, title(word, 0), 0)
	isRight(t, f)
}

// Elasticsearch and Kafka are killed while the index is rebuilt and people publish. When they are back the rebuild comes to
// its end and everything is found.
func TestFaultServersKilledWhileItRebuilds(t *testing.T) {
	f, s := onReal(t)
	for n, server := range []string{"elasticsearch", "kafka"} {
		t.Run(server, func(t *testing.T) {
			ctx := deadline(t, 8*time.Minute)
			p, bench, word := s.onSale(t, "Killed Maker", uint64(152+n))
			must(t, f.Link("indexer", "elasticsearch").Slow(ctx, 40*time.Millisecond))
			began, err := index(t, f).StartReindex(ctx, indexerapi.StartReindex{By: "e2e", Reason: server + " is killed meanwhile"})
			must(t, err)
			time.Sleep(rand.N(1500 * time.Millisecond)) // any moment will do
			must(t, f.KillServer(ctx, server), f.Link("indexer", "elasticsearch").Heal(ctx))
			p.retitle(t, ctx, bench.Pack.ID, title(word, 1))
			_, err = s.stranger(t).Home(ctx)
			must(t, err)
			_, err = s.stranger(t).Pack(ctx, bench.Pack.Slug, false)
			must(t, err)
			found, err := s.stranger(t).Search(ctx, url.Values{"q": {title(word, 0)}, "in": {"packs"}})
			must(t, err)
			if server == "kafka" && (found.Degraded || found.Totals.Packs != 1) || server == "elasticsearch" && !found.Degraded {
				t.Errorf("search finds %d packs, degraded %v", found.Totals.Packs, found.Degraded)
			}
			down := time.Now()
			must(t, f.StartServer(ctx, server))
			if current := rebuilt(t, ctx, f); current == began.Current {
				t.Errorf("the rebuild is done, and %s answers as before", current)
			}
			t.Logf("rebuilt %v after %s was started again", time.Since(down).Round(100*time.Millisecond), server)
			s.finds(t, ctx, title(word, 1), 1)
			s.finds(t, ctx, title(word, 0), 0)
			isRight(t, f)
		})
	}
}

// While the indexer is away Kafka compacts the messages that told of removed sounds and packs: of each pack the last one stays.
// The indexer, which has read none of them, and a replay, which never will, take away what is removed all the same.
func TestFaultRemovedStaysRemovedAfterCompaction(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 8*time.Minute)
	p := s.newPerson(t, "Compaction Maker")
	var packs [3]api.Workbench // loses a sound, is withdrawn and returns with one less, is deleted
	var words [3]string
	for n := range packs {
		files, word := small(t, uint64(160+n))
		words[n] = title(word, 0)
		packs[n] = p.newPack(t, local.SamplePack{Files: files}, listing{Title: words[n], Price: 700, SoundPrice: 70})
	}
	caughtUp(t, ctx, f, group(t, ctx, f), events.TopicPacks)

	must(t, f.Link("indexer", "kafka").Cut(ctx))
	sent := func(n int) int { return len(messages(t, ctx, f, events.TopicPacks, about(packs[n].Pack.ID))) }
	again := func(n int) { // publishes what the workbench has
		t.Helper()
		before := sent(n)
		bench, err := p.Workbench(ctx, packs[n].Pack.ID)
		must(t, err)
		_, err = p.Publish(ctx, bench.Pack.ID, bench.Pack.ETag)
		must(t, err)
		eventually(t, time.Minute, "the edition to be on sale", func() (bool, error) { return sent(n) > before, nil })
	}
	withdraw := func(n int) api.Workbench {
		t.Helper()
		bench, err := p.Workbench(ctx, packs[n].Pack.ID)
		must(t, err)
		_, err = p.Withdraw(ctx, bench.Pack.ID, bench.Pack.ETag)
		must(t, err)
		bench, err = p.Workbench(ctx, packs[n].Pack.ID)
		must(t, err)
		return bench
	}
	without := func(n int) (sound string) {
		t.Helper()
		bench, err := p.Workbench(ctx, packs[n].Pack.ID)
		must(t, err)
		sound = bench.Files[0].SoundID
		must(t, p.RemoveUpload(ctx, bench.Files[0].UploadID))
		return sound
	}
	removed := []string{without(0)}
	again(0)
	withdraw(1)
	removed = append(removed, without(1))
	again(1)
	for _, file := range packs[2].Files {
		removed = append(removed, file.SoundID)
	}
	bench := withdraw(2)
	must(t, p.DeletePack(ctx, bench.Pack.ID, bench.Pack.ETag))
	p.retitle(t, ctx, packs[0].Pack.ID, title(words[0], 1)) // the last message of the pack is not the one that took the sound away
	p.retitle(t, ctx, packs[1].Pack.ID, title(words[1], 1))

	compact(t, f, func() (bool, error) {
		for n := range packs {
			if left := sent(n); left != 1 {
				return false, fmt.Errorf("%d messages of a pack", left)
			}
		}
		return true, nil
	})
	must(t, f.Link("indexer", "kafka").Heal(ctx))
	check := func(when string) {
		t.Helper()
		caughtUp(t, ctx, f, group(t, ctx, f), events.TopicPacks)
		s.finds(t, ctx, title(words[0], 1), 1)
		s.finds(t, ctx, title(words[1], 1), 1)
		s.finds(t, ctx, words[2], 0)
		for n, left := range []int{len(packs[0].Files) - 1, len(packs[1].Files) - 1} {
			found, err := s.stranger(t).Search(ctx, url.Values{"q": {title(words[n], 1)}, "in": {"sounds"}})
			must(t, err)
			if len(found.Sounds) != left {
				t.Errorf("%s: %d sounds of the pack, want %d", when, len(found.Sounds), left)
			}
			for _, row := range found.Sounds {
				if slices.Contains(removed, row.ID) {
					t.Errorf("%s: %s was removed and is found", when, row.ID)
				}
			}
		}
		isRight(t, f)
	}
	check("behind a compaction")
	_, err := index(t, f).StartReindex(ctx, indexerapi.StartReindex{By: "e2e", Reason: "after a compaction"})
	must(t, err)
	rebuilt(t, ctx, f)
	check("after a replay of what was left")
}

// compact has Kafka compact the topic of packs at once, until it has.
func compact(t testing.TB, f *fleet.Fleet, done func() (bool, error)) {
	t.Helper()
	ctx := deadline(t, 3*time.Minute)
	client := &kafkago.Client{Addr: kafkago.TCP(brokers(f).Brokers...)}
	set := func(values map[string]string) {
		t.Helper()
		resource := kafkago.IncrementalAlterConfigsRequestResource{ResourceType: kafkago.ResourceTypeTopic, ResourceName: events.TopicPacks}
		for name, value := range values {
			c := kafkago.IncrementalAlterConfigsRequestConfig{Name: name, Value: value, ConfigOperation: kafkago.ConfigOperationSet}
			if value == "" {
				c.ConfigOperation = kafkago.ConfigOperationDelete
			}
			resource.Configs = append(resource.Configs, c)
		}
		res, err := client.IncrementalAlterConfigs(ctx, &kafkago.IncrementalAlterConfigsRequest{Resources: []kafkago.IncrementalAlterConfigsRequestResource{resource}})
		must(t, err)
		for _, r := range res.Resources {
			must(t, r.Error)
		}
	}
	set(map[string]string{"min.cleanable.dirty.ratio": "0.001", "segment.ms": "500", "max.compaction.lag.ms": "500"})
	t.Cleanup(func() {
		set(map[string]string{"min.cleanable.dirty.ratio": "", "segment.ms": "", "max.compaction.lag.ms": ""})
	})
	const nothing = `{"id":"filler","type":"nobody.knows.v1","subject":"filler","revision":1,"time":"2026-01-01T00:00:00Z","data":{}}`
	eventually(t, 2*time.Minute, "Kafka to compact", func() (bool, error) {
		for partition := range 12 { // the segment that is written to is never compacted: a message begins the next one
			res, err := client.Produce(ctx, &kafkago.ProduceRequest{
				Topic: events.TopicPacks, Partition: partition, RequiredAcks: kafkago.RequireAll,
				Records: kafkago.NewRecordReader(kafkago.Record{Key: kafkago.NewBytes([]byte("filler")), Value: kafkago.NewBytes([]byte(nothing))}),
			})
			if err != nil || res.Error != nil {
				return false, errors.Join(err, res.Error)
			}
		}
		time.Sleep(time.Second) // longer than a segment lasts
		return done()
	})
}
