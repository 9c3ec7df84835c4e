package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/models"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

// operator is an admin at work.
type operator struct {
	*modelstest.Stack
	t   testing.TB
	who *modelstest.Someone
}

func newOperator(t testing.TB, s *modelstest.Stack) *operator {
	t.Helper()
	who := s.SignUp(t, "")
	s.MakeAdmin(t, who)
	return &operator{s, t, who}
}

func (o *operator) get(path string) modelstest.Response {
	o.t.Helper()
	return o.Do(o.t, modelstest.Request{Method: "GET", Path: path, As: o.who})
}

func (o *operator) post(path string, body any) modelstest.Response {
	o.t.Helper()
	return o.Do(o.t, modelstest.Request{Method: "POST", Path: path, As: o.who, Body: body})
}

func (o *operator) needs() map[api.NeedKind]api.OperatorNeed {
	o.t.Helper()
	out := map[api.NeedKind]api.OperatorNeed{}
	for _, n := range modelstest.Into[api.OperatorNeeds](o.t, o.get("/v1/admin/needs"), http.StatusOK).Needs {
		out[n.Kind] = n
	}
	return out
}

// known is needs once Kafka has answered in time, which on a busy machine it may not at first.
func (o *operator) known() (needs map[api.NeedKind]api.OperatorNeed) {
	o.t.Helper()
	modelstest.Eventually(o.t, "kafka answers", func() bool {
		needs = o.needs()
		_, away := needs[api.NeedKafka]
		return !away
	})
	return needs
}

// audited counts rows of an action in the audit log.
func (o *operator) audited(action string) int {
	o.t.Helper()
	var n int
	if err := o.DB.Pool().QueryRow(o.t.Context(), "SELECT count(*) FROM audit_log WHERE action = $1 AND actor_id = $2", action, o.who.Account.ID).Scan(&n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// bury writes letters as a consumer does that gives messages up, and waits for the topics before.
func (o *operator) bury(topic string, letters ...kafka.Message) {
	o.t.Helper()
	w := kafka.NewWriter(o.Kafka)
	defer w.Close()
	for i, m := range letters {
		m.Topic = topic + events.DeadSuffix
		m.Headers = append(slices.Clone(m.Headers),
			kafka.Header{Key: kafka.HeaderDeadTopic, Value: []byte(topic)}, kafka.Header{Key: kafka.HeaderDeadPartition, Value: []byte("3")},
			kafka.Header{Key: kafka.HeaderDeadOffset, Value: fmt.Appendf(nil, "%d", 40+i)}, kafka.Header{Key: kafka.HeaderDeadGroup, Value: []byte("indexer-1")},
			kafka.Header{Key: kafka.HeaderDeadError, Value: []byte("mapping said no")},
			kafka.Header{Key: kafka.HeaderDeadTime, Value: []byte("2026-05-01T10:00:00.5Z")})
		letters[i] = m
	}
	if err := w.Write(o.t.Context(), letters...); err != nil {
		o.t.Fatal(err)
	}
}

func envelope(t testing.TB, subject string, revision int64, data events.Data) kafka.Message {
	t.Helper()
	e, err := events.New(tx.NewID(), subject, revision, time.Now(), "", data)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return kafka.Message{Key: []byte(subject), Value: raw, Headers: []kafka.Header{{Key: "type", Value: []byte(e.Type)}, {Key: "own", Value: []byte{0xff, 1}}}}
}

// sent reads all that a topic holds under a key.
func (o *operator) sent(topic, key string) []kafka.Message {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 20*time.Second)
	defer cancel()
	var out []kafka.Message
	var mu sync.Mutex
	if _, err := kafka.Replay(ctx, o.Kafka, topic, func(_ context.Context, m kafka.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if string(m.Key) == key {
			out = append(out, m)
		}
		return nil
	}, kafka.ReplayOptions{}); err != nil {
		o.t.Fatal(err)
	}
	return out
}

func (o *operator) waitForOutbox() {
	o.t.Helper()
	modelstest.Eventually(o.t, "the outbox is empty", func() bool {
		return modelstest.Into[api.Outbox](o.t, o.get("/v1/admin/outbox"), http.StatusOK).Waiting == 0
	})
}

func TestADeadLetterIsReadAndSentAgainOnce(t *testing.T) {
	t.Parallel()
	o := newOperator(t, modelstest.Start(t))
	o.waitForOutbox() // the relay has made the topics
	upload := tx.NewID()
	original := envelope(t, upload, 1, events.UploadCompletedV1{UploadID: upload})
	noJSON := kafka.Message{Key: []byte("k"), Value: []byte("\xff\x00 not json")}
	noKey := kafka.Message{Value: []byte("{}")}
	o.bury(events.TopicUploads, original, noJSON, noKey)

	page := modelstest.Into[api.DeadLetters](t, o.get("/v1/admin/dead?topic=uploads.dead"), http.StatusOK)
	if len(page.Messages) != 3 || page.Next != "" || len(page.Topics) != 3 {
		t.Fatalf("page %+v", page)
	}
	first := page.Messages[0]
	if first.Reason != "mapping said no" || first.Group != "indexer-1" || first.OriginTopic != "uploads" || first.OriginPartition != 3 || first.OriginOffset != 40 ||
		first.Key != upload || first.Type != "upload.completed.v1" || first.Subject != upload || !strings.Contains(first.Value, "\n  \"data\": {") ||
		!first.Time.Equal(time.Date(2026, 5, 1, 10, 0, 0, 5e8, time.UTC)) || first.Outcome != "" || first.Headers["type"] != "upload.completed.v1" {
		t.Errorf("letter %+v", first)
	}
	if m := page.Messages[1]; m.Type != "" || m.Value != "\uFFFD\uFFFD not json" {
		t.Errorf("what cannot be read: %+v", m)
	}
	var need api.OperatorNeed
	modelstest.Eventually(t, "the letters are a need", func() bool { // what Kafka said is kept for 5 s
		need = o.known()[api.NeedDeadLetters]
		return need.Count > 0
	})
	if need.Count != 3 || need.Detail != "uploads.dead" || need.OldestAt == nil || !need.OldestAt.Equal(first.Time) {
		t.Errorf("need %+v", need)
	}

	// Many ask for the same at once: it goes out once.
	var wg sync.WaitGroup
	var mu sync.Mutex
	redriven, before := 0, 0
	for range 5 {
		wg.Go(func() {
			out := modelstest.Into[api.DeadDealt](t, o.post("/v1/admin/dead/redrive", api.DeadSelection{Topic: "uploads.dead", Offsets: []int64{0, 0, 2, 99}}), http.StatusOK)
			mu.Lock()
			defer mu.Unlock()
			redriven, before = redriven+out.Redriven, before+out.Before
			if fmt.Sprint(out.Refused) != "[{2 no_key} {99 not_found}]" && fmt.Sprint(out.Refused) != "[{99 not_found} {2 no_key}]" {
				t.Errorf("refused %v", out.Refused)
			}
		})
	}
	wg.Wait()
	if redriven != 1 || before != 4 || o.audited("dead_letter.redrive") != 1 {
		t.Errorf("sent %d times, left %d times, %d rows in the audit log", redriven, before, o.audited("dead_letter.redrive"))
	}
	o.waitForOutbox()
	got := o.sent(events.TopicUploads, upload)
	if len(got) != 1 || string(got[0].Value) != string(original.Value) || got[0].Header("type") != "upload.completed.v1" || got[0].Header("own") != "\xff\x01" ||
		got[0].Header(kafka.HeaderDeadTopic) != "" || len(got[0].Headers) != 2 {
		t.Errorf("sent again: %+v", got)
	}

	if res := o.post("/v1/admin/dead/dismiss", api.DeadSelection{Topic: "uploads.dead", All: true}); res.Status != http.StatusUnprocessableEntity && res.Status != http.StatusBadRequest {
		t.Errorf("dismissed without a reason: %d", res.Status)
	}
	out := modelstest.Into[api.DeadDealt](t, o.post("/v1/admin/dead/dismiss", api.DeadSelection{Topic: "uploads.dead", All: true, Reason: "noise"}), http.StatusOK)
	if out.Dismissed != 2 || o.audited("dead_letter.dismiss") != 1 {
		t.Errorf("dismissed %+v", out)
	}
	page = modelstest.Into[api.DeadLetters](t, o.get("/v1/admin/dead?topic=uploads.dead"), http.StatusOK)
	if len(page.Messages) != 0 {
		t.Errorf("still open: %+v", page.Messages)
	}
	for _, topic := range page.Topics {
		if topic.Open != 0 || topic.Topic == "uploads.dead" && topic.Dealt != 3 {
			t.Errorf("counted %+v", topic)
		}
	}
	var outcomes []string
	for cursor := ""; ; {
		part := modelstest.Into[api.DeadLetters](t, o.get("/v1/admin/dead?topic=uploads.dead&all=1&limit=2&cursor="+cursor), http.StatusOK)
		for _, m := range part.Messages {
			outcomes = append(outcomes, string(m.Outcome))
		}
		if cursor = part.Next; cursor == "" {
			break
		}
	}
	if fmt.Sprint(outcomes) != "[redriven dismissed dismissed]" {
		t.Errorf("outcomes %v", outcomes)
	}
	modelstest.Eventually(t, "nobody is needed any more", func() bool {
		_, open := o.known()[api.NeedDeadLetters]
		return !open
	})
}

// The packs topic is compacted: the last message of a key is all that stays of a pack.
func TestAnOlderStateOfAPackIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	o := newOperator(t, s.Stack)
	pack := s.live("Newest", "a.wav")
	o.waitForOutbox()
	all := o.sent(events.TopicPacks, pack)
	newest := all[len(all)-1]
	revision := func(m kafka.Message) int64 {
		e, err := events.Parse(m.Value)
		if err != nil {
			t.Fatal(err)
		}
		return e.Revision
	}
	old := envelope(t, pack, revision(newest)-1, events.PackWithdrawnV1{PackID: pack})
	current := kafka.Message{Key: newest.Key, Value: newest.Value, Headers: newest.Headers}
	stranger := envelope(t, tx.NewID(), 7, events.PackDeletedV1{PackID: pack})
	foreign := envelope(t, pack, revision(newest)+9, events.PackDeletedV1{PackID: pack})
	foreign.Key = []byte(tx.NewID())
	o.bury(events.TopicPacks, old, current, kafka.Message{Key: []byte(pack), Value: []byte("broken")}, foreign, stranger)
	out := modelstest.Into[api.DeadDealt](t, o.post("/v1/admin/dead/redrive", api.DeadSelection{Topic: "packs.dead", All: true}), http.StatusOK)
	why := map[int64]string{}
	for _, r := range out.Refused {
		why[r.Offset] = r.Why
	}
	if out.Superseded != 1 || out.Redriven != 2 || len(why) != 2 || why[2] != "unreadable" || why[3] != "unreadable" {
		t.Errorf("dealt %+v", out)
	}
	o.waitForOutbox()
	if got := o.sent(events.TopicPacks, pack); len(got) != len(all)+1 || string(got[len(got)-1].Value) != string(newest.Value) {
		t.Errorf("%d messages of the pack, the last is %s", len(got), got[len(got)-1].Value)
	}
	// The trace of the pack still leads to the event that made it so.
	before, err := s.DB.SentEvent(t.Context(), events.TopicPacks, pack, revision(newest))
	if err != nil || before.Offset != newest.Offset {
		t.Errorf("the event of the newest revision is %+v, %v; it was at %d", before, err, newest.Offset)
	}
	postgrestest.Exec(t, s.DB, "UPDATE outbox SET sent_at = sent_at - interval '30 days'")
	if _, err := s.DB.PruneOutbox(t.Context(), time.Now().Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if left := s.events(pack); len(left) != 1 || left[0].Revision != revision(newest) {
		t.Errorf("after pruning: %+v", left)
	}
}

func TestLagIsByGroupAndPartition(t *testing.T) {
	t.Parallel()
	o := newOperator(t, modelstest.Start(t))
	o.waitForOutbox()
	w := kafka.NewWriter(o.Kafka)
	defer w.Close()
	msgs := make([]kafka.Message, 40)
	for i := range msgs {
		msgs[i] = kafka.Message{Topic: events.TopicUploads, Key: fmt.Appendf(nil, "k%d", i), Value: []byte("x"), Time: time.Now().Add(-time.Hour)}
	}
	if err := w.Write(t.Context(), msgs...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	begun, ended := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		ended <- kafka.ConsumeGroup(ctx, kafka.GroupConfig{
			Config: o.Kafka, Group: "analyzer", Topic: events.TopicUploads,
			Handle: func(ctx context.Context, _ []kafka.Message) error {
				once.Do(func() { close(begun) })
				<-ctx.Done()
				return ctx.Err()
			},
		})
	}()
	defer func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	<-begun
	var g api.ConsumerGroup
	modelstest.Eventually(t, "the group has settled", func() bool {
		res := o.get("/v1/admin/lag")
		if res.Status != http.StatusOK {
			return false
		}
		groups := modelstest.Into[api.Lag](t, res, http.StatusOK).Groups
		if len(groups) == 1 {
			g = groups[0]
		}
		return g.Lag > 0
	})
	if g.Group != "analyzer" || g.Members != 1 || g.Lag != 40 || g.Overdue != 40 || len(g.Partitions) != 6 || g.Partitions[0].Host == "" {
		t.Errorf("group %+v", g)
	}
	var need api.OperatorNeed
	modelstest.Eventually(t, "the lag is a need", func() bool {
		need = o.known()[api.NeedConsumerLag]
		return need.Count > 0
	})
	if need.Count != 40 || need.Detail != "analyzer: 40 of uploads" {
		t.Errorf("need %+v", need)
	}
}

func TestTheQueueOutlivesKafka(t *testing.T) {
	t.Parallel()
	o := newOperator(t, modelstest.Start(t, func(c *models.Config) { c.KafkaBrokers = []string{"127.0.0.1:1"} }))
	postgrestest.Exec(t, o.DB, "UPDATE outbox SET committed_at = committed_at - interval '1 hour'")
	postgrestest.Exec(t, o.DB, "INSERT INTO missing_objects (key, reported_at) VALUES ('media/x', now())")
	start := time.Now()
	for range 3 {
		needs := o.needs()
		if n := needs[api.NeedKafka]; n.Count != 1 || n.Detail == "" {
			t.Fatalf("needs %+v", needs)
		}
		if needs[api.NeedMissingObjects].Count != 1 {
			t.Errorf("what Postgres knows is not told: %+v", needs)
		}
		if _, told := needs[api.NeedDeadLetters]; told {
			t.Error("dead letters are told though nobody knows")
		}
	}
	if took := time.Since(start); took > 10*time.Second { // it is asked once, not three times
		t.Errorf("three pages took %v", took)
	}
	for path, body := range map[string]any{"/v1/admin/dead/redrive": api.DeadSelection{Topic: "packs.dead", All: true}} {
		if res := o.post(path, body); res.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", path, res.Status, res.Body)
		}
	}
	for _, path := range []string{"/v1/admin/lag", "/v1/admin/dead?topic=packs.dead"} {
		if p := modelstest.Problem(t, o.get(path), http.StatusServiceUnavailable); p.Reason != "kafka_unavailable" {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

func TestNeedsCountWhatPostgresKnows(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	o := newOperator(t, s.Stack)
	o.waitForOutbox()
	modelstest.Eventually(t, "the first jobs are done", func() bool {
		jobs := modelstest.Into[api.Jobs](t, o.get("/v1/admin/jobs"), http.StatusOK)
		return jobs.Counts[api.JobRunning]+jobs.Counts[api.JobAvailable] == 0
	})
	if needs := o.known(); len(needs) != 0 {
		t.Fatalf("at the beginning: %+v", needs)
	}
	pack := s.create("Crash").Pack.ID
	u := s.offer(pack, file("a.wav"))[0].Upload
	s.complete(u.ID)
	for range 4 {
		modelstest.Into[api.UploadBegun](t, s.analyzer("POST", "/v1/uploads/"+u.ID+"/begin", api.UploadBegin{Attempt: 1}), http.StatusOK)
	}
	for _, sql := range []string{
		"INSERT INTO missing_objects (key, reported_at, first_reported_at) VALUES ('media/x', now(), '2026-05-01T00:00:00Z')",
		`INSERT INTO river_job (kind, args, max_attempts, attempt, state, finalized_at) VALUES ('test_broken', '{"n": 1}', 3, 3, 'discarded', now()),
			('test_healed', '{}', 1, 1, 'discarded', now()), ('test_tried', '{}', 9, 2, 'retryable', NULL), ('test_failing', '{}', 9, 3, 'retryable', NULL)`,
		"INSERT INTO river_job (kind, args, max_attempts, attempt, state, finalized_at) VALUES ('test_healed', '{}', 1, 1, 'completed', now())",
	} {
		postgrestest.Exec(t, s.DB, sql)
	}
	needs := o.known()
	if needs[api.NeedRefusedFiles].Count != 1 || needs[api.NeedFailedJobs].Count != 2 || needs[api.NeedMissingObjects].Count != 1 ||
		!needs[api.NeedMissingObjects].OldestAt.Equal(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) || len(needs) != 3 {
		t.Errorf("needs %+v", needs)
	}
}

func TestJobsAreRetriedAndCancelled(t *testing.T) {
	t.Parallel()
	o := newOperator(t, modelstest.Start(t))
	insert := func(kind, state, finalized string) string {
		t.Helper()
		var id string
		if err := o.DB.Pool().QueryRow(t.Context(), `INSERT INTO river_job (kind, args, max_attempts, attempt, state, scheduled_at, finalized_at, errors)
			VALUES ($1, '{}', 3, 3, $2, now() + interval '1 hour', `+finalized+`, ARRAY['{"error": "first"}', '{"error": "mail server away"}']::jsonb[]) RETURNING id::text`,
			kind, state).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	failed := insert("upload_prune", "discarded", "now()")
	list := modelstest.Into[api.Jobs](t, o.get("/v1/admin/jobs?state=discarded&kind=upload_prune"), http.StatusOK)
	if len(list.Jobs) != 1 || fmt.Sprint(list.Jobs[0].ID) != failed || list.Jobs[0].Error != "mail server away" || list.Counts["discarded"] < 1 || !slices.Contains(list.Kinds, "upload_prune") {
		t.Fatalf("jobs %+v", list)
	}
	job := modelstest.Into[api.Job](t, o.post("/v1/admin/jobs/"+failed+"/retry", api.JobAct{Reason: "it is back"}), http.StatusOK)
	if job.State != api.JobAvailable {
		t.Errorf("retried: %+v", job)
	}
	modelstest.Eventually(t, "the job ran", func() bool {
		done := modelstest.Into[api.Jobs](t, o.get("/v1/admin/jobs?state=completed&kind=upload_prune"), http.StatusOK)
		return slices.ContainsFunc(done.Jobs, func(j api.Job) bool { return fmt.Sprint(j.ID) == failed })
	})
	if res := o.post("/v1/admin/jobs/"+failed+"/retry", api.JobAct{}); res.Status != http.StatusConflict {
		t.Errorf("retried what is done: %d", res.Status)
	}
	for state, finalized := range map[string]string{"retryable": "NULL", "discarded": "now()"} {
		id := insert("upload_prune", state, finalized)
		if j := modelstest.Into[api.Job](t, o.post("/v1/admin/jobs/"+id+"/cancel", api.JobAct{Reason: "no use"}), http.StatusOK); j.State != api.JobCancelled || j.FinalizedAt == nil {
			t.Errorf("cancelled: %+v", j)
		}
		if res := o.post("/v1/admin/jobs/"+id+"/cancel", api.JobAct{}); res.Status != http.StatusConflict {
			t.Errorf("cancelled twice: %d", res.Status)
		}
	}
	if o.audited("job.retry") != 1 || o.audited("job.cancel") != 2 {
		t.Errorf("%d and %d rows in the audit log", o.audited("job.retry"), o.audited("job.cancel"))
	}
	if res := o.post("/v1/admin/jobs/999999999/retry", api.JobAct{}); res.Status != http.StatusNotFound {
		t.Errorf("a job that is not there: %d", res.Status)
	}
	var seen []int64
	for cursor := ""; ; {
		page := modelstest.Into[api.Jobs](t, o.get("/v1/admin/jobs?kind=upload_prune&limit=1&cursor="+cursor), http.StatusOK)
		for _, j := range page.Jobs {
			seen = append(seen, j.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) < 3 || !slices.IsSortedFunc(seen, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("pages %v", seen)
	}
}

func TestSweepsAreAskedForAndTold(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	o := newOperator(t, s.Stack)
	pack := s.live("Swept", "a.wav")
	begin := func(due bool) string {
		t.Helper()
		return modelstest.Into[api.SweepBegun](t, s.analyzer("POST", "/v1/objects/sweeps", api.SweepBegin{Due: due}), http.StatusOK).ID
	}
	end := func(id string, in api.SweepEnd) {
		t.Helper()
		modelstest.Into[struct{}](t, s.analyzer("POST", "/v1/objects/sweeps/"+id+"/end", in), http.StatusNoContent)
	}
	objects := func() api.StoredObjects {
		t.Helper()
		return modelstest.Into[api.StoredObjects](t, o.get("/v1/admin/objects"), http.StatusOK)
	}
	if begin(false) != "" {
		t.Error("a sweep nobody asked for")
	}
	asked := modelstest.Into[api.Sweep](t, o.post("/v1/admin/objects/sweep", nil), http.StatusAccepted)
	if again := modelstest.Into[api.Sweep](t, o.post("/v1/admin/objects/sweep", nil), http.StatusAccepted); again.ID != asked.ID || !again.Asked || o.audited("objects.sweep") != 2 {
		t.Errorf("asked twice: %+v and %+v", asked, again)
	}
	if id := begin(false); id != asked.ID {
		t.Fatalf("begun %q, asked for %q", id, asked.ID)
	}
	if begin(false) != "" {
		t.Error("begun twice")
	}
	if r := objects().Running; r == nil || r.ID != asked.ID || r.BegunAt == nil {
		t.Errorf("running %+v", r)
	}
	preview := facts(s.bench(pack).Sounds[0].ID).PreviewKey
	var key string
	if err := s.DB.Pool().QueryRow(t.Context(), "SELECT preview_key FROM sounds WHERE pack_id = $1", pack).Scan(&key); err != nil || key == preview {
		t.Fatal(err)
	}
	modelstest.Into[struct{}](t, s.analyzer("POST", "/v1/objects/missing", api.ObjectsMissing{Keys: []string{key, "covers/lost/96.webp"}}), http.StatusNoContent)
	end(asked.ID, api.SweepEnd{Removed: 7, Missing: 2})
	got := objects()
	if got.Count != 2 || len(got.Missing) != 2 || got.Missing[1].Key != key || got.Missing[1].PackID != pack || got.Missing[1].PackTitle != "Swept" ||
		got.LastSweep == nil || got.LastSweep.Removed != 7 || got.LastSweep.Missing != 2 || got.LastSweep.EndedAt == nil || got.Running != nil {
		t.Fatalf("objects %+v", got)
	}
	first := got.Missing[1].FirstAt
	// One is found again. A sweep that breaks off says nothing about that.
	broken := begin(true)
	end(broken, api.SweepEnd{Error: "storage away"})
	if got := objects(); got.Count != 2 || got.LastSweep.Error != "storage away" {
		t.Errorf("after a broken one: %+v", got)
	}
	next := begin(true)
	modelstest.Into[struct{}](t, s.analyzer("POST", "/v1/objects/missing", api.ObjectsMissing{Keys: []string{key}}), http.StatusNoContent)
	end(next, api.SweepEnd{Missing: 1})
	if got := objects(); got.Count != 1 || got.Missing[0].Key != key || !got.Missing[0].FirstAt.Equal(first) || !got.Missing[0].LastAt.After(first) {
		t.Errorf("after the next: %+v", got)
	}
	if res := s.analyzer("POST", "/v1/objects/sweeps/"+tx.NewID()+"/end", api.SweepEnd{}); res.Status != http.StatusNotFound {
		t.Errorf("ended one that is not there: %d", res.Status)
	}
}

func TestSoundsOnSaleAreMeasuredAgain(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	o := newOperator(t, s.Stack)
	pack := s.create("Measured").Pack.ID
	a, b := s.sound(pack, "a.wav"), s.sound(pack, "b.wav")
	bench := s.fill(pack)
	at := slices.IndexFunc(bench.Sounds, func(v api.StudioSound) bool { return v.UploadID == a.ID })
	modelstest.Into[api.SoundsChanged](t, s.do("PATCH", "/v1/packs/"+pack+"/sounds", api.SoundsChange{SoundIDs: []string{bench.Sounds[at].ID}, TempoBPM: ptr(90.0)}, bench.Pack.ETag), http.StatusOK)
	s.built(s.publish(pack).EditionID)
	page := func() map[string]api.SoundRow {
		t.Helper()
		out := modelstest.Into[api.PackPage](t, s.do("GET", "/v1/packs/"+pack, nil, ""), http.StatusOK)
		if out.State != api.PackLive {
			t.Fatalf("the pack is %s", out.State)
		}
		rows := map[string]api.SoundRow{}
		for _, r := range out.Sounds {
			rows[r.Name] = r
		}
		return rows
	}
	before := page()
	if before["a.wav"].TempoBPM != 90 || before["b.wav"].TempoBPM != 120 {
		t.Fatalf("published %+v", before)
	}
	out := modelstest.Into[api.Reprocessed](t, o.post("/v1/admin/reprocess", api.Reprocess{OlderThanAnalyzer: 2, Reason: "better tempo"}), http.StatusAccepted)
	if out.Queued != 2 || out.Checked != 0 || o.audited("audio.reprocess") != 1 {
		t.Fatalf("asked for %+v", out)
	}
	if again := modelstest.Into[api.Reprocessed](t, o.post("/v1/admin/reprocess", api.Reprocess{PackID: pack}), http.StatusAccepted); again.Queued != 0 {
		t.Errorf("asked twice: %+v", again)
	}
	if p := modelstest.Into[api.Reprocessing](t, o.get("/v1/admin/reprocess"), http.StatusOK); p.Asked != 2 || p.Waiting != 0 || len(p.Versions) != 1 || p.Versions[0] != (api.AnalyzerVersion{Version: 1, Sounds: 2}) {
		t.Errorf("progress %+v", p)
	}
	newer := func(id string) *api.SoundFacts {
		f := facts(id)
		f.Analyzer, f.FeatureVersion, f.Tempo.BPM, f.Key.Value = "2", 2, 60, "C"
		f.PreviewKey, f.PeaksKey = "previews/"+f.SHA256+"/2.mp3", "peaks/"+f.SHA256+"/2.json"
		return f
	}
	measure := func(id string, in api.MeasureReport) api.MeasureTaken {
		t.Helper()
		return modelstest.Into[api.MeasureTaken](t, s.analyzer("POST", "/v1/uploads/"+id+"/measurement", in), http.StatusOK)
	}
	for _, u := range []api.Upload{a, b} {
		evs := s.events(u.ID)
		e, err := events.Decode[events.MeasurementRequestedV1](evs[len(evs)-1])
		if err != nil || e.ObjectKey != "media/"+facts(u.ID).SHA256 || e.SHA256 != facts(u.ID).SHA256 || e.SizeBytes != 1000 || e.Attempt != 1 {
			t.Fatalf("event %+v, %v", e, err)
		}
		if begun := modelstest.Into[api.MeasureBegun](t, s.analyzer("POST", "/v1/uploads/"+u.ID+"/measurement/begin", api.MeasureBegin{Attempt: 1}), http.StatusOK); !begun.Proceed {
			t.Errorf("begun %+v", begun)
		}
		if stale := measure(u.ID, api.MeasureReport{Attempt: 0, Sound: newer(u.ID)}); stale.Applied || stale.Why != "stale" {
			t.Errorf("a report of another attempt: %+v", stale)
		}
		if taken := measure(u.ID, api.MeasureReport{Attempt: 1, Sound: newer(u.ID)}); !taken.Applied {
			t.Errorf("taken %+v", taken)
		}
		if repeated := measure(u.ID, api.MeasureReport{Attempt: 1, Sound: newer(u.ID)}); repeated.Applied {
			t.Error("the same report counted twice")
		}
		if got := modelstest.Into[api.Upload](t, s.do("GET", "/v1/uploads/"+u.ID, nil, ""), http.StatusOK); got.State != api.UploadReady {
			t.Errorf("the file is %s", got.State)
		}
	}
	page() // on sale all the while
	modelstest.Eventually(t, "the listing shows it", func() bool { return page()["b.wav"].TempoBPM == 60 })
	rows := page()
	if rows["a.wav"].TempoBPM != 90 || rows["a.wav"].Key != "C" || rows["b.wav"].Key != "C" {
		t.Errorf("published %+v", rows)
	}
	if after := s.bench(pack); after.Pack.Unpublished {
		t.Error("measuring made changes that the producer has to publish")
	}
	evs := s.events(pack)
	if last := evs[len(evs)-1]; last.Type != "pack.published.v1" {
		t.Errorf("search was told %s", last.Type)
	}
	if p := modelstest.Into[api.Reprocessing](t, o.get("/v1/admin/reprocess"), http.StatusOK); p.Asked+p.Waiting+p.Failed != 0 || p.Versions[0].Version != 2 {
		t.Errorf("progress at the end %+v", p)
	}

	// What cannot be measured any more stays as it was.
	if out := modelstest.Into[api.Reprocessed](t, o.post("/v1/admin/reprocess", api.Reprocess{UploadID: a.ID}), http.StatusAccepted); out.Queued != 1 {
		t.Fatalf("asked for one: %+v", out)
	}
	measure(a.ID, api.MeasureReport{Attempt: 1, Refusal: &api.UploadRefusal{Reason: "media_missing", Detail: "Storage does not have it."}})
	if p := modelstest.Into[api.Reprocessing](t, o.get("/v1/admin/reprocess"), http.StatusOK); p.Failed != 1 || p.Failures[0].Path != "a.wav" || p.Failures[0].Reason != "media_missing" {
		t.Errorf("failed %+v", p)
	}
	for range 4 {
		modelstest.Into[api.Reprocessed](t, o.post("/v1/admin/reprocess", api.Reprocess{PackID: pack}), http.StatusAccepted)
	}
	for range 4 {
		modelstest.Into[api.MeasureBegun](t, s.analyzer("POST", "/v1/uploads/"+b.ID+"/measurement/begin", api.MeasureBegin{Attempt: 1}), http.StatusOK)
	}
	if p := modelstest.Into[api.Reprocessing](t, o.get("/v1/admin/reprocess"), http.StatusOK); p.Failed != 1 || p.Failures[0].Path != "b.wav" || p.Failures[0].Reason != api.ReasonAnalyzerCrashed {
		t.Errorf("crashed %+v", p)
	}
	page()
}

func TestOnlyAWindowIsMeasuredAtOnce(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	o := newOperator(t, s.Stack)
	pack := s.create("Many").Pack.ID
	ids := make([]string, 40)
	for i := range ids {
		ids[i] = s.sound(pack, fmt.Sprintf("%02d.wav", i)).ID
	}
	progress := func() api.Reprocessing {
		t.Helper()
		return modelstest.Into[api.Reprocessing](t, o.get("/v1/admin/reprocess"), http.StatusOK)
	}
	modelstest.Into[api.Reprocessed](t, o.post("/v1/admin/reprocess", api.Reprocess{PackID: pack}), http.StatusAccepted)
	if p := progress(); p.Asked != 32 || p.Waiting != 8 {
		t.Fatalf("progress %+v", p)
	}
	slices.Sort(ids)
	modelstest.Into[api.MeasureTaken](t, s.analyzer("POST", "/v1/uploads/"+ids[0]+"/measurement", api.MeasureReport{Attempt: 1, Sound: facts(ids[0])}), http.StatusOK)
	if p := progress(); p.Asked != 32 || p.Waiting != 7 {
		t.Errorf("after one report %+v", p)
	}
}

func TestAFileOnWhichTheAnalyzerCrashedIsCheckedAgain(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	o := newOperator(t, s.Stack)
	pack := s.create("Crash").Pack.ID
	u := s.offer(pack, file("a.wav"))[0].Upload
	s.complete(u.ID)
	for range 4 {
		modelstest.Into[api.UploadBegun](t, s.analyzer("POST", "/v1/uploads/"+u.ID+"/begin", api.UploadBegin{Attempt: 1}), http.StatusOK)
	}
	waits := func() []api.CrashedFile {
		t.Helper()
		return modelstest.Into[api.Reprocessing](t, o.get("/v1/admin/reprocess"), http.StatusOK).Crashed
	}
	if got := waits(); len(got) != 1 || got[0].UploadID != u.ID || got[0].Path != "a.wav" || got[0].PackTitle != "Crash" || !got[0].Kept || got[0].Reason != api.ReasonAnalyzerCrashed || o.needs()[api.NeedRefusedFiles].Count != 1 {
		t.Errorf("what waits is %+v", got)
	}
	dismiss := func(in api.Dismissal) int { return o.post("/v1/admin/uploads/"+u.ID+"/dismiss", in).Status }
	for _, in := range []api.Dismissal{{Reason: "It is no audio."}, {Undo: true}, {}} {
		if status := dismiss(in); status != http.StatusNoContent {
			t.Fatalf("dismissing answers %d", status)
		}
		want := 0
		if in.Undo {
			want = 1
		}
		if got := waits(); len(got) != want || o.needs()[api.NeedRefusedFiles].Count != int64(want) {
			t.Errorf("after %+v there wait %+v", in, got)
		}
	}
	out := modelstest.Into[api.Reprocessed](t, o.post("/v1/admin/reprocess", api.Reprocess{UploadID: u.ID, Reason: "mended"}), http.StatusAccepted)
	if out.Checked != 1 || out.Queued != 0 {
		t.Errorf("asked for %+v", out)
	}
	if got := modelstest.Into[api.Upload](t, s.do("GET", "/v1/uploads/"+u.ID, nil, ""), http.StatusOK); got.State != api.UploadChecking || got.Attempt != 2 {
		t.Errorf("the file is %+v", got)
	}
	if res := o.post("/v1/admin/reprocess", api.Reprocess{UploadID: u.ID}); res.Status != http.StatusConflict {
		t.Errorf("asked again while it is checked: %d", res.Status)
	}
	if status := dismiss(api.Dismissal{}); status != http.StatusConflict || o.audited("file.dismiss") != 2 {
		t.Errorf("dismissed while it is checked: %d", status)
	}
	for range 4 {
		modelstest.Into[api.UploadBegun](t, s.analyzer("POST", "/v1/uploads/"+u.ID+"/begin", api.UploadBegin{Attempt: 2}), http.StatusOK)
	}
	if got := waits(); len(got) != 1 || got[0].Attempts != 2 {
		t.Errorf("crashed on again, there wait %+v", got)
	}
	if res := o.post("/v1/admin/reprocess", api.Reprocess{UploadID: u.ID, PackID: pack}); res.Status < 400 || res.Status >= 500 {
		t.Errorf("two choices: %d", res.Status)
	}
}

func TestStuckOrdersAreFoundAndChecked(t *testing.T) {
	t.Parallel()
	stripes := stripetest.New(t)
	s := modelstest.Start(t, func(c *models.Config) { c.StripeAPIURL = stripes.URL })
	o := newOperator(t, s)
	w := &world{Stack: s, t: t, values: map[string]string{}}
	producer, buyer := s.SignUp(t, ""), s.SignUp(t, "")
	paid := orderOf(s, w, buyer, "desk-1", postgrestest.Pack(t, s.DB, producer.Account.ID, 900, 90))
	list := func(query string) []api.AdminOrder {
		t.Helper()
		return modelstest.Into[api.AdminOrders](t, o.get("/v1/admin/orders?"+query), http.StatusOK).Orders
	}
	session := stripetest.SessionID(paid.Payment.URL)
	for _, q := range []string{"", "q=" + paid.Number, "q=" + strings.ToLower(paid.Number), "q=" + paid.ID, "q=" + buyer.Email, "q=" + session, "state=awaiting_payment", "q=" + buyer.Account.ID} {
		got := list(q)
		if len(got) != 1 || got[0].ID != paid.ID || got[0].BuyerID != buyer.Account.ID || len(got[0].Attempts) != 1 || got[0].Attempts[0].SessionID != session ||
			got[0].Stuck != "" || got[0].Payment.URL != "" {
			t.Errorf("%s finds %+v", q, got)
		}
	}
	for _, q := range []string{"q=nobody@example.test", "q=CF-999999", "state=paid", "attention=1"} {
		if got := list(q); len(got) != 0 {
			t.Errorf("%s finds %+v", q, got)
		}
	}
	// Paid at the provider; no webhook came, and the page ran out long ago.
	stripes.Pay(session, false)
	postgrestest.Exec(t, s.DB, "UPDATE payment_attempts SET expires_at = now() - interval '2 hours'")
	if got := list("attention=1"); len(got) != 1 || got[0].Stuck != api.StuckOpen {
		t.Fatalf("stuck %+v", got)
	}
	if need := o.needs()[api.NeedStuckOrders]; need.Count != 1 || need.OldestAt == nil {
		t.Errorf("need %+v", need)
	}
	checked := modelstest.Into[api.OrderChecked](t, o.post("/v1/admin/orders/"+paid.ID+"/check", api.OrderAct{Reason: "buyer wrote"}), http.StatusOK)
	if checked.Problem != "" || checked.Order.State != api.OrderPaid || checked.Order.Stuck != "" || checked.Order.CheckedAt == nil || len(checked.Order.Payments) != 1 ||
		o.audited("order.check") != 1 {
		t.Errorf("checked %+v", checked)
	}
	if _, still := o.needs()[api.NeedStuckOrders]; still {
		t.Error("it still needs somebody")
	}
	if res := o.post("/v1/admin/orders/"+paid.ID+"/attended", api.OrderAct{Reason: "x"}); res.Status != http.StatusConflict {
		t.Errorf("attended an order that nothing is wrong with: %d", res.Status)
	}

	// Somebody paid another amount: a person has to settle that, and says so.
	wrong := orderOf(s, w, buyer, "desk-2", postgrestest.Pack(t, s.DB, producer.Account.ID, 700, 70))
	session = stripetest.SessionID(wrong.Payment.URL)
	stripes.Set(session, "amount_total", 1)
	stripes.Pay(session, false)
	if c := modelstest.Into[api.OrderChecked](t, o.post("/v1/admin/orders/"+wrong.ID+"/check", api.OrderAct{}), http.StatusOK); c.Order.Stuck != api.StuckMismatch || c.Order.Attention == "" {
		t.Fatalf("mismatch %+v", c)
	}
	if got := modelstest.Into[api.AdminOrder](t, o.post("/v1/admin/orders/"+wrong.ID+"/attended", api.OrderAct{Reason: "sent back by hand"}), http.StatusOK); got.Stuck != "" || got.State != api.OrderNeedsAttention {
		t.Errorf("attended %+v", got)
	}
	if got := list("attention=1"); len(got) != 0 || o.audited("order.attended") != 1 {
		t.Errorf("still stuck %+v", got)
	}
	stripes.Down(true)
	waiting := modelstest.Into[api.AdminOrders](t, o.get("/v1/admin/orders?limit=1"), http.StatusOK)
	if len(waiting.Orders) != 1 || waiting.Next == "" {
		t.Errorf("first page %+v", waiting)
	}
	if rest := list("limit=1&cursor=" + waiting.Next); len(rest) != 1 || rest[0].ID == waiting.Orders[0].ID {
		t.Errorf("second page %+v", rest)
	}
	if c := modelstest.Into[api.OrderChecked](t, o.post("/v1/admin/orders/"+wrong.ID+"/check", api.OrderAct{}), http.StatusOK); c.Problem == "" {
		t.Error("the provider is away, and nothing says so")
	}
}
