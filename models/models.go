// Package models is Crateful's system of record: REST over Postgres, every rule about who may do what, orders and payments,
// jobs, and the outbox from which all events reach Kafka. Nobody else publishes.
package models

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crateful.dev/kit/config"
	"crateful.dev/kit/kafka"
	"crateful.dev/kit/service"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/gauges"
	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/internal/identity"
	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/moderation"
	"crateful.dev/models/internal/operations"
	"crateful.dev/models/internal/outbox"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/saved"
	"crateful.dev/models/internal/tx"
)

// Config is what models needs to know about the world.
type Config struct {
	Addr          string        `env:"MODELS_ADDR" envDefault:"127.0.0.1:8082"`
	Env           string        `env:"CRATEFUL_ENV" envDefault:"development"` // development | production
	PublicURL     string        `env:"CRATEFUL_PUBLIC_URL" envDefault:"http://127.0.0.1:8080"`
	DatabaseURL   config.Secret `env:"DATABASE_URL,required,notEmpty"`
	DatabaseConns int32         `env:"DATABASE_CONNS" envDefault:"20"`
	KafkaBrokers  []string      `env:"KAFKA_BROKERS,required,notEmpty"`
	ServiceTokens config.Tokens `env:"CRATEFUL_SERVICE_TOKENS,required,notEmpty"`
	IdentityKey   config.Secret `env:"IDENTITY_PRIVATE_KEY,required,notEmpty"` // base64 Ed25519 seed
	LicenceKey    config.Secret `env:"LICENCE_PRIVATE_KEY,required,notEmpty"`  // base64 Ed25519 seed that signs certificates of licences
	SMTPURL       config.Secret `env:"SMTP_URL,required,notEmpty"`             // smtp://user:password@host:port, smtps://…
	MailFrom      string        `env:"MAIL_FROM" envDefault:"Crateful <hello@crateful.test>"`
	FirstAdmin    string        `env:"CRATEFUL_FIRST_ADMIN"`               // e-mail that becomes admin when it is confirmed
	LimitFactor   int           `env:"MODELS_LIMIT_FACTOR" envDefault:"1"` // multiplies what limits allow, for load tests
	Migrate       bool          `env:"MODELS_MIGRATE"`                     // bring the schema up to date at start
	OnlyCopy      bool          `env:"MODELS_ONLY_COPY"`                   // no other copy runs: jobs of a killed one are taken over at once

	StripeKey           config.Secret `env:"STRIPE_SECRET_KEY"` // sk_test_…; without it only free things can be ordered
	StripeWebhookSecret config.Secret `env:"STRIPE_WEBHOOK_SECRET"`
	StripeAPIURL        string        `env:"STRIPE_API_URL"` // the sandbox; refused in production

	// What receipts and invoices say. Each paper keeps what was true on its day.
	InvoiceSeller  string   `env:"INVOICE_SELLER" envDefault:"Crateful"`
	InvoiceAddress []string `env:"INVOICE_ADDRESS" envSeparator:"|"` // lines
	InvoiceTaxID   string   `env:"INVOICE_TAX_ID"`
	TaxName        string   `env:"INVOICE_TAX_NAME" envDefault:"VAT"`
	TaxBasisPoints int      `env:"INVOICE_TAX_BASIS_POINTS"` // within prices: 1900 is 19 %
	TaxNote        string   `env:"INVOICE_TAX_NOTE" envDefault:"Prices include tax where it is due."`
}

// Validate checks what env tags cannot say.
func (c *Config) Validate() error {
	if c.Env != "development" && c.Env != "production" {
		return fmt.Errorf("CRATEFUL_ENV is development or production, not %q", c.Env)
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("CRATEFUL_PUBLIC_URL is no http address")
	}
	if c.Env == "production" && u.Scheme != "https" {
		return errors.New("CRATEFUL_PUBLIC_URL must be https in production")
	}
	if len(c.ServiceTokens) == 0 {
		return errors.New("CRATEFUL_SERVICE_TOKENS is empty")
	}
	if c.TaxBasisPoints < 0 || c.TaxBasisPoints > 10_000 {
		return errors.New("INVOICE_TAX_BASIS_POINTS is 0 to 10000")
	}
	for name, token := range c.ServiceTokens {
		if len(token.Reveal()) < 16 {
			return fmt.Errorf("the service token of %s is shorter than 16 characters", name)
		}
	}
	return nil
}

// Service is models, ready to serve.
type Service struct {
	cfg     Config
	log     *slog.Logger
	db      *postgres.DB
	queue   *jobs.Client
	keys    *postgres.KeyStore
	limiter *postgres.Limiter
	relay   *outbox.Relay
	direct  *outbox.Direct
	writer  *kafka.Writer
	signer  *identity.Signer

	mailer    *mail.Mailer
	accounts  *account.Service
	catalogue catalogue
	plays     *catalog.Plays
	shop      shop

	saved      *saved.Service
	moderation *moderation.Service
	operations *operations.Service
	gauges     *gauges.Gauges

	handler   http.Handler
	resources httpapi.Resources
}

// unit is the transactions, events and jobs that domain services are given.
type unit struct {
	*postgres.DB
	*jobs.Client
}

// New connects to Postgres and Kafka, checks schema and topics and builds everything. Close it after use.
func New(ctx context.Context, cfg Config, log *slog.Logger) (_ *Service, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure models: %w", err)
	}
	s := &Service{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.signer, err = identity.NewSigner(cfg.IdentityKey.Reveal()); err != nil {
		return nil, err
	}
	if cfg.Migrate {
		if err := Migrate(ctx, cfg.DatabaseURL.Reveal(), log); err != nil {
			return nil, err
		}
	}
	if s.db, err = postgres.Open(ctx, cfg.DatabaseURL.Reveal(), postgres.Options{MaxConns: cfg.DatabaseConns}, log); err != nil {
		return nil, err
	}
	if err := s.db.CheckSchema(ctx); err != nil {
		return nil, err
	}
	brokers := kafka.Config{Brokers: cfg.KafkaBrokers, Log: log}
	if _, err := outbox.EnsureTopics(ctx, brokers, log); err != nil {
		return nil, err
	}
	s.writer = kafka.NewWriter(brokers)
	metrics := prometheus.NewRegistry()
	s.relay = outbox.NewRelay(s.db.Pool(), brokers, s.writer, metrics, log)
	s.direct = outbox.NewDirect(s.writer, metrics, log)
	s.plays = catalog.NewPlays(s.direct, log)
	if s.queue, err = jobs.New(s.db, log); err != nil {
		return nil, err
	}
	s.keys, s.limiter = postgres.NewKeyStore(s.db), postgres.NewLimiter(s.db, cfg.LimitFactor)
	work := unit{s.db, s.queue}
	if s.mailer, err = mail.New(cfg.SMTPURL.Reveal(), cfg.MailFrom, cfg.PublicURL, log); err != nil {
		return nil, err
	}

	// accounts
	s.accounts = account.New(account.Config{FirstAdmin: cfg.FirstAdmin, Demo: cfg.Env != "production"}, postgres.NewAccountStore(s.db), work, s.limiter, s.signer, s.mailer, log)
	s.resources.Accounts = httpapi.Accounts{Service: s.accounts}
	s.resources.Interactions = httpapi.Interactions{Accounts: s.accounts, Direct: s.plays}
	s.resources.Versions = httpapi.Versions{Store: postgres.NewVersionStore(s.db)}
	s.resources.Viewer = httpapi.Viewer{Store: postgres.NewViewerStore(s.db)}

	// catalogue
	s.openCatalogue(work)

	// shop
	if err := s.openShop(ctx, work); err != nil {
		return nil, err
	}

	s.saved = &saved.Service{Store: postgres.NewSavedStore(s.db), Unit: work, Limits: s.limiter, Signer: s.signer}
	s.resources.Saved = httpapi.Saved{Service: s.saved}

	s.openModeration(work)
	s.openOperations(work, brokers)
	s.gauges = gauges.New(s.operations, s.db, s.queue, metrics, log)

	s.handler, err = httpapi.New(httpapi.Config{
		ServiceTokens: cfg.ServiceTokens.Reveal(),
		PersonKey:     s.signer.PublicKey(),
		Sessions:      s.accounts,
		Tx:            s.db,
		Keys:          s.keys,
		Metrics:       metrics,
		Ready:         map[string]func(context.Context) error{"postgres": s.db.Ping},
		Log:           log,
	}, s.resources.List())
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Handler is the REST door.
func (s *Service) Handler() http.Handler { return s.handler }

// Routes lists everything the door answers, for the checks of contract and access.
func (s *Service) Routes() []httpapi.Route { return httpapi.AllRoutes(s.resources.List()) }

// GrantAdmin gives the account with this e-mail the admin role, or takes it.
func (s *Service) GrantAdmin(ctx context.Context, email string, admin bool) error {
	return postgres.NewAccountStore(s.db).SetAdmin(ctx, email, admin)
}

// Enqueue asks for a job from outside, for the operator's command.
func (s *Service) Enqueue(ctx context.Context, job tx.Job) error {
	return s.queue.Enqueue(ctx, job, tx.Unique())
}

// IdentityPublicKey is what other services check person tokens with, in base64.
func (s *Service) IdentityPublicKey() string {
	return base64.StdEncoding.EncodeToString(s.signer.PublicKey())
}

// Run works in the background until ctx ends: the relay, views and previews on their way to Kafka, and jobs.
func (s *Service) Run(ctx context.Context) error {
	registry := jobs.NewRegistry()
	s.registerJobs(registry)
	if s.cfg.OnlyCopy {
		if err := s.queue.TakeOver(ctx); err != nil {
			return err
		}
	}
	g := service.NewGroup(ctx)
	g.Go("relay", s.relay.Run)
	g.Go("gauges", s.gauges.Run)
	g.Go("interactions", s.direct.Run)
	g.Go("plays", func(ctx context.Context) error { return s.plays.Run(ctx, s.catalogue.packs.Heard) })
	g.Go("jobs", func(ctx context.Context) error { return s.queue.Run(ctx, registry) })
	return g.Wait()
}

// Close gives up connections. Call it when Run and all requests have ended.
func (s *Service) Close() {
	if s.writer != nil {
		if err := s.writer.Close(); err != nil {
			s.log.Warn("close kafka writer", "error", err)
		}
	}
	if s.db != nil {
		s.db.Close()
	}
}

// Migrate brings the database's schema up to date.
func Migrate(ctx context.Context, databaseURL string, log *slog.Logger) error {
	return postgres.Migrate(ctx, databaseURL, log)
}

// pruneJob forgets what is past its time.
type pruneJob struct{}

func (pruneJob) Kind() string { return "prune" }

func (s *Service) prune(ctx context.Context, _ pruneJob) error {
	deleted, err := s.db.PruneOutbox(ctx, time.Now().Add(-7*24*time.Hour))
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "outbox pruned", "deleted", deleted)
	return errors.Join(s.keys.PruneKeys(ctx), s.limiter.PruneLimits(ctx), s.accounts.Prune(ctx))
}
