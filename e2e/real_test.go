package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	indexerapi "crateful.dev/indexer/api"
	indexer "crateful.dev/indexer/client"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/local/fleet"
	"crateful.dev/models/events"
)

// What scripts/real/suites.sh tells the tests that break things on real servers.
const (
	realServices  = "CRATEFUL_TEST_SERVICES"  // folder with the services' commands
	realToxiproxy = "CRATEFUL_TEST_TOXIPROXY" // its server
)

var onlyFleet struct {
	once  sync.Once
	fleet *fleet.Fleet
	err   error
}

// startFleet starts services on the real servers, which end with the tests.
func startFleet(o fleet.Options) (*fleet.Fleet, error) {
	dir, err := os.MkdirTemp("", "crateful-fleet-")
	if err != nil {
		return nil, err
	}
	shared.dir = dir
	if err := os.Chmod(dir, 0o755); err != nil { // the balancer's account walks through
		return nil, err
	}
	o.Programs, o.Dir, o.Env = os.Getenv(realServices), dir, os.Environ()
	o.Tune = append(o.Tune, "MODELS_LIMIT_FACTOR=100")
	return fleet.Start(context.Background(), o)
}

// wholeFleet is the services with a link between every two parts, shared by all tests.
func wholeFleet() (*fleet.Fleet, error) {
	onlyFleet.once.Do(func() {
		onlyFleet.fleet, onlyFleet.err = startFleet(fleet.Options{Toxiproxy: os.Getenv(realToxiproxy)})
	})
	return onlyFleet.fleet, onlyFleet.err
}

// needReal leaves a test out where there are no servers.
func needReal(t testing.TB) {
	t.Helper()
	if os.Getenv(realServices) == "" {
		t.Skip(realServices + " is not set: `make test-real` runs this")
	}
}

// onReal gives the services on real servers, each a process of its own, all links whole again.
func onReal(t testing.TB) (*fleet.Fleet, site) {
	t.Helper()
	needReal(t)
	f, err := wholeFleet()
	if err != nil {
		t.Fatalf("no services to break: %v", err)
	}
	ctx := deadline(t, 5*time.Minute)
	for _, l := range f.Links() {
		must(t, l.Heal(ctx))
	}
	for _, m := range f.Members() {
		must(t, m.Await(ctx))
	}
	watch(t, f)
	return f, site{URL: f.URL(), Mail: f.MailURL()}
}

// watch fails a test in which a service ended unasked, and keeps what the services said when a test failed.
func watch(t testing.TB, f *fleet.Fleet) {
	t.Helper()
	t.Cleanup(func() {
		select {
		case err := <-f.Ended():
			t.Error(err)
		default:
		}
		if t.Failed() {
			keepLogs(t, f)
		}
	})
}

// keepLogs leaves the end of what the services said beside the pictures.
func keepLogs(t testing.TB, f *fleet.Fleet) {
	if err := os.MkdirAll("screenshots", 0o755); err != nil {
		t.Log(err)
	}
	for _, m := range f.Members() {
		said, err := os.ReadFile(m.Log())
		if err == nil {
			said = said[max(0, len(said)-200_000):]
			err = os.WriteFile("screenshots/"+notFile.ReplaceAllString(t.Name(), "_")+"-"+m.Name+".log", said, 0o600)
		}
		if err != nil {
			t.Log(err)
		}
	}
}

// must ends a test when a step of it failed.
func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(explain(err))
	}
}

// database speaks to Postgres past the link.
func database(t testing.TB, f *fleet.Fleet) *pgx.Conn {
	t.Helper()
	ctx := deadline(t, time.Minute)
	conn, err := pgx.Connect(ctx, f.Server("DATABASE_URL"))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func brokers(f *fleet.Fleet) kafka.Config {
	return kafka.Config{Brokers: strings.Split(f.Server("KAFKA_BROKERS"), ",")}
}

// messages reads a topic to its present end.
func messages(t testing.TB, ctx context.Context, f *fleet.Fleet, topic string, want func(kafka.Message) bool) []kafka.Message {
	t.Helper()
	var mu sync.Mutex
	var found []kafka.Message
	_, err := kafka.Replay(ctx, brokers(f), topic, func(_ context.Context, m kafka.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if want(m) {
			found = append(found, m)
		}
		return nil
	}, kafka.ReplayOptions{})
	must(t, err)
	return found
}

// write sends messages as nobody of ours would.
func write(t testing.TB, ctx context.Context, f *fleet.Fleet, msgs ...kafka.Message) {
	t.Helper()
	w := kafka.NewWriter(brokers(f))
	must(t, w.Write(ctx, msgs...), w.Close())
}

// index speaks to the indexer past its links.
func index(t testing.TB, f *fleet.Fleet) *indexer.Client {
	t.Helper()
	c := indexer.New(httpx.ClientConfig{BaseURL: f.Member("indexer").URL(), ServiceToken: f.Token("experience"), Timeout: 30 * time.Second})
	t.Cleanup(c.Close)
	return c
}

// group is the consumer group that fills the index which answers.
func group(t testing.TB, ctx context.Context, f *fleet.Fleet) string {
	t.Helper()
	state, err := index(t, f).Reindex(ctx)
	must(t, err)
	return "indexer-" + state.Current
}

// caughtUp waits until a group has read all there is.
func caughtUp(t testing.TB, ctx context.Context, f *fleet.Fleet, group, topic string) {
	t.Helper()
	eventually(t, time.Minute, group+" to read all of "+topic, func() (bool, error) {
		lag, err := kafka.Lag(ctx, brokers(f), group, topic)
		return err == nil && lag == 0, fmt.Errorf("lag %d (%w)", lag, err)
	})
}

// elastic asks Elasticsearch past the link.
func elastic(t testing.TB, f *fleet.Fleet, method, path string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t, 30*time.Second), method, f.Server("ELASTICSEARCH_URL")+path, http.NoBody)
	must(t, err)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s: %.300s", method, path, res.Status, body)
	}
	if into != nil {
		must(t, json.Unmarshal(body, into))
	}
}

// documents is all that a generation of the index holds, tombstones too, by id. When a document was written and from which
// message is left out: a replay is later, and reads duplicates first.
func documents(t testing.TB, f *fleet.Fleet, generation string) map[string]string {
	t.Helper()
	elastic(t, f, http.MethodPost, "/crateful-g-"+generation+"/_refresh", nil)
	all := map[string]string{}
	var page struct {
		Hits struct {
			Hits []struct {
				ID      string         `json:"_id"`
				Version int64          `json:"_version"`
				Source  map[string]any `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	const most = 10_000
	elastic(t, f, http.MethodGet, "/crateful-g-"+generation+"/_search?version=true&size="+strconv.Itoa(most), &page)
	if len(page.Hits.Hits) == most {
		t.Fatal("the index is larger than this test reads")
	}
	for _, h := range page.Hits.Hits {
		head, ok := h.Source["head"].(map[string]any)
		if !ok {
			t.Fatalf("the document %s has no head: %v", h.ID, h.Source)
		}
		delete(head, "source")
		rest, err := json.Marshal(h.Source)
		must(t, err)
		all[h.ID] = strconv.FormatInt(h.Version, 10) + " " + string(rest)
	}
	return all
}

// rebuilt waits until a rebuild has ended well and says which generation answers.
func rebuilt(t testing.TB, ctx context.Context, f *fleet.Fleet) string {
	t.Helper()
	current := ""
	eventually(t, 3*time.Minute, "the index to be rebuilt", func() (bool, error) {
		state, err := index(t, f).Reindex(ctx)
		if err != nil {
			return false, err
		}
		current = state.Current
		if r := state.Rebuild; r != nil && (r.State == indexerapi.RebuildFailed || r.State == indexerapi.RebuildCancelled) {
			t.Fatalf("the rebuild %s: %s", r.State, r.Detail)
		}
		return state.Rebuild != nil && state.Rebuild.State == indexerapi.RebuildDone, nil
	})
	return current
}

// verified has the indexer compare its documents with the system of record.
func verified(t testing.TB, ctx context.Context, f *fleet.Fleet) indexerapi.Verification {
	t.Helper()
	_, err := index(t, f).VerifyIndex(ctx, indexerapi.StartReindex{By: "e2e", Reason: "compare"})
	must(t, err)
	var v indexerapi.Verification
	eventually(t, 3*time.Minute, "the index to be verified", func() (bool, error) {
		state, err := index(t, f).Reindex(ctx)
		if err != nil || state.Rebuild == nil || state.Rebuild.Kind != indexerapi.KindVerify || state.Rebuild.Running() {
			return false, err
		}
		if state.Rebuild.State != indexerapi.RebuildDone || state.Rebuild.Verification == nil {
			t.Fatalf("the verification %s: %s", state.Rebuild.State, state.Rebuild.Detail)
		}
		v = *state.Rebuild.Verification
		return true, nil
	})
	return v
}

// about tells a pack's messages.
func about(pack string) func(kafka.Message) bool {
	return func(m kafka.Message) bool { return string(m.Key) == pack }
}

// eventIDs counts messages by the event they carry.
func eventIDs(t testing.TB, msgs []kafka.Message) map[string]int {
	t.Helper()
	ids := map[string]int{}
	for _, m := range msgs {
		e, err := events.Parse(m.Value)
		must(t, err)
		ids[e.ID]++
	}
	return ids
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
