// Package indexer owns the search index. It reads the packs topic into an engine (Elasticsearch, or bleve on disk for
// a single copy), answers searches over HTTP, and rebuilds the index by replay while searches go on.
package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/indexer/internal/blevesearch"
	"crateful.dev/indexer/internal/elastic"
	"crateful.dev/indexer/internal/httpapi"
	"crateful.dev/indexer/internal/ingest"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/config"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/kit/service"
	models "crateful.dev/models/client"
)

// Role says which half of the work a copy does.
type Role string

// Roles. Every role answers HTTP; only copies that ingest read Kafka and carry out rebuilds.
const (
	RoleSearch Role = "search"
	RoleIngest Role = "ingest"
	RoleBoth   Role = "both"
)

// Config of the indexer.
type Config struct {
	Addr           string        `env:"INDEXER_ADDR" envDefault:"127.0.0.1:8083"` // to listen on
	Role           Role          `env:"INDEXER_ROLE" envDefault:"both"`
	KafkaBrokers   []string      `env:"KAFKA_BROKERS" envSeparator:","`
	Elasticsearch  config.Secret `env:"ELASTICSEARCH_URL"`                          // may carry a password; empty: bleve
	Prefix         string        `env:"ELASTICSEARCH_PREFIX" envDefault:"crateful"` // of index names
	Data           string        `env:"INDEXER_DATA" envDefault:".data/indexer"`    // folder of bleve
	ServiceTokens  config.Tokens `env:"CRATEFUL_SERVICE_TOKENS"`                    // services that may call
	ModelsURL      string        `env:"MODELS_URL"`                                 // copies that ingest verify the index against it
	ServiceToken   config.Secret `env:"CRATEFUL_SERVICE_TOKEN"`                     // what we show to models
	RollbackWindow time.Duration `env:"INDEXER_ROLLBACK_WINDOW" envDefault:"24h"`   // how long a replaced generation is kept
}

// Validate finds what New could not work with.
func (c *Config) Validate() error {
	switch c.Role {
	case RoleSearch, RoleIngest, RoleBoth:
	default:
		return fmt.Errorf("role %q is not search, ingest or both", c.Role)
	}
	if len(c.KafkaBrokers) == 0 {
		return errors.New("KAFKA_BROKERS is empty")
	}
	if c.Elasticsearch == "" {
		if c.Role != RoleBoth {
			return errors.New("bleve is for one copy that does both: set ELASTICSEARCH_URL to split the roles")
		}
		if c.Data == "" {
			return errors.New("INDEXER_DATA is empty")
		}
	}
	if len(c.ServiceTokens) == 0 {
		return errors.New("CRATEFUL_SERVICE_TOKENS is empty: nobody could call")
	}
	if c.Role != RoleSearch && (c.ModelsURL == "" || c.ServiceToken == "") {
		return errors.New("MODELS_URL and CRATEFUL_SERVICE_TOKEN are needed where the index is written")
	}
	if c.RollbackWindow < 0 {
		return errors.New("INDEXER_ROLLBACK_WINDOW is negative")
	}
	return nil
}

// Service is the indexer.
type Service struct {
	backend search.Backend
	models  *models.Client
	ingest  *ingest.Ingest // nil in a copy that only searches
	saved   *ingest.Saved  // as ingest
	behind  *ingest.Behind
	handler *gin.Engine
}

// Bounds of one call to models: a page of states is its largest answer.
const (
	modelsTimeout = 30 * time.Second
	modelsMost    = 32 << 20
)

// New opens the index. Call Close when done.
func New(_ context.Context, cfg Config, log *slog.Logger) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("indexer: %w", err)
	}
	backend, err := openBackend(cfg)
	if err != nil {
		return nil, fmt.Errorf("indexer: %w", err)
	}
	metrics := prometheus.NewRegistry()
	broker := kafka.Config{Brokers: cfg.KafkaBrokers, Log: log, Service: "indexer", Metrics: metrics}
	pressure := &search.Pressure{}
	searcher := search.NewSearcher(backend, pressure)
	traces := ingest.NewTraces(backend)
	control := ingest.NewControl(backend, broker, cfg.RollbackWindow)
	s := &Service{backend: backend, behind: ingest.NewBehind(backend, broker, log)}
	s.models = models.New(httpx.ClientConfig{BaseURL: cfg.ModelsURL, ServiceToken: cfg.ServiceToken.Reveal(), Timeout: modelsTimeout, MaxResponse: modelsMost, Log: log})
	ready := map[string]func(context.Context) error{"search": searcher.Ready}
	if cfg.Role != RoleSearch {
		s.ingest, err = ingest.New(ingest.Config{Kafka: broker, Searchable: newSearchable(metrics), Alone: cfg.Elasticsearch == "", Truth: ingest.Models{Client: s.models}}, backend, control, traces, pressure, log)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("indexer: %w", err), backend.Close())
		}
		s.saved = ingest.NewSaved(broker, backend, s.models, log)
	}
	if cfg.Role == RoleIngest {
		ready["kafka"] = s.ingest.Ready // a copy that searches goes on without Kafka
	}
	s.handler = httpx.NewEngine(httpx.Options{Service: "indexer", Log: log, Metrics: metrics, Ready: ready, MaxBody: 128 << 10})
	httpapi.API{Searcher: searcher, Traces: traces, Control: control, Behind: s.behind, Tokens: cfg.ServiceTokens.Reveal()}.Register(s.handler)
	return s, nil
}

// newSearchable takes how long revisions took from their commit until they could be found.
func newSearchable(reg prometheus.Registerer) prometheus.Observer {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "crateful_publish_to_searchable_seconds", Help: "From the commit of a revision to the moment it can be found.",
		Buckets: []float64{.1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 1800},
	})
	reg.MustRegister(h)
	return h
}

func openBackend(cfg Config) (search.Backend, error) {
	if cfg.Elasticsearch != "" {
		return elastic.New(elastic.Config{URL: cfg.Elasticsearch.Reveal(), Prefix: cfg.Prefix})
	}
	return blevesearch.Open(cfg.Data)
}

// Handler answers the HTTP API.
func (s *Service) Handler() http.Handler { return s.handler }

// Run reads Kafka and manages generations until ctx ends; a copy that only searches just looks how current the index is.
func (s *Service) Run(ctx context.Context) error {
	if s.ingest == nil {
		s.behind.Run(ctx)
		return ctx.Err()
	}
	g := service.NewGroup(ctx)
	g.Go("index", s.ingest.Run)
	g.Go("saved searches", s.saved.Run)
	g.Go("behind", func(ctx context.Context) error {
		s.behind.Run(ctx)
		return ctx.Err()
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// Close closes the index. Run must have returned.
func (s *Service) Close() error {
	s.models.Close()
	return s.backend.Close()
}
