// Package stripesandbox is the embedded stand-in for Stripe: it answers the part of Stripe's
// API that the platform uses, shows a hosted payment page and sends signed webhooks. No money
// moves. Its state is on disk, so that a kill -9 in the middle of a purchase is no special case.
package stripesandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// APIVersion is the version of Stripe's API that the sandbox speaks.
const APIVersion = "2023-10-16"

// Options say where the sandbox lives and whom it tells.
type Options struct {
	// Dir holds the state. It is kept over restarts.
	Dir string
	// Addr is host:port to listen on; port 0 takes a free one.
	Addr string
	// PublicURL is how browsers reach it; "" means http://Addr.
	PublicURL string
	// SecretKey, beginning with sk_test_, is what callers must send.
	SecretKey string
	// WebhookURL receives events, signed with WebhookSecret. "" waits for SetWebhookURL.
	WebhookURL, WebhookSecret string
	// BankDelay is how long the delayed payment methods take; 0 means 5 s.
	BankDelay time.Duration
	// PayoutDelay is how long transferred money stays before it is paid out, and how long a payout takes; 0 means a minute.
	PayoutDelay time.Duration
	// RetryBase is the wait before the second delivery of an event, doubling up to a minute; 0 means 500 ms.
	RetryBase time.Duration
	// Deliveries makes the webhooks as unreliable as Stripe's, for tests.
	Deliveries Deliveries
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Sandbox is the running stand-in.
type Sandbox struct {
	options Options
	db      *bolt.DB
	server  *http.Server
	addr    string
	log     *slog.Logger
	client  *http.Client

	inUse sync.Map // idempotency keys of requests under way

	webhook struct {
		mu  sync.RWMutex
		url string
	}
	wakeClock   chan struct{}
	wakeCourier chan struct{}
	stop        context.CancelFunc
	work        sync.WaitGroup
	closing     sync.Once
	err         error
}

// Start opens the state and listens.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	s, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start the stripe sandbox: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, o Options) (*Sandbox, error) {
	if !strings.HasPrefix(o.SecretKey, "sk_test_") {
		return nil, errors.New("the secret key must begin with sk_test_")
	}
	if o.WebhookSecret == "" {
		return nil, errors.New("the webhook secret is missing")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.BankDelay == 0 {
		o.BankDelay = 5 * time.Second
	}
	if o.PayoutDelay == 0 {
		o.PayoutDelay = time.Minute
	}
	if o.RetryBase == 0 {
		o.RetryBase = 500 * time.Millisecond
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	db, err := openStore(filepath.Join(o.Dir, "stripe.db"))
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &Sandbox{
		options: o, db: db, addr: listener.Addr().String(), log: o.Log,
		client:    &http.Client{Timeout: deliveryTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second}},
		wakeClock: make(chan struct{}, 1), wakeCourier: make(chan struct{}, 1),
	}
	if s.options.PublicURL == "" {
		s.options.PublicURL = "http://" + s.addr
	}
	s.options.PublicURL = strings.TrimSuffix(s.options.PublicURL, "/")
	s.webhook.url = o.WebhookURL
	s.server = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.work.Go(func() {
		if err := s.server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("stripe sandbox stopped serving", "error", err)
		}
	})
	s.work.Go(func() { s.runClock(background) })
	s.work.Go(func() { s.runCourier(background) })
	return s, nil
}

// Addr is host:port.
func (s *Sandbox) Addr() string { return s.addr }

// URL is the address for STRIPE_API_URL, and where the payment pages are.
func (s *Sandbox) URL() string { return s.options.PublicURL }

// SetWebhookURL says where events go from now on, also those that wait.
func (s *Sandbox) SetWebhookURL(url string) {
	s.webhook.mu.Lock()
	s.webhook.url = url
	s.webhook.mu.Unlock()
	wake(s.wakeCourier)
}

func (s *Sandbox) webhookURL() string {
	s.webhook.mu.RLock()
	defer s.webhook.mu.RUnlock()
	return s.webhook.url
}

// Close stops serving and delivering, and waits. What was not delivered goes out after the next start.
func (s *Sandbox) Close() error {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.server.Shutdown(ctx); err != nil {
			_ = s.server.Close()
		}
		s.stop()
		s.work.Wait()
		s.client.CloseIdleConnections()
		if err := s.db.Close(); err != nil {
			s.err = fmt.Errorf("close the stripe sandbox: %w", err)
		}
	})
	return s.err
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
