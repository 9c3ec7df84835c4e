package local

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"crateful.dev/analyzer"
	"crateful.dev/experience"
	"crateful.dev/indexer"
	"crateful.dev/kit/config"
	"crateful.dev/kit/service"
	"crateful.dev/local/internal/storage"
	"crateful.dev/models"
	"crateful.dev/recommender"
	"crateful.dev/web"
)

// aService marks places of services; they answer /readyz.
const aService = "service"

// running is a service made by its New.
type running struct {
	handler http.Handler
	run     func(context.Context) error // nil: nothing in the background
	close   func() error
}

// startServices makes each service of an environment, as its own command would, and serves it. models comes first
// because it makes the topics; the site comes last.
func (s *Stack) startServices(ctx context.Context, site net.Listener) error {
	env, err := s.environment(site)
	if err != nil {
		return err
	}
	s.env = env
	if err := s.startModels(ctx, env); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return start(ctx, s, env, "indexer", env.indexer, indexer.New, func(v *indexer.Service) running {
			return running{v.Handler(), v.Run, v.Close}
		})
	})
	g.Go(func() error {
		return start(ctx, s, env, "recommender", env.recommender, recommender.New, func(v *recommender.Service) running {
			return running{v.Handler(), v.Run, v.Close}
		})
	})
	g.Go(func() error {
		return start(ctx, s, env, "analyzer", env.analyzer, analyzer.New, func(v *analyzer.Service) running {
			return running{v.Handler(), v.Run, func() error { v.Close(); return nil }}
		})
	})
	if err := g.Wait(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := start(ctx, s, env, "experience", env.experience, experience.New, func(v *experience.Service) running {
		return running{v.Handler(), v.Run, v.Close}
	}); err != nil {
		return err
	}
	return start(ctx, s, env, "web", site, web.New, func(v *web.Service) running {
		return running{v.Handler(), nil, v.Close}
	})
}

func (s *Stack) startModels(ctx context.Context, env *environment) error {
	return start(ctx, s, env, "models", env.models, models.New, func(v *models.Service) running {
		return running{v.Handler(), v.Run, func() error { v.Close(); return nil }}
	})
}

// start is what a service's main does, within this process.
func start[C, S any](ctx context.Context, s *Stack, env *environment, name string, ln net.Listener,
	build func(context.Context, C, *slog.Logger) (S, error), of func(S) running,
) error {
	log := s.log.With("service", name)
	cfg, err := config.Load[C](env.of(name))
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	made, err := build(ctx, cfg, log)
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	at := stageConsumers
	switch name {
	case "web":
		at = stageSite
	case "experience":
		at = stageDoor
	case "models":
		at = stageRecord
	}
	s.serve(ln, name, at, of(made), log)
	return nil
}

// environment is what the services are told, in the variables of .env.example.
type environment struct {
	models, indexer, recommender, analyzer, experience net.Listener

	common []string
	own    map[string][]string
}

// tuning lists the variables of the caller's own environment that reach the services; addresses and secrets are ours.
var tuning = []string{"MODELS_", "EXPERIENCE_", "WEB_", "INDEXER_", "RECOMMENDER_", "ANALYZER_", "CRATEFUL_FIRST_ADMIN=", "DATABASE_CONNS=", "MAIL_FROM="}

func (s *Stack) environment(site net.Listener) (*environment, error) {
	e := &environment{own: map[string][]string{}}
	for _, l := range []struct {
		to       *net.Listener
		distance int
	}{
		{&e.models, portModels},
		{&e.indexer, portIndexer},
		{&e.recommender, portRecommender},
		{&e.analyzer, portAnalyzer},
		{&e.experience, portExperience},
	} {
		ln, err := service.Listen(s.ports.at(l.distance))
		if err != nil {
			return nil, err
		}
		*l.to = ln
		s.add("listener", stageListeners, func() error { _ = ln.Close(); return nil })
	}
	for _, line := range os.Environ() {
		for _, prefix := range tuning {
			if strings.HasPrefix(line, prefix) {
				e.common = append(e.common, line)
			}
		}
	}
	e.common = append(e.common, s.options.Tune...)
	address := func(ln net.Listener) string { return "http://" + ln.Addr().String() }
	set := func(name, value string) { e.common = append(e.common, name+"="+value) }
	set("CRATEFUL_ENV", "development")
	set("CRATEFUL_PUBLIC_URL", s.url)
	set("CRATEFUL_SERVICE_TOKENS", s.secrets.TokenList())
	set("KAFKA_BROKERS", s.parts.broker.Addr())
	set("S3_ENDPOINT", s.parts.storage.Endpoint())
	set("S3_PUBLIC_ENDPOINT", s.parts.storage.Endpoint())
	set("S3_ACCESS_KEY", s.secrets.S3AccessKey)
	set("S3_SECRET_KEY", s.secrets.S3SecretKey)
	set("S3_REGION", storage.Region)
	set("S3_BUCKET", bucket)
	set("MODELS_URL", address(e.models))
	set("INDEXER_URL", address(e.indexer))
	set("RECOMMENDER_URL", address(e.recommender))
	set("EXPERIENCE_URL", address(e.experience))
	set("IDENTITY_PUBLIC_KEY", s.secrets.IdentityPublicKey())
	set("MODELS_ADDR", e.models.Addr().String())
	set("INDEXER_ADDR", e.indexer.Addr().String())
	set("RECOMMENDER_ADDR", e.recommender.Addr().String())
	set("ANALYZER_ADDR", e.analyzer.Addr().String())
	set("EXPERIENCE_ADDR", e.experience.Addr().String())
	set("WEB_ADDR", site.Addr().String())

	stripe := []string{"STRIPE_SECRET_KEY=" + s.options.StripeKey, "STRIPE_WEBHOOK_SECRET=" + s.options.StripeWebhook}
	if sandbox := s.parts.stripe; sandbox != nil {
		stripe = []string{
			"STRIPE_SECRET_KEY=" + s.secrets.StripeSecretKey, "STRIPE_WEBHOOK_SECRET=" + s.secrets.StripeWebhookSecret, "STRIPE_API_URL=" + sandbox.URL(),
		}
		e.own["web"] = append(e.own["web"], "CRATEFUL_CHECKOUT_ORIGINS="+sandbox.URL())
	}
	e.own["models"] = append(stripe, "MODELS_ONLY_COPY=true", "DATABASE_URL="+s.databaseURL(), "SMTP_URL="+s.parts.mailbox.SMTPURL(), "IDENTITY_PRIVATE_KEY="+s.secrets.IdentitySeed,
		"LICENCE_PRIVATE_KEY="+s.secrets.LicenceSeed)
	e.own["recommender"] = []string{"RECOMMENDER_DATA=" + filepath.Join(s.dir, "recommender")}
	e.own["indexer"] = []string{"INDEXER_DATA=" + filepath.Join(s.dir, "search"), "ELASTICSEARCH_URL=" + s.options.Elasticsearch}
	for name, token := range s.secrets.ServiceTokens {
		e.own[name] = append(e.own[name], "CRATEFUL_SERVICE_TOKEN="+token)
	}
	scratch := filepath.Join(s.dir, "analyzer")
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for the analyzer: %w", err)
	}
	e.own["analyzer"] = append(e.own["analyzer"], "STATE_DIR="+scratch)
	return e, nil
}

// Environment is what a service was told, in the variables of .env.example: with it, and an address of its own, one more
// copy of the service runs by its own command beside this stack. The embedded parts of search are for one copy alone.
func (s *Stack) Environment(service string) []string {
	if s.env == nil {
		return nil
	}
	return s.env.of(service)
}

func (e *environment) of(name string) []string {
	return append(append([]string(nil), e.common...), e.own[name]...)
}

// SitePages lists the addresses of all pages of the site, with :name for what varies.
func SitePages() []string { return web.Pages() }
