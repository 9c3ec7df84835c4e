// Package recommender is the service that says what else a person may like: collaborative filtering over
// what people did, and likeness of content where nobody has been yet. Its state is a pure function of Kafka's topics
// interactions and packs: each copy reads them from the beginning, or from where its last snapshot ends.
package recommender

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/config"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/httpapi"
	"crateful.dev/recommender/internal/ingest"
	"crateful.dev/recommender/internal/model"
	"crateful.dev/recommender/internal/ranking"
	"crateful.dev/recommender/internal/snapshot"
	"crateful.dev/recommender/internal/spark"
)

// StorageConfig says where object storage is.
type StorageConfig struct {
	S3Endpoint  string        `env:"S3_ENDPOINT"` // empty: nothing is shared
	S3AccessKey string        `env:"S3_ACCESS_KEY"`
	S3SecretKey config.Secret `env:"S3_SECRET_KEY"`
	S3Region    string        `env:"S3_REGION" envDefault:"us-east-1"`
	S3Bucket    string        `env:"S3_BUCKET" envDefault:"crateful"` // of the snapshots
}

// open opens a bucket.
func (c *StorageConfig) open(bucket string) (*objects.Store, error) {
	return objects.New(objects.Config{
		Endpoint: c.S3Endpoint, AccessKey: c.S3AccessKey, SecretKey: c.S3SecretKey.Reveal(), Region: c.S3Region, Bucket: bucket,
	})
}

// Config of the service.
type Config struct {
	Addr          string        `env:"RECOMMENDER_ADDR" envDefault:"127.0.0.1:8084"` // where to listen
	KafkaBrokers  []string      `env:"KAFKA_BROKERS,required"`                       // host:port, comma-separated
	ServiceTokens config.Tokens `env:"CRATEFUL_SERVICE_TOKENS,required"`             // who may call: name=token,…
	BuildPause    time.Duration `env:"RECOMMENDER_BUILD_PAUSE" envDefault:"500ms"`   // least time between two builds of the model
	Data          string        `env:"RECOMMENDER_DATA"`                             // folder of the snapshot; empty: none is kept there
	SnapshotEvery time.Duration `env:"RECOMMENDER_SNAPSHOT_EVERY" envDefault:"5m"`   // from one snapshot to the next
	Factors       string        `env:"RECOMMENDER_FACTORS"`                          // folder or s3://BUCKET/PREFIX with factors that Spark trained; empty: copies train their own
	StorageConfig
}

// Validate checks what the tags cannot say.
func (c *Config) Validate() error {
	if c.BuildPause < 0 || c.BuildPause > time.Hour {
		return fmt.Errorf("RECOMMENDER_BUILD_PAUSE must be between 0 and 1h, is %v", c.BuildPause)
	}
	if (c.Data != "" || c.S3Endpoint != "") && c.SnapshotEvery < time.Second {
		return fmt.Errorf("RECOMMENDER_SNAPSHOT_EVERY must be at least 1s, is %v", c.SnapshotEvery)
	}
	return nil
}

// state is all that one reading of Kafka gave.
type state struct {
	history *history.History
	shelf   *content.Shelf
	reader  *ingest.Reader
	dirty   chan struct{} // holds one note that the model is behind
}

// Service is one copy of the recommender.
type Service struct {
	cfg     Config
	log     *slog.Logger
	bucket  *snapshot.Bucket // nil: snapshots are not shared
	factors *factors         // nil: they are trained here
	state   atomic.Pointer[state]
	built   atomic.Pointer[built]
	read    atomic.Bool // all that Kafka held at the start was

	turns   chan struct{} // held by who makes an answer
	reports *reports

	swapping sync.Mutex
	swap     chan *state // a rebuilt state that Run is to go on with
}

type built struct {
	model  *model.Model
	at     time.Time
	took   time.Duration
	digest func() string // made when it is asked for
	whole  bool          // made of all that Kafka held at the start, or at the start before
}

func finished(m *model.Model, at time.Time, took time.Duration) *built {
	return &built{model: m, at: at, took: took, digest: sync.OnceValue(m.Digest), whole: true}
}

// New makes a service; nothing is read before Run.
func New(_ context.Context, cfg Config, log *slog.Logger) (*Service, error) {
	if cfg.Data != "" {
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of the snapshot: %w", err)
		}
	}
	s := &Service{cfg: cfg, log: log, swap: make(chan *state), turns: make(chan struct{}, runtime.GOMAXPROCS(0)), reports: newReports()}
	if cfg.S3Endpoint != "" {
		store, err := cfg.open(cfg.S3Bucket)
		if err != nil {
			return nil, fmt.Errorf("open storage: %w", err)
		}
		s.bucket = &snapshot.Bucket{Storage: store}
	}
	if cfg.Factors != "" {
		place, err := spark.At(cfg.Factors, cfg.open)
		if err != nil {
			return nil, fmt.Errorf("RECOMMENDER_FACTORS: %w", err)
		}
		s.factors = &factors{from: place, log: log}
	}
	s.state.Store(s.emptyState())
	nothing := build(s.state.Load(), time.Now().UTC(), nil)
	nothing.whole = false
	s.built.Store(nothing)
	return s, nil
}

func (s *Service) kafka() kafka.Config { return kafka.Config{Brokers: s.cfg.KafkaBrokers, Log: s.log} }

func (s *Service) emptyState() *state { return s.newState(history.New(), content.NewShelf()) }

func (s *Service) newState(h *history.History, shelf *content.Shelf) *state {
	st := &state{history: h, shelf: shelf, dirty: make(chan struct{}, 1)}
	st.reader = &ingest.Reader{
		Kafka: s.kafka(), History: st.history, Shelf: st.shelf, Log: s.log,
		Changed: func() {
			select {
			case st.dirty <- struct{}{}:
			default:
			}
		},
	}
	return st
}

// Handler answers HTTP; it is ready once all of Kafka has been read.
func (s *Service) Handler() http.Handler {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collector{s})
	e := httpx.NewEngine(httpx.Options{
		Service: "recommender", Log: s.log, Metrics: metrics,
		Ready:  map[string]func(context.Context) error{"model": s.ready},
		Routes: map[string]httpx.Route{"/v1/rebuild": {Deadline: 10 * time.Minute}},
	})
	httpapi.Mount(e.Group("", httpx.RequireService(s.cfg.ServiceTokens.Reveal())), s)
	return e
}

func (s *Service) ready(context.Context) error {
	if !s.caughtUp() {
		return errs.New(errs.CodeUnavailable, "catching_up", "Kafka is being read from the beginning.")
	}
	return nil
}

// caughtUp says whether answers are made of all that Kafka held at the start; who acted after the model was made is folded in.
func (s *Service) caughtUp() bool { return s.built.Load().whole && s.read.Load() }

// buildShare is how much longer the pause after a build is than the build: a large model takes a minute, and meanwhile whoever
// acts is folded in.
const buildShare = 10

// Run reads Kafka and keeps the model fresh until ctx ends. A reader that fails is followed by one that goes on where it ended.
func (s *Service) Run(ctx context.Context) error {
	s.resume(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() { s.snapshots(ctx) })
	keeping.Go(func() { s.reports.run(ctx, s.report) })
	defer keeping.Wait()
	st := s.state.Load()
	for {
		next, err := s.follow(ctx, st)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case next != nil:
			st = next
		default:
			s.log.Warn("reading kafka ended, going on", "error", err)
			ended := st
			st = s.newState(ended.history, ended.shelf)
			st.reader.Resume(ended.reader.Offsets())
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		s.state.Store(st)
	}
}

// follow reads into st and builds models of it until ctx ends, the reader fails or a rebuilt state takes over.
func (s *Service) follow(ctx context.Context, st *state) (*state, error) {
	ctx, cancel := context.WithCancel(ctx)
	failed := make(chan error, 1)
	go func() { failed <- st.reader.Run(ctx, true) }()
	ended := false
	defer func() {
		cancel()
		if !ended {
			<-failed //nolint:errcheck // it was told to stop
		}
	}()
	var due <-chan time.Time // while something waits to be built
	for {
		select {
		case err := <-failed:
			ended = true
			return nil, err
		case next := <-s.swap:
			return next, nil
		case <-st.dirty:
			if st.reader.CaughtUp() {
				s.read.Store(true)
			}
			if last := s.built.Load(); due == nil {
				due = time.After(max(s.cfg.BuildPause, buildShare*last.took) - time.Since(last.at))
			}
		case <-due:
			due = nil
			if st.reader.CaughtUp() {
				s.built.Store(build(st, time.Now().UTC(), s.factors.newest(ctx)))
				debug.FreeOSMemory() // a build needs as much again as what it makes
			}
		}
	}
}

// Close has nothing to close: readers end with Run.
func (s *Service) Close() error { return nil }

func build(st *state, now time.Time, given *model.Given) *built {
	begin := time.Now()
	made := model.BuildOf(st.history.All(), now, given)
	st.history.Compact()
	return finished(made, now, time.Since(begin))
}

// turn waits until a processor is free for an answer, in the order of asking, and returns what gives it back: with more answers under
// way than processors, Go would share them out in slices of 10 ms, and who asks for 1 ms of work might wait for many of them.
func (s *Service) turn() (done func()) {
	s.turns <- struct{}{}
	return func() { <-s.turns }
}

func (s *Service) ranker() ranking.Ranker {
	return ranking.Ranker{Model: s.built.Load().model, Shelf: s.state.Load().shelf}
}

// Similar ranks packs like one pack.
func (s *Service) Similar(pack string, limit int) []api.Item {
	defer s.turn()()
	return s.ranker().Similar(pack, limit)
}

// SimilarSounds ranks sounds like one sound.
func (s *Service) SimilarSounds(sound string, limit int) []api.Item {
	defer s.turn()()
	return s.ranker().SimilarSounds(sound, limit)
}

// sessionLife is how long what a visitor did counts for what they see.
const sessionLife = 12 * time.Hour

// person is for whom a list is made; known is false for strangers.
func (s *Service) person(in api.ForYou) (who ranking.Person, known bool) {
	who = ranking.Person{Now: time.Now().UTC(), Exclude: map[string]bool{}}
	for _, list := range [][]string{in.Owned, in.Hidden} {
		for _, id := range list {
			who.Exclude[id] = true
		}
	}
	who.Taste, known = s.state.Load().history.Of(in.PersonID)
	if in.Session {
		who.Taste = who.Taste.Since(who.Now.Add(-sessionLife))
		known = len(who.Taste.Packs) > 0
	}
	return who, known
}

// ForYou ranks packs for one person; strangers get none.
func (s *Service) ForYou(in api.ForYou) []api.Item {
	defer s.turn()()
	who, known := s.person(in)
	if !known {
		return []api.Item{}
	}
	return s.ranker().ForYou(who, in.Limit)
}

// Because ranks packs like one that the person bought, liked or played lately.
func (s *Service) Because(in api.ForYou) api.Because {
	defer s.turn()()
	who, _ := s.person(in)
	pack, items := s.ranker().Because(who, in.Limit)
	return api.Because{PackID: pack, Items: items}
}

// Rising ranks what is new and what many care about lately; strangers may see it too.
func (s *Service) Rising(in api.ForYou) []api.Item {
	defer s.turn()()
	who, _ := s.person(in)
	return s.ranker().NewAndRising(who, in.Limit)
}

// Status says how far this copy is.
func (s *Service) Status() api.Status {
	status := s.progress()
	status.Digest = s.built.Load().digest()
	return status
}

// progress is Status without the digest, which takes a while.
func (s *Service) progress() api.Status {
	st, b := s.state.Load(), s.built.Load()
	return api.Status{
		CaughtUp: s.caughtUp(), People: st.history.Count(), Packs: st.shelf.Len(), Messages: st.reader.Messages(),
		BuiltAt: b.at, BuildTime: b.took.Seconds(), Factors: b.model.Given(),
	}
}

// Rebuild reads all of Kafka into a fresh state and goes on with that one. One at a time.
func (s *Service) Rebuild(ctx context.Context) (api.Status, error) {
	if !s.swapping.TryLock() {
		return api.Status{}, errs.New(errs.CodeInProgress, "rebuild_running", "A rebuild is running already.")
	}
	defer s.swapping.Unlock()
	fresh := s.emptyState()
	if err := fresh.reader.Run(ctx, false); err != nil {
		return api.Status{}, errs.Wrap(errs.CodeUnavailable, err, "kafka_unavailable", "Kafka could not be read.")
	}
	select {
	case s.swap <- fresh:
	case <-ctx.Done():
		return api.Status{}, ctx.Err()
	}
	s.built.Store(build(fresh, time.Now().UTC(), s.factors.newest(ctx)))
	return s.Status(), nil
}
