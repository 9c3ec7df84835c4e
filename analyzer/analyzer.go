// Package analyzer is the service that turns uploads into facts: it decodes and measures sounds, makes previews,
// waveforms and covers, unpacks archives, and builds the zips of editions. Work comes over Kafka, bytes lie in object
// storage, results go to models; the service itself keeps nothing.
package analyzer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/config"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/kit/process"
	"crateful.dev/kit/service"
	"crateful.dev/models/client"

	"crateful.dev/analyzer/internal/ffmpeg"
	"crateful.dev/analyzer/internal/ingest"
	"crateful.dev/analyzer/internal/picture"
	"crateful.dev/analyzer/internal/sound"
	"crateful.dev/analyzer/internal/sweep"
)

// Config of the service.
type Config struct {
	Addr         string        `env:"ANALYZER_ADDR" envDefault:"127.0.0.1:8095"` // where health and metrics listen
	KafkaBrokers []string      `env:"KAFKA_BROKERS,required"`                    // host:port, comma-separated
	ModelsURL    string        `env:"MODELS_URL,required"`                       // where models listens
	ServiceToken config.Secret `env:"CRATEFUL_SERVICE_TOKEN,required"`           // what we show to models
	S3Endpoint   string        `env:"S3_ENDPOINT,required"`
	S3AccessKey  string        `env:"S3_ACCESS_KEY,required"`
	S3SecretKey  config.Secret `env:"S3_SECRET_KEY,required"`
	S3Region     string        `env:"S3_REGION" envDefault:"us-east-1"`
	S3Bucket     string        `env:"S3_BUCKET" envDefault:"crateful"`
	StateDir     string        `env:"STATE_DIR"`                                      // scratch space; the system's temporary folder when empty
	ScratchBytes int64         `env:"ANALYZER_SCRATCH_BYTES" envDefault:"8589934592"` // of files under work together
	AtOnce       int           `env:"ANALYZER_AT_ONCE" envDefault:"4"`                // files under work, and ffmpeg processes
	FFmpeg       string        `env:"ANALYZER_FFMPEG" envDefault:"ffmpeg"`            // name or path of the program
	Sweep        bool          `env:"ANALYZER_SWEEP" envDefault:"true"`               // remove what nothing refers to
	SweepEvery   time.Duration `env:"ANALYZER_SWEEP_EVERY" envDefault:"12h"`          // between two looks at the whole bucket
}

// maxFile is the largest upload; scratch must hold one.
const maxFile = 2 << 30

// Validate checks what the tags cannot say.
func (c *Config) Validate() error {
	if len(c.KafkaBrokers) == 0 || c.KafkaBrokers[0] == "" {
		return errors.New("KAFKA_BROKERS is empty")
	}
	if c.AtOnce < 1 || c.AtOnce > 64 {
		return fmt.Errorf("ANALYZER_AT_ONCE must be between 1 and 64, is %d", c.AtOnce)
	}
	if c.ScratchBytes < maxFile {
		return fmt.Errorf("ANALYZER_SCRATCH_BYTES must be at least %d, is %d", int64(maxFile), c.ScratchBytes)
	}
	if c.Sweep && c.SweepEvery < time.Second {
		return fmt.Errorf("ANALYZER_SWEEP_EVERY must be at least 1s, is %v", c.SweepEvery)
	}
	return nil
}

// Service is one copy of the analyzer.
type Service struct {
	log     *slog.Logger
	metrics *prometheus.Registry
	kafka   kafka.Config
	store   *objects.Store
	models  *client.Client
	scratch string
	lock    *os.File // holds scratch
	worker  *ingest.Worker
	sweeper *sweep.Sweeper
}

// modelsTimeout bounds one call to models: registering 500 entries is its largest.
const modelsTimeout = 30 * time.Second

// New makes a service; no work is taken before Run.
func New(_ context.Context, cfg Config, log *slog.Logger) (*Service, error) {
	ff, err := ffmpeg.Find(cfg.FFmpeg, cfg.AtOnce)
	if err != nil {
		return nil, err
	}
	store, err := objects.New(objects.Config{
		Endpoint: cfg.S3Endpoint, AccessKey: cfg.S3AccessKey, SecretKey: cfg.S3SecretKey.Reveal(), Region: cfg.S3Region, Bucket: cfg.S3Bucket,
	})
	if err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	scratch, lock, err := makeScratch(cfg.StateDir, log)
	if err != nil {
		return nil, err
	}
	metrics := prometheus.NewRegistry()
	s := &Service{
		log: log, metrics: metrics, store: store, scratch: scratch, lock: lock,
		kafka:  kafka.Config{Brokers: cfg.KafkaBrokers, Log: log, Service: "analyzer", Metrics: metrics},
		models: client.New(httpx.ClientConfig{BaseURL: cfg.ModelsURL, ServiceToken: cfg.ServiceToken.Reveal(), Timeout: modelsTimeout, Log: log}),
	}
	s.worker = ingest.New(ingest.Config{
		Kafka: s.kafka, AtOnce: cfg.AtOnce, Scratch: scratch, ScratchBytes: cfg.ScratchBytes, Metrics: s.metrics, Log: log,
	}, store, s.models, sound.NewChecker(ff), picture.NewMaker(ff))
	if cfg.Sweep {
		s.sweeper = &sweep.Sweeper{Storage: store, Catalogue: s.models, Log: log, Every: cfg.SweepEvery}
	}
	return s, nil
}

// makeScratch makes a folder for this process and removes what killed ones left behind. A folder belongs to whoever
// holds the lock on its file.
func makeScratch(stateDir string, log *slog.Logger) (dir string, lock *os.File, err error) {
	if stateDir == "" {
		stateDir = os.TempDir()
	}
	root := filepath.Join(stateDir, "crateful-analyzer")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", nil, fmt.Errorf("make scratch folder: %w", err)
	}
	old, err := os.ReadDir(root)
	if err != nil {
		return "", nil, fmt.Errorf("read scratch folder: %w", err)
	}
	for _, e := range old {
		left := filepath.Join(root, e.Name())
		held, err := process.Lock(filepath.Join(left, "lock"))
		if err != nil {
			continue // somebody works in it
		}
		if err := os.RemoveAll(left); err != nil {
			log.Warn("old scratch folder stays", "error", err)
		}
		_ = held.Close()
	}
	for range 3 {
		if dir, err = os.MkdirTemp(root, "run-"); err != nil {
			return "", nil, fmt.Errorf("make scratch folder: %w", err)
		}
		// A copy that starts in this moment may take the folder for a dead one's.
		if lock, err = process.Lock(filepath.Join(dir, "lock")); err == nil {
			return dir, lock, nil
		}
	}
	return "", nil, fmt.Errorf("lock scratch folder: %w", err)
}

// Handler answers health, readiness and metrics; the analyzer has no other interface.
func (s *Service) Handler() http.Handler {
	return httpx.NewEngine(httpx.Options{
		Service: "analyzer", Log: s.log, Metrics: s.metrics,
		Ready: map[string]func(context.Context) error{
			"kafka":   func(ctx context.Context) error { return kafka.Ping(ctx, s.kafka) },
			"storage": s.store.Ping,
		},
	})
}

// Run takes work until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	g := service.NewGroup(ctx)
	g.Go("uploads", s.worker.Run)
	if s.sweeper != nil {
		g.Go("sweep", s.sweeper.Run)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// Close drops connections and scratch space. Call it after Run has returned.
func (s *Service) Close() {
	s.models.Close()
	if err := os.RemoveAll(s.scratch); err != nil {
		s.log.Warn("scratch folder stays", "error", err)
	}
	_ = s.lock.Close()
}
