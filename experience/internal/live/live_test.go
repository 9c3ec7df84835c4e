package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/service"
)

const (
	first  = "pack:01900000-0000-7000-8000-000000000001"
	second = "order:01900000-0000-7000-8000-000000000002"
)

// versions is a Source whose versions the test sets.
type versions struct {
	mu     sync.Mutex
	at     map[string]string
	fail   error
	rounds int
	most   int // topics in one call
}

func (v *versions) set(topic, version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.at[topic] = version
}

func (v *versions) Allow(_ context.Context, _ *caller.Caller, topics []string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, topic := range topics {
		if _, ok := v.at[topic]; !ok {
			return errs.NotFound("topic")
		}
	}
	return nil
}

func (v *versions) Versions(_ context.Context, topics []string) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rounds++
	v.most = max(v.most, len(topics))
	if v.fail != nil {
		return nil, v.fail
	}
	out := map[string]string{}
	for _, topic := range topics {
		out[topic] = v.at[topic]
	}
	return out, nil
}

// door is a hub behind a real server that can drain.
type door struct {
	hub   *Hub
	url   string
	drain context.CancelFunc
	ended chan error
	stop  context.CancelFunc
	idle  chan struct{}
}

func open(t testing.TB, source Source) *door {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	d := &door{hub: New(source, log), ended: make(chan error, 1), idle: make(chan struct{})}
	engine := httpx.NewEngine(httpx.Options{Service: "test", Log: log, Routes: map[string]httpx.Route{"/live": Route}})
	engine.GET("/live", httpx.Handle(d.hub.Stream))
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.url = "http://" + ln.Addr().String()
	serving, drain := context.WithCancel(context.Background())
	running, stop := context.WithCancel(context.Background())
	d.drain, d.stop = drain, stop
	go func() { d.ended <- service.Serve(serving, ln, engine, log) }()
	go func() {
		defer close(d.idle)
		_ = d.hub.Run(running)
	}()
	return d
}

// close ends everything and waits for it.
func (d *door) close(t testing.TB) {
	t.Helper()
	d.drain()
	select {
	case err := <-d.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server does not end while streams are open")
	}
	d.stop()
	<-d.idle
}

// page is one open stream.
type page struct {
	res  *http.Response
	news chan api.LiveEvent // closed at the stream's end
}

func (d *door) open(t testing.TB, topics ...string) *page {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, d.url+"/live?topics="+strings.Join(topics, ","), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		_ = res.Body.Close()
		t.Fatalf("status %d", res.StatusCode)
	}
	p := &page{res: res, news: make(chan api.LiveEvent, 100)}
	go func() {
		defer close(p.news)
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var e api.LiveEvent
			if ok && json.Unmarshal([]byte(data), &e) == nil {
				p.news <- e
			}
		}
	}()
	return p
}

func (p *page) close() {
	_ = p.res.Body.Close()
	for range p.news { // until the reader has ended
	}
}

func (p *page) await(t testing.TB, topic, version string) {
	t.Helper()
	for limit := time.After(10 * time.Second); ; {
		select {
		case e, ok := <-p.news:
			if !ok {
				t.Fatal("the stream ended")
			}
			if e.Topic == topic && e.Version == version {
				if kind, _, _ := strings.Cut(topic, ":"); e.Kind != kind {
					t.Errorf("kind %q of %s", e.Kind, topic)
				}
				return
			}
		case <-limit:
			t.Fatalf("no version %s of %s", version, topic)
		}
	}
}

func TestPagesHearOfChangesUntilTheServerDrains(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // net/http's own
	source := &versions{at: map[string]string{first: "1", second: "1"}}
	d := open(t, source)
	one, both := d.open(t, first), d.open(t, first, second)
	one.await(t, first, "1")
	both.await(t, second, "1")
	source.set(first, "2")
	one.await(t, first, "2")
	both.await(t, first, "2")
	source.set(second, "2")
	both.await(t, second, "2")

	one.close()
	d.drain()
	for range both.news { // the server ends the stream
	}
	both.close()
	d.close(t)
	if d.hub.room.pages != 0 || len(d.hub.room.topics) != 0 || len(d.hub.room.each) != 0 {
		t.Errorf("left behind: %d pages, topics %v, accounts %v", d.hub.room.pages, d.hub.room.topics, d.hub.room.each)
	}
}

func TestStreamsEndAfterAWhileSoThatSessionsAreLookedAt(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // net/http's own
	d := open(t, &versions{at: map[string]string{first: "1"}})
	d.hub.life, d.hub.beat = 200*time.Millisecond, 50*time.Millisecond
	p := d.open(t, first)
	p.await(t, first, "1")
	select {
	case <-time.After(10 * time.Second):
		t.Error("the stream goes on")
	case _, open := <-p.news:
		if open {
			t.Error("news where none were made")
		}
	}
	p.close()
	d.close(t)
}

func TestStreamsOfOthersAreRefused(t *testing.T) {
	d := open(t, &versions{at: map[string]string{first: "1"}})
	defer d.close(t)
	for topics, want := range map[string]int{
		second: http.StatusNotFound, "": http.StatusBadRequest, "pack:x": http.StatusBadRequest, "user:" + first[5:]: http.StatusBadRequest,
		strings.Repeat(first+",", MaxTopics+1): http.StatusBadRequest,
	} {
		res, err := http.Get(d.url + "/live?topics=" + topics)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("topics %q: status %d, want %d", topics, res.StatusCode, want)
		}
	}
}

func TestSlowPagesMissNothingThatLasts(t *testing.T) {
	t.Parallel()
	r := newRoom()
	e, err := r.enter("ann", []string{first, second})
	if err != nil {
		t.Fatal(err)
	}
	r.tell(map[string]string{first: "1", second: "1"})
	for n := range 1000 {
		r.tell(map[string]string{second: fmt.Sprint(n)})
	}
	<-e.news
	got := r.take(e)
	if len(got) != 2 || got[0].Version != "999" || got[1].Topic != first || got[1].Version != "1" {
		t.Errorf("%+v", got)
	}
	if again := r.take(e); len(again) != 0 {
		t.Errorf("told twice: %+v", again)
	}
	late, err := r.enter("bob", []string{first, first})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.take(late); len(got) != 1 || got[0].Version != "1" {
		t.Errorf("who comes later hears %+v", got)
	}
	r.leave(late)
	r.leave(e)
	if r.pages != 0 || len(r.topics) != 0 {
		t.Errorf("left behind: %d pages, %v", r.pages, r.topics)
	}
}

func TestOnePersonCannotTakeAllStreams(t *testing.T) {
	t.Parallel()
	r := newRoom()
	for range MaxEach {
		if _, err := r.enter("ann", []string{first}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.enter("ann", []string{first}); errs.CodeOf(err) != errs.CodeRateLimited {
		t.Errorf("%v", err)
	}
	if _, err := r.enter("bob", []string{first}); err != nil {
		t.Error(err)
	}
}

func TestTheHubRestsAndRecovers(t *testing.T) {
	t.Parallel()
	source := &versions{at: map[string]string{first: "1"}, fail: errors.New("down")}
	h := New(source, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	e, err := h.room.enter("ann", []string{first})
	if err != nil {
		t.Fatal(err)
	}
	for source.count() == 0 {
		time.Sleep(time.Millisecond) // until the first round failed
	}
	source.mu.Lock()
	source.fail = nil
	source.mu.Unlock()
	select {
	case <-e.news:
	case <-time.After(longPause + 5*time.Second):
		t.Error("no news after it came back")
	}
	h.room.leave(e)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	rounds := source.count()
	if rounds > 10 {
		t.Errorf("%d rounds", rounds)
	}
}

func (v *versions) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.rounds
}

func TestTopicsAreAskedForInParts(t *testing.T) {
	t.Parallel()
	source := &versions{at: map[string]string{}}
	h := New(source, slog.New(slog.DiscardHandler))
	names := make([]string, 1200)
	for i := range names {
		names[i] = fmt.Sprintf("pack:%d", i)
	}
	if err := h.ask(context.Background(), names); err != nil {
		t.Fatal(err)
	}
	if source.most != askAtOnce || source.rounds != 3 {
		t.Errorf("%d rounds of at most %d", source.rounds, source.most)
	}
}

// BenchmarkIdleStreams says what an open page costs that hears nothing.
func BenchmarkIdleStreams(b *testing.B) {
	source := &versions{at: map[string]string{first: "1"}}
	h := New(source, slog.New(slog.DiscardHandler))
	engine := httpx.NewEngine(httpx.Options{Service: "test", Routes: map[string]httpx.Route{"/live": Route}})
	engine.GET("/live", httpx.Handle(h.Stream))
	h.room.most = MaxListeners // they stand for many people
	ctx, leave := context.WithCancel(context.Background())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	b.ResetTimer()
	for range b.N {
		wg.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/live?topics="+first, nil).WithContext(ctx)
			engine.ServeHTTP(&discard{header: http.Header{}}, r)
		})
	}
	for {
		h.room.mu.Lock()
		n := h.room.pages
		h.room.mu.Unlock()
		if n >= min(b.N, MaxListeners) {
			break
		}
		runtime.Gosched()
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if b.N >= 1000 {
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/float64(b.N), "B/stream")
	}
	leave()
	wg.Wait()
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Flush()                      {}
