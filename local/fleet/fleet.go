// Package fleet runs the six services, each by its own command, on servers that are there already, for tests that kill,
// stop and start them. Each way between two parts can lead through toxiproxy, which makes it slow or breaks it; the
// site, experience and models can have two copies, behind nginx.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"crateful.dev/kit/process"
	"crateful.dev/local/internal/child"
	"crateful.dev/local/internal/mailbox"
	"crateful.dev/local/internal/secrets"
	"crateful.dev/local/internal/stripesandbox"
)

// Options of a fleet.
type Options struct {
	Programs string   // folder with the services' commands
	Dir      string   // for keys, mails and logs
	Env      []string // where the servers are, by the names of .env.example
	Tune     []string // more for all services
	// Toxiproxy is its program. When it is there, each way between two parts leads through it.
	Toxiproxy string
	// Balancer is nginx' configuration. When it is there, web, experience and models have two copies behind it.
	Balancer string
	// OwnIndex lets the indexer keep its index itself, without Elasticsearch.
	OwnIndex bool
}

// Fleet is the services, running.
type Fleet struct {
	options Options
	env     map[string]string // what we were given
	keys    secrets.Secrets
	mails   *mailbox.Mailbox
	sandbox *stripesandbox.Sandbox
	proxy   *toxiproxy
	members []*Member
	links   []*Link
	others  []*process.Process
	common  []string // what all services are told, past any link
	ended   chan error
}

// given must be in the environment: no server is left out silently.
var given = []string{
	"CRATEFUL_PUBLIC_URL", "DATABASE_URL", "KAFKA_BROKERS", "ELASTICSEARCH_URL", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY",
}

const startTime = 10 * time.Minute

// Start starts everything and returns when all services are ready.
func Start(ctx context.Context, o Options) (*Fleet, error) {
	f := &Fleet{options: o, env: map[string]string{}, ended: make(chan error, 32)}
	if err := f.start(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *Fleet) start(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for _, line := range f.options.Env {
		name, value, _ := strings.Cut(line, "=")
		f.env[name] = value
	}
	for _, name := range given {
		if f.env[name] == "" && (name != "ELASTICSEARCH_URL" || !f.options.OwnIndex) {
			return fmt.Errorf("%s is not set: run this within `real parts`", name)
		}
	}
	if f.keys, err = secrets.Load(f.options.Dir); err != nil {
		return err
	}
	f.mails, err = mailbox.Start(ctx, mailbox.Options{Dir: filepath.Join(f.options.Dir, "mail"), SMTPAddr: "127.0.0.1:0", PageAddr: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	f.sandbox, err = stripesandbox.Start(ctx, stripesandbox.Options{
		Dir: filepath.Join(f.options.Dir, "stripe"), Addr: "127.0.0.1:0", SecretKey: f.keys.StripeSecretKey,
		WebhookURL: f.URL() + "/webhooks/stripe", WebhookSecret: f.keys.StripeWebhookSecret,
		Deliveries: stripesandbox.Deliveries{Twice: true, Reverse: true, Hold: 200 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	if f.options.Toxiproxy != "" {
		if f.proxy, err = f.startToxiproxy(ctx); err != nil {
			return fmt.Errorf("start toxiproxy: %w", err)
		}
	}
	if err := f.enlist(ctx); err != nil {
		return err
	}
	// models makes the topics; the others may come in any order.
	for _, together := range [][]string{{"models"}, {"analyzer", "experience", "indexer", "recommender", "web"}} {
		var group []*Member
		for _, m := range f.members {
			if slices.Contains(together, m.Service) {
				group = append(group, m)
			}
		}
		for _, m := range group {
			if err := m.launch(); err != nil {
				return err
			}
		}
		for _, m := range group {
			if err := m.Await(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// URL is the site's address.
func (f *Fleet) URL() string { return f.env["CRATEFUL_PUBLIC_URL"] }

// MailURL is where mails can be read.
func (f *Fleet) MailURL() string { return f.mails.URL() }

// Token is what a caller shows to services.
func (f *Fleet) Token(caller string) string { return f.keys.ServiceTokens[caller] }

// Operator is the environment of cratefulctl.
func (f *Fleet) Operator() []string {
	return append(slices.Clone(f.common), "CRATEFUL_URL="+f.URL(), "CRATEFUL_SERVICE_TOKEN="+f.keys.ServiceTokens["cratefulctl"],
		"IDENTITY_PRIVATE_KEY="+f.keys.IdentitySeed, "STRIPE_SECRET_KEY="+f.keys.StripeSecretKey, "STRIPE_WEBHOOK_SECRET="+f.keys.StripeWebhookSecret)
}

// Server is the address of a server, past any link.
func (f *Fleet) Server(variable string) string { return f.env[variable] }

// Ended says which service ended unasked.
func (f *Fleet) Ended() <-chan error { return f.ended }

// Members lists all copies of all services.
func (f *Fleet) Members() []*Member { return f.members }

// Member finds a copy by its name: "models", or "models-2" where there are two.
func (f *Fleet) Member(name string) *Member {
	for _, m := range f.members {
		if m.Name == name {
			return m
		}
	}
	panic("there is no " + name)
}

// Links lists the ways between two parts.
func (f *Fleet) Links() []*Link { return f.links }

// Link finds a way between two parts.
func (f *Fleet) Link(from, to string) *Link {
	for _, l := range f.links {
		if l.From == from && l.To == to {
			return l
		}
	}
	panic("there is no way from " + from + " to " + to)
}

// Close stops everything: services must end well by themselves.
func (f *Fleet) Close() error {
	var errs []error
	for _, l := range f.links {
		errs = append(errs, l.Heal(context.Background()))
	}
	for _, m := range slices.Backward(f.members) {
		if m.running() {
			errs = append(errs, m.Drain())
		}
	}
	for _, p := range slices.Backward(f.others) {
		errs = append(errs, child.Stop(p, syscall.SIGTERM, 10*time.Second))
	}
	if f.sandbox != nil {
		errs = append(errs, f.sandbox.Close())
	}
	if f.mails != nil {
		errs = append(errs, f.mails.Close())
	}
	return errors.Join(errs...)
}
