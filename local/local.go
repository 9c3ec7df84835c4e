// Package local is the all-in-one: every service of Crateful and the embedded parts they need, in one process tree with
// its data in one folder. It composes the same New calls that each service's own command makes and holds no behaviour
// of its own. It is for one computer: laptops, trials, tests.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"crateful.dev/kit/service"
	"crateful.dev/kit/telemetry"
	"crateful.dev/local/internal/secrets"
	"crateful.dev/local/internal/storage"
	"crateful.dev/local/internal/stripesandbox"
)

// Options of a stack.
type Options struct {
	Addr          string `env:"CRATEFUL_ADDR" envDefault:"127.0.0.1:8080"` // where the site listens; the other ports follow it, port 0 takes free ones for all
	DataDir       string `env:"CRATEFUL_DATA" envDefault:".data"`          // everything that is kept
	Env           string `env:"CRATEFUL_ENV" envDefault:"development"`     // production is refused
	PublicURL     string `env:"CRATEFUL_PUBLIC_URL"`                       // the site's address for browsers; http://Addr when empty
	StripeKey     string `env:"STRIPE_SECRET_KEY"`                         // sk_test_…: Stripe itself instead of the sandbox
	StripeWebhook string `env:"STRIPE_WEBHOOK_SECRET"`                     // whsec_… that goes with it
	Elasticsearch string `env:"ELASTICSEARCH_URL"`                         // instead of the index inside the indexer

	// PartsOnly starts what keeps data and no service, so that a backup can be brought back.
	PartsOnly bool `env:"-"`
	// Tune is more environment for the services, "NAME=value" lines as in .env.example.
	Tune []string
	// Deliveries makes the sandbox's webhooks as unreliable as Stripe's, for tests.
	Deliveries Deliveries `env:"-"`
	// BankDelay is how long the sandbox's slow banks take, 5 s when 0.
	BankDelay time.Duration `env:"-"`
	Log       *slog.Logger
}

// MaybeRunChild must be the first call in main, and in TestMain, of every binary that calls Start: the storage runs as
// a child process of the same binary.
func MaybeRunChild() { storage.MaybeRunChild() }

// Deliveries says how badly the sandbox delivers webhooks.
type Deliveries = stripesandbox.Deliveries

// Place says where one part of a stack listens.
type Place struct{ Name, Address, About string }

// Stack is everything, running.
type Stack struct {
	options Options
	log     *slog.Logger
	dir     string
	url     string
	secrets secrets.Secrets
	ports   ports
	parts   parts
	env     *environment

	mu      sync.Mutex
	places  []Place
	running []component
	failed  chan error
	ready   *atomic.Bool
	closed  chan struct{}
	closing sync.Once
	err     error
}

// component is one thing to stop. Those of one stage need not wait for each other.
type component struct {
	name  string
	stage stage
	stop  func() error
}

// stage is when a component stops.
type stage int

// Stages in the order of stopping: each may need the ones after it to the end.
const (
	stageSite stage = iota
	stageDoor
	stageConsumers
	stageRecord
	stageListeners
	stageParts
	stageFolder
	stages
)

// Start starts everything and returns when the site answers. ctx bounds the start alone: Close ends the stack.
func Start(ctx context.Context, o Options) (*Stack, error) {
	s := &Stack{options: o, log: o.Log, failed: make(chan error, 16), ready: new(atomic.Bool), closed: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = slog.New(telemetry.Log(&untilReady{Handler: s.log.Handler(), ready: s.ready}))
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Times to start in. The first start of all makes a database cluster.
const (
	startTime = 3 * time.Minute
	readyTime = time.Minute
)

func (s *Stack) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if s.options.Env == "production" {
		return errors.New("CRATEFUL_ENV is production: the all-in-one is for one computer; in production each service runs by its own command, see docs/operations.md")
	}
	dir, err := filepath.Abs(s.options.DataDir)
	if err != nil {
		return fmt.Errorf("find the data folder: %w", err)
	}
	s.dir = dir
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the database server runs under an account of its own and walks through
		return fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	s.add("lock", stageFolder, lock.Close)
	if s.secrets, err = secrets.Load(dir); err != nil {
		return err
	}
	site, err := service.Listen(s.options.Addr)
	if err != nil {
		return fmt.Errorf("%w; choose another address with CRATEFUL_ADDR", err)
	}
	s.add("site listener", stageListeners, func() error { _ = site.Close(); return nil })
	s.ports = portsAfter(s.options.Addr)
	s.url = s.options.PublicURL
	if s.url == "" {
		s.url = "http://" + reachable(site.Addr().String())
	}
	if err := s.startParts(ctx); err != nil {
		return err
	}
	if s.options.PartsOnly {
		return errors.Join(site.Close(), s.writeOperatorFile())
	}
	if err := s.startServices(ctx, site); err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		return err
	}
	s.ready.Store(true)
	if err := s.writeOperatorFile(); err != nil {
		return err
	}
	return s.writeRunning()
}

// add registers what Close stops.
func (s *Stack) add(name string, at stage, stop func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = append(s.running, component{name, at, stop})
}

func (s *Stack) place(name, address, about string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places = append(s.places, Place{name, address, about})
}

// fail ends Wait.
func (s *Stack) fail(name string, err error) {
	select {
	case <-s.closed:
	case s.failed <- fmt.Errorf("%s ended: %w", name, err):
	default:
	}
}

// URL is the site's address.
func (s *Stack) URL() string { return s.url }

// MailURL is where mails can be read.
func (s *Stack) MailURL() string { return s.parts.mailbox.URL() }

// SandboxURL is where the Stripe sandbox listens; "" when Stripe itself is used.
func (s *Stack) SandboxURL() string {
	if s.parts.stripe == nil {
		return ""
	}
	return s.parts.stripe.URL()
}

// Places lists where everything listens, services first.
func (s *Stack) Places() []Place {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := []string{"web", "experience", "models", "analyzer", "indexer", "recommender", "postgres", "kafka", "storage", "stripe", "mailbox"}
	out := slices.Clone(s.places)
	slices.SortFunc(out, func(a, b Place) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
	return out
}

// Wait returns the error of the first part that ends by itself, or nil after Close.
func (s *Stack) Wait() error {
	select {
	case err := <-s.failed:
		return err
	case <-s.closed:
		return nil
	}
}

// Close stops everything in order: the site first, the database last.
func (s *Stack) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.mu.Lock()
		running := s.running
		s.mu.Unlock()
		failed := make([]error, len(running))
		for at := range stages {
			var group sync.WaitGroup
			for i, c := range running {
				if c.stage != at {
					continue
				}
				group.Go(func() {
					began := time.Now()
					if err := c.stop(); err != nil {
						failed[i] = fmt.Errorf("stop %s: %w", c.name, err)
					}
					s.log.Info("part stopped", "part", c.name, "took", time.Since(began))
				})
			}
			group.Wait()
		}
		s.err = errors.Join(failed...)
	})
	return s.err
}

// awaitReady asks every service whether what it needs is there.
func (s *Stack) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, p := range s.Places() {
		if p.About != aService {
			continue
		}
		var last error
		for last = errors.New("not asked"); last != nil; {
			if last = askReady(ctx, client, p.Address); last == nil {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("wait until %s is ready: %w", p.Name, last)
			case err := <-s.failed:
				return err
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return nil
}

func askReady(ctx context.Context, client *http.Client, base string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}

// serve runs one service on its listener until the stack closes. Draining and background work end before its
// connections are given up.
func (s *Stack) serve(ln net.Listener, name string, at stage, svc running, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	g := service.NewGroup(ctx)
	g.Go("http", func(ctx context.Context) error { return service.Serve(ctx, ln, svc.handler, log) })
	if svc.run != nil {
		g.Go("work", svc.run)
	}
	ended := make(chan error, 1)
	go func() {
		err := g.Wait()
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("no reason given")
			}
			s.fail(name, err)
		}
		ended <- err
	}()
	s.add(name, at, func() error {
		cancel()
		err := <-ended
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, svc.close())
	})
	s.place(name, "http://"+ln.Addr().String(), aService)
}
