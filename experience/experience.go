// Package experience is the service between pages and the system: one call per screen or action, the public JSON API
// under /api/v1, presigned uploads and downloads, and the live event stream. It holds nothing of its own.
package experience

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/experience/internal/account"
	"crateful.dev/experience/internal/admin"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/collect"
	"crateful.dev/experience/internal/limit"
	"crateful.dev/experience/internal/live"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/experience/internal/shop"
	"crateful.dev/experience/internal/storefront"
	"crateful.dev/experience/internal/studio"
	indexer "crateful.dev/indexer/client"
	"crateful.dev/kit/config"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/objects"
	models "crateful.dev/models/client"
	recommender "crateful.dev/recommender/client"
)

// Config of the service.
type Config struct {
	Addr           string        `env:"EXPERIENCE_ADDR" envDefault:"127.0.0.1:8081"`            // where to listen
	PublicURL      string        `env:"CRATEFUL_PUBLIC_URL" envDefault:"http://127.0.0.1:8080"` // the site's address
	ModelsURL      string        `env:"MODELS_URL" envDefault:"http://127.0.0.1:8082"`          //
	IndexerURL     string        `env:"INDEXER_URL" envDefault:"http://127.0.0.1:8083"`         //
	RecommenderURL string        `env:"RECOMMENDER_URL" envDefault:"http://127.0.0.1:8084"`     //
	ServiceToken   config.Secret `env:"CRATEFUL_SERVICE_TOKEN,required"`                        // our own, shown to the others
	ServiceTokens  config.Tokens `env:"CRATEFUL_SERVICE_TOKENS,required"`                       // who may speak for people: web=…
	IdentityKey    string        `env:"IDENTITY_PUBLIC_KEY,required"`                           // base64 Ed25519 key that models signs with
	TrustedProxies []string      `env:"TRUSTED_PROXIES"`                                        // CIDRs of balancers in front
	RateLimit      int           `env:"EXPERIENCE_RATE_LIMIT" envDefault:"6000"`                // requests of one caller a minute, at each copy
	S3Endpoint     string        `env:"S3_ENDPOINT,required"`                                   // as we reach it
	S3Public       string        `env:"S3_PUBLIC_ENDPOINT"`                                     // as browsers reach it
	S3AccessKey    config.Secret `env:"S3_ACCESS_KEY,required"`                                 //
	S3SecretKey    config.Secret `env:"S3_SECRET_KEY,required"`                                 //
	S3Region       string        `env:"S3_REGION" envDefault:"us-east-1"`                       //
	S3Bucket       string        `env:"S3_BUCKET" envDefault:"crateful"`                        //
}

// Validate checks what the tags cannot say.
func (c *Config) Validate() error {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		return errors.New("CRATEFUL_PUBLIC_URL is no http address of a site")
	}
	if _, err := c.identityKey(); err != nil {
		return err
	}
	if c.RateLimit < 1 {
		return errors.New("EXPERIENCE_RATE_LIMIT must be at least 1")
	}
	return nil
}

func (c *Config) identityKey() (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.DecodeString(c.IdentityKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("IDENTITY_PUBLIC_KEY is no Ed25519 key in base64")
	}
	return key, nil
}

// Service is one copy of experience.
type Service struct {
	log     *slog.Logger
	handler http.Handler
	hub     *live.Hub
	closers []func()
	engine  *gin.Engine
}

// New builds the service and makes sure that the bucket is there and lets the site's pages in.
func New(ctx context.Context, cfg Config, log *slog.Logger) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure experience: %w", err)
	}
	key, err := cfg.identityKey()
	if err != nil {
		return nil, err
	}
	store, err := objects.New(objects.Config{
		Endpoint: cfg.S3Endpoint, PublicEndpoint: cfg.S3Public, AccessKey: cfg.S3AccessKey.Reveal(), SecretKey: cfg.S3SecretKey.Reveal(),
		Region: cfg.S3Region, Bucket: cfg.S3Bucket,
	})
	if err != nil {
		return nil, err
	}
	bucket, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := store.EnsureBucket(bucket, strings.TrimSuffix(cfg.PublicURL, "/")); err != nil {
		return nil, fmt.Errorf("prepare storage: %w", err)
	}

	s := &Service{log: log}
	to := func(base string, timeout time.Duration) httpx.ClientConfig {
		return httpx.ClientConfig{BaseURL: base, ServiceToken: cfg.ServiceToken.Reveal(), Timeout: timeout, Log: log}
	}
	modelsClient := models.New(to(cfg.ModelsURL, 10*time.Second))
	indexerClient := indexer.New(to(cfg.IndexerURL, 3*time.Second))           // search pages say that it is catching up
	recommenderClient := recommender.New(to(cfg.RecommenderURL, time.Second)) // pages do without it
	probe := httpx.NewClient(to(cfg.ModelsURL, 2*time.Second))
	s.closers = []func(){modelsClient.Close, recommenderClient.Close, probe.Close, indexerClient.Close}
	identifier := caller.NewIdentifier(modelsClient, key, strings.HasPrefix(cfg.PublicURL, "https://"))
	metrics := prometheus.NewRegistry()
	services := &screen.Services{
		Models: modelsClient, Indexer: indexerClient, Recommender: recommenderClient,
		Objects: store, Identifier: identifier, Log: log,
	}
	s.hub = live.New(live.NewRecords(modelsClient, indexerClient), log)
	services.LeftOut = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "crateful_parts_left_out_total", Help: "Parts of screens that were left out because what they need did not answer.",
	}, []string{"part"})
	services.LeftOut.WithLabelValues("search") // begins at zero: the first one is a rise
	metrics.MustRegister(services.LeftOut, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "crateful_live_streams", Help: "Open event streams.",
	}, func() float64 { return float64(s.hub.Open()) }))

	s.engine = httpx.NewEngine(httpx.Options{
		Service: "experience", Log: log, Metrics: metrics, HideMetrics: false, TrustedProxies: cfg.TrustedProxies,
		TracesFrom: cfg.ServiceTokens.Reveal(),
		Routes:     limits,
		Ready: map[string]func(context.Context) error{
			"models":  func(ctx context.Context) error { return probe.Do(ctx, http.MethodGet, "/readyz", nil, nil) },
			"storage": store.Ping,
		},
	})
	identified := s.engine.Group("", httpx.IdentifyService(cfg.ServiceTokens.Reveal()), identifier.Identify)
	people := identified.Group("", caller.Admit)
	v1 := identified.Group("/api/v1", limit.New(cfg.RateLimit).Hold, caller.Admit) // who is refused is counted too
	front := storefront.New(services)
	front.Mount(v1)
	front.MountMedia(people)
	account.New(services).Mount(v1)
	collect.New(services).Mount(v1)
	studio.New(services).Mount(v1)
	admin.New(services).Mount(v1)
	buying := shop.New(services)
	buying.Mount(v1)
	buying.MountWebhooks(s.engine.Group(""))
	people.GET("/live", httpx.Handle(s.hub.Stream))
	if err := mountDescription(v1); err != nil {
		return nil, err
	}
	if s.handler, err = guard(s.engine, cfg.PublicURL); err != nil {
		return nil, err
	}
	return s, nil
}

// limits of routes that need more than others, or less.
var limits = map[string]httpx.Route{
	"/live":                            live.Route,
	"/webhooks/stripe":                 {MaxBody: 1 << 20},
	"/api/v1/studio/sales.csv":         {Deadline: 2 * time.Minute},
	"/api/v1/library/credits.csv":      {Deadline: 2 * time.Minute},
	"/api/v1/library/credits.txt":      {Deadline: 2 * time.Minute},
	"/api/v1/studio/packs/:id/uploads": {MaxBody: 4 << 20, Deadline: time.Minute}, // 1,000 paths, and as many uploads to begin
	"/api/v1/studio/packs/:id/sounds":  {MaxBody: 4 << 20},                        // all that can be set on 1,000 sounds
	"/api/v1/uploads/:id/complete":     {Deadline: time.Minute},                   // some storages copy when they join parts
	"/api/v1/certificates/check":       {MaxBody: 8 << 20},                        // all files of the largest pack
}

// guard refuses what a browser sends from somebody else's page; webhooks and programs carry no cookies.
func guard(next http.Handler, publicURL string) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(strings.TrimSuffix(publicURL, "/")); err != nil {
		return nil, fmt.Errorf("trust the site's own pages: %w", err)
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpx.WriteProblem(w, r, errs.New(errs.CodeForbidden, "cross_origin", "This came from another site's page and was not done."))
	}))
	return protection.Handler(next), nil
}

// Handler answers HTTP.
func (s *Service) Handler() http.Handler { return s.handler }

// Route is a method and a path in gin's form.
type Route struct{ Method, Path string }

// Routes lists everything the door answers, for the checks of contract and access.
func (s *Service) Routes() []Route {
	var list []Route
	for _, r := range s.engine.Routes() {
		list = append(list, Route{r.Method, r.Path})
	}
	return list
}

// Run watches for open pages until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.hub.Run(ctx) }

// Close drops idle connections.
func (s *Service) Close() error {
	for _, closeIt := range s.closers {
		closeIt()
	}
	return nil
}
