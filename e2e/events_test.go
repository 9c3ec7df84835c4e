package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
	indexerapi "crateful.dev/indexer/api"
	"crateful.dev/kit/kafka"
	"crateful.dev/local"
	"crateful.dev/local/fleet"
	"crateful.dev/models/events"
)

// small is a folder with a few short sounds.
func small(t testing.TB, seed uint64) ([]local.SampleFile, string) {
	t.Helper()
	made, word := samplePack(t, "dusty", seed)
	var few []local.SampleFile
	for _, f := range made.Files {
		if f.Type != "" && len(few) < 3 {
			few = append(few, f)
		}
	}
	return few, word
}

// retitle changes what search shows of a pack: its description has its first title.
func (p person) retitle(t testing.TB, ctx context.Context, pack, title string) {
	t.Helper()
	bench, err := p.Workbench(ctx, pack)
	must(t, err)
	bench, err = p.ChangePack(ctx, pack, bench.Pack.ETag, api.PackChange{Title: &title, Description: &title})
	must(t, err)
	_, err = p.Publish(ctx, pack, bench.Pack.ETag)
	must(t, err)
}

// finds waits until search finds so many packs by a word.
func (s site) finds(t testing.TB, ctx context.Context, word string, packs int64) {
	t.Helper()
	eventually(t, time.Minute, fmt.Sprintf("search to find %d packs by %s", packs, word), func() (bool, error) {
		found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}, "in": {"packs"}})
		if err == nil && found.Degraded {
			err = fmt.Errorf("search is degraded")
		}
		return err == nil && found.Totals.Packs == packs, fmt.Errorf("%d (%w)", found.Totals.Packs, err)
	})
}

// title is a word that nothing else has.
func title(word string, n int) string { return fmt.Sprintf("%sv%d", word, n) }

// onSale is a producer with a pack that buyers find.
func (s site) onSale(t testing.TB, name string, seed uint64) (person, api.Workbench, string) {
	t.Helper()
	p := s.newPerson(t, name)
	files, word := small(t, seed)
	return p, p.newPack(t, local.SamplePack{Files: files}, listing{Title: title(word, 0), Price: 900, SoundPrice: 90}), word
}

// The relay dies after Kafka took events and before it marked them: they are sent again, none is lost, and the index
// does not notice.
func TestFaultRelayKilledBetweenSendingAndMarking(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 5*time.Minute)
	p, bench, word := s.onSale(t, "Relay Maker", 101)
	pack := bench.Pack.ID

	must(t, f.Link("models", "kafka").Cut(ctx))
	for n := range 3 {
		p.retitle(t, ctx, pack, title(word, n+1))
	}
	db := database(t, f)
	hold, err := db.Begin(ctx)
	must(t, err)
	var waiting int // marking waits for us, reading does not
	must(t, hold.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM outbox WHERE key = $1 AND sent_at IS NULL FOR UPDATE) AS held`, pack).Scan(&waiting))
	if waiting != 3 {
		t.Fatalf("%d events wait for Kafka, want 3", waiting)
	}
	before := len(messages(t, ctx, f, events.TopicPacks, about(pack)))
	must(t, f.Link("models", "kafka").Heal(ctx))
	eventually(t, time.Minute, "an event to be in Kafka", func() (bool, error) {
		return len(messages(t, ctx, f, events.TopicPacks, about(pack))) > before, nil
	})
	must(t, f.Member("models").Kill())
	var marked int
	must(t, hold.QueryRow(ctx, `SELECT count(*) FROM outbox WHERE key = $1 AND sent_at IS NOT NULL AND revision > $2`, pack, bench.Trace.Revision).Scan(&marked))
	if marked != 0 {
		t.Fatalf("%d events are marked: this was not between sending and marking", marked)
	}
	// The server would still do what the dead relay asked for.
	var marking int
	must(t, database(t, f).QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE outbox %'`).Scan(&marking))
	if marking != 1 {
		t.Fatalf("%d relays were marking", marking)
	}
	must(t, hold.Rollback(ctx), f.Member("models").Start(ctx))

	s.finds(t, ctx, title(word, 3), 1)
	s.finds(t, ctx, title(word, 1), 0)
	eventually(t, 30*time.Second, "all events to be marked", func() (bool, error) {
		var left int
		err := db.QueryRow(ctx, `SELECT count(*) FROM outbox WHERE key = $1 AND sent_at IS NULL`, pack).Scan(&left)
		return left == 0, err
	})
	sent := eventIDs(t, messages(t, ctx, f, events.TopicPacks, about(pack)))
	twice := 0
	for _, times := range sent {
		if times > 1 {
			twice++
		}
	}
	if len(sent) != 4 || twice == 0 {
		t.Errorf("%d events were sent, %d of them more than once; want 4, and at least 1: %v", len(sent), twice, sent)
	}
}

// The indexer dies after Elasticsearch took a batch and before the offsets are committed: it comes again and changes nothing.
func TestFaultIndexerKilledInABatch(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 5*time.Minute)
	p, bench, word := s.onSale(t, "Batch Maker", 102)
	group := group(t, ctx, f)
	caughtUp(t, ctx, f, group, events.TopicPacks)

	must(t, f.Link("indexer", "elasticsearch").Slow(ctx, 8*time.Second)) // what it writes arrives, the answer does not
	for n := range 4 {
		p.retitle(t, ctx, bench.Pack.ID, title(word, n+1))
	}
	generation := strings.TrimPrefix(group, "indexer-")
	eventually(t, time.Minute, "a batch to be in Elasticsearch", func() (bool, error) {
		elastic(t, f, http.MethodPost, "/crateful-g-"+generation+"/_refresh", nil)
		doc := documents(t, f, generation)["p-"+bench.Pack.ID]
		return doc != "" && !strings.Contains(doc, title(word, 0)), nil
	})
	must(t, f.Member("indexer").Kill())
	lag, err := kafka.Lag(ctx, brokers(f), group, events.TopicPacks)
	must(t, err)
	if lag == 0 {
		t.Fatal("all is committed: this was not in the middle of a batch")
	}
	must(t, f.Link("indexer", "elasticsearch").Heal(ctx), f.Member("indexer").Start(ctx))
	s.finds(t, ctx, title(word, 4), 1)
	caughtUp(t, ctx, f, group, events.TopicPacks)
}

// The analyzer dies while it works on files: each is checked in the end, with the bytes that were sent.
func TestFaultAnalyzerKilledAtWork(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 5*time.Minute)
	p := s.newPerson(t, "Work Maker")
	files, word := small(t, 103)
	bench, err := p.CreatePack(ctx, api.NewPack{Title: title(word, 0)})
	must(t, err)
	must(t, f.Link("analyzer", "models").Hang(ctx)) // no file gets as far as its report
	p.send(t, ctx, bench.Pack.ID, files)
	eventually(t, time.Minute, "the analyzer to have work", func() (bool, error) {
		lag, err := kafka.Lag(ctx, brokers(f), "analyzer", events.TopicUploads)
		return lag >= int64(len(files)), err
	})
	must(t, f.Member("analyzer").Kill(), f.Link("analyzer", "models").Heal(ctx), f.Member("analyzer").Start(ctx))
	bench = p.checked(t, ctx, bench.Pack.ID)
	if len(bench.Files) != len(files) {
		t.Errorf("%d files came through, want %d", len(bench.Files), len(files))
	}
	for _, got := range bench.Files {
		if got.State != "ready" && got.State != "needs_look" {
			t.Errorf("%s is %s", got.Path, got.State)
		}
	}
	caughtUp(t, ctx, f, "analyzer", events.TopicUploads)
}

// A message that nobody can read goes to the dead topic with the reason, and those after it are handled.
func TestFaultPoisonMovesOutOfTheWay(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 5*time.Minute)
	p, bench, word := s.onSale(t, "Poison Maker", 104)
	pack := bench.Pack.ID
	for topic, reader := range map[string]string{events.TopicPacks: group(t, ctx, f), events.TopicUploads: "analyzer"} {
		poison := []kafka.Message{{Topic: topic, Key: []byte(pack), Value: []byte("{half a message")}} // the same partition as the pack's own
		for n := range 20 {
			poison = append(poison, kafka.Message{Topic: topic, Key: []byte(word + strconv.Itoa(n)), Value: []byte(`{"id":"x","type":"nobody.knows.v1"}`)})
		}
		write(t, ctx, f, poison...)
		if topic == events.TopicPacks {
			p.retitle(t, ctx, pack, title(word, 1))
			s.finds(t, ctx, title(word, 1), 1)
		} else {
			next, nextWord := small(t, 105)
			p.newPack(t, local.SamplePack{Files: next}, listing{Title: title(nextWord, 0), Price: 500, SoundPrice: 50})
		}
		caughtUp(t, ctx, f, reader, topic)
		ours := func(m kafka.Message) bool { return string(m.Key) == pack || strings.HasPrefix(string(m.Key), word) }
		dead := messages(t, ctx, f, topic+events.DeadSuffix, ours)
		if len(dead) != len(poison) {
			t.Errorf("%d of %d messages are in %s", len(dead), len(poison), topic+events.DeadSuffix)
		}
		for _, m := range dead {
			partition, err1 := strconv.Atoi(m.Header(kafka.HeaderDeadPartition))
			offset, err2 := strconv.ParseInt(m.Header(kafka.HeaderDeadOffset), 10, 64)
			must(t, err1, err2)
			at := messages(t, ctx, f, topic, func(o kafka.Message) bool { return o.Partition == partition && o.Offset == offset })
			if len(at) != 1 || string(at[0].Value) != string(m.Value) || m.Header(kafka.HeaderDeadTopic) != topic ||
				m.Header(kafka.HeaderDeadGroup) != reader || m.Header(kafka.HeaderDeadError) == "" {
				t.Errorf("the dead letter %s of %s says %v", m.Key, topic, m.Headers)
			}
		}
	}
}

// Withdrawing, renaming and deleting reach the index, and a message from before does not undo them.
func TestFaultStaleMessagesBringNothingBack(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 6*time.Minute)
	p := s.newPerson(t, "Stale Maker")
	packs, words := map[string]string{}, map[string]string{}
	for n, what := range []string{"withdraw", "rename", "delete"} {
		files, word := small(t, uint64(110+n))
		words[what] = title(word, 0)
		packs[what] = p.newPack(t, local.SamplePack{Files: files}, listing{Title: words[what], Price: 700, SoundPrice: 70}).Pack.ID
	}
	var before []kafka.Message
	for _, pack := range packs {
		before = append(before, messages(t, ctx, f, events.TopicPacks, about(pack))...)
	}
	if len(before) < len(packs) {
		t.Fatalf("%d messages about %d packs", len(before), len(packs))
	}
	etag := func(pack string) string {
		bench, err := p.Workbench(ctx, pack)
		must(t, err)
		return bench.Pack.ETag
	}
	_, err := p.Withdraw(ctx, packs["withdraw"], etag(packs["withdraw"]))
	must(t, err)
	renamed := fmt.Sprintf("Z%x", time.Now().UnixNano()&0xffffffff) // search bears one wrong letter
	p.retitle(t, ctx, packs["rename"], renamed)
	_, err = p.Withdraw(ctx, packs["delete"], etag(packs["delete"]))
	must(t, err)
	must(t, p.DeletePack(ctx, packs["delete"], etag(packs["delete"])))
	right := func() {
		s.finds(t, ctx, words["withdraw"], 0)
		s.finds(t, ctx, words["delete"], 0)
		s.finds(t, ctx, words["rename"], 0)
		s.finds(t, ctx, renamed, 1)
	}
	right()
	for n := range before {
		before[n] = kafka.Message{Topic: events.TopicPacks, Key: before[n].Key, Value: before[n].Value, Headers: before[n].Headers}
	}
	write(t, ctx, f, before...)
	group := group(t, ctx, f)
	caughtUp(t, ctx, f, group, events.TopicPacks)
	elastic(t, f, http.MethodPost, "/crateful-g-"+strings.TrimPrefix(group, "indexer-")+"/_refresh", nil)
	right()
}

// The index is lost. A replay makes it again, equal document by document, and loses nothing that is published meanwhile.
func TestFaultIndexComesBackByReplay(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 8*time.Minute)
	p, bench, word := s.onSale(t, "Replay Maker", 120)
	old := group(t, ctx, f)
	caughtUp(t, ctx, f, old, events.TopicPacks)
	generation := strings.TrimPrefix(old, "indexer-")
	want := documents(t, f, generation)
	if len(want) < 4 {
		t.Fatalf("the index holds %d documents", len(want))
	}
	elastic(t, f, http.MethodDelete, "/crateful-g-"+generation, nil)

	_, err := index(t, f).StartReindex(ctx, indexerapi.StartReindex{By: "e2e", Reason: "the index was lost"})
	must(t, err)
	p.retitle(t, ctx, bench.Pack.ID, title(word, 1)) // while it is made
	current := rebuilt(t, ctx, f)
	s.finds(t, ctx, title(word, 1), 1)
	caughtUp(t, ctx, f, "indexer-"+current, events.TopicPacks)
	got := documents(t, f, current)
	for _, id := range sortedKeys(want) {
		switch {
		case strings.Contains(want[id], bench.Pack.ID):
			if !strings.Contains(got[id], title(word, 1)) {
				t.Errorf("%s does not have the name that its pack got meanwhile: %.300s", id, got[id])
			}
		case got[id] != want[id]:
			t.Errorf("%s is %.300s, was %.300s", id, got[id], want[id])
		}
		delete(got, id)
	}
	for _, id := range sortedKeys(got) {
		t.Errorf("%s was not there before: %.300s", id, got[id])
	}
	if v := verified(t, ctx, f); v.Differences != 0 || v.Unreadable != 0 || v.Checked == 0 || v.Documents == 0 {
		t.Errorf("the index is not what the database says: %+v", v)
	}
}

// Without Kafka, without Elasticsearch and without both people go on browsing, buying and downloading; what is published
// is accepted, and found when they are back.
func TestFaultKafkaAndElasticsearchDown(t *testing.T) {
	f, s := onReal(t)
	for _, away := range []struct {
		name   string
		links  []*fleet.Link
		search bool // answers in full
	}{
		{"kafka", kafkaLinks(f), true},
		{"elasticsearch", []*fleet.Link{f.Link("indexer", "elasticsearch")}, false},
		{"both", append(kafkaLinks(f), f.Link("indexer", "elasticsearch")), false},
	} {
		t.Run(away.name, func(t *testing.T) {
			ctx := deadline(t, 6*time.Minute)
			p, bench, word := s.onSale(t, "Down Maker", 130)
			buyer := s.newPerson(t, "Down Buyer")
			files, nextWord := small(t, 131)
			next := p.draft(t, ctx, local.SamplePack{Files: files}, listing{Title: title(nextWord, 0), Price: 400, SoundPrice: 60})
			for _, l := range away.links {
				must(t, l.Cut(ctx))
			}
			// Nobody asked for so few before: what was asked before is answered from memory for a while.
			found, err := s.stranger(t).Search(ctx, url.Values{"q": {title(word, 0)}, "in": {"packs"}, "size": {"9"}})
			must(t, err)
			if found.Degraded == away.search || away.search && found.Totals.Packs != 1 {
				t.Errorf("search finds %d packs, degraded %v", found.Totals.Packs, found.Degraded)
			}
			_, err = s.stranger(t).Home(ctx)
			must(t, err)
			_, err = s.stranger(t).Pack(ctx, bench.Pack.Slug, false)
			must(t, err)
			buyer.buy(t, api.Things{PackIDs: []string{bench.Pack.ID}})
			link, err := buyer.Download(ctx, api.DownloadRequest{PackID: bench.Pack.ID})
			must(t, err)
			body, err := get(link.URL)
			must(t, err)
			if sum(body) != link.SHA256 {
				t.Errorf("the download has the hash %s, want %s", sum(body), link.SHA256)
			}
			_, err = p.Publish(ctx, next.Pack.ID, next.Pack.ETag)
			must(t, err)
			p.retitle(t, ctx, bench.Pack.ID, title(word, 1))
			for _, l := range away.links {
				must(t, l.Heal(ctx))
			}
			p.searchable(t, ctx, next.Pack.ID)
			s.finds(t, ctx, title(nextWord, 0), 1)
			s.finds(t, ctx, title(word, 1), 1)
		})
	}
}

func kafkaLinks(f *fleet.Fleet) (links []*fleet.Link) {
	for _, client := range fleet.KafkaClients {
		links = append(links, f.Link(client, "kafka"))
	}
	return links
}
