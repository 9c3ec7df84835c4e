// Package web serves the pages of Crateful. It renders HTML from what the experience service answers and passes the
// public API, the live stream, covers and previews through to it. It keeps no data.
package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/client"
	"crateful.dev/kit/config"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/service"
	"crateful.dev/web/internal/assets"
	"crateful.dev/web/internal/edge"
	"crateful.dev/web/internal/pages"
	"crateful.dev/web/internal/session"
	"crateful.dev/web/ui"
)

// Config is read from the environment.
type Config struct {
	Env             string        `env:"CRATEFUL_ENV" envDefault:"development"` // development or production
	Addr            string        `env:"WEB_ADDR" envDefault:"127.0.0.1:8080"`  // where to listen
	PublicURL       string        `env:"CRATEFUL_PUBLIC_URL"`                   // the site's address; default http://Addr
	ExperienceURL   string        `env:"EXPERIENCE_URL" envDefault:"http://127.0.0.1:8081"`
	ServiceToken    config.Secret `env:"CRATEFUL_SERVICE_TOKEN"`                                                                        // proves to experience that web is calling
	StorageURL      string        `env:"S3_PUBLIC_ENDPOINT"`                                                                            // storage as browsers see it
	CheckoutOrigins []string      `env:"CRATEFUL_CHECKOUT_ORIGINS" envDefault:"https://checkout.stripe.com,https://connect.stripe.com"` // hosted pages: paying, and connecting producers
	TrustedProxies  []string      `env:"TRUSTED_PROXIES"`                                                                               // CIDRs of balancers in front
	Timeout         time.Duration `env:"WEB_TIMEOUT" envDefault:"10s"`                                                                  // for one call to experience
}

// Site is the site's address without a slash at its end.
func (c *Config) Site() string {
	if c.PublicURL == "" {
		return "http://" + c.Addr
	}
	return strings.TrimRight(c.PublicURL, "/")
}

// Validate checks the configuration as a whole.
func (c *Config) Validate() error {
	public, err := url.Parse(c.Site())
	if err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https" {
		return fmt.Errorf("CRATEFUL_PUBLIC_URL %q is not an address of a site", c.PublicURL)
	}
	if c.Env == "production" && public.Scheme != "https" {
		return errors.New("CRATEFUL_PUBLIC_URL must be https in production")
	}
	if c.Env == "production" && c.ServiceToken == "" {
		return errors.New("CRATEFUL_SERVICE_TOKEN is needed in production")
	}
	if _, err := url.ParseRequestURI(c.ExperienceURL); err != nil {
		return fmt.Errorf("EXPERIENCE_URL: %w", err)
	}
	return nil
}

// Service is web, ready to serve.
type Service struct {
	cfg     Config
	log     *slog.Logger
	handler http.Handler
	proxy   *edge.Proxy
	http    *httpx.Client
}

// New parses all templates and texts; a mistake in one of them is an error here. cfg must be valid.
func New(_ context.Context, cfg Config, log *slog.Logger) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	dist, err := fs.Sub(ui.Dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open built assets: %w", err)
	}
	built, err := assets.Load(dist)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(cfg.ExperienceURL)
	if err != nil {
		return nil, fmt.Errorf("EXPERIENCE_URL: %w", err)
	}
	public := cfg.Site()
	https := strings.HasPrefix(public, "https:")
	s := &Service{cfg: cfg, log: log}
	s.http = httpx.NewClient(httpx.ClientConfig{
		BaseURL: cfg.ExperienceURL, ServiceToken: cfg.ServiceToken.Reveal(), Timeout: cfg.Timeout, Log: log,
	})
	site, err := pages.New(pages.Config{
		API: client.New(s.http), Assets: built, Cookies: session.New(https), PublicURL: public,
		Storage: origin(cfg.StorageURL), Log: log,
	})
	if err != nil {
		return nil, err
	}
	s.proxy = edge.NewProxy(target, cfg.ServiceToken.Reveal(), 30*time.Second, log, site.Unreachable)
	engine := httpx.NewEngine(httpx.Options{
		Service: "web", Log: log, TrustedProxies: cfg.TrustedProxies, TracesFrom: map[string]string{},
		Ready: map[string]func(context.Context) error{"experience": s.experienceReady},
		Routes: map[string]httpx.Route{
			"/live":      {Streaming: true},
			"/api/*path": {MaxBody: 8 << 20, Deadline: 35 * time.Second},
			"/verify":    {MaxBody: 24 << 20}, // a certificate as long as the API takes, in a form's three letters for one
		},
	})
	through := func(c *gin.Context) { s.proxy.ServeHTTP(c.Writer, edge.From(c.Request, httpx.ClientIP(c))) }
	for _, prefix := range edge.Proxied {
		if strings.HasSuffix(prefix, "/") {
			prefix += "*path"
		}
		engine.Any(prefix, through)
	}
	serveAsset := gin.WrapH(built)
	engine.GET(assets.Prefix+"*path", serveAsset)
	engine.HEAD(assets.Prefix+"*path", serveAsset)
	site.Register(engine)
	guard := http.NewCrossOriginProtection()
	guard.AddInsecureBypassPattern("/webhooks/") // signed by their senders
	if err := guard.AddTrustedOrigin(public); err != nil {
		return nil, fmt.Errorf("CRATEFUL_PUBLIC_URL: %w", err)
	}
	handler := guard.Handler(engine)
	if cfg.PublicURL != "" {
		handler = edge.OneName(public, handler)
	}
	s.handler = edge.Security(edge.Policy{Storage: origin(cfg.StorageURL), Checkout: cfg.CheckoutOrigins, HTTPS: https}, handler)
	return s, nil
}

// Handler is the whole site.
func (s *Service) Handler() http.Handler { return s.handler }

// Run serves until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ln, err := service.Listen(s.cfg.Addr)
	if err != nil {
		return err
	}
	return service.Serve(ctx, ln, s.handler, s.log)
}

// Close drops idle connections.
func (s *Service) Close() error {
	s.proxy.Close()
	s.http.Close()
	return nil
}

func (s *Service) experienceReady(ctx context.Context) error {
	return s.http.Do(ctx, http.MethodGet, "/healthz", nil, new([]byte))
}

// origin is scheme and host of an address; empty for none.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Pages lists the addresses of all pages in gin's form.
func Pages() []string { return pages.Addresses(http.MethodGet) }

// Forms lists the addresses that take forms.
func Forms() []string { return pages.Addresses(http.MethodPost) }
